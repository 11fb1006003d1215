package validate

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/klauspost/compress/gzip"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer"
)

// item is an entry of a layer as a test writes it.
type item struct {
	tar.Header
	data string
}

// epoch is the time of files that have no other.
func epoch() time.Time { return time.Unix(1700000000, 0) }

func file(name, data string) item {
	return item{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, data}
}

func dir(name string) item {
	return item{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, ""}
}

func symlink(name, target string) item {
	return item{tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, ""}
}

func hardlink(name, target string) item {
	return item{tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644}, ""}
}

func device(name string, major, minor int64) item {
	return item{tar.Header{Typeflag: tar.TypeChar, Name: name, Mode: 0o600, Devmajor: major, Devminor: minor}, ""}
}

func (i item) mode(m int64) item      { i.Mode = m; return i }
func (i item) owner(u, g int) item    { i.Uid, i.Gid = u, g; return i }
func (i item) time(t time.Time) item  { i.ModTime = t; return i }
func (i item) typed(kind byte) item   { i.Typeflag = kind; return i }
func (i item) contains(s string) item { i.data = s; return i }

func (i item) xattr(name, value string) item {
	i.PAXRecords = maps.Clone(i.PAXRecords)
	if i.PAXRecords == nil {
		i.PAXRecords = map[string]string{}
	}
	i.PAXRecords[ocilayer.XattrPrefix+name] = value
	return i
}

// tarOf writes a layer.
func tarOf(t testing.TB, items []item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range items {
		h := i.Header
		h.Size = int64(len(i.data))
		if h.ModTime.IsZero() {
			h.ModTime = epoch()
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, i.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// blobs are contents in memory.
type blobs map[digest.Digest][]byte

func (b blobs) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	data, ok := b[desc.Digest]
	if !ok {
		return nil, fmt.Errorf("blob %s: %w", desc.Digest, errdefs.ErrNotFound)
	}
	return blob{bytes.NewReader(data)}, nil
}

type blob struct{ *bytes.Reader }

func (blob) Close() error { return nil }

func (b blobs) put(mediaType string, data []byte) ocispecs.Descriptor {
	d := digest.FromBytes(data)
	b[d] = data
	return ocispecs.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(data))}
}

// config is one with every part that a container sees.
func config() dockerspec.DockerOCIImage {
	var c dockerspec.DockerOCIImage
	c.OS, c.Architecture = "linux", "amd64"
	created := epoch()
	c.Created = &created
	c.Config.Env = []string{"PATH=/bin", "LANG=C"}
	c.Config.Entrypoint = []string{"/bin/tool", "--serve"}
	c.Config.Cmd = []string{"now"}
	c.Config.User = "app"
	c.Config.WorkingDir = "/srv"
	c.Config.Labels = map[string]string{"version": "1", "team": "blue"}
	c.Config.ExposedPorts = map[string]struct{}{"80/tcp": {}}
	c.Config.Volumes = map[string]struct{}{"/data": {}}
	c.Config.StopSignal = "SIGTERM"
	c.Config.Healthcheck = &dockerspec.HealthcheckConfig{Test: []string{"CMD", "true"}, Interval: time.Minute}
	c.Config.Shell = []string{"/bin/sh", "-c"}
	c.Config.OnBuild = []string{"RUN x"}
	return c
}

// imageOf makes an image of layers. Every other layer is compressed.
func imageOf(t testing.TB, name string, c dockerspec.DockerOCIImage, layers ...[]item) *Image {
	t.Helper()
	b := blobs{}
	var m ocispecs.Manifest
	c.History, c.RootFS = nil, ocispecs.RootFS{Type: "layers"}
	for i, items := range layers {
		data := tarOf(t, items)
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, digest.FromBytes(data))
		if i%2 == 1 {
			var z bytes.Buffer
			w := gzip.NewWriter(&z)
			w.Write(data)
			w.Close()
			data = z.Bytes()
		}
		m.Layers = append(m.Layers, b.put(ocispecs.MediaTypeImageLayer, data))
		c.History = append(c.History, ocispecs.History{CreatedBy: "ENV nothing=" + name, EmptyLayer: true},
			ocispecs.History{CreatedBy: fmt.Sprintf("RUN /bin/sh -c step %d of %s # buildkit", i+1, name)})
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Config = b.put(ocispecs.MediaTypeImageConfig, data)
	img, err := FromManifest(t.Context(), b, name, m)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func compare(t testing.TB, a, b *Image) *Report {
	t.Helper()
	r, err := Compare(t.Context(), NewReader(Usual()), a, b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// brief is what a report finds, a line each: "~ /etc/x: mode", "~ Env PATH", "but JSON".
func brief(r *Report) []string {
	var list []string
	for _, s := range r.Config {
		list = append(list, mark(s.Change)+" "+s.Name+butFor(s.Form))
	}
	for _, p := range r.Packages {
		list = append(list, mark(p.Change)+" package "+p.Name)
	}
	for _, d := range r.Files {
		line := mark(d.Change) + " " + d.Path
		for _, a := range d.Aspects {
			line += ": " + a.What + butFor(a.Form)
		}
		list = append(list, line)
	}
	for _, name := range r.Times {
		list = append(list, "time "+name)
	}
	for _, h := range r.History {
		if h.What == "created" {
			list = append(list, "time of the image")
		}
	}
	slices.Sort(list)
	return list
}

func butFor(form string) string {
	if form == "" {
		return ""
	}
	return " but for " + form
}

// edited gives a copy of a layer in which an entry is another.
func edited(items []item, name string, edit func(item) item) []item {
	out := slices.Clone(items)
	i := slices.IndexFunc(out, func(i item) bool { return strings.TrimSuffix(i.Name, "/") == name })
	if i < 0 {
		panic("no entry " + name)
	}
	out[i] = edit(out[i])
	return out
}

func without(items []item, name string) []item {
	return slices.DeleteFunc(slices.Clone(items), func(i item) bool { return strings.TrimSuffix(i.Name, "/") == name })
}
