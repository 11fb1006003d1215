package slim

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// needed is why something behind an op needs a leftover of it: of its stage, of those that start
// from that, or of those that copy out of these.
func (j *job) needed(stage, op int, d *drop) *reason {
	for i, s := range j.Module.Stages {
		mine := j.descends(i, stage)
		if why := j.environment(i, d); mine && why != nil {
			return why
		}
		for k, o := range s.Ops {
			var why *reason
			if mine && (i != stage || k > op) {
				why = j.reads(i, k, o.Body, d)
			}
			if why == nil {
				why = j.copies(i, k, o.Body, stage, d)
			}
			if why != nil {
				return why
			}
		}
	}
	return nil
}

// environment is about the variables of a stage at its end, which its containers have.
func (j *job) environment(stage int, d *drop) *reason {
	states := j.states.Stage(stage)
	for name, value := range states[len(states)-1].Env() {
		if d.named(value, "", false) {
			return because("started", "%s, which containers have, names it", name)
		}
	}
	return nil
}

// reads is why an op needs a leftover that is in front of it.
func (j *job) reads(stage, op int, body ir.Body, d *drop) *reason {
	at := j.states.Stage(stage)[op]
	switch b := body.(type) {
	case *ir.Run:
		return j.run(stage, op, b, d)
	case *ir.Cmd:
		return starts(b.Command, at, d)
	case *ir.Entrypoint:
		return starts(b.Command, at, d)
	case *ir.Healthcheck:
		if !b.None {
			return starts(b.Command, at, d)
		}
	case *ir.Onbuild:
		return j.trigger(stage, b, at, d)
	}
	return nil
}

// run is about a later RUN.
func (j *job) run(stage, op int, run *ir.Run, d *drop) *reason {
	at := j.states.Stage(stage)[op]
	script, err := j.States.Script(run, at.Shell)
	if err != nil {
		return because("unknown", "a later RUN may need it: %v", err)
	}
	renewed := renews(script, d)
	for _, c := range commands(script) {
		if d.NeededBy(c) && !renewed || run.Network == "none" && d.Uses(c) {
			return because("needed", "`%s` of a later RUN needs it", c.Text)
		}
	}
	return j.effects(j.step(stage, op), d)
}

// effects is why a step needs a leftover that is in front of it, by what it reads.
func (j *job) effects(step *effects.Step, d *drop) *reason {
	for _, c := range step.Commands {
		switch e := c.Effects; {
		case len(e.Unknown) > 0 && j.config.Unknown != "drop":
			return because("unknown", "a later RUN may need it: %s", e.Unknown[0])
		case len(e.Unknown) == 0 && !c.Installs() && slices.ContainsFunc(d.patterns, e.Reads.Overlap):
			return because("needed", "`%s` of a later RUN reads it, or may", c.Text)
		}
	}
	return nil
}

// commands are those of a script, and those that find runs in it.
func commands(script *shell.Script) (list []*shell.Command) {
	for _, c := range script.Commands {
		list = append(append(list, c), c.Found()...)
	}
	return list
}

// renews tells whether a script makes a leftover anew before it needs it. What needs it stands
// behind that: in any case, or in the same list joined by &&.
func renews(script *shell.Script, d *drop) bool {
	tree := script.Tree()
	if tree == nil {
		return false
	}
	calls := script.Calls()
	needs := func(n syntax.Node) bool {
		return find(n, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			return ok && calls[call] != nil && (d.NeededBy(calls[call]) || calls[call].Script != nil)
		})
	}
	for i, s := range tree.Stmts {
		for k, leaf := range chain(s) {
			if c := calls[leaf.Cmd]; c != nil && !leaf.Negated && !leaf.Background && d.RenewedBy(c) {
				return k == 0 || !slices.ContainsFunc(tree.Stmts[i+1:], func(s *syntax.Stmt) bool { return needs(s) })
			}
			if needs(leaf) {
				return false
			}
		}
	}
	return false
}

// chain are the commands of a list joined by &&.
func chain(s *syntax.Stmt) []*syntax.Stmt {
	if b, ok := s.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.AndStmt && !s.Negated && !s.Background {
		return append(chain(b.X), chain(b.Y)...)
	}
	return []*syntax.Stmt{s}
}

// starts is about what a container runs: what programs of the author's read there is their intent.
func starts(command ir.Command, at *eval.State, d *drop) *reason {
	script, err := shell.Parse(&ir.Run{Command: command}, at.Shell)
	if err != nil {
		return nil
	}
	for _, c := range commands(script) {
		names := slices.ContainsFunc(slices.Concat(c.Args, c.Reads), func(w shell.Word) bool {
			return d.named(w.Text, at.Workdir, true)
		})
		if d.NeededBy(c) || names {
			return because("started", "`%s`, which a container runs, needs it", c.Text)
		}
	}
	return nil
}

// named tells whether a word of a command, or a variable, has a path that is a leftover, or is in
// it; and with around, one that it is in. The name of an archive may be relative, to a directory
// that another WORKDIR may set, too.
func (d *drop) named(word, dir string, around bool) bool {
	parts := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(" \t\n\"'=:,;|&()<>", r) })
	return slices.ContainsFunc(parts, func(part string) bool {
		if !path.IsAbs(part) {
			return around && d.Kind == effects.Archives && slices.ContainsFunc(d.patterns, func(p string) bool {
				match, err := path.Match(path.Base(part), path.Base(p))
				return match && err == nil || dir != "" && path.Join(dir, part) == path.Dir(p)
			})
		}
		here := effects.Paths{List: []effects.Path{{Name: path.Clean(part), Glob: true, Tree: around}}}
		return slices.ContainsFunc(d.patterns, here.Overlap)
	})
}

// trigger is about what runs in images that start from this one.
func (j *job) trigger(stage int, b *ir.Onbuild, at *eval.State, d *drop) *reason {
	body, err := ir.ParseBody(b.Trigger, j.Module.Escape)
	if err != nil {
		return because("trigger", "nobody knows what ONBUILD %s needs", b.Trigger)
	}
	run, ok := body.(*ir.Run)
	if !ok {
		return nil
	}
	script, err := shell.Parse(run, at.Shell)
	if err != nil {
		return because("trigger", "nobody knows what ONBUILD %s needs", b.Trigger)
	}
	renewed := renews(script, d)
	for _, c := range commands(script) {
		unknown := effects.SightOf(c) == effects.SeesAll && j.config.Unknown != "drop"
		if d.NeededBy(c) && !renewed || unknown {
			return because("trigger", "`%s` of an ONBUILD needs it, or may", c.Text)
		}
	}
	step := effects.Of(run, effects.StateOf(at, j.Module.Escape, !j.states.Known(stage)))
	if why := j.effects(&step, d); why != nil {
		return because("trigger", "ONBUILD %s needs it, or may", b.Trigger)
	}
	return nil
}

// copies is why an op takes a leftover out of a stage that has it.
func (j *job) copies(stage, op int, body ir.Body, of int, d *drop) *reason {
	at := j.states.Stage(stage)[op]
	takes := func(from string, sources ...string) *reason {
		i := j.stageOf(from, stage)
		if i < 0 && !strings.Contains(from, "$") || i >= 0 && !j.descends(i, of) {
			return nil
		}
		for _, s := range sources {
			name, known := at.Expand(s, j.Module.Escape)
			here := effects.Paths{List: []effects.Path{{Name: path.Join("/", name), Glob: true, Tree: true}}}
			if !known || slices.ContainsFunc(d.patterns, here.Overlap) {
				return because("copied", "%s copies %s out of the stage", body.Keyword(), s)
			}
		}
		return nil
	}
	switch b := body.(type) {
	case *ir.Copy:
		if b.From != "" {
			return takes(b.From, b.Sources...)
		}
	case *ir.Run:
		for _, m := range b.Mounts {
			from, ok := m.Option("from")
			source := "/"
			for _, key := range []string{"source", "src"} {
				if s, has := m.Option(key); has {
					source = s
				}
			}
			if why := takes(from, source); ok && why != nil {
				return why
			}
		}
	}
	return nil
}

// stageOf finds the stage in front of another that a name or a number stands for, -1 when it is none.
func (j *job) stageOf(name string, before int) int {
	for i, s := range slices.Backward(j.Module.Stages[:before]) {
		if s.Name != "" && strings.EqualFold(s.Name, name) {
			return i
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < before {
		return i
	}
	return -1
}
