package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// config is one with every part that a container sees.
func config() dockerspec.DockerOCIImage {
	var c dockerspec.DockerOCIImage
	c.OS, c.Architecture = "linux", "amd64"
	created := layertest.Epoch()
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
func imageOf(t testing.TB, name string, c dockerspec.DockerOCIImage, layers ...[]layertest.Item) *Image {
	t.Helper()
	b := layertest.Blobs{}
	var m ocispecs.Manifest
	c.History, c.RootFS = nil, ocispecs.RootFS{Type: "layers"}
	for i, items := range layers {
		data := layertest.Tar(t, items...)
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, digest.FromBytes(data))
		if i%2 == 1 {
			var z bytes.Buffer
			w := gzip.NewWriter(&z)
			w.Write(data)
			w.Close()
			data = z.Bytes()
		}
		m.Layers = append(m.Layers, b.Put(ocispecs.MediaTypeImageLayer, data))
		c.History = append(c.History, ocispecs.History{CreatedBy: "ENV nothing=" + name, EmptyLayer: true},
			ocispecs.History{CreatedBy: fmt.Sprintf("RUN /bin/sh -c step %d of %s # buildkit", i+1, name)})
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Config = b.Put(ocispecs.MediaTypeImageConfig, data)
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
func edited(items []layertest.Item, name string, edit func(layertest.Item) layertest.Item) []layertest.Item {
	out := slices.Clone(items)
	i := slices.IndexFunc(out, func(i layertest.Item) bool { return strings.TrimSuffix(i.Name, "/") == name })
	if i < 0 {
		panic("no entry " + name)
	}
	out[i] = edit(out[i])
	return out
}

func without(items []layertest.Item, name string) []layertest.Item {
	return slices.DeleteFunc(slices.Clone(items), func(i layertest.Item) bool { return strings.TrimSuffix(i.Name, "/") == name })
}
