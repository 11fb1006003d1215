package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/suggest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Scratch is the name of the empty base.
const Scratch = "scratch"

// stages makes the stages: bases and platforms expanded, and each tied to the
// earlier stage that it is based on.
func (p *planner) stages() {
	for i, def := range p.mod.Stages {
		if p.stage(i, def); p.spent() {
			return
		}
		p.total += 1 + len(def.Ops)
	}
}

func (p *planner) stage(i int, def *ir.Stage) {
	base, names, err := p.words.look(def.Base, p.args)
	p.noteFrom(def, names)
	switch {
	case err != nil:
		p.fail(def.Origin, "expansion", err)
	case base == "":
		p.fail(def.Origin, "blank-base", about(def.Base, errorf("base name (%s) should not be blank", def.Base))).
			Hint = "give the ARG a default before the first FROM, or pass it with --build-arg"
	}
	s := &Stage{def: def, Name: def.Name, baseName: base, asked: base, origin: def.Origin, blame: def.Origin, paths: &pathSet{}}
	s.fromArgs = names.set
	s.names.multi = p.opt.MultiPlatform
	p.stagePlatform(s)
	if p.named(s, def.Name, p.platformAsked(s)); s.context != nil {
		p.register(s)
		s.base = nil // the context stands in for the stage
		s.addOps(def.Ops)
		return
	}
	if s.Name == "" {
		s.Name = fmt.Sprintf("stage-%d", i)
	}
	p.register(s)
	s.addOps(def.Ops)
	s.count()
	s.NoCache = p.opt.NoCache != nil && p.opt.NoCache(def.Name)
}

func (s *Stage) addOps(ops []*ir.Op) {
	s.ops = make([]operation, len(ops))
	for i, op := range ops {
		s.ops[i].Op = op
	}
}

// count counts the steps that get a number.
func (s *Stage) count() {
	if s.baseName != Scratch && s.base == nil {
		s.names.total = 1
	}
	for _, op := range s.ops {
		switch op.Body.(type) {
		case *ir.Add, *ir.Copy, *ir.Run, *ir.Workdir:
			s.names.total++
		}
	}
}

func (p *planner) stagePlatform(s *Stage) {
	word := s.def.Platform
	if word == "" {
		return
	}
	flag := "--platform=" + word
	text, names, err := p.words.look(word, p.args)
	s.fromArgs = append(s.fromArgs, names.set...)
	p.noteFrom(s.def, names)
	p.notePlatformFlag(s.def, text, names)
	if err != nil {
		p.fail(s.blame, "expansion", about(flag, fmt.Errorf("failed to process arguments for platform %s: %w", word, err)))
		return
	}
	if text == "" {
		d := p.fail(s.blame, "bad-platform", about(flag, errorf("empty platform value from expression %s", word)))
		d.Expected, d.Hint = "os/architecture, like linux/arm64", p.nearArg(names)
		return
	}
	platform, err := platforms.Parse(text)
	if err != nil {
		d := p.fail(s.blame, "bad-platform", about(flag, fmt.Errorf("failed to parse platform %s: %w", word, err)))
		d.Expected, d.Hint = "os/architecture, like linux/arm64", p.nearArg(names)
		return
	}
	s.platform = &platform
}

// nearArg suggests a variable for one that is not set.
func (p *planner) nearArg(u used) string {
	for _, name := range u.unset {
		if near, ok := suggest.Search(name, p.args.Keys(), true); ok {
			return "did you mean `" + near + "`?"
		}
	}
	return ""
}

// platformAsked is the platform that a stage has for sure, before its base is
// known; nil when none was asked for.
func (p *planner) platformAsked(s *Stage) *ocispecs.Platform {
	if s.platform != nil {
		return s.platform
	}
	return p.opt.Platform
}

// named looks a name up among the contexts of the command line.
func (p *planner) named(s *Stage, name string, platform *ocispecs.Platform) {
	if name == "" || p.opt.Contexts == nil || strings.EqualFold(name, Scratch) || strings.EqualFold(name, "context") {
		return
	}
	load, err := p.opt.Contexts.Lookup(ContextRequest{Name: name, Platform: platform, Paths: s.paths.list})
	if err != nil {
		p.fail(s.blame, "bad-context", err)
	}
	s.context = load
}

// register adds a stage, or an image, to those that can be named. Only stages
// registered before are found as a base, and only by the exact lower-case name.
func (p *planner) register(s *Stage) {
	p.all = append(p.all, s)
	if base, ok := p.byName[s.baseName]; ok {
		s.base = base
	}
	if s.def != nil && s.def.Name != "" {
		p.byName[s.def.Name] = s
	}
}

// link finds what the ops of each stage copy and mount from.
func (p *planner) link() {
	for _, s := range p.all[:len(p.all):len(p.all)] {
		for i := range s.ops {
			p.trace.link(s)
			p.linkOp(s, &s.ops[i])
		}
		p.trace.link(s)
	}
	if p.failed() {
		return
	}
	p.circular()
	if len(p.all) == 1 {
		p.all[0].Name = ""
	}
}

// linkOp reports whether the op reads other stages.
func (p *planner) linkOp(s *Stage, op *operation) bool {
	switch b := op.Body.(type) {
	case *ir.Copy:
		if b.From != "" {
			if from := p.copySource(op.Op, b.From); from != nil {
				op.sources = []*Stage{from}
			}
		}
	case *ir.Run:
		for _, m := range b.Mounts {
			from, _ := m.Option("from")
			if from == "" {
				from = Scratch // also for mounts that have no source at all
			}
			op.sources = append(op.sources, p.find(from, nil, op.Origin))
		}
	}
	for _, from := range op.sources {
		if s.needs == nil {
			s.needs = map[*Stage]*ir.Op{}
		}
		s.needs[from] = op.Op
		if from.unregistered {
			p.register(from)
		}
	}
	return len(op.sources) > 0
}

func (p *planner) copySource(op *ir.Op, from string) *Stage {
	flag := "--from=" + from
	literal, err := p.words.word(from, noEnv{})
	if err != nil {
		p.fail(op.Origin, "expansion", err)
		return nil
	}
	if literal != from {
		p.fail(op.Origin, "from-variable", about(flag, errorf("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround"))).
			Hint = "write `FROM " + from + " AS name`, with a global ARG, and copy from that"
		return nil
	}
	index, err := strconv.Atoi(from)
	if err != nil {
		return p.find(from, op.Origin, op.Origin)
	}
	if index < 0 || index >= len(p.all) {
		p.fail(op.Origin, "unknown-stage", about(flag, errorf("invalid stage index %d", index))).
			Expected = fmt.Sprintf("0 to %d", len(p.mod.Stages)-1)
		return nil
	}
	return p.all[index]
}

// find gives the stage of a name in any case, or else an image of that name.
// BuildKit gives the vertex of such an image a place for COPY but none for RUN.
func (p *planner) find(name string, origin, blame *ir.Origin) *Stage {
	if s, ok := p.byName[strings.ToLower(name)]; ok {
		return s
	}
	return &Stage{baseName: name, asked: name, origin: origin, blame: blame, paths: &pathSet{}, unregistered: true}
}

// circular reports stages that wait for each other.
func (p *planner) circular() {
	state := map[*Stage]int{} // 1 on the path, 2 done
	var visit func(s *Stage) bool
	visit = func(s *Stage) bool {
		state[s] = 1
		for _, op := range s.ops {
			for _, from := range op.sources {
				if state[from] == 1 {
					p.fail(op.Origin, "circular", about("from="+from.Name, errorf("circular dependency detected on stage: %s", s.Name))).
						Hint = "stage `" + from.Name + "` needs `" + s.Name + "` in turn; move what both share into a stage of its own"
					return false
				}
				if state[from] == 0 && !visit(from) {
					return false
				}
			}
		}
		state[s] = 2
		return true
	}
	for _, s := range p.all {
		if state[s] == 0 && !visit(s) {
			return
		}
	}
}

// pick finds the stage to build.
func (p *planner) pick() {
	if len(p.all) == 0 {
		p.fail(nil, "no-stage", errorf("dockerfile contains no stages to build"))
		return
	}
	if p.opt.Target == "" {
		p.goal = p.all[len(p.all)-1]
		return
	}
	s, ok := p.byName[strings.ToLower(p.opt.Target)]
	if !ok {
		p.fail(nil, unknownTarget, noStage(p.opt.Target, p.stageNames()))
		return
	}
	p.goal = s
}

const unknownTarget = "unknown-target" // the code of noStage

// CheckTarget is for what is done with a module that is not planned: an error as a plan has it, when
// the target is none of the stages. "" is the last.
func CheckTarget(m *ir.Module, target string) error {
	var names []string
	for _, s := range m.Stages {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	if target == "" || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, target) }) {
		return nil
	}
	return diag.List{noStage(target, names)}
}

// noStage is the error of a target that is none of the stages.
func noStage(target string, names []string) diag.Diagnostic {
	d := diag.Diagnostic{Code: unknownTarget, Message: fmt.Sprintf("target stage %q could not be found", target)}
	if near := diag.Suggest(target, names); near != "" {
		d.Hint = "did you mean `" + near + "`?"
	} else {
		d.Expected = strings.Join(names, ", ")
	}
	return d
}

// nearStage finds a stage of nearly that name. Behind the first errors nobody needs
// it, and thousands of names take their time.
func (p *planner) nearStage(name string) string {
	if len(p.diags) > 20 {
		return ""
	}
	return diag.Suggest(name, p.stageNames())
}

func (p *planner) stageNames() []string {
	var names []string
	for _, s := range p.all {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// reachable are the stages that the target needs.
func (p *planner) reachable() map[*Stage]bool {
	reach := make(map[*Stage]bool, len(p.all))
	todo := []*Stage{p.goal}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reach[s] {
			continue
		}
		reach[s] = true
		if s.base != nil {
			todo = append(todo, s.base)
		}
		for from := range s.needs {
			todo = append(todo, from)
		}
	}
	return reach
}
