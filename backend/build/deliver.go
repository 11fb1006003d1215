package build

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/docker"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/regular"
)

// delivery is what is left to do for an output when the build is over.
type delivery interface {
	// finish takes the result to its place.
	finish(ctx context.Context, j *job, resp map[string]string) error
	// abandon drops what is there of it, as the build failed.
	abandon()
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

// toFile is a file that appears when it is complete.
type toFile struct {
	*regular.Pending
	dest string
}

func (t *toFile) finish(context.Context, *job, map[string]string) error {
	if err := t.Commit(); err != nil {
		return unwritable(t.dest, err)
	}
	return nil
}

func (t *toFile) abandon() { t.Abandon() }

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

// toStore is an image whose blobs are in the local store: its names are missing.
type toStore struct{ names []string }

func (toStore) abandon() {} // the store collects blobs that nothing names

func (t toStore) finish(ctx context.Context, j *job, resp map[string]string) error {
	data, err := base64.StdEncoding.DecodeString(resp["containerimage.descriptor"])
	if err != nil {
		return err
	}
	var desc ocispecs.Descriptor
	if err := json.Unmarshal(data, &desc); err != nil {
		return fmt.Errorf("the daemon did not say what it made: %w", err)
	}
	// Other annotations are of the index that BuildKit would write.
	desc.Annotations = map[string]string{store.AnnotationSource: store.SourceBuild}
	return j.Images.Put(ctx, desc, t.names, j.record())
}

// inEngine is an image that the daemon keeps in an image store of its own.
type inEngine struct{ names []string }

func (inEngine) abandon() {}

func (inEngine) finish(context.Context, *job, map[string]string) error { return nil }

// place tells where an image is that is in a store: in Strake's own, or in the
// daemon's.
func (j *job) place() (names []string, here, kept bool) {
	for _, d := range j.deliveries {
		switch d := d.(type) {
		case *toStore:
			return d.names, true, false
		case *outOfDocker:
			return d.names, true, false
		case *inEngine:
			names, kept = d.names, true
		}
	}
	return names, false, kept
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
