package optimize

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/report"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/verify"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins/config"
)

// engineBuilder builds by a BuildKit.
type engineBuilder struct {
	*Options
	dir    string // of what is made
	replay *Replay
	pins   build.Pins
	proof  *verify.Experiment // nil before it begins
	module *ir.Module         // without passes
	runs   int
	packed bool // compressions were measured: on the first image, as passes change little about that
}

// request is the user's, with what this package decides: nothing is kept, nothing is attested.
func (b *engineBuilder) request() build.Request {
	r := b.Request
	in := *r.Input
	in.Options = maps.Clone(in.Options)
	r.Input, r.Pins, r.Seen, r.Tags = &in, &b.pins, nil, nil
	r.Outputs = []build.Output{{Type: build.CacheOnly}}
	r.Attestations = []build.Attestation{{Type: "provenance", Disabled: true}}
	r.Compile.Files, r.Compile.Whole = r.Input, b.Whole
	if p := r.Compile.Plugins; p != nil && len(p.Claims()) > 0 {
		r.Compile.Whole = true // what they make is replayed without them, and so may have no instruction of theirs
	}
	return r
}

// row is the plugins of the project with passes behind them; nil is none.
func (b *engineBuilder) row(ctx context.Context, row Row, explain bool) (*config.Plugins, error) {
	own := b.Request.Compile.Plugins
	if len(row) == 0 {
		return own, nil
	}
	p, err := row.Plugins(ctx, b.Builtins, explain)
	if err != nil {
		return nil, err
	}
	return own.Then(p)
}

// Expand implements Builder.
func (b *engineBuilder) Expand(ctx context.Context, row Row) (_ *Expansion, err error) {
	r := b.request()
	if r.Compile.Plugins, err = b.row(ctx, row, true); err != nil {
		return nil, err
	}
	e := &Expansion{}
	r.Look = func(ctx context.Context, s *compile.Snapshot) error {
		m, found, err := s.Targeted(ctx)
		if err != nil {
			return err
		}
		if len(row) == 0 {
			b.module = m
		}
		e.Refusals, e.Dropped = refusals(s, found, row), row.Declared(m)
		text, err := dockerfile.Print(m)
		if e.Text = as(s.File().Text, text); err == nil {
			e.Remade, err = remade(s, text)
		}
		return err
	}
	_, err = build.Run(ctx, r)
	return e, err
}

// remade tells whether the plugins of a snapshot, which give a text, change anything: an instruction of
// theirs cannot be printed.
func remade(s *compile.Snapshot, text string) (bool, error) {
	m, _, err := s.Module()
	if err != nil {
		return false, err
	}
	written, err := dockerfile.Print(m)
	if errors.As(err, new(*dockerfile.Error)) {
		return true, nil
	}
	return written != text, err
}

// stays is an error when the plugins of the project would not leave a Dockerfile as it is.
func (b *engineBuilder) stays(ctx context.Context, text string) error {
	r := b.request()
	r.Look = func(ctx context.Context, s *compile.Snapshot) error {
		s = s.Edited(text)
		m, _, err := s.Targeted(ctx)
		if err != nil {
			return err
		}
		again, err := dockerfile.Print(m)
		if err != nil {
			return err
		}
		changed, err := remade(s, again)
		if changed {
			return errors.New("the plugins of strake.yaml change it")
		}
		return err
	}
	_, err := build.Run(ctx, r)
	return err
}

// as gives a text the line endings of another, and no blank line in front that it has not: the
// printer puts one there, lest a comment is a directive, which has a "=".
func as(old, text string) string {
	if rest, ok := strings.CutPrefix(text, "\n"); ok && !strings.HasPrefix(old, "\n") && !strings.HasPrefix(old, "\r\n") {
		if first, _, _ := strings.Cut(rest, "\n"); !strings.Contains(first, "=") {
			text = rest
		}
	}
	if strings.Contains(old, "\r\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// done are the codes of findings that tell of what a pass did. All others are reasons why not.
func done(pass, code string) bool {
	return slices.Contains(map[string][]string{"drop-dead": {"dropped"}, "split-copy": {"split"}, "reorder": {"moved"}, "parallelise": {"apart"}, "copy-link": {"linked"}, "slim": {"dropped", "split"}, "merge-run": {"merged"}}[pass], code)
}

// refusals are the reasons of a row why something stays as it is.
func refusals(s *compile.Snapshot, found diag.List, row Row) (list []Refusal) {
	for _, d := range found {
		pass, code, _ := strings.Cut(d.Code, "/")
		if !slices.Contains(row.names(), pass) || done(pass, code) {
			continue
		}
		r := Refusal{Pass: pass, Code: code, Text: d.Message}
		if !d.Span.IsZero() && d.Span.File == 0 {
			r.Line = s.File().Line(d.Span.Start)
		}
		list = append(list, r)
	}
	return list
}

// check builds the Dockerfile as it is. That fetches what it starts from, too.
func (b *engineBuilder) check(ctx context.Context) error {
	r := b.request()
	_, err := build.Run(ctx, r)
	return failed(ctx, "the Dockerfile as it is", err)
}

// failed tells a build that failed from an engine that did.
func failed(ctx context.Context, what string, err error) error {
	var step *build.Failure
	var list diag.List
	if ctx.Err() == nil && (errors.As(err, &step) || errors.As(err, &list)) {
		return &Failed{what, err}
	}
	return err
}

// Verify implements Builder.
func (b *engineBuilder) Verify(ctx context.Context, row Row, dropped []string) (*validate.Verdict, error) {
	p, err := b.row(ctx, row, false)
	if err != nil {
		return nil, err
	}
	if b.proof == nil {
		before := verify.Build{Name: "before", Request: b.request()}
		if b.proof, err = verify.New(ctx, verify.Options{A: before, Run: b.Commands, Smoke: b.Smoke, Limits: validate.Usual(), Say: b.saying}); err != nil {
			return nil, err
		}
	}
	after := verify.Build{Name: "after", Request: b.request(), Dropped: dropped, Row: p, Given: len(p.Steps) - len(row)}
	after.Request.Compile.Plugins = p
	return b.proof.Compare(ctx, after)
}

// Close ends what was begun.
func (b *engineBuilder) Close() (err error) {
	if b.replay != nil {
		err = b.replay.Close()
	}
	if b.proof != nil {
		err = errors.Join(err, b.proof.Close())
	}
	return err
}

// Start implements Builder.
func (b *engineBuilder) Start(ctx context.Context, text string) (Trial, error) {
	b.runs++
	dir := filepath.Join(b.dir, "run-"+strconv.Itoa(b.runs))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "Dockerfile")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		return nil, err
	}
	if ignore, err := regular.Read(b.Request.Input.Dockerfile()+ignoreName, maxIgnore); err == nil { // a .dockerignore of its own
		if err := os.WriteFile(name+ignoreName, ignore, 0o644); err != nil {
			return nil, err
		}
	}
	r := &engineRun{engineBuilder: b, id: strings.ToLower(rand.Text()), layout: filepath.Join(dir, "image")}
	user := b.Request.Input
	options := maps.Clone(user.Options)
	for _, o := range []string{"filename", "context", "dockerfilekey", "contextkey"} {
		delete(options, o)
	}
	// A host that no step asks for is part of what a RUN is kept by: so what another replay
	// has left in the cache of the engine is not found. Mounts have a space of names for that.
	host := "strake-optimize-" + r.id + "=127.0.0.1"
	if hosts := options["add-hosts"]; hosts != "" {
		host = hosts + "," + host
	}
	options["add-hosts"] = host
	options["build-arg:BUILDKIT_CACHE_MOUNT_NS"] = "strake-optimize-" + r.id
	in, err := input.Find(ctx, input.Request{Path: b.replay.Dir(), File: name, Options: options, Contexts: b.Contexts})
	r.input = in
	return r, err
}

// Trial is a replay of one Dockerfile.
type Trial interface {
	// Build builds a state, and says how long it took, and what each step did, nil when that is
	// not known. Index 0 is built without the cache.
	Build(ctx context.Context, i int) (time.Duration, *build.Trace, error)
	// Image measures the image built last: its size, layers, and what is in them.
	Image(ctx context.Context, m *Measurement) error
}

// engineRun is a replay by a BuildKit.
type engineRun struct {
	*engineBuilder
	id, layout string
	input      *input.Input
}

func (r *engineRun) request(cold bool) build.Request {
	q := r.engineBuilder.request()
	in := *r.input
	in.Options = maps.Clone(in.Options)
	if cold {
		in.Options["no-cache"] = ""
	}
	q.Input, q.Compile.Plugins, q.Compile.Files, q.Trace = &in, nil, nil, true
	q.Compile.Without = "strake optimize builds what plugins have made"
	return q
}

// Build implements Trial.
func (r *engineRun) Build(ctx context.Context, i int) (time.Duration, *build.Trace, error) {
	if err := r.replay.To(ctx, i); err != nil {
		return 0, nil, err
	}
	what := "the first state of the replay"
	if i > 0 {
		what = r.replay.Edits[i-1]
	}
	start := time.Now()
	result, err := build.Run(ctx, r.request(i == 0))
	took := time.Since(start)
	if err != nil {
		return 0, nil, failed(ctx, what, err)
	}
	return took, result.Trace, nil
}

// Image implements Trial. What is in the layers stays unknown of an image for several platforms,
// and where it is more than is read.
func (r *engineRun) Image(ctx context.Context, m *Measurement) error {
	q := r.request(false)
	q.Outputs = []build.Output{{Type: client.ExporterOCI, Dest: r.layout, Attrs: map[string]string{"tar": "false"}}}
	result, err := build.Run(ctx, q)
	if err != nil {
		return failed(ctx, "the last state of the replay", err)
	}
	defer os.RemoveAll(r.layout)
	blobs, err := local.NewStore(r.layout)
	if err != nil {
		return err
	}
	if m.Size, m.Layers, err = layersOf(ctx, blobs, digest.Digest(result.Response["containerimage.digest"])); err != nil {
		return err
	}
	img, err := verify.Image(ctx, blobs, "the image", result)
	if err == nil {
		img.Dockerfile = filepath.Base(r.Request.Input.Dockerfile())
		m.Image, err = report.New(ctx, validate.NewReader(validate.Usual()), img)
	}
	if err == nil && !r.packed {
		layers := m.Image.Layers
		m.Packings, err = pack(ctx, img, func(i int) bool { return i < len(layers) && layers[i].Line > 0 })
		r.packed = err == nil
	}
	if err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// layersOf sums the layers of an image, for all its platforms.
func layersOf(ctx context.Context, blobs content.Provider, d digest.Digest) (sum int64, n int, err error) {
	data, err := content.ReadBlob(ctx, blobs, ocispecs.Descriptor{Digest: d})
	if err != nil {
		return 0, 0, err
	}
	var doc struct {
		ocispecs.Manifest
		Manifests []ocispecs.Descriptor `json:"manifests"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return 0, 0, err
	}
	for _, l := range doc.Layers {
		sum += l.Size
	}
	n = len(doc.Layers)
	if images.IsIndexType(doc.MediaType) {
		for _, m := range doc.Manifests {
			if store.IsAttestation(m) {
				continue
			}
			more, count, err := layersOf(ctx, blobs, m.Digest)
			if err != nil {
				return 0, 0, err
			}
			sum, n = sum+more, n+count
		}
	}
	return sum, n, nil
}

// key is of all that a measurement depends on besides the Dockerfile.
func (b *engineBuilder) key() string {
	in := b.Request.Input
	parts := []string{"2", b.replay.key, string(b.Request.Engine.Kind), b.Request.Engine.Addr, b.Request.Engine.Version, b.pins.String()}
	for _, k := range slices.Sorted(maps.Keys(in.Options)) {
		parts = append(parts, k+"="+in.Options[k])
	}
	for _, k := range slices.Sorted(maps.Keys(b.Contexts)) {
		parts = append(parts, k+"="+b.Contexts[k])
	}
	return strings.Join(parts, "\x00")
}

// quiet shows nothing of builds.
func quiet() (*build.Progress, error) { return build.NewProgress(io.Discard, "quiet") }
