package build

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/docker"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Stdout gives the stream for results on standard output, or why it may not be
// used.
type Stdout func() (io.Writer, error)

// delivery is what is left to do for an output when the build is over.
type delivery interface {
	// finish takes the result to its place.
	finish(ctx context.Context, j *job, resp map[string]string) error
	// abandon drops what is there of it, as the build failed.
	abandon()
}

// exports sets the exporters up.
func (j *job) exports(ctx context.Context) ([]client.ExportEntry, error) {
	if j.Call != "" {
		return nil, nil
	}
	var list []client.ExportEntry
	stored := false
	for _, o := range j.Outputs {
		if o.Type == CacheOnly {
			continue
		}
		if o.Type == Store && stored {
			return nil, diag.Diagnostic{Code: "two-stores", Message: "there are two outputs of type=store", Hint: "drop one"}
		}
		stored = stored || o.Type == Store
		e, d, err := j.export(ctx, o)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if d != nil {
			j.deliveries = append(j.deliveries, d)
		}
	}
	return list, nil
}

// export sets one exporter up.
func (j *job) export(ctx context.Context, o Output) (client.ExportEntry, delivery, error) {
	e := client.ExportEntry{Type: o.Type, Attrs: maps.Clone(o.Attrs)}
	if e.Attrs == nil {
		e.Attrs = map[string]string{}
	}
	switch o.Type {
	case client.ExporterLocal:
		e.OutputDir = o.Dest
		return e, nil, nil
	case client.ExporterTar:
		return j.stream(e, o.Dest)
	}
	maps.Copy(e.Attrs, j.Annotations)
	if len(j.Tags) > 0 {
		e.Attrs["name"] = strings.Join(j.Tags, ",")
	}
	switch {
	case j.classic():
		return j.exportInDocker(o, e)
	case o.Type == Store:
		e.Type, e.Attrs["tar"], e.OutputStore = client.ExporterOCI, "false", j.Images.Content()
		return e, &toStore{}, nil
	case o.Type == client.ExporterImage:
		if isTrue(e.Attrs["push"]) && e.Attrs["name"] == "" {
			return e, nil, diag.Diagnostic{Code: "no-tag", Message: "an image without a name cannot be pushed", Hint: "name it: -t REGISTRY/NAME:TAG"}
		}
		return e, nil, nil
	case o.Type == client.ExporterDocker && o.Dest == "":
		return j.load(ctx, e)
	case e.Attrs["tar"] == "false":
		if o.Dest == "" || o.Dest == "-" {
			return e, nil, diag.Diagnostic{Code: "no-dest", Message: "an output with tar=false needs a directory", Hint: "add dest=DIR"}
		}
		e.OutputDir = o.Dest
		return e, nil, nil
	}
	return j.stream(e, o.Dest)
}

// stream has an exporter write to a file, or to standard output.
func (j *job) stream(e client.ExportEntry, dest string) (client.ExportEntry, delivery, error) {
	if dest == "" || dest == "-" {
		w, err := j.Stdout()
		if err != nil {
			return e, nil, err
		}
		e.Output = func(map[string]string) (io.WriteCloser, error) { return keepOpen{w}, nil }
		return e, nil, nil
	}
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		return e, nil, diag.Diagnostic{Code: "is-a-directory", Message: fmt.Sprintf("the output %s is a directory", dest),
			Hint: "name a file: dest=" + filepath.Join(dest, "image.tar")}
	}
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return e, nil, unwritable(dest, err)
	}
	f, err := os.CreateTemp(filepath.Dir(dest), "."+filepath.Base(dest)+".*")
	if err != nil {
		return e, nil, unwritable(dest, err)
	}
	e.Output = func(map[string]string) (io.WriteCloser, error) { return f, nil }
	return e, &toFile{temp: f, dest: dest}, nil
}

func unwritable(dest string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return diag.Diagnostic{Code: "unwritable", Message: fmt.Sprintf("cannot write %s: %v", dest, err), Hint: "name another place with dest="}
}

// keepOpen is a stream that outlives its exporter.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// toFile is a file under another name until it is complete.
type toFile struct {
	temp *os.File
	dest string
}

func (t *toFile) finish(context.Context, *job, map[string]string) error {
	t.temp.Close()
	if err := os.Chmod(t.temp.Name(), 0o644); err != nil {
		return unwritable(t.dest, err)
	}
	if err := os.Rename(t.temp.Name(), t.dest); err != nil {
		t.abandon()
		return unwritable(t.dest, err)
	}
	return nil
}

func (t *toFile) abandon() {
	t.temp.Close()
	os.Remove(t.temp.Name())
}

// load has an exporter write into a Docker Engine or Podman.
func (j *job) load(ctx context.Context, e client.ExportEntry) (client.ExportEntry, delivery, error) {
	target, err := docker.Find(ctx, j.Env)
	if err != nil {
		return e, nil, err
	}
	attested := slices.IndexFunc(j.Attestations, func(a Attestation) bool { return !a.Disabled })
	if attested >= 0 && !target.ContainerdStore() {
		return e, nil, diag.Diagnostic{Code: "no-attestations",
			Message: fmt.Sprintf("the engine that the image is loaded into cannot keep the attestation %s", j.Attestations[attested].Type),
			Hint:    "drop it, or leave out --load: strake's own store keeps it"}
	}
	if target.ContainerdStore() { // which takes OCI images, with their attestations
		e.Type = client.ExporterOCI
		e.Attrs["prefer-image-digest"] = "true"
	}
	r, w := io.Pipe()
	d := &toEngine{target: target, pipe: w, done: make(chan error, 1)}
	go func() {
		err := target.Load(ctx, r)
		r.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // nothing more is read
		d.done <- err
	}()
	e.Output = func(map[string]string) (io.WriteCloser, error) { return w, nil }
	return e, d, nil
}

// toEngine is an image on its way into another engine.
type toEngine struct {
	target docker.Loader
	pipe   *io.PipeWriter
	done   chan error
}

func (t *toEngine) finish(ctx context.Context, _ *job, _ map[string]string) error {
	t.pipe.Close()
	select {
	case err := <-t.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *toEngine) abandon() {
	t.pipe.CloseWithError(errors.New("the build failed"))
	<-t.done
}

// toStore is an image whose blobs are in the local store: its name is missing.
type toStore struct{}

func (toStore) abandon() {} // the store collects blobs that nothing names

func (toStore) finish(ctx context.Context, j *job, resp map[string]string) error {
	data, err := base64.StdEncoding.DecodeString(resp["containerimage.descriptor"])
	if err != nil {
		return err
	}
	var desc ocispecs.Descriptor
	if err := json.Unmarshal(data, &desc); err != nil {
		return fmt.Errorf("the daemon did not say what it made: %w", err)
	}
	desc.Annotations = nil // those are of the index that BuildKit would write
	return j.Images.Put(ctx, desc, j.Tags, j.record())
}

// storedID is what stands for an image in the local store.
func (j *job) storedID(target string) (string, error) {
	img, err := j.Images.Find(target)
	if err != nil {
		return "", err
	}
	id, err := j.Images.Handle(img)
	return id.String(), err
}

// record says which line of the Dockerfile made each entry of the history.
func (j *job) record() *store.Record {
	if len(j.compiled) == 0 || j.source == nil {
		return nil
	}
	r := j.compiled[0]
	rec := &store.Record{Dockerfile: j.source.Name, Entries: make([]store.Entry, len(r.Plan.History))}
	for i := range rec.Entries {
		rec.Entries[i] = j.entry(r, i)
	}
	return rec
}

func (j *job) entry(r *llb.Result, i int) store.Entry {
	origin := r.Plan.History[i]
	if origin == nil {
		return store.Entry{}
	}
	e := store.Entry{By: origin.By}
	spans := origin.Spans()
	if len(spans) == 0 {
		return e
	}
	f := j.set.File(spans[0].File)
	if f == nil || int(spans[0].End) > len(f.Text) {
		return e
	}
	e.Line, _ = f.LineRange(spans[0])
	if origin.By == "" { // or the line is not what ran
		e.Text = strings.TrimSpace(f.Text[spans[0].Start:spans[0].End])
	}
	return e
}

// deliver finishes the outputs.
func (j *job) deliver(ctx context.Context, r *Result) error {
	var failed error
	for _, d := range j.deliveries {
		if failed != nil {
			d.abandon()
		} else {
			failed = d.finish(ctx, j, r.Response)
		}
	}
	return failed
}

func (j *job) abandon() {
	for _, d := range j.deliveries {
		d.abandon()
	}
}
