package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/docker"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// Stdout gives the stream for results on standard output, or why it may not be
// used.
type Stdout func() (io.Writer, error)

// exports sets the exporters up. After an error nothing of them is left.
func (j *job) exports(ctx context.Context) (list []client.ExportEntry, err error) {
	if j.Call != "" {
		return nil, nil
	}
	defer func() {
		if err != nil {
			j.abandon()
		}
	}()
	if err := distinct(j.Outputs); err != nil {
		return nil, err
	}
	for _, o := range j.Outputs {
		if o.Type == CacheOnly {
			continue
		}
		e, d, err := j.export(ctx, o)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if d != nil {
			j.deliveries = append(j.deliveries, d)
		}
	}
	return list, layoutLast(list)
}

// distinct checks that no two outputs go to one place: one would write over the other.
func distinct(list []Output) error {
	seen := map[string]bool{}
	for _, o := range list {
		place := o.Dest
		switch {
		case place == "-":
			place = "standard output"
		case place != "":
			if abs, err := filepath.Abs(place); err == nil {
				place = abs
			}
		}
		if place != "" && seen[place] {
			return diag.Diagnostic{Code: "same-output", Message: "two outputs go to " + cmp.Or(strings.TrimSuffix(o.Dest, "-"), place),
				Hint: "give each a place of its own: dest=PATH"}
		}
		seen[place] = true
	}
	return nil
}

// layoutLast moves the exporter whose blobs come over the session, for the image store
// or a directory, to the end: BuildKit merges what exporters tell, the last one wins, and
// it is this one's manifest that gets a name here. There is one such at most, as the
// session has one place for blobs.
func layoutLast(list []client.ExportEntry) error {
	layout := func(e client.ExportEntry) int {
		if e.OutputStore != nil || e.OutputDir != "" && e.Type != client.ExporterLocal {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b client.ExportEntry) int { return layout(a) - layout(b) })
	if n := len(list); n > 1 && layout(list[n-2]) == 1 {
		return diag.Diagnostic{Code: "two-stores", Message: "BuildKit writes one image layout in a build, and there are two outputs that are one: type=store, type=image without push=true, and tar=false",
			Hint: "build twice, the second time from the cache, or drop tar=false"}
	}
	return nil
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
	case o.Type == client.ExporterImage && isTrue(e.Attrs["push"]):
		if e.Attrs["name"] == "" {
			return e, nil, diag.Diagnostic{Code: "no-tag", Message: "an image without a name cannot be pushed", Hint: "name it: -t REGISTRY/NAME:TAG"}
		}
		return e, nil, nil
	case o.Type == client.ExporterImage:
		switch keeps, err := j.Engine.KeepsImages(ctx); {
		case err != nil:
			return e, nil, err
		case keeps:
			return e, &inEngine{names: split(e.Attrs["name"])}, nil
		}
		return j.store(e) // or it would be nowhere
	case o.Type == Store:
		return j.store(e)
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

// store has an exporter write into the local image store.
func (j *job) store(e client.ExportEntry) (client.ExportEntry, delivery, error) {
	names, err := imageNames(e.Attrs["name"])
	e.Type, e.Attrs["tar"], e.OutputStore = client.ExporterOCI, "false", j.Images.Content()
	return e, &toStore{names: names}, err
}

// imageNames reads the attribute "name" of an image: full names, as a list.
func imageNames(list string) ([]string, error) {
	var out []string
	for _, name := range split(list) {
		full, err := store.Normalize(name)
		if err != nil {
			return nil, err
		}
		if store.Pinned(full) {
			return nil, diag.Diagnostic{Code: "digest-mismatch", Message: fmt.Sprintf("%s has the digest of what is not built yet", name), Hint: "name the image with a tag"}
		}
		out = append(out, full)
	}
	return out, nil
}

// split reads a list of names. Empty ones are none.
func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// stream has an exporter write to a file, or to standard output.
func (j *job) stream(e client.ExportEntry, dest string) (client.ExportEntry, delivery, error) {
	if dest == "" || dest == "-" {
		w, err := j.Stdout()
		if err != nil {
			return e, nil, err
		}
		e.Output = func(map[string]string) (io.WriteCloser, error) { return j.watch.writer(keepOpen{w}), nil }
		return e, nil, nil
	}
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		return e, nil, diag.Diagnostic{Code: "is-a-directory", Message: fmt.Sprintf("the output %s is a directory", dest),
			Hint: "name a file: dest=" + filepath.Join(dest, "image.tar")}
	}
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return e, nil, unwritable(dest, err)
	}
	f, err := regular.Create(dest)
	if err != nil {
		return e, nil, unwritable(dest, err)
	}
	e.Output = func(map[string]string) (io.WriteCloser, error) { return j.watch.writer(keepOpen{f}), nil }
	return e, &toFile{f, dest}, nil
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
