package plan

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/suggest"
	"github.com/moby/buildkit/util/system"
	"github.com/moby/patternmatcher"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/ir"
)

// What the passes find out on their way, in the order in which BuildKit's build checks
// would report it.

func (p *planner) note(f Fact) { p.facts = append(p.facts, f) }

// noteDefaults looks for base images that only a --build-arg gives a name.
func (p *planner) noteDefaults() {
	var args *Env
	if len(p.mod.Args) > 0 || slices.ContainsFunc(p.mod.Stages, func(s *ir.Stage) bool { return !p.words.plain(s.Base) }) {
		args = p.predefined()
	}
	for _, op := range p.mod.Args {
		arg, ok := bodyArg(op)
		if !ok {
			continue
		}
		for _, d := range arg.Defaults {
			if !d.Set {
				continue
			}
			v, err := p.words.word(d.Value, args)
			if err != nil {
				return // told where the build meets it
			}
			args.Set(d.Key, v)
		}
	}
	for _, def := range p.mod.Stages {
		name, err := p.words.word(def.Base, args)
		if err != nil {
			return
		}
		if simple(name) {
			continue
		}
		if _, err := p.parseReference(name); err != nil {
			p.note(BaseWithoutName{OnStage{def}})
		}
	}
}

// simple tells a name that is one without asking, like that of most stages.
func simple(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) < 64
}

// argNames are the names that a FROM can use, set or not.
func (p *planner) argNames() []string {
	names := map[string]bool{}
	for _, op := range p.mod.Args {
		if arg, ok := bodyArg(op); ok {
			for _, d := range arg.Defaults {
				names[d.Key] = true
			}
		}
	}
	for _, k := range p.args.Keys() {
		names[k] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// noteFrom looks for variables of a FROM that nobody declares.
func (p *planner) noteFrom(def *ir.Stage, u used) {
	if len(u.unset) == 0 {
		return
	}
	names := p.argNames()
	for _, name := range u.unset {
		if !slices.Contains(names, name) {
			p.note(UndeclaredArg{OnStage{def}, name, p.nearName(name, func() []string { return names })})
		}
	}
}

// nearName finds what BuildKit takes to be near a name. Behind the first hundred names
// nobody needs it, and thousands among thousands take their time.
func (p *planner) nearName(name string, names func() []string) string {
	if p.searched++; p.searched > 100 {
		return ""
	}
	near, _ := suggest.Search(name, names(), true)
	return near
}

func (p *planner) notePlatformFlag(def *ir.Stage, value string, u used) {
	target, _ := p.args.Get("TARGETPLATFORM")
	p.note(PlatformFlag{OnStage{def}, value, u.set, u.unset, target})
}

// noteBase looks at what platform a base image turned out to be for.
func (p *planner) noteBase(s *Stage, want, got ocispecs.Platform) {
	if want.OS != got.OS || want.Architecture != got.Architecture {
		p.note(OtherPlatform{s.blame, s.asked, platforms.FormatAll(platforms.Normalize(want)), platforms.FormatAll(platforms.Normalize(got))})
	}
}

// noteUnset looks at the variables of a word of the op at hand that are not set.
func (p *planner) noteUnset(names []string) {
	s := p.stageAt
	if s == nil || s.unknown {
		return
	}
	for _, name := range names {
		if _, declared := s.argAt[name]; declared || scanArg(name) {
			continue
		}
		p.note(UnsetVariable{OnOp{p.opAt}, name, p.nearName(name, s.env.Keys)})
	}
}

// noteOp looks at an op for what needs no expansion.
func (p *planner) noteOp(s *Stage, op *operation) {
	switch b := op.Body.(type) {
	case *ir.Env:
		p.notePairs(op, b.Pairs)
	case *ir.Label:
		p.notePairs(op, b.Pairs)
	case *ir.Arg:
		for _, d := range b.Defaults {
			p.note(Declared{OnOp{op.Op}, d.Key})
		}
	case *ir.Cmd:
		p.noteLast(s, op)
		p.noteShellForm(s, op, b.Command)
	case *ir.Entrypoint:
		p.noteLast(s, op)
		p.noteShellForm(s, op, b.Command)
	case *ir.Healthcheck:
		p.noteLast(s, op)
	}
}

func (p *planner) notePairs(op *operation, pairs []ir.Pair) {
	for _, pair := range pairs {
		if pair.Legacy {
			p.note(LegacyPair{OnOp{op.Op}})
		}
	}
}

// lastOf are the ops of a stage of which only the last counts.
type lastOf map[string]*ir.Op

func (p *planner) noteLast(s *Stage, op *operation) {
	if s.lastOf == nil {
		s.lastOf = lastOf{}
	}
	keyword := op.Body.Keyword()
	if before := s.lastOf[keyword]; before != nil {
		p.note(Void{OnOp{before}, op.Op})
	}
	s.lastOf[keyword] = op.Op
}

func (p *planner) noteShellForm(s *Stage, op *operation, c ir.Command) {
	if !c.Exec && len(s.Image.Config.Shell) == 0 {
		p.note(DefaultShell{OnOp{op.Op}})
	}
}

func (p *planner) noteWorkdir(s *Stage, op *operation, path string) {
	if !s.dirSet && !system.IsAbs(path, s.platform.OS) {
		p.note(RelativeDir{OnOp{op.Op}, path})
	}
	s.dirSet = true
}

// readIgnore reads the patterns of files that do not reach the build. Those with
// exceptions tell nothing for sure, and are left.
func (p *planner) readIgnore(ctx context.Context) {
	if p.opt.Ignore == nil {
		return
	}
	patterns, err := p.opt.Ignore(ctx)
	if err != nil {
		p.fail(nil, "dockerignore", err)
		return
	}
	if len(patterns) == 0 {
		return
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		p.fail(nil, "dockerignore", err)
		return
	}
	if !m.Exclusions() {
		p.ignore = m
	}
}

// noteIgnored looks at a path that COPY or ADD reads from the build context.
func (p *planner) noteIgnored(op *operation, path string) {
	if p.ignore == nil {
		return
	}
	path = filepath.ToSlash(filepath.Clean(path))
	if (path == "." || path == "/") && !slices.ContainsFunc(p.ignore.Patterns(), func(pattern *patternmatcher.Pattern) bool {
		return slices.Contains([]string{"*", "**", "**/*"}, pattern.String())
	}) {
		return
	}
	if ignored, err := p.ignore.MatchesOrParentMatches(path); err == nil && ignored {
		p.note(IgnoredFile{OnOp{op.Op}, path})
	}
}
