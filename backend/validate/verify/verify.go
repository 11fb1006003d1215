// Package verify finds by experiment whether two builds make the same image. Each is built
// twice by one engine, from the same bases, context and epoch, and without the cache; package
// validate judges the four images.
package verify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/frontend/dockerui"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins/config"
)

// Build is one of the two: what messages call it, and what builds it. Of the request, what
// this package decides is set anew: outputs, attestations, cache, pins.
type Build struct {
	Name    string
	Request build.Request
}

// Options say what is compared.
type Options struct {
	A, B    Build
	Dropped []string // patterns of files that B may lack
	Run     []string // commands that are to end alike in both images
	Limits  validate.Limits
	// Stages are the plugins of B in their order, when B is A with plugins: a difference is
	// led back to one of them. Nil when B is something else.
	Stages *config.Plugins
	Say    func(text string) // is told what is being done; nil is not
}

// Failed is the error for a build that failed.
type Failed struct {
	Name string
	Err  error // of build.Run
}

func (f *Failed) Error() string { return f.Name + " does not build: " + f.Err.Error() }
func (f *Failed) Unwrap() error { return f.Err }

// experiment is one call.
type experiment struct {
	Options
	dir      string // of what is made
	id       string // of this call, in the names of cache mounts
	epoch    string
	pins     build.Pins
	snapshot snapshot
	reader   *validate.Reader
	texts    map[string]string // of the Dockerfiles, by name of the build
	builds   int
}

// Run builds and compares. Nothing but a directory that goes away again is written.
func Run(ctx context.Context, o Options) (v *validate.Verdict, err error) {
	dir, err := os.MkdirTemp("", "strake-verify-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	x := &experiment{Options: o, dir: dir, id: rand.Text(), reader: validate.NewReader(o.Limits), texts: map[string]string{},
		epoch: strconv.FormatInt(time.Now().Unix(), 10)}
	if x.Say == nil {
		x.Say = func(string) {}
	}
	for _, b := range []Build{o.A, o.B} {
		if err := refuse(ctx, b); err != nil {
			return nil, err
		}
	}
	if x.snapshot, err = take(ctx, o.A.Request.Input, x.dir); err != nil {
		return nil, err
	}
	return x.run(ctx)
}

// refuse tells of builds that cannot be repeated.
func refuse(ctx context.Context, b Build) error {
	in := b.Request.Input
	switch {
	case in.Remote() || in.Locals[dockerui.DefaultLocalNameContext] == "":
		return diag.Diagnostic{Code: "not-local", Message: "the build context has to be a directory of this machine, so that each build gets the same",
			Hint: "fetch it first: git clone"}
	case len(b.Request.Tags) > 0:
		return errors.New("a build that is verified has no tags")
	}
	src, err := in.Open(ctx, input.NoImages{})
	if err != nil {
		return err
	}
	if ref, _, foreign := gateway.Foreign(src.Text, in.Options); foreign {
		return diag.Diagnostic{Code: "other-frontend", Message: fmt.Sprintf("%s is for another frontend, %s, whose base images are not known here", b.Name, ref),
			Hint: "remove the line # syntax="}
	}
	return nil
}

// run makes the four images, and judges them. The two of A are the first and the last, so that
// what changes with time changes between them if it does between any two.
func (x *experiment) run(ctx context.Context) (*validate.Verdict, error) {
	var a, b [2]*validate.Tree
	for _, step := range []struct {
		build Build
		tree  **validate.Tree
		nth   string
	}{{x.A, &a[0], "first"}, {x.B, &b[0], "first"}, {x.B, &b[1], "second"}, {x.A, &a[1], "second"}} {
		var err error
		if *step.tree, err = x.tree(ctx, step.build, step.nth); err != nil {
			return nil, err
		}
	}
	if err := x.snapshot.check(ctx, x.A.Request.Input, x.dir); err != nil {
		return nil, err
	}
	x.Say("comparing")
	v, err := x.reader.Judge(ctx, a, b, x.Dropped)
	if err != nil {
		return nil, err
	}
	for _, command := range x.Run {
		s, err := x.smoke(ctx, command, a, b)
		if err != nil {
			return nil, err
		}
		v.Runs = append(v.Runs, s)
	}
	v.Decide()
	if v.Answer == validate.NotEqual && x.Stages != nil {
		v.Guilty, err = x.bisect(ctx, a, v)
	}
	return v, err
}

// tree builds, in another second than what was built before, and reads what came out.
func (x *experiment) tree(ctx context.Context, b Build, nth string) (*validate.Tree, error) {
	if err := nextSecond(ctx); err != nil {
		return nil, err
	}
	img, err := x.image(ctx, b, nth)
	if err != nil {
		return nil, err
	}
	return x.reader.Tree(ctx, img)
}

// nextSecond waits for the clock to show another second: a time that a step writes down is
// then another one in each build.
func nextSecond(ctx context.Context) error {
	now := time.Now()
	select {
	case <-time.After(now.Truncate(time.Second).Add(time.Second).Sub(now)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// image builds, and gives what came out.
func (x *experiment) image(ctx context.Context, b Build, nth string) (*validate.Image, error) {
	x.builds++
	x.Say("building " + b.Name + ", " + nth + " time")
	r := b.Request
	in := *r.Input
	in.Options = maps.Clone(in.Options)
	in.Options["no-cache"] = ""
	// What a mount keeps is not shared: a build must not live on what another has left there.
	in.Options["build-arg:BUILDKIT_CACHE_MOUNT_NS"] = fmt.Sprintf("strake-verify-%s-%d", x.id, x.builds)
	if in.Options["build-arg:SOURCE_DATE_EPOCH"] == "" {
		in.Options["build-arg:SOURCE_DATE_EPOCH"] = x.epoch
	}
	layout := filepath.Join(x.dir, "images")
	r.Input, r.Pins, r.Seen = &in, &x.pins, nil
	r.Outputs = []build.Output{{Type: client.ExporterOCI, Dest: layout, Attrs: map[string]string{"tar": "false", "compression": "uncompressed"}}}
	r.Attestations = []build.Attestation{{Type: "provenance", Disabled: true}}
	result, err := build.Run(ctx, r)
	if err != nil && ctx.Err() == nil {
		return nil, &Failed{b.Name, err}
	} else if err != nil {
		return nil, err
	}
	text := result.Set.File(0).Text
	if before, ok := x.texts[b.Name]; ok && before != text {
		return nil, changed(b.Name)
	}
	x.texts[b.Name] = text
	blobs, err := local.NewStore(layout)
	if err != nil {
		return nil, err
	}
	return x.read(ctx, blobs, b.Name, result)
}

// changed is the error for what did not stay as it was.
func changed(what string) error {
	return diag.Diagnostic{Code: "changed-meanwhile", Message: what + " has changed while the builds ran: they are not of the same",
		Hint: "leave it alone, and run it again"}
}

// contextOf is the directory of the build context of an input.
func contextOf(in *input.Input) string { return in.Locals[dockerui.DefaultLocalNameContext] }
