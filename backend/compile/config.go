package compile

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config"
)

// Config is all that a compile depends on. A Snapshot keeps it: nothing in it may change then.
type Config struct {
	// Name of the Dockerfile, for messages, and its text: that of the file, or what somebody
	// has in its place, an editor or standard input.
	Name, Text string

	// Build are the options of the build. Its Platform is the snapshot's business: Platforms
	// are those that are asked for, and none is the builder's.
	Build     llb.Options
	Platforms []ocispecs.Platform

	// Plugins run before the build is planned; nil has none, and Without, a sentence that has
	// no full stop, tells why to those who use an instruction of one.
	Plugins *config.Plugins
	Without string
	// Whole has plugins expand all stages, not those alone that the target needs.
	Whole bool

	// Blind says that base images are not to be had yet. Plugins that may look into them do not
	// run then, and instructions of plugins count for nothing.
	Blind bool

	// Rules look at what a plan is made of; nil has none. Directive takes the place of what the
	// Dockerfile says of them in its check directive, if it is not nil. Ignore is that of
	// plan.Options, where rules look.
	Rules     []lint.Rule
	Directive *linter.Config
	Ignore    func(context.Context) ([]string, error)
	// Lint has the rules of Findings and BuildRules; nil are the build checks.
	Lint *Lint
	// Given tells what the build is given, for Findings; nil when nobody knows. Absent is that
	// of plan.Options, for Findings alone.
	Given  func(Need) bool
	Absent func(ctx context.Context, path, verb, hint string) error

	// What plugins may ask for. Files are those of the build context, and ReadImage reads a
	// file of what a state makes; either may be nil. AtHand finds base images without a
	// network; nil knows none. Log takes what plugins log; nil drops it.
	Files     Files
	ReadImage func(ctx context.Context, state bk.State, path string) ([]byte, error)
	AtHand    plan.ImageResolver
	Log       func(string)

	// Watch is told of each piece of work when it begins; nil is not. It may be called by
	// several goroutines.
	Watch func(Work)
}

// Lint is what looks at a Dockerfile beside the compiler and its plugins.
type Lint struct {
	Rules   []lint.Rule // that look
	All     []lint.Rule // that there are: a comment that ignores what none of them finds is told
	Options lint.Options
	Levels  lint.Config // of findings that are no rule's

	// Excluded says that nobody is to look at the file.
	Excluded bool

	// Build is the least severity of what a build shows beside the build checks, and of what a
	// check of a build fails on; "" is error, and off is none.
	Build string
}

// counts tells whether a build shows what a rule finds, or fails a check on it.
func (l *Lint) counts(s diag.Severity) bool {
	least, ok := diag.SeverityOf(cmp.Or(l.Build, diag.Error.String()))
	return ok && s <= least
}

// InBuild has those rules alone whose findings a build shows, as warnings: it goes on. Nil, which
// are the build checks, stays nil.
func (l *Lint) InBuild() *Lint {
	if l == nil {
		return nil
	}
	out := *l
	out.Rules = nil
	for _, r := range l.Rules {
		if r.Strict || !l.Excluded && l.counts(r.Severity) {
			r.Severity = max(r.Severity, diag.Warning)
			out.Rules = append(out.Rules, r)
		}
	}
	return &out
}

// Fails tells whether a check of a build fails on a finding: as docker does on those of the build
// checks, and else as Build says.
func (l *Lint) Fails(f lint.Finding) bool {
	return f.Severity <= diag.Warning && f.Strict() || l != nil && l.counts(f.Severity)
}

// LintOf has those of all rules that a strake.yaml wants to look at a Dockerfile; nil is where it
// has no word about rules. A relative name starts at workDir. Settings that are given count before
// the file's.
func LintOf(f *config.File, all []lint.Rule, name, workDir string, given ...lint.Setting) *Lint {
	if f.Lint == nil {
		return nil
	}
	levels := f.Levels(name, workDir, given...)
	chosen, _ := levels.Choose(all) // CheckRules checks the names
	return &Lint{Rules: chosen, All: all, Options: f.Lint.Options, Levels: levels, Build: f.Lint.Build, Excluded: f.Excludes(name, workDir)}
}

// Heed is lint.Config.Heed, where there are levels.
func (c *Config) Heed(list diag.List) diag.List {
	if c.Lint == nil {
		return list
	}
	return c.Lint.Levels.Heed(list)
}

// BuildRules are the rules that look when a Dockerfile is built: the build checks, unless Lint has
// others.
func (c *Config) BuildRules() []lint.Rule {
	if c.Lint != nil {
		return c.Lint.Rules
	}
	return buildkit.Rules()
}

// Files reads files of a build context, by their path in it with slashes. The error is
// fs.ErrNotExist for one that is not there, and errors.ErrUnsupported where the context is not
// to be had.
type Files interface {
	ReadFile(ctx context.Context, path string) ([]byte, error)
	// ListFiles is that of plugins.Host.
	ListFiles(ctx context.Context, patterns []string) ([]plugins.File, error)
}

// Work is a piece of work that a snapshot does once.
type Work string

// The work of a snapshot.
const (
	Parse  Work = "parse"  // the text
	Expand Work = "expand" // the plugins
	Plan   Work = "plan"   // a platform
	Lower  Work = "lower"  // a plan
)

// From is a config with the Dockerfile and the options of a source that was opened.
func (c Config) From(src *input.Source) Config {
	c.Name, c.Text = src.Name, src.Text
	c.Build, c.Platforms = src.LLB(), src.Client.TargetPlatforms
	c.Absent, c.Ignore, c.Directive = src.Absent, src.Client.DockerIgnorePatterns, src.Client.LinterConfig
	return c
}

// claims are the instructions of plugins: those that are there, and those that would be.
func (c *Config) claims() []lang.Claim {
	if c.Plugins == nil {
		if c.Without == "" {
			return nil
		}
		return missing(nil, c.Without)
	}
	claims := c.Plugins.Claims()
	return append(claims, missing(claims, "strake.yaml does not name it among its plugins")...)
}

// looks tells whether a plugin may look into base images, for which there has to be an
// engine.
func (c *Config) looks() bool { return c.grants(plugins.GrantImages) }

func (c *Config) grants(g plugins.Grant) bool {
	return c.Plugins != nil && slices.ContainsFunc(c.Plugins.Steps, func(s plugins.Step) bool { return slices.Contains(s.Grants, g) })
}

// expandsAs tells whether plugins, the same ones, make the same of a text under another config:
// all that they may ask for is equal. What cannot be compared is not.
func (c *Config) expandsAs(d *Config) bool {
	platform := func(a, b ocispecs.Platform) bool { return platforms.FormatAll(a) == platforms.FormatAll(b) }
	return c.Whole == d.Whole && c.Build.Target == d.Build.Target && maps.Equal(c.Build.BuildArgs, d.Build.BuildArgs) &&
		slices.EqualFunc(c.Platforms, d.Platforms, platform) && same(c.Build.Images, d.Build.Images) && same(c.AtHand, d.AtHand) &&
		(same(c.Files, d.Files) || !c.grants(plugins.GrantContext)) && !c.looks()
}

func same(a, b any) bool {
	return reflect.ValueOf(&a).Elem().Comparable() && reflect.ValueOf(&b).Elem().Comparable() && a == b
}
