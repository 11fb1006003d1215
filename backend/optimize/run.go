package optimize

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerui"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
)

// Options are for one run.
type Options struct {
	Request  build.Request     // of the build that is optimised, with the plugins of the project, without outputs
	Contexts map[string]string // named ones, as Request.Input was found with
	Builtins map[string]func() plugins.Plugin
	Passes   func(changes map[string]float64) ([]Pass, error)
	Commits  int      // that are replayed, or edits that are made
	Commands []string // that are to end alike in both images
	Smoke    bool     // and what the image runs by itself
	Whole    bool     // stages that the target does not need count, too: the result is a Dockerfile
	Write    bool     // the result is to be the Dockerfile, which the plugins of the project are for
	State    string   // the directory of measurements, "" is none
	Fresh    bool     // measurements of before do not count
	// Progress is told what is done, which build it is, and of how many; nil is not.
	Progress func(text string, build, of int)

	did, total int
}

// Report is what a run found out.
type Report struct {
	Edits    []string           `json:"edits"`
	Made     bool               `json:"made"`          // the edits are made ones
	Why      string             `json:"why,omitempty"` // there are no commits to replay
	Changes  map[string]float64 `json:"changes,omitempty"`
	Before   *Measurement       `json:"before"`
	Packings []Packing          `json:"compression,omitempty"` // of the layers that the Dockerfile makes
	After    *Measurement       `json:"after,omitempty"`       // nil when nothing pays
	Passes   []Outcome          `json:"passes"`
	Refusals []Refusal          `json:"refusals,omitempty"`
	Proof    *validate.Verdict  `json:"proof,omitempty"`
	Kept     int                `json:"kept"`            // measurements that were there from before
	Given    []string           `json:"given,omitempty"` // plugins of the project, which both sides have
	Row      Row                `json:"row"`
	Old      string             `json:"-"` // the Dockerfile, or what the plugins of the project make of it
	New      string             `json:"dockerfile,omitempty"`
	Name     string             `json:"name"` // of the Dockerfile
	// Unwritten is why New cannot be the Dockerfile, when that was asked for and it cannot.
	Unwritten string `json:"unwritten,omitempty"`
}

// say tells of a build that begins.
func (o *Options) say(text string, builds int) {
	o.did = min(o.did+builds, o.total)
	if o.Progress != nil {
		o.Progress(text, o.did, o.total)
	}
}

// saying tells of what is done besides.
func (o *Options) saying(text string) {
	if o.Progress != nil {
		o.Progress("proof: "+text, o.did, o.total)
	}
}

// Run optimises. Nothing is written but measurements, and a directory that goes away again. An
// error is a *Failed when a build failed of which it is not known what the passes make of it.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	src, err := open(ctx, o.Request.Input)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "strake-optimize-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.Request.Progress, err = quiet(); err != nil {
		return nil, err
	}
	b := &engineBuilder{Options: &o, dir: dir}
	defer func() { err = errors.Join(err, b.Close()) }()
	r := &Report{Old: src.Text, Name: src.Name}
	o.total = 1
	o.say("whether it builds", 1)
	if err := b.check(ctx); err != nil {
		return nil, err
	}
	commits, why := history(ctx, contextOf(o.Request.Input), max(profiled, o.Commits+1))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	first, err := b.Expand(ctx, nil)
	if err != nil {
		return nil, err
	}
	if err := given(&o, r, first); err != nil {
		return nil, err
	}
	r.Changes = shares(b.module, commits[:min(profiled, len(commits))])
	passes, err := o.Passes(r.Changes)
	if err != nil {
		return nil, err
	}
	x := &search{Builder: b, Passes: passes, first: first, Bars: o.Request.Compile.Plugins.Bars, shelf: shelf{o.State, o.Fresh}, Say: o.say, Added: func(n int) { o.total += n }}
	if err := x.baseline(ctx, b, r, commits, why); err != nil {
		return nil, err
	}
	made := first
	if r.After, made, r.Proof, err = x.run(ctx); err != nil {
		return nil, err
	}
	r.Passes, r.Refusals, r.Row, r.Kept = x.out, x.refuse, x.row, x.kept
	if made != nil {
		r.New = made.Text
	}
	if o.Write && made != nil && len(r.Given) > 0 {
		if err := b.stays(ctx, made.Text); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		} else if err != nil {
			r.Unwritten = err.Error()
		}
	}
	return r, nil
}

// given notes the plugins of the project. What they make of the Dockerfile is no Dockerfile for them:
// they would do it twice.
func given(o *Options, r *Report, first *Expansion) error {
	p := o.Request.Compile.Plugins
	if p == nil {
		return nil
	}
	for _, s := range p.Steps {
		r.Given = append(r.Given, s.Plugin.Info().Name)
	}
	if !first.Remade {
		return nil
	}
	if o.Write {
		return diag.Diagnostic{Code: "plugins-remake", Message: "the plugins of strake.yaml change the Dockerfile (" + strings.Join(r.Given, ", ") + "), and would change what is written again",
			Hint: "--plugins puts the plugins that pay behind them"}
	}
	r.Old = first.Text
	return nil
}

// baseline makes the replay, and measures the Dockerfile as it is. Where a commit does not build
// with the Dockerfile of now, edits are made in the place of commits.
func (x *search) baseline(ctx context.Context, b *engineBuilder, r *Report, commits []Commit, why error) error {
	last := commits[:min(len(commits), b.Commits+1)]
	switch {
	case why != nil:
		r.Why = why.Error()
	case len(last) < 2:
		r.Why = "there are no two commits of the build context"
	default:
		err := x.begin(ctx, b, r, func(to string) (*Replay, error) { return ofCommits(ctx, contextOf(b.Request.Input), last, to) })
		var failed *Failed
		var large diag.Diagnostic
		if !errors.As(err, &failed) && !errors.As(err, &large) {
			return err
		}
		r.Why = err.Error()
	}
	r.Why, _, _ = strings.Cut(r.Why, "\n")
	return x.begin(ctx, b, r, func(to string) (*Replay, error) {
		return ofEdits(ctx, b.Request.Input, contextOf(b.Request.Input), b.Commits, to)
	})
}

// begin takes a replay, and measures the Dockerfile as it is.
func (x *search) begin(ctx context.Context, b *engineBuilder, r *Report, replay func(to string) (*Replay, error)) error {
	if b.replay != nil {
		if err := b.replay.Close(); err != nil {
			return err
		}
		b.replay = nil
	}
	to, err := os.MkdirTemp(b.dir, "context-")
	if err != nil {
		return err
	}
	if err := os.Chmod(to, 0o755); err != nil {
		return err
	}
	if b.replay, err = replay(to); err != nil {
		return err
	}
	r.Edits, r.Made = b.replay.Edits, b.replay.Made
	x.Key, x.Rebuilds = b.key(), len(r.Edits)
	b.total = b.did + (len(x.Passes)+1)*(x.Rebuilds+1) + 4
	x.before, err = x.measure(ctx, "as it is", r.Old)
	if r.Before = x.before; err == nil && b.Request.Engine.Kind != engine.Docker { // whose images have one compression
		r.Packings = x.before.Packings
	}
	return err
}

// open reads the Dockerfile, and tells of what cannot be optimised.
func open(ctx context.Context, in *input.Input) (*input.Source, error) {
	if in.Remote() || contextOf(in) == "" || in.Dockerfile() == "" {
		return nil, diag.Diagnostic{Code: "not-local", Message: "the build context has to be a directory of this machine, and the Dockerfile a file of it",
			Hint: "fetch it first: git clone"}
	}
	src, err := in.Open(ctx, input.NoImages{})
	if err != nil {
		return nil, err
	}
	if ref, _, foreign := gateway.Foreign(src.Text, in.Options); foreign {
		return nil, diag.Diagnostic{Code: "other-frontend", Message: "the Dockerfile is for another frontend, " + ref, Hint: "remove the line # syntax="}
	}
	return src, nil
}

// contextOf is the directory of the build context of an input.
func contextOf(in *input.Input) string {
	dir := in.Locals[dockerui.DefaultLocalNameContext]
	if dir == "" {
		return ""
	}
	return filepath.Clean(dir)
}
