package lint

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// View is what the author wrote, stage by stage, as far as it can be read: also of a file with
// mistakes, or with instructions in front of any FROM, which are a stage of their own then.
// What is known of an op is worked out when a rule first asks, for all rules.
type View struct {
	Text    *Text
	Module  *ir.Module // of the stages, and of the ARGs in front of them
	Stages  []*Stage
	Options Options

	known  Known
	given  func(string) bool
	memo   *eval.Memo
	states *eval.Module
	open   []bool  // by stage; with states
	steps  []*Step // of all stages

	keywords *index[*Step] // nil until a rule asks
	programs []*programs   // those that a rule has asked for

	sharing
}

// Given tells whether the build is given a context of a name, which then is no image.
func (v *View) Given(name string) bool { return v.given != nil && v.given(name) }

// Stage is a FROM and what follows it.
type Stage struct {
	*ir.Stage
	View   *View
	Index  int        // in View.Stages
	Node   *lang.From // nil where the instructions have no FROM above them
	Parent *Stage     // that it starts from; nil when that is an image
	Steps  []*Step

	room    []Step // that its steps are in
	root    *Stage
	shipped bool
	distro  *detected // nil until a rule asks
}

// Step is an instruction of a stage, or the trigger of an ONBUILD, which comes behind its ONBUILD.
type Step struct {
	Stage   *Stage
	Index   int              // of its op in Stage.Ops
	Body    ir.Body          // what it does
	Node    lang.Instruction // as it is written
	Outer   lang.Instruction // Node, or the ONBUILD that has it
	Onbuild bool             // it runs in later builds

	shell  []string // that a comment for hadolint names; nil is that of the state
	state  *eval.State
	script *Script
	read   bool // whether there is a script has been looked at
	done   *effects.Step

	sharing
}

// Known is what is known of the images that stages start from.
type Known interface {
	// Base is the state that a stage of a module starts with, whose image is no stage, and tells
	// whether the variables of that image are known.
	Base(m *ir.Module, stage int) (*eval.State, bool)
	// Distro is the distribution of the image of a stage, which is no stage; it is false when that does not tell.
	Distro(m *ir.Module, stage int) (distro.Distro, bool)
	// Digest is that of the image that a stage starts from, or of its index, as a registry had it last;
	// it is "" when that is not known.
	Digest(m *ir.Module, stage int) string
	// Size is how many bytes files of the build context have, and what is below directories. It is
	// false when that is not known.
	Size(m *ir.Module, names []string) (int64, bool)
}

// newView takes the tree of a text apart. What is wrong with an instruction the compiler reports.
func newView(t *Text, in Input) *View {
	v := &View{Text: t, Options: in.Options, known: in.Known, given: in.Given, memo: &eval.Memo{}}
	whole := in.Written
	if whole == nil {
		whole, _ = ir.Build(t.File)
	}
	built := whole.Stages // those with a FROM, and every instruction behind it
	m := *whole
	v.Module, m.Stages = &m, nil
	named := map[string]*Stage{}
	var stage *Stage
	add := func(s *ir.Stage, from *lang.From) {
		stage = &Stage{Stage: s, View: v, Index: len(v.Stages), Node: from, Parent: named[s.Base]}
		if stage.root = stage; stage.Parent != nil {
			stage.root = stage.Parent.root
		}
		v.Stages, v.Module.Stages = append(v.Stages, stage), append(v.Module.Stages, s)
	}
	next := 0            // of the stage's ops
	var comment []string // of the stage, the last that names a shell
	comments := t.comments
	for _, node := range t.All {
		if from, ok := node.(*lang.From); ok {
			add(built[0], from)
			built, next, comment = built[1:], 0, namedShell(comments, node)
			if stage.Name != "" {
				named[stage.Name] = stage
			}
			continue
		}
		if _, arg := node.(*lang.Arg); arg && stage == nil {
			continue
		}
		if stage == nil {
			add(&ir.Stage{Origin: &ir.Origin{Span: node.Span()}}, nil)
		}
		if stage.Node == nil {
			body, _ := ir.BuildBody(node)
			stage.Ops = append(stage.Ops, &ir.Op{Body: body, Code: node.Head().Code, Origin: &ir.Origin{Span: node.Span()}})
		}
		if _, set := node.(*lang.Shell); set {
			comment = nil
		} else if named := namedShell(comments, node); named != nil {
			comment = named
		}
		stage.add(node, next, comment)
		next++
	}
	for _, s := range v.Stages {
		v.steps = append(v.steps, s.Steps...)
	}
	if len(v.Stages) > 0 {
		for s := v.Stages[len(v.Stages)-1]; s != nil; s = s.Parent {
			s.shipped = true
		}
	}
	return v
}

// add takes the instruction of an op into a stage.
func (s *Stage) add(node lang.Instruction, index int, sh []string) {
	if s.Steps == nil {
		s.room, s.Steps = make([]Step, len(s.Ops)), make([]*Step, 0, len(s.Ops))
	}
	var step *Step
	if index < len(s.room) {
		step = &s.room[index]
	} else {
		step = &Step{}
	}
	step.Stage, step.Index, step.Body, step.Node, step.Outer, step.shell = s, index, s.Ops[index].Body, node, node, sh
	s.Steps = append(s.Steps, step)
	if on, ok := node.(*lang.Onbuild); ok && on.Trigger != nil {
		if inner, _ := ir.BuildBody(on.Trigger); inner != nil {
			s.Steps = append(s.Steps, &Step{Stage: s, Index: index, Body: inner, Node: on.Trigger, Outer: node, Onbuild: true, shell: sh})
		}
	}
}

// Distro is the distribution of a stage; it is false when nothing tells.
func (s *Stage) Distro() (distro.Distro, bool) {
	if s.distro == nil {
		s.distro = &detected{}
		s.distro.of, s.distro.ok = s.detect()
	}
	return s.distro.of, s.distro.ok
}

// detect asks the image, and then the commands of the stages that lead to one, the first first.
func (s *Stage) detect() (d distro.Distro, ok bool) {
	if s.Parent != nil {
		d, ok = s.Parent.Distro()
	} else {
		d, ok = s.View.base().Distro(s.View.Module, s.Index)
	}
	if !ok {
		d, ok = distro.OfCommands(s.View.memo, s.Stage)
	}
	return d, ok
}

// detected is a distribution, where something tells.
type detected struct {
	of distro.Distro
	ok bool
}

// Digest is that of the image that a stage starts from, as far as it is known; "" is not.
func (s *Stage) Digest() string {
	if s.Parent != nil {
		return ""
	}
	return s.View.base().Digest(s.View.Module, s.Index)
}

// Pin is an edit that names the image of a stage by its digest, behind the tag that it has; none where
// that is not known, or the name is not plain.
func (s *Stage) Pin() []diag.Edit {
	if s.Node == nil || strings.ContainsAny(s.Base, "$@\"'") {
		return nil
	}
	digest := s.Digest()
	if digest == "" {
		return nil
	}
	tag := ""
	if !strings.Contains(s.Base[strings.LastIndexByte(s.Base, '/')+1:], ":") {
		tag = ":latest"
	}
	return s.View.Text.Replace(s.Node.Base, s.Base+tag+"@"+digest)
}

// Size is how many bytes files of the build context have, and what is below directories. It is false
// when that is not known.
func (v *View) Size(names []string) (int64, bool) { return v.base().Size(v.Module, names) }

// Above are the stages in front of one, as far as they are within reach.
func (s *Stage) Above() []*Stage { return s.View.Stages[max(0, s.Index-reach):s.Index] }

type namesKey struct{}

// Called are the stages in front of one that a word stands for: those of its name, in whatever case, or
// of its number.
func (s *Stage) Called(word string) []*Stage {
	all := s.View.Share(namesKey{}, func() any {
		all := map[string][]*Stage{}
		for i, stage := range s.View.Stages {
			number := strconv.Itoa(i)
			if all[number] = append(all[number], stage); stage.Name != "" && stage.Name != number {
				all[stage.Name] = append(all[stage.Name], stage)
			}
		}
		return all
	}).(map[string][]*Stage)[strings.ToLower(word)]
	end, _ := slices.BinarySearchFunc(all, s.Index, func(o *Stage, index int) int { return cmp.Compare(o.Index, index) })
	return all[:end]
}

// Last tells the stage that a build makes when it is asked for no other.
func (s *Stage) Last() bool { return s.Index == len(s.View.Stages)-1 }

// Root is the first of the stages that a stage goes back to, which starts from an image.
func (s *Stage) Root() *Stage { return s.root }

// Within tells whether a stage is another, or starts from it.
func (s *Stage) Within(of *Stage) bool {
	for ; s != nil; s = s.Parent {
		if s == of {
			return true
		}
	}
	return false
}

// Shipped tells whether the layers of a stage are in the image that a build makes unless it is
// asked for another stage.
func (s *Stage) Shipped() bool { return s.shipped }

// Own are the steps of a stage that run in its build: no triggers.
func (s *Stage) Own() iter.Seq[*Step] {
	return func(yield func(*Step) bool) { s.own(0, len(s.Ops), yield) }
}

// own goes through those of the ops from one on, up to another. It is false once yield is.
func (s *Stage) own(from, end int, yield func(*Step) bool) bool {
	for _, step := range s.Steps[s.at(from):] {
		if step.Index >= end {
			break
		}
		if !step.Onbuild && !yield(step) {
			return false
		}
	}
	return true
}

// at is where the steps of the ops from one on begin.
func (s *Stage) at(op int) int {
	i, _ := slices.BinarySearchFunc(s.Steps, op, func(o *Step, op int) int { return cmp.Compare(o.Index, op) })
	return i
}

// reach is how many instructions a rule sees in front of a step, and behind it. Engines run images
// of no more than some 127 layers, and looking farther takes a time that grows with the square of the
// file.
const reach = 300

// Before are the steps in front of one in its build, from the first of the stages that its own
// starts from, as far as they are within reach.
func (s *Step) Before() iter.Seq[*Step] {
	return func(yield func(*Step) bool) { s.Stage.upTo(s.Index, reach, yield) }
}

// upTo goes through the steps of the stages that a stage starts from, and its own, that lie in front of
// an op within a reach, of which each FROM takes one. It is false once yield is.
func (s *Stage) upTo(index, reach int, yield func(*Step) bool) bool {
	if s.Parent != nil && reach > index && !s.Parent.upTo(len(s.Parent.Ops), reach-index-1, yield) {
		return false
	}
	return s.own(index-reach, index, yield)
}

// Above are the steps of the stage in front of one, the nearest first, as far as they are within reach.
func (s *Step) Above() iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		steps := s.Stage.Steps
		for _, o := range slices.Backward(steps[s.Stage.at(s.Index-reach):s.Stage.at(s.Index)]) {
			if !o.Onbuild && !yield(o) {
				return
			}
		}
	}
}

// After are the steps of a stage behind one, as far as they are within reach.
func (s *Step) After() iter.Seq[*Step] {
	return func(yield func(*Step) bool) { s.Stage.own(s.Index+1, s.Index+1+reach, yield) }
}

// Line is where a step stands in the file, from 1.
func (s *Step) Line() int { return s.Stage.View.Text.File.Source.Line(s.Node.Span().Start) }

// Commands are those of the script of a step; none where there is no script.
func (s *Step) Commands() []*shell.Command {
	if script := s.Script(); script != nil {
		return script.Commands
	}
	return nil
}

// State is what is in force in front of a step. Its shell is that of a comment for hadolint where
// there is one.
func (s *Step) State() *eval.State {
	if s.state == nil {
		s.state = s.Stage.states()[s.Index]
		if s.shell != nil {
			other := *s.state
			other.Shell, other.ShellKnown = s.shell, true
			s.state = &other
		}
	}
	return s.state
}

// End is what is in force behind the last step of a stage.
func (s *Stage) End() *eval.State { return s.states()[len(s.Ops)] }

func (s *Stage) states() []*eval.State {
	v := s.View
	if v.states == nil {
		v.open = make([]bool, len(v.Stages))
		v.states = v.memo.Module(v.Module, func(stage int) *eval.State {
			state, known := v.base().Base(v.Module, stage)
			v.open[stage] = !known
			return state
		})
	}
	return v.states.Stage(s.Index)
}

// Effects are what a step does.
func (s *Step) Effects() effects.Step {
	if s.done == nil {
		v, state := s.Stage.View, s.State() // which knows what is open, too
		at := effects.StateOf(state, v.Module.Escape, v.open[s.Stage.Root().Index])
		at.Script = v.memo.Script
		step := effects.Of(s.Body, at)
		s.done = &step
	}
	return *s.done
}

// Expand gives a word of the step's instruction with its variables expanded. It is false when
// one is not known.
func (s *Step) Expand(word string) (string, bool) {
	return s.State().Expand(word, s.Stage.View.Module.Escape)
}

func (v *View) base() Known {
	if v.known == nil {
		v.known = ByName{v.memo}
	}
	return v.known
}

// namedShell is the shell that a comment above an instruction names for hadolint, as in
// "hadolint shell=powershell"; nil where there is none.
func namedShell(comments map[uint32][]string, in lang.Instruction) (words []string) {
	for _, c := range comments[in.Span().Start] {
		rest, ok := strings.CutPrefix(c, "hadolint")
		name, sh, set := strings.Cut(rest, "=")
		if ok && set && strings.TrimSpace(name) == "shell" {
			sh, _, _ = strings.Cut(sh, "#")
			words = append(strings.Fields(sh), "-c")
		}
	}
	return words
}
