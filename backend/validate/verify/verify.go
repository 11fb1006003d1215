// Package verify finds by experiment whether builds make the same image. Each is built twice
// by one engine, from the same bases, context and epoch, and without the cache; package
// validate judges the images.
package verify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
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

// Build is one that is compared: what messages call it, and what builds it. Of the request,
// what this package decides is set anew: outputs, attestations, cache, pins.
type Build struct {
	Name    string
	Request build.Request
	// Dropped are patterns of files that it may lack, see validate.Judge.
	Dropped []string
	// Row are its plugins in their order, when it is A with plugins: a difference is led back
	// to one of them. Nil when it is something else.
	Row *config.Plugins
	// Given is how many plugins at the beginning of Row A has, too: a difference is of none of those.
	Given int
}

// Options say what builds are compared with, and how.
type Options struct {
	A      Build
	Run    []string // commands that are to end alike in all images
	Smoke  bool     // and what the image of A runs by itself, see smokes
	Limits validate.Limits
	Say    func(text string) // is told what is being done; nil is not
}

// Failed is the error for a build that failed.
type Failed struct {
	Name string
	Err  error // of build.Run
}

func (f *Failed) Error() string { return f.Name + " does not build: " + f.Err.Error() }
func (f *Failed) Unwrap() error { return f.Err }

// Experiment compares builds with one, A, which is built twice for all of them. It is for one
// goroutine.
type Experiment struct {
	Options
	dir      string // of all that is written
	id       string // of the experiment, in the names of cache mounts
	epoch    string
	pins     build.Pins
	snapshot snapshot
	reader   *validate.Reader
	texts    map[string]string // of the Dockerfiles, by name of the build
	builds   int

	a    [2]*validate.Tree // nil before they are built
	ends map[string][2]validate.Outcome
	own  map[string]string // scripts of what the image of A runs by itself
}

// New begins an experiment. Nothing but a directory that Close removes is written.
func New(ctx context.Context, o Options) (*Experiment, error) {
	if err := refuse(ctx, o.A); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "strake-verify-")
	if err != nil {
		return nil, err
	}
	x := &Experiment{Options: o, dir: dir, id: rand.Text(), reader: validate.NewReader(o.Limits), texts: map[string]string{},
		epoch: strconv.FormatInt(time.Now().Unix(), 10), ends: map[string][2]validate.Outcome{}}
	if x.Say == nil {
		x.Say = func(string) {}
	}
	if x.snapshot, err = take(ctx, o.A.Request.Input, dir); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// Close removes what was written.
func (x *Experiment) Close() error { return os.RemoveAll(x.dir) }

// refuse tells of builds that cannot be repeated.
func refuse(ctx context.Context, b Build) error {
	in := b.Request.Input
	switch {
	case in.Remote() || contextOf(in) == "":
		return diag.Diagnostic{Code: "not-local", Message: "the build context has to be a directory of this machine, so that each build gets the same",
			Hint: "fetch it first: git clone"}
	case len(b.Request.Tags) > 0:
		return errors.New("a build that is verified has no tags")
	}
	if err := validate.CheckDropped(b.Dropped); err != nil {
		return err
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

// contextOf is the directory of the build context of an input, "" when there is none.
func contextOf(in *input.Input) string { return in.Locals[dockerui.DefaultLocalNameContext] }

// Compare builds B twice, and A when it has not been, and judges what came out. The two builds
// of A are then the first and the last, so that what changes with time changes between them if
// it does between any two. A later B is compared with what is known of A.
func (x *Experiment) Compare(ctx context.Context, b Build) (v *validate.Verdict, err error) {
	if err := refuse(ctx, b); err != nil {
		return nil, err
	}
	if x.a[0] == nil { // and the second is the last to be built
		if x.a[0], err = x.tree(ctx, x.A, "a", "first"); err != nil {
			return nil, err
		}
	}
	both, remove, err := x.both(ctx, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if x.a[1] == nil {
		if x.a[1], err = x.tree(ctx, x.A, "a", "second"); err != nil {
			return nil, err
		}
	}
	if err := x.snapshot.check(ctx, x.A.Request.Input, x.dir); err != nil {
		return nil, err
	}
	x.Say("comparing")
	if v, err = x.reader.Judge(ctx, x.a, both, b.Dropped); err != nil {
		return nil, err
	}
	commands := x.Run
	if x.Smoke {
		if x.own, err = smokes(x.a[0].Image); err != nil {
			return nil, err
		}
		commands = append(slices.Clip(commands), slices.Sorted(maps.Keys(x.own))...)
		if len(x.own) == 0 {
			v.Notes = append(v.Notes, "The image has no program to ask for --help, and no HEALTHCHECK.")
		}
	}
	if err := x.smoke(ctx, v, commands, both); err != nil {
		return nil, err
	}
	if v.Answer == validate.NotEqual && b.Row != nil {
		v.Guilty, err = x.bisect(ctx, b, v)
	}
	return v, err
}

// both builds B twice, in a place of its own.
func (x *Experiment) both(ctx context.Context, b Build) (trees [2]*validate.Tree, remove func() error, err error) {
	place := fmt.Sprintf("b%d", x.builds)
	remove = func() error { return os.RemoveAll(filepath.Join(x.dir, place)) }
	for i, nth := range []string{"first", "second"} {
		if trees[i], err = x.tree(ctx, b, place, nth); err != nil {
			return trees, nil, errors.Join(err, remove())
		}
	}
	return trees, remove, nil
}

// tree builds, in another second than what was built before, and reads what came out. What a
// step writes down of the clock is then another time in each build.
func (x *Experiment) tree(ctx context.Context, b Build, place, nth string) (*validate.Tree, error) {
	now := time.Now()
	select {
	case <-time.After(now.Truncate(time.Second).Add(time.Second).Sub(now)):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	x.Say("building " + b.Name + ", " + nth + " time")
	img, err := x.image(ctx, b, filepath.Join(x.dir, place))
	if err != nil {
		return nil, err
	}
	return x.reader.Tree(ctx, img)
}

// image builds into a layout, and gives what came out.
func (x *Experiment) image(ctx context.Context, b Build, layout string) (*validate.Image, error) {
	x.builds++
	r := b.Request
	in := *r.Input
	in.Options = maps.Clone(in.Options)
	in.Options["no-cache"] = ""
	// What a mount keeps is not shared: a build must not live on what another has left there.
	in.Options["build-arg:BUILDKIT_CACHE_MOUNT_NS"] = fmt.Sprintf("strake-verify-%s-%d", x.id, x.builds)
	if in.Options["build-arg:SOURCE_DATE_EPOCH"] == "" {
		in.Options["build-arg:SOURCE_DATE_EPOCH"] = x.epoch
	}
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
	return Image(ctx, layoutStore{blobs, layout}, b.Name, result)
}

// changed is the error for what did not stay as it was.
func changed(what string) error {
	return diag.Diagnostic{Code: "changed-meanwhile", Message: what + " has changed while the builds ran: they are not of the same",
		Hint: "leave it alone, and run it again"}
}
