// Package plan works out what one build of a module does: which stages run, on
// which base images and platforms, with every variable expanded, and what the
// image config becomes. It stands between the IR, which says what the author
// wrote, and the backends, which only translate.
//
// The passes, in order, each in a file of its own:
//
//	args      values of the global build arguments
//	graph     stages, what each is based on and copies from
//	base      configs of the base images, fetched at once
//	onbuild   triggers of base images and parent stages, until none adds a source
//	steps     variables expanded, each op becomes a Step
//	image     what each step does to the image config and its history
//
// Beside them: notice.go has the facts that they find on their way, outline.go what can be
// given to a build.
package plan

import (
	"context"
	"maps"
	"time"

	"github.com/moby/patternmatcher"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/words"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Options are what a build is asked for besides the Dockerfile.
type Options struct {
	BuildArgs      map[string]string
	Target         string              // stage to build; "" is the last one
	Platform       *ocispecs.Platform  // to build for; nil is the builder's, or what a base image has
	BuildPlatforms []ocispecs.Platform // that the builder runs; the first is its own
	MultiPlatform  bool                // step names carry the platform
	AllStages      bool                // plan stages that the target does not need, too
	Labels         map[string]string   // put on the image at the end

	// Ignore gives the patterns of the files that the build context leaves out; nil looks
	// for no IgnoredFile.
	Ignore func(context.Context) ([]string, error)
	// Absent tells what is wrong with a path of the build context that an instruction which
	// the target needs is to copy or mount, as the verb says: an error when it is not there.
	// The hint, if there is one, says why it may be another path than was meant. Nil does
	// not look.
	Absent func(path, verb, hint string) error
	// Epoch tells when a source was made, for a SOURCE_DATE_EPOCH that names one; nil,
	// or a nil time, when that is not known.
	Epoch func(context.Context, EpochSource) (*time.Time, error)
	// Outline asks for Plan.Outline.
	Outline bool
	// Partial goes on where the config of a base image is not to be had: the error of
	// Make then tells of that, and of all else that does not depend on it.
	Partial bool

	// Images finds base images. It is called from several goroutines.
	Images ImageResolver
	// Contexts finds named contexts; nil when there are none.
	Contexts ContextResolver
	// NoCache tells for which stages the cache is not used; nil is none.
	NoCache func(stage string) bool
}

// ImageRequest asks for the config of a base image.
type ImageRequest struct {
	Ref      string // normalised, with a tag or a digest
	Platform ocispecs.Platform
	LogName  string // what progress shows meanwhile
}

// ImageInfo is the answer: the reference, perhaps another than was asked for,
// the digest of its manifest or index ("" when unknown), and its config.
type ImageInfo struct {
	Ref    string
	Digest digest.Digest
	Config []byte
	Store  string // id of the OCI store that the client has it in; "" is a registry
	Note   string // what an author should know of where it came from, "" is nothing
}

// ImageResolver finds base images.
type ImageResolver interface {
	ResolveImage(ctx context.Context, r ImageRequest) (ImageInfo, error)
}

// ContextRequest asks whether a name stands for a context given on the command
// line.
type ContextRequest struct {
	Name     string
	Platform *ocispecs.Platform
	Paths    func() []string // that the build reads from it, known when planning is over; nil is all
}

// NamedContext is a context given on the command line.
type NamedContext struct {
	Source any                        // what the backend that resolves contexts knows it by
	Image  *dockerspec.DockerOCIImage // its config, nil when it is no image
	Origin string                     // of an image with an ImageInfo.Note: its name, and that
}

// ContextResolver finds named contexts. Lookup gives nil for a name that is not
// one; the function that it gives otherwise is called when the stage is needed.
type ContextResolver interface {
	Lookup(r ContextRequest) (func(context.Context) (NamedContext, error), error)
}

// Plan is what one build does.
type Plan struct {
	Module   *ir.Module
	Stages   []*Stage // that run, each behind those it needs
	Target   *Stage
	Platform ocispecs.Platform // of the result
	Epoch    *time.Time        // SOURCE_DATE_EPOCH, nil when not set
	Proxy    map[string]string // the proxy variables among the build arguments, lower case
	Context  []string          // paths that are read from the build context; nil is all of it

	// History tells for each entry of Target.Image.History what it comes from; nil
	// for those of the base image.
	History []*ir.Origin

	Facts []Fact    // in the order of the passes
	Notes diag.List // what an author should know of it, and that is no mistake

	// Outline is what can be given to the build, when Options.Outline asks for it.
	Outline *Outline

	// SBOM scans, asked for by BUILDKIT_SBOM_SCAN_CONTEXT and _STAGE.
	ScanContext bool
	ScanStages  []*Stage
}

// Make plans a build of a module. An error that is the author's is a diag.List; the plan
// then has the facts that were found, and nothing else.
func Make(ctx context.Context, m *ir.Module, o Options) (*Plan, error) {
	p := newPlanner(m, o)
	if err := p.passes(ctx); err != nil {
		return nil, err
	}
	if p.failed() || len(p.missed) > 0 {
		p.diags = append(p.diags, p.missed...)
		p.diags.Sort()
		return &Plan{Module: m, Facts: p.facts}, p.diags
	}
	return p.finish(), nil
}

func newPlanner(m *ir.Module, o Options) *planner {
	p := &planner{opt: o, mod: m, byName: make(map[string]*Stage, len(m.Stages))}
	p.budget.Left = MaxCost
	p.opt.BuildArgs = maps.Clone(o.BuildArgs) // SOURCE_DATE_EPOCH is rewritten
	p.words = newExpander(m.Escape, &p.budget)
	p.words.watch = p.noteUnset
	return p
}

// passes does all of them, up to one that found errors. An error of its own is the context's.
func (p *planner) passes(ctx context.Context) error {
	p.platforms()
	p.globals(ctx)
	p.noteDefaults()
	p.stages()
	p.pick()
	p.link()
	for _, pass := range []func(context.Context){p.resolve, p.readIgnore, p.run} {
		if !p.failed() { // the passes above report all that they can find
			pass(ctx)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

type planner struct {
	opt      Options
	mod      *ir.Module
	diags    diag.List
	notes    diag.List
	facts    []Fact
	searched int       // names for which a near one was looked for
	missed   diag.List // about base images that are unknown, of a partial plan

	target   ocispecs.Platform
	builder  ocispecs.Platform
	implicit bool // no target platform was asked for
	args     *Env // global build arguments
	epoch    *time.Time
	// epochNamed tells that SOURCE_DATE_EPOCH is the name of a context or stage.
	epochNamed bool
	words      *expander

	all        []*Stage // stages, then the images that stages copy or mount from
	byName     map[string]*Stage
	goal       *Stage
	stageAt    *Stage // whose op runs, nil outside of one
	opAt       *ir.Op
	reach      map[*Stage]bool
	images     imageCache
	references map[string]parsedReference
	budget     words.Budget
	total      int     // ops of all stages
	paths      pathSet // read from the build context
	trace      *trace  // that remembers what is found on the way; nil when nobody asks
	ignore     *patternmatcher.PatternMatcher
}

// Stage is a stage that runs, or an image that one copies from.
type Stage struct {
	Name     string // of the stage, "stage-0" when it has none; "" for the only stage and for an image
	Base     Base
	Platform ocispecs.Platform
	Start    Config // what the base leaves: the state before the first step
	Steps    []Step
	Image    dockerspec.DockerOCIImage  // config of the result; only that of Plan.Target has a history
	BaseInfo *dockerspec.DockerOCIImage // config of the base image; nil when there is none
	NoCache  bool

	// RunPlatform is what a RUN says it runs on; nil for a stage that goes back to
	// scratch, whose RUNs take the platform of the build.
	RunPlatform *ocispecs.Platform

	def      *ir.Stage // nil for an image
	base     *Stage    // the stage it is based on
	baseName string
	asked    string   // the base as it was named, before it became a whole reference
	fromArgs []string // global arguments that the FROM uses
	platform *ocispecs.Platform
	context  func(context.Context) (NamedContext, error)
	ops      []operation
	needs    map[*Stage]*ir.Op // stages it copies or mounts from
	paths    *pathSet          // of this stage that others read
	env      *Env
	track    *track             // of a planner that has a trace
	declared []declared         // ARGs with their values
	argAt    map[string]int     // of them, by name
	envAt    map[string]int     // where Image.Config.Env has a variable; nil when it is short
	history  []ocispecs.History // of its own steps, and of the base when that is an image
	origins  []*ir.Origin       // of the last entries of history, those of its own steps
	at       *ir.Origin         // of the op that runs
	names    naming
	origin   *ir.Origin // of the base's vertex
	blame    *ir.Origin // for errors

	resolved, triggered, done bool
	unregistered              bool // an image that a step copies or mounts from
	unknown                   bool // nothing is known of its base image, in a partial plan
	cmdSet                    bool
	dirSet                    bool // a WORKDIR stood in this Dockerfile
	lastOf                    lastOf
}

// Config is the part of an image config that steps start from.
type Config struct {
	Env  []Variable
	Dir  string // "" when the image has none
	User string
}

// Variable is a variable of the environment.
type Variable struct{ Key, Value string }

// Base is what a stage starts from.
type Base struct {
	Kind    BaseKind
	Stage   *Stage // of BaseStage
	Ref     string // of BaseImage, with the digest when it is known
	Store   string // of BaseImage: the client's OCI store that has it; "" is a registry
	Name    string // of BaseImage: what progress calls it
	Code    string // of BaseImage: the FROM
	Context any    // of BaseContext
	Origin  *ir.Origin
}

// BaseKind tells what a stage starts from.
type BaseKind uint8

const (
	BaseScratch BaseKind = iota
	BaseImage
	BaseStage
	BaseContext
)

// operation is an op of a stage with the stages it reads.
type operation struct {
	*ir.Op
	sources []*Stage // of a COPY --from one, of a RUN one for each mount
	onbuild bool
}

// finish collects the plan of what the passes worked out.
func (p *planner) finish() *Plan {
	out := &Plan{Module: p.mod, Target: p.goal, Platform: p.target, Epoch: p.epoch, Facts: p.facts, Notes: p.notes, Proxy: proxies(p.opt.BuildArgs)}
	for _, images := range []bool{true, false} { // images need nothing, stages need images
		for _, s := range p.all {
			if s.unregistered == images && (p.reach[s] || p.opt.AllStages) {
				out.Stages = append(out.Stages, s)
			}
		}
	}
	out.Context = p.paths.list()
	p.goal.Image.History, out.History = p.goal.wholeHistory()
	p.scans(out)
	if p.opt.Outline {
		out.Outline = p.outline()
	}
	p.label()
	return out
}
