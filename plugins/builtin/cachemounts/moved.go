package cachemounts

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// moves tells whether the author leads the cache of a manager to a place of their own, or
// may: by an option or a variable of a command, a variable in force, a configuration that
// an instruction so far has made, or a file of settings that was copied.
func (j *job) moves(u *use) bool {
	vars := append([]string{"HOME"}, u.vars...)
	for _, c := range u.commands {
		if c.Sets(vars...) || c.Fed() || slices.ContainsFunc(slices.Concat(j.variants(c.Args)...), func(w shell.Word) bool {
			return u.leadsAway(w) || !w.Known && !strings.HasPrefix(w.Text, "-") && w.MayBeOption()
		}) {
			return true
		}
	}
	if j.script.Assigns(vars...) {
		return true
	}
	for _, v := range u.vars {
		if _, set, _ := j.state.Var(v); set {
			return true
		}
	}
	return j.mountsSettings(u) || j.configured(u)
}

// before tells whether one of the instructions so far of the stages that this one goes back
// to is of a kind, the RUN itself included.
func (j *job) before(is func(*about) bool) bool {
	for i := j.index; i >= 0; i = j.pass.states.Parent(i) {
		so := j.stages[i].ops
		if i == j.index {
			so = so[:j.op+1]
		}
		for k := range so {
			if is(&so[k]) {
				return true
			}
		}
	}
	return false
}

// configured tells whether an instruction so far speaks of a configuration of a manager, or
// copies one.
func (j *job) configured(u *use) bool {
	return j.before(func(a *about) bool { return a.moves(u.manager) || j.sets(u, a.op) })
}

// fullText is an instruction with its here documents.
func fullText(op *ir.Op) string {
	text, full := op.Text(), ir.Format(op.Body, '\\')
	if text == full {
		return text
	}
	return text + "\n" + full
}

// copies are the sources of a COPY or ADD.
func copies(op *ir.Op) []string {
	switch b := op.Body.(type) {
	case *ir.Copy:
		return b.Sources
	case *ir.Add:
		return b.Sources
	}
	return nil
}

// missed tells whether something later speaks of the directory where a manager has its
// cache by default: with a directory of ours, that has nothing in it.
func (p *pass) missed(j *job, u *use) bool {
	for i, s := range p.stages {
		for k, op := range p.call.Module.Stages[i].Ops {
			later := p.descends(i, j.index) && (i != j.index || k > j.op)
			switch b := op.Body.(type) {
			case *ir.Copy:
				if slices.ContainsFunc(copies(op), func(source string) bool { return u.namesCache(source) }) {
					return true
				}
			case *ir.Run:
				if slices.ContainsFunc(b.Mounts, func(m ir.Mount) bool {
					source, _ := m.Option("source")
					return u.namesCache(source)
				}) {
					return true
				}
				if later && s.ops[k].namesCache(u.manager) {
					return true
				}
			}
		}
	}
	return false
}

// namesCache tells whether a source names the directory that a manager has by default, or what
// is in it.
func (m *manager) namesCache(source string) bool {
	if !path.IsAbs(source) {
		source = "/" + source
	}
	source = path.Clean(source)
	return m.speaksOfCache(source) || slices.ContainsFunc(m.own, func(p string) bool {
		return p[0] != '~' && strings.Count(source, "/") >= strings.Count(p, "/") && onOneWay(source, p)
	})
}

// commandNames tells whether a command of a RUN does, from the directories that it may be in.
func (r *reader) commandNames(c *shell.Command, m *manager) bool {
	prints := c.Name == "echo" || c.Name == "printf"
	return slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		text, ok := r.text(w)
		return ok && !(prints && quoted(w)) && text != "" && slices.ContainsFunc(r.absolute(text), m.namesCache)
	})
}

// quoted tells a word of which the shell makes no names of files.
func quoted(w shell.Word) bool {
	node := w.Syntax()
	if node == nil || len(node.Parts) != 1 {
		return false
	}
	switch node.Parts[0].(type) {
	case *syntax.DblQuoted, *syntax.SglQuoted:
		return true
	}
	return false
}

// speaksOfCache tells whether a text names the directory that a manager has by default.
func (m *manager) speaksOfCache(text string) bool {
	for _, p := range m.own {
		p = strings.TrimPrefix(p, "~")
		if _, rest, ok := strings.Cut(text, p); ok && (rest == "" || strings.IndexByte("/ \t\n\"';&|),", rest[0]) >= 0) {
			return true
		}
	}
	return false
}
