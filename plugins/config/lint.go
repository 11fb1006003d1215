package config

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// Lint is what the file says of the rules that look at Dockerfiles.
type Lint struct {
	Rules      []Level
	Paths      []PathLevels
	Exclude    []string // patterns of paths
	Options    lint.Options
	Build      string // the least severity that a build shows beside the build checks, or off; "" where it does not say
	ShellCheck string // "", "off", "auto" or "on": a path would have a repository run programs
}

// Level is a setting, and where it stands.
type Level struct {
	lint.Setting
	Span source.Span
}

// PathLevels are settings of some Dockerfiles.
type PathLevels struct {
	Match Selection // of paths
	Rules []Level
}

// Levels are the settings of rules that look at a Dockerfile; a relative name starts at workDir. Those
// that are given count before the file's.
func (f *File) Levels(name, workDir string, given ...lint.Setting) lint.Config {
	return lint.Config{Settings: append(f.levels(name, workDir), given...)}
}

// Excludes tells whether nobody is to look at a Dockerfile: of the patterns that are of it, or of a
// directory that it is in, the last one counts, as in .dockerignore. One with a ! in front brings back.
func (f *File) Excludes(name, workDir string) bool {
	if f.Lint == nil {
		return false
	}
	name = relative(name, f.Dir(), workDir)
	for _, p := range slices.Backward(f.Lint.Exclude) {
		p, back := strings.CutPrefix(p, "!")
		for at := name; at != "." && at != "/"; at = path.Dir(at) {
			if MatchPath(p, at) {
				return !back
			}
		}
	}
	return false
}

// levels are the settings of a Dockerfile. Those of paths come last.
func (f *File) levels(name, workDir string) []lint.Setting {
	if f.Lint == nil {
		return nil
	}
	list := f.Lint.Rules
	for _, p := range f.Lint.Paths {
		if p.Match.hasFile(name, f.Dir(), workDir) {
			list = append(list[:len(list):len(list)], p.Rules...)
		}
	}
	out := make([]lint.Setting, len(list))
	for i, l := range list {
		out[i] = l.Setting
	}
	return out
}

// CheckRules tells of names in the file that no rule has.
func (f *File) CheckRules(rules []lint.Rule) diag.List {
	if f.Lint == nil {
		return nil
	}
	all := f.Lint.Rules
	for _, p := range f.Lint.Paths {
		all = append(all[:len(all):len(all)], p.Rules...)
	}
	settings := make([]lint.Setting, len(all))
	for i, l := range all {
		settings[i] = l.Setting
	}
	var list diag.List
	_, errs := (lint.Config{Settings: settings}).Choose(rules)
	for _, err := range errs {
		var unknown *lint.UnknownError
		if !errors.As(err, &unknown) {
			continue
		}
		i := slices.IndexFunc(all, func(l Level) bool { return l.Name == unknown.Name })
		d := list.Errorf(all[i].Span, "config", "%v", unknown)
		if d.Hint = "`strake lint --explain` lists the rules"; unknown.Near != "" {
			d.Hint = "did you mean `" + unknown.Near + "`?"
		}
	}
	for _, l := range all {
		if of, is := l.OfPlugin(); is && !slices.ContainsFunc(f.Entries, func(e Entry) bool { return e.mayBe(of) }) {
			list.Errorf(l.Span, "config", "no plugin of this file is called %s", of).Hint = "`strake plugin list` lists those that are"
		}
	}
	return list
}

// mayBe tells whether a plugin can have a name that a pattern stands for. A program without one says
// itself what it is called.
func (e *Entry) mayBe(pattern string) bool {
	ok, err := path.Match(pattern, cmp.Or(e.Name, e.Use))
	return ok && err == nil || e.Name == "" && e.External()
}

// lint reads the section of rules.
func (l *loader) lint(n *yamltree.Node) {
	if n == nil {
		return
	}
	out := &Lint{}
	l.f.Lint = out
	out.Rules = ruleLevels(n.Get("rules"))
	if list := n.Get("paths"); list != nil {
		for _, item := range list.Items {
			for _, p := range items(item.Get("match")) {
				l.glob(p, true)
			}
			out.Paths = append(out.Paths, PathLevels{Selection{Paths: texts(item.Get("match"))}, ruleLevels(item.Get("rules"))})
		}
	}
	for i, p := range items(n.Get("exclude")) {
		l.exclude(p, i == 0)
	}
	out.Exclude = texts(n.Get("exclude"))
	out.Options.Registries = texts(n.Get("registries"))
	if labels := n.Get("labels"); labels != nil && len(labels.Fields) > 0 {
		out.Options.Labels = map[string]lint.LabelFormat{}
		for _, f := range labels.Fields {
			out.Options.Labels[f.Key] = lint.LabelFormat(f.Value.Str())
		}
	}
	if strict := n.Get("strict-labels"); strict != nil {
		out.Options.StrictLabels = strict.Bool
	}
	out.Build, out.ShellCheck = n.Get("build").Str(), n.Get("shellcheck").Str()
}

// exclude checks a pattern of what is left out, in which a ! brings back what those before left out.
func (l *loader) exclude(n *yamltree.Node, first bool) {
	back := strings.HasPrefix(n.Str(), "!")
	if back && first {
		l.errorf(n.Span, "nothing is left out yet that %s could bring back", n.Str()).Hint = "put the pattern that leaves it out in front, or write a name that begins with ! as \\!"
		return
	}
	l.pattern(n, strings.TrimPrefix(n.Str(), "!"), true)
}

func items(n *yamltree.Node) []*yamltree.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

func ruleLevels(n *yamltree.Node) (list []Level) {
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		list = append(list, Level{lint.Setting{Name: f.Key, Level: f.Value.Str()}, f.Span})
	}
	return list
}
