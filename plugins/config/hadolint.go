package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/repo"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// HadolintConfig is what hadolint's configuration says (its README, "Configure").
type HadolintConfig struct {
	lint.Config
	FailOn  string // the least severity that a run fails at, as diag has them, or "never"; "" is not said
	Format  string // of findings, in hadolint's words; "" is not said
	NoColor bool
}

// Lookup gives a variable of a process, as os.LookupEnv.
type Lookup func(name string) (value string, set bool)

// Hadolint reads the configuration that hadolint has for a Dockerfile in dir: the first of .hadolint.yaml
// there, in the directories above up to that of the repository, in the working directory, and the files
// of the user; then the variables HADOLINT_…, which count before it. Nil is none. Mistakes and warnings
// are a diag.List with places in the set.
func Hadolint(ctx context.Context, dir string, env Lookup, set *source.Set) (*HadolintConfig, diag.List, error) {
	name, bad, err := findHadolint(ctx, dir, env)
	if err != nil || len(bad) > 0 {
		return nil, bad, err
	}
	c := &HadolintConfig{}
	if name != "" {
		text, err := readSmall(name)
		if err != nil {
			return nil, diag.List{{Code: "config", Message: name + " cannot be read: " + err.Error()}}, nil
		}
		if bad = c.read(set.Add(asWritten(name), text)); bad.HasErrors() {
			return nil, bad, nil
		}
	}
	if any := c.variables(env, &bad); name == "" && !any {
		return nil, bad, nil
	}
	return c, bad, nil
}

// asWritten is a path as a user in the working directory would write it.
func asWritten(name string) string {
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return name
}

// findHadolint is the file that counts; "" is none.
func findHadolint(ctx context.Context, dir string, env Lookup) (string, diag.List, error) {
	home, _ := env("HOME")
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", nil, err
	}
	dirs := repo.Up(dir, home)
	if here, err := filepath.Abs("."); err == nil {
		dirs = append(dirs, here)
	}
	for _, d := range dirs {
		for _, name := range []string{".hadolint.yaml", ".hadolint.yml"} {
			if err := context.Cause(ctx); err != nil {
				return "", nil, err
			}
			name = filepath.Join(d, name)
			if missing(name) {
				continue
			}
			if at, err := repo.Locate(name, home); err != nil || at.Outside {
				return "", diag.List{{Code: "config", Message: name + " is a link out of the repository, or to nothing", Hint: "put the file itself there"}}, nil
			}
			return name, nil, nil
		}
	}
	for _, name := range usersHadolint(home, env) {
		if !missing(name) {
			return name, nil, nil
		}
	}
	return "", nil, nil
}

func missing(name string) bool {
	_, err := os.Lstat(name)
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// usersHadolint are the files for all that a user has, in the order in which they count.
func usersHadolint(home string, env Lookup) (list []string) {
	add := func(parts ...string) {
		if filepath.IsAbs(parts[0]) {
			name := filepath.Join(parts...)
			list = append(list, name+".yaml", name+".yml")
		}
	}
	if xdg, _ := env("XDG_CONFIG_HOME"); xdg != "" {
		add(xdg, "hadolint")
	}
	if home != "" {
		add(home, ".config", "hadolint")
		add(home, ".hadolint", "hadolint")
		add(home, "hadolint", "config")
		add(home, ".hadolint")
	}
	return list
}

// read reads a file.
func (c *HadolintConfig) read(file *source.File) diag.List {
	root, diags := yamltree.Parse(file)
	if diags.HasErrors() {
		return diags
	}
	unread(root, hadolintKeys, &diags)
	if overrides := root.Get("override"); overrides != nil {
		unread(overrides, []string{"error", "warning", "info", "style"}, &diags)
		for _, f := range overrides.Fields {
			c.override(f.Key, oneOrMore(f.Value))
		}
	}
	for _, name := range oneOrMore(root.Get("ignored")) {
		c.ignore(name)
	}
	c.Options.Registries = oneOrMore(root.Get("trustedRegistries"))
	if labels := root.Get("label-schema"); labels != nil {
		for _, f := range labels.Fields {
			if !c.label(f.Key, f.Value.Str()) {
				diags.Errorf(f.Value.Span, "config", "%q is no format of a label", f.Value.Str())
			}
		}
	}
	isTrue := func(name string) bool { n := root.Get(name); return n != nil && n.Bool }
	c.Options.StrictLabels, c.Options.NoPragmas, c.NoColor = isTrue("strict-labels"), isTrue("disable-ignore-pragma"), isTrue("no-color")
	if at := root.Get("failure-threshold"); at != nil && !c.threshold(at.Str()) {
		diags.Errorf(at.Span, "config", "%q is no threshold", at.Str()).Expected = strings.Join(thresholds(), ", ")
	}
	if isTrue("no-fail") {
		c.FailOn = "never"
	}
	c.Format = root.Get("format").Str()
	return diags
}

// hadolintKeys are those that hadolint knows, by its README. It passes over others without a word.
var hadolintKeys = []string{"disable-ignore-pragma", "failure-threshold", "format", "ignored", "label-schema", "no-color", "no-fail", "override",
	"strict-labels", "trustedRegistries", "verbose"}

// unread warns of keys that nothing reads.
func unread(n *yamltree.Node, known []string, diags *diag.List) {
	if n == nil {
		return
	}
	for _, f := range n.Fields {
		if slices.Contains(known, f.Key) {
			continue
		}
		d := diags.Warnf(f.Span, "config", "nothing reads the key %s: hadolint has none of that name", f.Key)
		if d.Hint = "it has " + both(known); diag.Suggest(f.Key, known) != "" {
			d.Hint = "did you mean `" + diag.Suggest(f.Key, known) + "`?"
		}
	}
}

// variables reads the environment, and tells whether that says anything.
func (c *HadolintConfig) variables(env Lookup, bad *diag.List) (any bool) {
	get := func(name string) (string, bool) {
		value, set := env("HADOLINT_" + name)
		any = any || set && value != ""
		return value, set && value != ""
	}
	list := func(name string) (out []string, ok bool) {
		value, ok := get(name)
		for item := range strings.SplitSeq(value, ",") {
			if item = strings.TrimSpace(item); item != "" {
				out = append(out, item)
			}
		}
		return out, ok
	}
	for _, level := range []string{"error", "warning", "info", "style"} {
		names, _ := list("OVERRIDE_" + strings.ToUpper(level))
		c.override(level, names)
	}
	if names, ok := list("IGNORE"); ok { // in the place of the file's
		c.Settings = slices.DeleteFunc(c.Settings, func(s lint.Setting) bool { return s.Level == "off" })
		for _, name := range names {
			c.ignore(name)
		}
	}
	if names, ok := list("TRUSTED_REGISTRIES"); ok {
		c.Options.Registries = names
	}
	labels, _ := list("REQUIRE_LABELS")
	for _, l := range labels {
		if name, format, _ := strings.Cut(l, ":"); !c.label(name, format) {
			bad.Add(diag.Diagnostic{Code: "config", Message: "HADOLINT_REQUIRE_LABELS: " + l + " is no label with a format"})
		}
	}
	if value, ok := get("FAILURE_THRESHOLD"); ok && !c.threshold(value) {
		bad.Add(diag.Diagnostic{Code: "config", Message: "HADOLINT_FAILURE_THRESHOLD: " + value + " is no threshold", Expected: strings.Join(thresholds(), ", ")})
	}
	if value, ok := get("FORMAT"); ok {
		c.Format = value
	}
	isTrue := func(name string) bool {
		value, _ := get(name)
		return slices.Contains([]string{"1", "true", "yes", "y", "on"}, strings.ToLower(value))
	}
	c.Options.StrictLabels = isTrue("STRICT_LABELS") || c.Options.StrictLabels
	c.Options.NoPragmas = isTrue("DISABLE_IGNORE_PRAGMA") || c.Options.NoPragmas
	if isTrue("NOFAIL") {
		c.FailOn = "never"
	}
	return any
}

func (c *HadolintConfig) ignore(name string) {
	c.Settings = append(c.Settings, lint.Setting{Name: name, Level: "off"})
}

// override gives rules a severity of hadolint's. Those that are ignored stay so.
func (c *HadolintConfig) override(level string, names []string) {
	ours := map[string]string{"error": "error", "warning": "warning", "info": "info", "style": "hint"}[level]
	for _, name := range names {
		if ours != "" {
			at := slices.IndexFunc(c.Settings, func(s lint.Setting) bool { return s.Level == "off" })
			if at < 0 {
				at = len(c.Settings)
			}
			c.Settings = slices.Insert(c.Settings, at, lint.Setting{Name: name, Level: ours})
		}
	}
}

// label requires a label; it is false when there is no such format.
func (c *HadolintConfig) label(name, format string) bool {
	if c.Options.Labels == nil {
		c.Options.Labels = map[string]lint.LabelFormat{}
	}
	c.Options.Labels[name] = lint.LabelFormat(format)
	return name != "" && slices.Contains(lint.LabelFormats(), lint.LabelFormat(format))
}

func thresholds() []string { return []string{"error", "warning", "info", "style", "ignore", "none"} }

// threshold says at which severity a run fails; it is false when there is no such one.
func (c *HadolintConfig) threshold(name string) bool {
	i := slices.Index(thresholds(), name)
	if i >= 0 {
		c.FailOn = []string{"error", "warning", "info", "hint", "hint", "never"}[i]
	}
	return i >= 0
}

// oneOrMore are the texts of a list, or a text alone.
func oneOrMore(n *yamltree.Node) []string {
	if text := n.Str(); text != "" {
		return []string{text}
	}
	return texts(n)
}
