package parallelise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// join makes the module in which stages are divided.
func (j *job) join(forks []fork) *ir.Module {
	out := j.Module.Copy()
	out.Stages = nil
	names := &names{text: strings.ToLower(ir.Print(j.Module)), of: map[*ir.Op]string{}}
	for i, f := range forks {
		out.Stages = append(out.Stages, j.divide(j.Module.Stages[i], f, names)...)
	}
	return out
}

// divide gives the stages that a stage becomes: up to each fork one, then those of the RUNs that start
// there, and the rest, which has the name.
func (j *job) divide(s *ir.Stage, f fork, names *names) (list []*ir.Stage) {
	here := *s
	here.Ops = nil
	for i, op := range s.Ops {
		if slices.Contains(f.at, i) {
			here.Name = names.fresh(s.Name, "base")
			here.Origin = j.Made("what runs side by side starts from here", s.Origin)
			list = append(list, named(here))
			list = append(list, j.starting(s, f, i, here.Name, names)...)
			here = ir.Stage{Name: s.Name, Base: here.Name, Origin: j.Made("it goes on beside what runs in stages of its own", s.Origin)}
		}
		a, apart := f.apart[i]
		if !apart {
			here.Ops = append(here.Ops, op)
			continue
		}
		for _, t := range a.trees {
			here.Ops = append(here.Ops, j.Op(&ir.Copy{From: names.of[op], Sources: []string{t}, Dest: t}, "`"+explain.Short(op)+"` runs in a stage of its own", op.Origin))
		}
	}
	if len(list) == 0 {
		return []*ir.Stage{s}
	}
	return append(list, named(here))
}

// starting are the stages of the RUNs that start at a fork, with what is set on the way to them.
func (j *job) starting(s *ir.Stage, f fork, at int, base string, names *names) (list []*ir.Stage) {
	ops := s.Ops
	for i := at; i < len(ops); i++ {
		if a, ok := f.apart[i]; !ok || a.from != at {
			continue
		}
		name := names.fresh(s.Name, "part")
		names.of[ops[i]] = name
		out := ir.Stage{Name: name, Base: base, Origin: j.Made("`"+explain.Short(ops[i])+"` runs beside other steps", ops[i].Origin)}
		for _, op := range ops[at:i] {
			switch op.Body.(type) {
			case *ir.Env, *ir.Arg, *ir.User, *ir.Shell, *ir.Workdir:
				out.Ops = append(out.Ops, j.Op(op.Body, "it is in force where it runs", op.Origin))
			}
		}
		out.Ops = append(out.Ops, j.Op(ops[i].Body, "it runs beside other steps", ops[i].Origin))
		list = append(list, named(out))
	}
	return list
}

// named gives a stage the line that it has.
func named(s ir.Stage) *ir.Stage {
	s.Code = "FROM "
	if s.Platform != "" {
		s.Code += "--platform=" + s.Platform + " "
	}
	s.Code += s.Base
	if s.Name != "" {
		s.Code += " AS " + s.Name
	}
	return &s
}

// names are those of new stages.
type names struct {
	text string // of the module, in lower case
	used []string
	of   map[*ir.Op]string // of the stage of a RUN
}

// fresh gives a name that nothing in the module has: no stage, and no image or context that one names.
func (n *names) fresh(stage, what string) string {
	if stage != "" {
		what = stage + "-" + what
	}
	for i := 1; ; i++ {
		name := fmt.Sprintf("%s-%d", what, i)
		if !slices.Contains(n.used, name) && !strings.Contains(n.text, name) {
			n.used = append(n.used, name)
			return name
		}
	}
}
