package plan

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/words"
)

// trace is a plan of a module that remembers what was known in front of each op. So it can
// tell, without planning again, what planning a shorter module would have come to: one that ends
// with the stage in which a place is, in front of the op that stands there. It is for one
// goroutine.
type trace struct {
	p      *planner
	linked []link // of the ops of the target, and of their end
	seen   map[*Stage]bool
	before int // diagnostics when the ops of the target began to run
	ran    bool
	end    mark
	shared bool // it stands for the plans of other stages, too:
	needed bool // of those only that the target needs
}

// mark is where a planner stood.
type mark struct {
	diags int   // that it had found
	left  int64 // of its budget
}

// link is where it stood in front of an op of the target, when it tied ops to stages.
type link struct {
	mark
	sources int // that the ops so far read: stages, and one for each op that reads an image or is wrong
}

// track is what running the ops of a stage found out.
type track struct {
	marks  []mark // in front of each op, triggers first, and at their end when it came to that
	values map[string][]setting
}

// setting is a value of a variable from an op on.
type setting struct {
	from  int
	value string
}

// makeTrace plans a build of a module, and remembers. The error is the context's: what is wrong
// with the module word tells.
func makeTrace(ctx context.Context, m *ir.Module, o Options) (*trace, error) {
	p := newPlanner(m, o)
	p.trace = &trace{p: p, seen: map[*Stage]bool{}}
	if err := p.passes(ctx); err != nil {
		return nil, err
	}
	p.words.watch = nil
	p.trace.end, p.trace.shared, p.trace.needed = p.mark(), p.shared(), p.triggered()
	return p.trace, nil
}

// link notes where the planner stands in front of the next op of the target, or behind the last.
func (t *trace) link(s *Stage) {
	if t == nil || s != t.p.goal {
		return
	}
	now := link{mark: t.p.mark()}
	if i := len(t.linked); i > 0 {
		before := t.linked[i-1]
		now.sources = before.sources + t.fresh(s.ops[i-1].sources)
		if now.diags > before.diags {
			now.sources++
		}
	}
	t.linked = append(t.linked, now)
}

// fresh counts the sources that could not be among those of the ops before.
func (t *trace) fresh(sources []*Stage) (n int) {
	for _, from := range sources {
		if from.baseName == Scratch && from.def == nil || t.seen[from] && !from.unregistered {
			continue // nothing depends on it
		}
		t.seen[from] = true
		n++
	}
	return n
}

// begin notes that the ops of a stage begin to run.
func (t *trace) begin(s *Stage) {
	if t == nil {
		return
	}
	if s == t.p.goal {
		t.before, t.ran = len(t.p.diags), true
	}
	s.track = &track{values: make(map[string][]setting, len(s.env.list))}
	for _, v := range s.env.Vars() {
		s.track.set(v)
	}
}

func (p *planner) mark() mark { return mark{len(p.diags), p.budget.Left} }

// mark notes where the planner stands in front of the next op.
func (t *track) mark(p *planner) {
	if t != nil {
		t.marks = append(t.marks, p.mark())
	}
}

// set notes a value for the ops that follow.
func (t *track) set(v Variable) {
	if t != nil {
		t.values[v.Key] = append(t.values[v.Key], setting{len(t.marks), v.Value})
	}
}

// at is a place among the ops that a track is of.
type at struct {
	*track
	op int
}

// Get makes a place variables of words.
func (a at) Get(name string) (string, bool) {
	list := a.values[name]
	i := sort.Search(len(list), func(i int) bool { return list[i].from > a.op })
	if i == 0 {
		return "", false
	}
	return list[i-1].value, true
}

// word is what a word comes to in front of an op of a stage, as the value of an ENV there: what
// Make finds of the module with the stages up to this one, this one with the ops in front of the
// place and such an ENV, with the same options but no target. The error is that of Make, a
// diag.List. It is not ok when this trace cannot tell.
func (t *trace) word(stage, op int, word string) (value string, err error, ok bool) {
	if stage == len(t.p.mod.Stages)-1 && t.p.opt.Target == "" && !t.p.opt.AllStages {
		return t.ofTarget(op, word)
	}
	if !t.shared {
		return "", nil, false
	}
	s := t.p.all[stage]
	if s.track == nil || t.needed && !t.p.reach[s] {
		return "", nil, false
	}
	return t.expand(s, op, word, nil, s.mark(op).left)
}

// mark is where the planner stood in front of an op of the module.
func (s *Stage) mark(op int) mark { return s.track.marks[op+s.triggers()] }

// triggers is how many ops come from triggers of the base.
func (s *Stage) triggers() int { return len(s.ops) - len(s.def.Ops) }

// ofTarget is word in the target, the last stage.
func (t *trace) ofTarget(op int, word string) (string, error, bool) {
	p := t.p
	if p.epochNamed { // perhaps the stage itself, which then may have one op alone
		return "", nil, false
	}
	if last := p.mod.Stages[len(p.mod.Stages)-1]; len(t.linked) == 0 || p.goal.def != last { // it did not come to that
		return "", sorted(p.diags), true
	}
	tied, end := t.linked[op], t.linked[len(t.linked)-1]
	same := tied.sources == end.sources
	switch {
	case p.diags[:tied.diags].HasErrors():
		return "", sorted(p.diags[:tied.diags]), true
	case p.diags[:end.diags].HasErrors(), !same && (!t.ran || t.before > 0), tied.left != end.left && t.end.left < 0:
		return "", nil, false // the place does not see all of that
	case !t.ran:
		return "", sorted(p.diags), true
	}
	now := t.end // where nothing more fitted into the budget
	if s := p.goal; op+s.triggers() < len(s.track.marks) {
		now = s.mark(op)
	}
	return t.expand(p.goal, op, word, p.diags[:now.diags], now.left+tied.left-end.left)
}

// sorted are diagnostics as Make gives them.
func sorted(list diag.List) diag.List {
	list = slices.Clone(list)
	list.Sort()
	return list
}

// expand expands a word at a place where some diagnostics were found so far, and where at least
// so much of the budget is left.
func (t *trace) expand(s *Stage, op int, word string, found diag.List, left int64) (string, error, bool) {
	p := t.p
	saved := p.diags
	defer func() { p.diags = saved }()
	p.diags, p.budget.Left = slices.Clone(found), left
	if p.spent() {
		return "", sorted(p.diags), p.failed()
	}
	value, err := p.words.word(word, at{s.track, op + s.triggers()})
	if err == nil {
		_ = p.budget.Take(len("ENV STRAKE_WORD=") + len(value)) // the line of the history
	}
	if p.spent() || errors.Is(err, words.ErrBudget) {
		return "", nil, false
	}
	if err != nil {
		p.fail(s.origin, "expansion", err)
	}
	if p.failed() {
		return "", sorted(p.diags), true
	}
	return value, nil, true
}

// cut is the last place of the target at which all is read that is read in front of an op, and no
// more.
func (t *trace) cut(op int) int {
	return op + sort.Search(len(t.linked)-op, func(i int) bool { return t.linked[op+i].sources > t.linked[op].sources }) - 1
}

// shared tells whether a plan stands for those of its other stages, too: nothing is wrong with
// it, and none of them depends on what is behind it.
func (p *planner) shared() bool {
	return len(p.diags) == 0 && len(p.missed) == 0 && p.opt.Contexts == nil && !p.epochNamed && !p.forward() && !p.asksTarget()
}

// triggered tells whether there are triggers, which are run only where the target needs a stage.
func (p *planner) triggered() bool {
	return slices.ContainsFunc(p.all, func(s *Stage) bool {
		return len(leftBy(s)) > 0 || s.BaseInfo != nil && len(s.BaseInfo.Config.OnBuild) > 0
	})
}

// forward tells whether an op names a stage that is its own or stands behind it, or, by a number
// that is no stage's, an image.
func (p *planner) forward() bool {
	place := map[*Stage]int{}
	for i, s := range p.all {
		if s.def != nil {
			place[s] = i
		}
	}
	for i, s := range p.all {
		for _, op := range s.ops {
			copied, _ := op.Body.(*ir.Copy)
			for _, from := range op.sources {
				if n, ok := place[from]; ok && n >= i || !ok && copied != nil && isNumber(copied.From) {
					return true
				}
			}
		}
	}
	return false
}

func isNumber(s string) bool { _, err := strconv.Atoi(s); return err == nil }

// asksTarget tells whether something may depend on which stage is the target.
func (p *planner) asksTarget() bool {
	names := func(text string) bool { return strings.Contains(text, "TARGETSTAGE") }
	args := func(op *ir.Op) bool {
		arg, ok := op.Body.(*ir.Arg)
		return ok && slices.ContainsFunc(arg.Defaults, func(d ir.Default) bool { return names(d.Key) || names(d.Value) })
	}
	return slices.ContainsFunc(p.mod.Args, args) || slices.ContainsFunc(p.all, func(s *Stage) bool {
		return s.def != nil && (names(s.def.Base) || names(s.def.Platform)) || slices.ContainsFunc(s.ops, func(o operation) bool { return args(o.Op) })
	})
}
