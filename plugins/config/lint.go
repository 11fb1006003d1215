package config

import (
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// Lint is what the file says of the rules that look at Dockerfiles.
type Lint struct {
	Rules      []Level
	Paths      []PathLevels
	Options    lint.Options
	Build      string // the least severity that a build shows; "" and "off" are none
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

// Levels are the settings of a Dockerfile; a relative name starts at workDir. Those of paths come
// last.
func (f *File) Levels(name, workDir string) []lint.Setting {
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
	all := f.Lint.Rules
	for _, p := range f.Lint.Paths {
		all = append(all[:len(all):len(all)], p.Rules...)
	}
	var list diag.List
	for _, l := range all {
		if _, errs := (lint.Config{Settings: []lint.Setting{l.Setting}}).Choose(rules); len(errs) == 0 {
			continue
		}
		d := list.Errorf(l.Span, "config", "no rule is called %s", l.Name)
		if near := lint.Near(rules, l.Name); near != "" {
			d.Hint = "did you mean `" + near + "`?"
		} else {
			d.Hint = "`strake lint --explain` lists the rules"
		}
	}
	return list
}

// lint reads the section of rules.
func (l *loader) lint(n *yamltree.Node) {
	if n == nil {
		return
	}
	out := &l.f.Lint
	out.Rules = ruleLevels(n.Get("rules"))
	if list := n.Get("paths"); list != nil {
		for _, item := range list.Items {
			for _, p := range items(item.Get("match")) {
				l.glob(p, true)
			}
			out.Paths = append(out.Paths, PathLevels{Selection{Paths: texts(item.Get("match"))}, ruleLevels(item.Get("rules"))})
		}
	}
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
