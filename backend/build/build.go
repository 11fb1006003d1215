// Package build has a BuildKit daemon build what a Dockerfile says, and takes the
// result where it belongs: the local image store, a registry, a Docker Engine, or
// files. It brings together the frontend, what a build reads from this machine
// (the context, secrets, keys, credentials), and the exporters of BuildKit.
package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/tonistiigi/fsutil"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/debug"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Request is a build. What is in the options of Input, such as build arguments and
// platforms, is not repeated here.
type Request struct {
	Input *input.Input
	// Compile says which plugins run, and what they may ask for. Seen is what has been compiled
	// of the Dockerfile before, or nil.
	Compile compile.Config
	Seen    *compile.Snapshot

	Engine *engine.Engine
	Images *store.Store // where results go and base images are looked for first; held

	Tags         []string // normalised references
	Outputs      []Output
	Secrets      []secretsprovider.Source
	SSH          []sshprovider.AgentConfig
	CacheFrom    []client.CacheOptionsEntry
	CacheTo      []client.CacheOptionsEntry
	Attestations []Attestation
	Annotations  map[string]string // attributes of exporters
	Allow        []string          // entitlements
	Pull         bool              // ask registries for base images, even if they are here
	Call         string            // a request to the frontend instead of a build, like "lint"
	Session      []session.Attachable
	Pins         *Pins // what base images are for several builds; nil asks anew
	// Look, unless nil, gets the snapshot in place of a build: all that it asks for, base
	// images as well, comes from the engine, as it does for a build.
	Look  func(context.Context, *compile.Snapshot) error
	Trace bool   // Result.Trace is asked for
	Debug *Debug // a shell is asked for; nil is none

	Env      func(string) (string, bool)
	Progress *Progress
	Stdout   Stdout        // for results that go there
	Silent   func()        // is called when the engine has said nothing of the build for long
	Stall    time.Duration // how long the files of a result may not move, 0 is 2 minutes
}

// Result is what a build made.
type Result struct {
	ID       string   // of the image: the digest of its config, or of its index
	Names    []string // of the image, where it is kept
	Stored   bool     // the image is in the local store
	Kept     bool     // the image is in a store of the daemon: see engine.KeepsImages
	Response map[string]string
	Answer   Answer        // to a call
	Record   *store.Record // how the history came about; nil when that is not known
	Warnings []client.VertexWarning
	Trace    *Trace
	Diags    diag.List // of the compiler, spans in Set
	Set      *source.Set
}

// Run builds. An error is a *Failure when a step failed, a diag.List when it is in
// the Dockerfile, and a diag.Diagnostic when the user can fix it otherwise.
func Run(ctx context.Context, r Request) (*Result, error) {
	j := &job{Request: r, set: &source.Set{}}
	opt, err := j.prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer j.takeBack(ctx)
	resp, err := j.solve(ctx, opt)
	if err != nil {
		j.abandon()
		return nil, j.withFindings(j.explain(ctx, err))
	}
	out := &Result{Response: resp.ExporterResponse, ID: imageID(resp.ExporterResponse), Warnings: j.warnings, Diags: j.diags, Set: j.set, Answer: j.answer}
	out.Names, out.Stored, out.Kept = j.place()
	out.Record = j.record()
	if j.Trace {
		out.Trace = j.trace(ctx)
	}
	if err := j.deliver(ctx, out); err != nil {
		return nil, err
	}
	if out.Stored {
		// What attestations wrap has an id of its own, which only the store tells.
		if id, err := j.storedID(resp.ExporterResponse["containerimage.digest"]); err == nil {
			out.ID = id // or somebody has removed it meanwhile
		}
	}
	return out, nil
}

// withFindings adds to an error what was found before it: that may be why.
func (j *job) withFindings(err error) error {
	var f *Failure
	if errors.As(err, &f) {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.debugger.shown {
			return err
		}
		j.diags.Sort()
		f.Diags = append(slices.Clip(j.diags), f.Diags...)
	}
	return err
}

// job is a build while it runs.
type job struct {
	Request
	set        *source.Set
	deliveries []delivery
	watch      stallWatch
	linting    atomic.Bool // the daemon's frontend tells what ours has told
	log        *stepLog
	warnings   []client.VertexWarning

	mu       sync.Mutex
	source   *input.Source
	snapshot *compile.Snapshot
	compiled []*llb.Result
	diags    diag.List
	frontErr error     // of the frontend, before it went over the wire
	failed   diag.List // what failed in the steps, explained while the build was open
	lent     []string  // names that base images have for this build
	answer   Answer

	attachables []session.Attachable
	debugger    debugger
}

// prepare works out what BuildKit's client is asked for.
func (j *job) prepare(ctx context.Context) (client.SolveOpt, error) {
	opt := client.SolveOpt{
		FrontendAttrs:       maps.Clone(j.Input.Options),
		LocalMounts:         map[string]fsutil.FS{},
		OCIStores:           map[string]content.Store{storeID: j.Images.Content()},
		CacheExports:        j.CacheTo,
		CacheImports:        j.CacheFrom,
		AllowedEntitlements: j.Allow,
		SharedKey:           sharedKey(j.Input.Locals["context"]),
		Internal:            j.Call != "" || j.Look != nil,
	}
	if j.Pull {
		opt.FrontendAttrs["image-resolve-mode"] = "pull"
	}
	for name := range j.Input.Options {
		if strings.HasPrefix(name, "context:") { // a frontend that cannot do that has to say so
			opt.FrontendAttrs["frontend.caps"] = "moby.buildkit.frontend.contexts+forward"
		}
	}
	if j.Call != "" {
		j.calls(opt.FrontendAttrs)
	}
	if v := opt.FrontendAttrs["build-arg:BUILDKIT_INLINE_CACHE"]; isTrue(v) {
		opt.CacheExports = append(opt.CacheExports, client.CacheOptionsEntry{Type: "inline", Attrs: map[string]string{}})
	}
	for name, path := range j.Input.Locals {
		files, err := fsutil.NewFS(path)
		if err != nil {
			return opt, err
		}
		opt.LocalMounts[name] = files
	}
	for id, path := range j.Input.Layouts {
		layout, err := local.NewStore(path)
		if err != nil {
			return opt, err
		}
		opt.OCIStores[id] = layout
	}
	if err := j.lendHelper(opt.LocalMounts); err != nil {
		return opt, err
	}
	maps.Copy(opt.FrontendAttrs, revision(ctx, j.Input.Locals, j.Env))
	if err := j.attest(ctx, opt.FrontendAttrs); err != nil {
		return opt, err
	}
	var err error
	if opt.Session, err = j.session(); err != nil {
		return opt, err
	}
	j.attachables = opt.Session
	opt.Exports, err = j.exports(ctx)
	return opt, err
}

func (j *job) compile(ctx context.Context, c gwclient.Client) (*gwclient.Result, error) {
	if j.Call != "" {
		return j.ask(ctx, c)
	}
	if err := j.able(c.BuildOpts()); err != nil {
		return nil, err
	}
	if j.Debug != nil && debug.Able(c.BuildOpts()) != nil {
		return nil, tooOld("--debug")
	}
	src, err := j.open(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, _, foreign := gateway.Foreign(src.Text, c.BuildOpts().Opts); foreign && j.Debug != nil {
		return nil, diag.Diagnostic{Code: "no-step", Message: "--debug knows the steps of Dockerfiles only, and this file is for another frontend", Hint: "leave --debug out"}
	}
	if j.Look != nil {
		return gwclient.NewResult(), j.Look(ctx, j.snapshot)
	}
	o := gateway.Options{Compiled: j.keep, Linted: j.linted, Warned: j.warned, Solved: j.evaluate}
	if j.proves() {
		o.Requested = func() { j.linting.Store(true) }
	}
	return gateway.Build(ctx, c, src, j.snapshot, o)
}

// open reads the Dockerfile, and notes its snapshot.
func (j *job) open(ctx context.Context, c gwclient.Client) (*input.Source, error) {
	src, err := j.Input.OpenWith(ctx, c)
	if err != nil {
		return nil, err
	}
	config := j.Compile
	if config.Given = j.given; j.Call == "" {
		config.Rules = config.BuildRules()
	}
	images := gateway.LocalImages(j.localImage)
	if j.Pins != nil {
		images = j.Pins.over(c, images)
	}
	s, err := gateway.Open(c, src, images, config, j.Seen)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.source, j.snapshot, j.set = src, s, s.Files()
	return src, nil
}

// warned notes the warnings of the compiler.
func (j *job) warned(list diag.List) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.diags = append(j.diags, list...)
}

// linted notes what the build checks found.
func (j *job) linted(found []lint.Finding) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.diags = append(j.diags, lint.Diags(found)...)
}

// keep notes the results of the compiler, which tell what made the image.
func (j *job) keep(r *llb.Result) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.compiled = append(j.compiled, r)
}

// attest sets which attestations are made: provenance of the smallest kind unless
// something else was said, as buildx does.
func (j *job) attest(ctx context.Context, attrs map[string]string) error {
	able, err := j.Engine.Attests(ctx)
	if err != nil {
		return err
	}
	provenance := false
	for _, a := range j.Attestations {
		provenance = provenance || a.Type == "provenance"
		if a.Disabled {
			delete(attrs, "attest:"+a.Type)
			continue
		}
		if !able {
			return diag.Diagnostic{Code: "no-attestations",
				Message: fmt.Sprintf("this BuildKit cannot attach the attestation %s to images", a.Type),
				Hint:    "drop --attest, --sbom and --provenance, or build with strake's own engine: " + ownEngine}
		}
		attrs["attest:"+a.Type] = a.Attrs
	}
	if off, _ := j.Env("BUILDX_NO_DEFAULT_ATTESTATIONS"); !provenance && able && !isTrue(off) && j.Call == "" {
		attrs["attest:provenance"] = "mode=min,inline-only=true"
	}
	return nil
}

// proves tells whether provenance goes anywhere: it was asked for, or the image is pushed.
func (j *job) proves() bool {
	provenance := slices.IndexFunc(j.Attestations, func(a Attestation) bool { return a.Type == "provenance" })
	if provenance >= 0 {
		return !j.Attestations[provenance].Disabled
	}
	off, _ := j.Env("BUILDX_NO_DEFAULT_ATTESTATIONS")
	pushes := func(o Output) bool { return o.Type == client.ExporterImage && isTrue(o.Attrs["push"]) }
	return slices.ContainsFunc(j.Outputs, pushes) && !isTrue(off)
}

// imageID is the digest that names the image: docker's, of the config, or that of
// the index when there are several platforms.
func imageID(resp map[string]string) string {
	if id := resp["containerimage.config.digest"]; id != "" {
		return id
	}
	return resp["containerimage.digest"]
}

func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "1", "t", "true":
		return true
	}
	return false
}
