package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/repo"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// hadolintNames are what hadolint's config is called.
func hadolintNames() []string { return []string{".hadolint.yaml", ".hadolint.yml"} }

// Hadolint reads the .hadolint.yaml of a Dockerfile in dir, there or in the directories above up
// to that of the repository; nil is none. Of what it can say, which rules are ignored, their
// severities, registries and labels count (its README, "Configure"). Mistakes are a diag.List
// with places in the set.
func Hadolint(ctx context.Context, dir, home string, set *source.Set) (*lint.Config, diag.List, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, d := range repo.Up(dir, home) {
		for _, name := range hadolintNames() {
			if err := context.Cause(ctx); err != nil {
				return nil, nil, err
			}
			name = filepath.Join(d, name)
			if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if at, err := repo.Locate(name, home); err != nil || at.Outside {
				return nil, diag.List{{Code: "config", Message: name + " is a link out of the repository, or to nothing", Hint: "put the file itself there"}}, nil
			}
			text, err := readSmall(name)
			if err != nil {
				return nil, diag.List{{Code: "config", Message: name + " cannot be read: " + err.Error()}}, nil
			}
			c, diags := hadolint(set.Add(name, text))
			return c, diags, nil
		}
	}
	return nil, nil, nil
}

func hadolint(file *source.File) (*lint.Config, diag.List) {
	root, diags := yamltree.Parse(file)
	if diags.HasErrors() {
		return nil, diags
	}
	c := &lint.Config{}
	if overrides := root.Get("override"); overrides != nil {
		for _, f := range overrides.Fields {
			level := map[string]string{"error": "error", "warning": "warning", "info": "info", "style": "hint"}[f.Key]
			for _, name := range texts(f.Value) {
				if level != "" {
					c.Settings = append(c.Settings, lint.Setting{Name: name, Level: level})
				}
			}
		}
	}
	for _, name := range texts(root.Get("ignored")) {
		c.Settings = append(c.Settings, lint.Setting{Name: name, Level: "off"})
	}
	c.Options.Registries = texts(root.Get("trustedRegistries"))
	if labels := root.Get("label-schema"); labels != nil {
		for _, f := range labels.Fields {
			if c.Options.Labels == nil {
				c.Options.Labels = map[string]lint.LabelFormat{}
			}
			format := lint.LabelFormat(f.Value.Str())
			if !slices.Contains(lint.LabelFormats(), format) {
				diags.Errorf(f.Value.Span, "config", "%q is no format of a label", f.Value.Str())
			}
			c.Options.Labels[f.Key] = format
		}
	}
	if strict := root.Get("strict-labels"); strict != nil {
		c.Options.StrictLabels = strict.Bool
	}
	return c, diags
}
