package plan

import (
	"context"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/util/suggest"
	"github.com/moby/buildkit/util/system"
	"github.com/moby/patternmatcher"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
)

// The build checks that need to know values. What they find goes to Options.Lint, and
// what they look at is what BuildKit's look at: the same Dockerfile gets the same
// warnings.

// lastOf are the ops of a stage of which only the last counts.
type lastOf map[string]*ir.Op

// checkDefaults looks for a base image that only --build-arg gives a name.
func (p *planner) checkDefaults() {
	if p.opt.Lint == nil {
		return
	}
	args := p.predefined()
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
		if _, err := reference.ParseNormalizedNamed(name); err != nil {
			lint.Report(p.opt.Lint, &linter.RuleInvalidDefaultArgInFrom, def.Origin, linter.RuleInvalidDefaultArgInFrom.Format(def.Base))
		}
	}
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

// checkFrom looks for variables of a FROM that nobody declares.
func (p *planner) checkFrom(def *ir.Stage, u used) {
	if p.opt.Lint == nil || len(u.unset) == 0 {
		return
	}
	names := p.argNames()
	for _, name := range u.unset {
		if !slices.Contains(names, name) {
			near, _ := suggest.Search(name, names, true)
			lint.Report(p.opt.Lint, &linter.RuleUndefinedArgInFrom, def.Origin, linter.RuleUndefinedArgInFrom.Format(name, near))
		}
	}
}

// checkPlatformFlag looks at the --platform of a FROM: the default should not be
// written, and a constant should be in the stage's name.
func (p *planner) checkPlatformFlag(def *ir.Stage, value string, u used) {
	switch {
	case p.opt.Lint == nil:
	case len(u.set) == 1 && len(u.unset) == 0 && u.set[0] == "TARGETPLATFORM":
		if target, _ := p.args.Get("TARGETPLATFORM"); value == target {
			lint.Report(p.opt.Lint, &linter.RuleRedundantTargetPlatform, def.Origin, linter.RuleRedundantTargetPlatform.Format(def.Platform))
		}
	case len(u.set) == 0 && len(u.unset) == 0:
		platform, err := platforms.Parse(value)
		if err == nil && !strings.Contains(def.Name, platform.OS) && !strings.Contains(def.Name, platform.Architecture) {
			lint.Report(p.opt.Lint, &linter.RuleFromPlatformFlagConstDisallowed, def.Origin, linter.RuleFromPlatformFlagConstDisallowed.Format(value))
		}
	}
}

// checkBase looks at what platform a base image turned out to be for.
func (p *planner) checkBase(s *Stage, want, got ocispecs.Platform) {
	if want.OS != got.OS || want.Architecture != got.Architecture {
		message := linter.RuleInvalidBaseImagePlatform.Format(s.asked, platforms.FormatAll(platforms.Normalize(want)), platforms.FormatAll(platforms.Normalize(got)))
		lint.Report(p.opt.Lint, &linter.RuleInvalidBaseImagePlatform, s.blame, message)
	}
}

// watchWords looks at the variables of every word of an op: they should be known.
func (p *planner) watchWords(s *Stage, op *operation) func() {
	if p.opt.Lint == nil || s.unknown {
		return func() {}
	}
	p.words.watch = func(u used) {
		for _, name := range u.unset {
			if _, declared := s.argAt[name]; declared || scanArg(name) {
				continue
			}
			near, _ := suggest.Search(name, s.env.Keys(), true)
			lint.Report(p.opt.Lint, &linter.RuleUndefinedVar, op.Origin, linter.RuleUndefinedVar.Format(name, near))
		}
	}
	return func() { p.words.watch = nil }
}

// checkOp looks at an op for what needs no expansion.
func (p *planner) checkOp(s *Stage, op *operation) {
	if p.opt.Lint == nil {
		return
	}
	switch b := op.Body.(type) {
	case *ir.Env:
		p.checkPairs(op, b.Pairs)
	case *ir.Label:
		p.checkPairs(op, b.Pairs)
	case *ir.Arg:
		for _, d := range b.Defaults {
			p.checkSecret(op, "ARG", d.Key)
		}
	case *ir.Cmd:
		p.checkLast(s, op)
		p.checkShellForm(s, op, b.Command)
	case *ir.Entrypoint:
		p.checkLast(s, op)
		p.checkShellForm(s, op, b.Command)
	case *ir.Healthcheck:
		p.checkLast(s, op)
	}
}

// spelled is the keyword of an op as the author wrote it.
func spelled(op *ir.Op) string {
	word, _, _ := strings.Cut(strings.ReplaceAll(op.Text(), "\t", " "), " ")
	return word
}

func (p *planner) checkPairs(op *operation, pairs []ir.Pair) {
	for _, pair := range pairs {
		if pair.Legacy {
			lint.Report(p.opt.Lint, &linter.RuleLegacyKeyValueFormat, op.Origin, linter.RuleLegacyKeyValueFormat.Format(spelled(op.Op)))
		}
	}
}

// checkLast tells of an op that a later one makes void.
func (p *planner) checkLast(s *Stage, op *operation) {
	if s.lastOf == nil {
		s.lastOf = lastOf{}
	}
	keyword := op.Body.Keyword()
	if before := s.lastOf[keyword]; before != nil {
		lint.Report(p.opt.Lint, &linter.RuleMultipleInstructionsDisallowed, before.Origin, linter.RuleMultipleInstructionsDisallowed.Format(spelled(op.Op)))
	}
	s.lastOf[keyword] = op.Op
}

func (p *planner) checkShellForm(s *Stage, op *operation, c ir.Command) {
	if !c.Exec && len(s.Image.Config.Shell) == 0 {
		lint.Report(p.opt.Lint, &linter.RuleJSONArgsRecommended, op.Origin, linter.RuleJSONArgsRecommended.Format(spelled(op.Op)))
	}
}

// What BuildKit takes for the name of a secret: one of these words between
// underscores, unless another says that it is none.
var (
	secretName = regexp.MustCompile(`(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)`)
	publicName = regexp.MustCompile(`(?i)(?:_|^)(?:public|file|version)(?:_|$)`)
)

func (p *planner) checkSecret(op *operation, keyword, name string) {
	if p.opt.Lint != nil && secretName.MatchString(name) && !publicName.MatchString(name) {
		lint.Report(p.opt.Lint, &linter.RuleSecretsUsedInArgOrEnv, op.Origin, linter.RuleSecretsUsedInArgOrEnv.Format(keyword, name))
	}
}

// checkWorkdir looks at the first WORKDIR of a stage: what a relative one means is up
// to the base image.
func (p *planner) checkWorkdir(s *Stage, op *operation, path string) {
	if !s.dirSet && !system.IsAbs(path, s.platform.OS) {
		lint.Report(p.opt.Lint, &linter.RuleWorkdirRelativePath, op.Origin, linter.RuleWorkdirRelativePath.Format(path))
	}
	s.dirSet = true
}

// checkPort looks at a port of EXPOSE.
func (p *planner) checkPort(s *Stage, spec string) {
	if p.opt.Lint == nil {
		return
	}
	if _, proto, _ := strings.Cut(spec, "/"); proto != strings.ToLower(proto) {
		lint.Report(p.opt.Lint, &linter.RuleExposeProtoCasing, s.at, linter.RuleExposeProtoCasing.Format(spec))
	}
	if i := strings.LastIndexByte(spec, ':'); i > 0 {
		lint.Report(p.opt.Lint, &linter.RuleExposeInvalidFormat, s.at, linter.RuleExposeInvalidFormat.Format(spec))
	}
}

// readIgnore reads the patterns of files that do not reach the build. Those with
// exceptions tell nothing for sure, and are left.
func (p *planner) readIgnore(ctx context.Context) {
	if p.opt.Lint == nil || p.opt.Ignore == nil {
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

// checkIgnored looks at a path that COPY or ADD reads from the build context.
func (p *planner) checkIgnored(s *Stage, add bool, path string) {
	if p.ignore == nil {
		return
	}
	path = filepath.ToSlash(filepath.Clean(path))
	if (path == "." || path == "/") && !slices.ContainsFunc(p.ignore.Patterns(), func(pattern *patternmatcher.Pattern) bool {
		return slices.Contains([]string{"*", "**", "**/*"}, pattern.String())
	}) {
		return
	}
	if ignored, err := p.ignore.MatchesOrParentMatches(path); err != nil || !ignored {
		return
	}
	verb := "Copy"
	if add {
		verb = "Add"
	}
	lint.Report(p.opt.Lint, &linter.RuleCopyIgnoredFile, s.at, linter.RuleCopyIgnoredFile.Format(verb, path))
}
