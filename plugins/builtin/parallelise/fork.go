package parallelise

import (
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// mostPassed is how many steps one may run beside, for each is looked at.
const mostPassed = 64

// fork is how a stage is divided.
type fork struct {
	at    []int         // the ops in front of which it is, sorted
	apart map[int]apart // the RUNs that become stages, by their op
}

// apart is a RUN that becomes a stage.
type apart struct {
	from  int      // the op in front of which its stage begins
	trees []string // what it writes: files and directories, absolute
}

// line is a stage at work.
type line struct {
	*job
	stage   int
	ops     []*ir.Op
	steps   []effects.Step
	states  []*eval.State
	grounds []*effects.Ground // what each op stands on
	before  []effects.Step    // of the stages that it starts from
	fork    fork
}

// stage finds the RUNs of a stage that can run beside others.
func (j *job) stage(stage int) fork {
	l := &line{job: j, stage: stage, ops: j.Module.Stages[stage].Ops, states: j.states.Stage(stage)}
	if len(l.ops) == 0 || l.states[0].Triggers || l.states[0].OS == "windows" {
		return fork{}
	}
	l.steps = j.states.Steps(stage)
	if !l.pays() {
		return fork{}
	}
	g, before := j.states.Under(stage, effects.Ground{Straight: j.config.Links == "trust"})
	l.before = before
	for i, op := range l.ops {
		here := *g
		here.Path = j.states.Path(stage, l.states[i])
		l.grounds = append(l.grounds, &here)
		g = g.With(op.Body, l.steps[i])
	}
	l.fork.apart = map[int]apart{}
	for i := range l.ops {
		if l.slow(i) {
			l.find(i)
		}
	}
	return l.fork
}

// pays tells whether there are two RUNs that take time.
func (l *line) pays() bool {
	n := 0
	for i := range l.ops {
		if l.slow(i) {
			n++
		}
	}
	return n > 1
}

// slow tells a RUN that takes time: it fetches something.
func (l *line) slow(i int) bool {
	_, run := l.ops[i].Body.(*ir.Run)
	return run && len(l.steps[i].Effects.Network) > 0
}

// find looks for the op in front of which the stage of a RUN can begin, so that it runs beside another
// that takes time.
func (l *line) find(i int) {
	beside := l.slowest(l.earliest(i, nil), i)
	if beside < 0 {
		if near := l.slowest(0, i); near >= 0 {
			var why string
			l.earliest(i, &why)
			l.say("uses", l.ops[i], "stays behind `%s`: %s", explain.Short(l.ops[near]), why)
		}
		return
	}
	trees, no := l.own(i)
	if no != nil {
		l.say(no.code, l.ops[i], "stays behind `%s`: %s", explain.Short(l.ops[beside]), no.why)
		return
	}
	from := beside
	for _, at := range l.fork.at { // one that is there is as good
		if at >= l.earliest(i, nil) && l.slowest(at, i) >= 0 {
			from = at
			break
		}
	}
	if !slices.Contains(l.fork.at, from) {
		l.fork.at = append(l.fork.at, from)
		slices.Sort(l.fork.at)
	}
	l.fork.apart[i] = apart{from, trees}
	l.say("apart", l.ops[i], "runs beside `%s`, in a stage of its own", explain.Short(l.ops[beside]))
}

// slowest is the first op of a stretch which takes time, and stays; -1 is none.
func (l *line) slowest(from, to int) int {
	for k := from; k < to; k++ {
		if _, gone := l.fork.apart[k]; l.slow(k) && !gone {
			return k
		}
	}
	return -1
}

// earliest is the first op in front of which a RUN does the same. What sets variables, the user, the
// shell and the directory between there and the RUN goes along.
func (l *line) earliest(i int, why *string) int {
	along := []int{i}
	stop := func(k int, text string) int {
		if why != nil {
			*why = text
		}
		return k + 1
	}
	for k := i - 1; k >= 0 && i-k <= mostPassed; k-- {
		switch l.ops[k].Body.(type) {
		case *ir.Workdir:
			along = append(along, k)
			continue
		case *ir.Env, *ir.Arg, *ir.User, *ir.Shell, *ir.Label, *ir.Expose, *ir.Volume, *ir.StopSignal, *ir.Maintainer, *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck:
			continue
		case *ir.Run, *ir.Copy, *ir.Add:
		default:
			return stop(k, "an instruction between may do anything")
		}
		for _, n := range along {
			if text := l.grounds[k].Unseen(l.ops[k].Body, l.ops[n].Body, l.steps[k], l.steps[n]); text != "" {
				return stop(k, text)
			}
		}
	}
	if why != nil && *why == "" {
		*why = "there are too many steps between"
	}
	return max(0, i-mostPassed)
}

// inherits tells whether all that a stage sets up to an op is the same in one that starts from there.
// An ENTRYPOINT takes away a CMD that its stage starts with, and not one of its own.
func (l *line) inherits(to int) bool {
	return !slices.ContainsFunc(l.ops[:to], func(op *ir.Op) bool {
		switch op.Body.(type) {
		case *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck:
			return true
		}
		return false
	})
}
