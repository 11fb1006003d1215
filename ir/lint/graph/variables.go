package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// argUnused is silent about an ARG that a RUN can see: a program may read it.
func argUnused() lint.Rule {
	r := rule("arg-unused", diag.Info, "variables", "An argument that nothing uses asks who builds for something that does not matter")
	r.View = func(v *lint.View, r *lint.Report) {
		var found *usage
		for _, in := range v.Text.Instructions {
			arg, ok := in.(*lang.Arg)
			if !ok || len(v.Stages) == 0 {
				continue
			}
			if found == nil {
				found = usageOf(v)
			}
			for _, p := range arg.Pairs.List {
				if name := p.Key.Text; name != "" && !strings.Contains(name, "$") && !predefined(name) && !found.of(arg, name) {
					r.Within(arg, p.Key.At, "nothing uses "+name+": leave it out")
				}
			}
		}
	}
	return r
}

// predefined tells a name that BuildKit gives a meaning.
func predefined(name string) bool {
	upper := strings.ToUpper(name)
	return strings.HasSuffix(upper, "_PROXY") || strings.HasPrefix(name, "BUILDKIT_") || strings.HasPrefix(name, "TARGET") || strings.HasPrefix(name, "BUILD") || name == "SOURCE_DATE_EPOCH"
}

// usage is what may use arguments.
type usage struct {
	view     *lint.View
	last     []int                // of each stage, the last op that may use any; -1 is none
	below    []bool               // whether a stage that goes back to it has one
	mentions map[string]*mentions // by names of arguments; nil until one is looked for
}

// mentions are the instructions that have a name in them, in their order.
type mentions struct {
	list  []lang.Instruction
	below map[*lint.Stage]bool // stages that those of the list go back to; nil until it is asked for
}

func usageOf(v *lint.View) *usage {
	u := &usage{view: v, below: make([]bool, len(v.Stages))}
	for _, stage := range v.Stages {
		last := -1
		for _, s := range stage.Steps {
			switch s.Body.(type) {
			case *ir.Run, *ir.Onbuild, *ir.Custom:
				last = s.Index
			}
		}
		u.last = append(u.last, last)
	}
	for i, stage := range slices.Backward(v.Stages) { // parents are in front
		if stage.Parent != nil && (u.last[i] >= 0 || u.below[i]) {
			u.below[stage.Parent.Index] = true
		}
	}
	return u
}

// of tells whether something may use an argument: in front of the stages FROMs do, and ARGs of stages.
// A RUN that has it in front of it is another rule's.
func (u *usage) of(arg *lang.Arg, name string) bool {
	step := u.view.StepOf(arg)
	if step == nil {
		return slices.ContainsFunc(u.mentioned(name).list, func(in lang.Instruction) bool { return in != lang.Instruction(arg) })
	}
	if step.Outer != step.Node || u.last[step.Stage.Index] > step.Index || u.below[step.Stage.Index] {
		return true
	}
	return u.later(u.mentioned(name), step)
}

// later tells whether an instruction of some comes behind a step, in its stage or in one that goes back to
// that.
func (u *usage) later(m *mentions, step *lint.Step) bool {
	i, _ := slices.BinarySearchFunc(m.list, step.Node.Span().End, func(in lang.Instruction, end uint32) int {
		return cmp.Compare(in.Span().Start, end)
	})
	if i < len(m.list) {
		if s := u.view.StepOf(m.list[i]); s != nil && s.Stage == step.Stage {
			return true
		}
	}
	if m.below == nil {
		m.below = map[*lint.Stage]bool{}
		for _, in := range m.list {
			if s := u.view.StepOf(in); s != nil {
				for p := s.Stage.Parent; p != nil && !m.below[p]; p = p.Parent {
					m.below[p] = true
				}
			}
		}
	}
	return m.below[step.Stage]
}

// mentioned are the instructions that have a name in them.
func (u *usage) mentioned(name string) *mentions {
	if u.mentions == nil {
		u.mentions = map[string]*mentions{}
		for _, in := range u.view.Text.All {
			if arg, ok := in.(*lang.Arg); ok {
				for _, p := range arg.Pairs.List {
					u.mentions[p.Key.Text] = &mentions{}
				}
			}
		}
		for _, in := range u.view.Text.All {
			for word := range lint.Names(in) {
				if m := u.mentions[word]; m != nil && (len(m.list) == 0 || m.list[len(m.list)-1] != in) {
					m.list = append(m.list, in)
				}
			}
		}
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r > 127 || !lint.NameByte(byte(r)) }) { // it is more than a name
		return &mentions{list: slices.DeleteFunc(slices.Clone(u.view.Text.All), func(in lang.Instruction) bool { return !lint.Mentions(in, name) })}
	}
	return u.mentions[name]
}

// argNotRedeclared passes over names that images use to set for themselves.
func argNotRedeclared() lint.Rule {
	r := rule("arg-not-redeclared", diag.Warning, "variables", "An argument in front of the first FROM is for FROMs: a stage that uses it has to declare it again")
	r.View = func(v *lint.View, r *lint.Report) {
		global := map[string]bool{}
		for _, op := range v.Module.Args {
			if arg, ok := op.Body.(*ir.Arg); ok {
				for _, d := range arg.Defaults {
					global[d.Key] = !predefined(d.Key) && !strings.HasSuffix(d.Key, "VERSION")
				}
			}
		}
		if len(global) == 0 {
			return
		}
		for _, stage := range v.Stages {
			for s := range stage.Own() {
				for _, c := range s.Commands() {
					for _, w := range c.Args {
						if w.Known {
							continue
						}
						for _, name := range w.Variables() {
							if global[name] && !given(s, name) && !s.Script().Assigns(name) && !c.Nested {
								r.Word(s.Script(), c, w, name+" is declared for FROMs only, and empty here: declare it in this stage with ARG "+name)
							}
						}
					}
				}
			}
		}
	}
	return r
}

func envSetTwice() lint.Rule {
	r := rule("env-set-twice", diag.Info, "variables", "A variable that ENV sets anew before anything can see it need not be set the first time")
	r.View = lint.OnBody(func(s *lint.Step, env *ir.Env, r *lint.Report) {
		if s.Onbuild {
			return
		}
		for _, p := range env.Pairs {
			for o := range s.After() {
				if mentionsValue(o, p.Key) {
					break
				}
				again, ok := o.Body.(*ir.Env)
				if !ok {
					if seesEnv(o.Body) {
						break
					}
					continue
				}
				if slices.ContainsFunc(again.Pairs, func(other ir.Pair) bool { return other.Key == p.Key }) {
					r.Step(s, "line "+line(o)+" sets "+p.Key+" anew, and nothing in between can see it: leave it out here")
					return
				}
			}
		}
	})
	return r
}

// mentionsValue tells whether a step uses a variable.
func mentionsValue(s *lint.Step, name string) bool {
	code := s.Node.Head().Code
	return strings.Contains(code, "$"+name) || strings.Contains(code, "${"+name) || len(s.Node.Head().Heredocs) > 0
}

func seesEnv(body ir.Body) bool {
	switch body.(type) {
	case *ir.Run, *ir.Onbuild, *ir.Custom:
		return true
	}
	return false
}

func frontendInEnv() lint.Rule {
	r := rule("frontend-in-env", diag.Warning, "variables", "DEBIAN_FRONTEND should be set for the build alone, with ARG: by ENV it is there for all who use the image, too")
	r.View = lint.OnBody(func(s *lint.Step, env *ir.Env, r *lint.Report) {
		i := slices.IndexFunc(env.Pairs, func(p ir.Pair) bool { return p.Key == "DEBIAN_FRONTEND" })
		if i < 0 || !s.Stage.Shipped() {
			return
		}
		if v := strings.Trim(env.Pairs[i].Value, `"'`); v != "noninteractive" && v != "teletype" && v != "noninteractive " {
			return
		}
		for o := range s.After() {
			if again, ok := o.Body.(*ir.Env); ok && slices.ContainsFunc(again.Pairs, func(p ir.Pair) bool { return p.Key == "DEBIAN_FRONTEND" }) {
				return
			}
		}
		f := r.Step(s, "this is set for all who use the image, too: set it with ARG, which is for the build alone")
		if len(env.Pairs) == 1 && !env.Pairs[0].Legacy && !s.Onbuild {
			f.Fix("set it with ARG", diag.Intent, r.Text().Replace(s.Node.Head().Keyword, lint.Like(s.Node.Head().Keyword.Text, "ARG"))...)
		}
	})
	return r
}

func relativePath() lint.Rule {
	r := rule("relative-path-entry", diag.Warning, "security", "PATH should name directories from the root on: with a relative one it depends on the directory which program runs")
	r.View = lint.OnBody(func(s *lint.Step, env *ir.Env, r *lint.Report) {
		for _, p := range env.Pairs {
			if p.Key != "PATH" {
				continue
			}
			for part := range strings.SplitSeq(strings.Trim(p.Value, `"'`), ":") {
				if part == "" || part == "." || strings.HasPrefix(part, "./") || strings.HasPrefix(part, "../") {
					r.Step(s, "PATH has "+shown(part)+" in it, which is wherever a command runs: name a directory from the root on")
					return
				}
			}
		}
	})
	return r
}

func shown(part string) string {
	if part == "" {
		return "an empty entry"
	}
	return part
}
