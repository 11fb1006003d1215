package optimize

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
	"github.com/seed-e0495807/strake/plugins/config"
)

// Pass is a plugin that may pay.
type Pass struct {
	Name     string         `yaml:"use" json:"name"`
	Grants   []string       `yaml:"grants,omitempty,flow" json:"grants,omitempty"`
	Config   map[string]any `yaml:"config,omitempty" json:"config,omitempty"`
	Only     *Only          `yaml:"only,omitempty" json:"-"`
	Explains bool           `yaml:"-" json:"-"` // its config has explain
	Drops    bool           `yaml:"-" json:"-"` // the image may lack what it declares
	// Safer is the pass with a config that takes fewer risks, to be tried where this one was
	// wrong; nil is none.
	Safer *Pass `yaml:"-" json:"-"`
}

// Only says which Dockerfiles a pass is for, by their paths from strake.yaml.
type Only struct {
	Paths []string `yaml:"paths,flow"`
}

// toolchain is the kind of what programs are built with, which goes with a stage of its own.
const toolchain = "toolchain"

// Kinds are those of what may be dropped: by slim, and caches by cache-mounts, too.
var Kinds = []string{"lists", "caches", "logs", "backups", "archives", "docs", "locales", toolchain}

// Passes are all in their order: what is dead is not moved, what is split moves, what runs beside
// others is in its order, what is merged has one cache and is slimmed whole. Changes are for
// reorder, and drop is what slim may.
func Passes(changes map[string]float64, drop []string) []Pass {
	images := []string{string(plugins.GrantImages)}
	split := func(packages string) Pass {
		return Pass{Name: "split-copy", Grants: images, Explains: true, Config: map[string]any{"packages": packages}}
	}
	reorder := func(links, packages string) Pass {
		p := Pass{Name: "reorder", Grants: images, Explains: true, Config: map[string]any{"links": links, "packages": packages}}
		if len(changes) > 0 {
			p.Config["changes"] = changes
		}
		return p
	}
	parallelise := func(links string) Pass {
		return Pass{Name: "parallelise", Grants: images, Explains: true, Config: map[string]any{"links": links}}
	}
	slim := func(unknown string) Pass {
		p := Pass{Name: "slim", Grants: images, Explains: true, Drops: true, Config: map[string]any{"unknown": unknown}}
		if drop != nil {
			p.Config["drop"] = drop
		}
		if slices.Contains(drop, toolchain) {
			p.Config["run-base"] = "distribution"
		}
		return p
	}
	bold, lessBold, safeOrder := reorder("trust", "trust"), reorder("trust", "refuse"), reorder("refuse", "refuse")
	halves, safeHalves := split("trust"), split("refuse")
	wide, safeStages := parallelise("trust"), parallelise("refuse")
	thin, safeSlim := slim("drop"), slim("leave")
	bold.Safer, lessBold.Safer, halves.Safer, wide.Safer, thin.Safer = &lessBold, &safeOrder, &safeHalves, &safeStages, &safeSlim
	return []Pass{
		{Name: "drop-dead", Grants: images, Explains: true},
		halves,
		bold,
		wide,
		{Name: "copy-link", Grants: []string{string(plugins.GrantContext), string(plugins.GrantImages)}, Explains: true},
		{Name: "merge-run", Grants: images, Explains: true},
		{Name: "cache-mounts", Grants: images, Drops: drop == nil || slices.Contains(drop, "caches")},
		thin,
	}
}

// Row is passes in the order in which they run.
type Row []Pass

// Declared are the patterns of files that a module may lack by what the passes say.
func (r Row) Declared(m *ir.Module) (list []string) {
	for _, p := range r {
		if p.Drops {
			list = append(list, explain.Declared(m, p.Name)...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// names of the passes.
func (r Row) names() (list []string) {
	for _, p := range r {
		list = append(list, p.Name)
	}
	return list
}

// with is the row with one more at its end.
func (r Row) with(p Pass) Row { return append(slices.Clip(r), p) }

// without is the row without the pass of a name, or with what is safer in its place.
func (r Row) without(name string) Row {
	var out Row
	for _, p := range r {
		if p.Name != name {
			out = append(out, p)
		} else if p.Safer != nil {
			out = append(out, *p.Safer)
		}
	}
	return out
}

// For is the row for the Dockerfile of a path from strake.yaml.
func (r Row) For(path string) Row {
	out := slices.Clone(r)
	for i := range out {
		out[i].Only = &Only{[]string{patterns.Replace(path)}}
	}
	return out
}

// patterns has a path be its own pattern.
var patterns = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

// YAML is the strake.yaml that the row is.
func (r Row) YAML() (string, error) {
	var b bytes.Buffer
	b.WriteString("version: 1\n")
	list, err := r.Entries()
	b.WriteString("plugins:\n" + list)
	return b.String(), err
}

// Entries are the lines of the row in the list of plugins of a strake.yaml.
func (r Row) Entries() (string, error) {
	data, err := yaml.MarshalWithOptions(struct {
		Plugins Row `yaml:"plugins"`
	}{r}, yaml.IndentSequence(true))
	return string(bytes.TrimPrefix(data, []byte("plugins:\n"))), err
}

// Plugins are the row, ready to run. With explain, they report what they leave alone.
func (r Row) Plugins(ctx context.Context, builtins map[string]func() plugins.Plugin, explain bool) (*config.Plugins, error) {
	row := slices.Clone(r)
	for i, p := range row {
		if explain && p.Explains {
			c := map[string]any{"explain": true}
			for k, v := range p.Config {
				c[k] = v
			}
			row[i].Config = c
		}
	}
	text, err := row.YAML()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "strake-optimize-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, config.FileName)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return nil, err
	}
	file, found := config.Load(ctx, name, &source.Set{})
	if found.HasErrors() {
		return nil, found
	}
	p, found, err := file.Pipeline(ctx, config.Env{Builtins: builtins, WorkDir: dir})
	if err == nil && found.HasErrors() {
		err = found
	}
	return p, err
}

// Choose gives those of the passes that a list of names has, in their order. An empty list has all.
func Choose(all []Pass, names []string) ([]Pass, error) {
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, p := range all {
		known = append(known, p.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			d := diag.Diagnostic{Code: "no-pass", Message: fmt.Sprintf("there is no pass %q", name)}
			if near := diag.Suggest(name, known); near != "" {
				d.Hint = "did you mean " + near + "?"
			} else {
				d.Message += ": expected one of " + strings.Join(known, ", ")
			}
			return nil, d
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p Pass) bool { return !slices.Contains(names, p.Name) }), nil
}
