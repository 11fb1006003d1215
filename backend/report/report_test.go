package report_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/report"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
)

// layer is a layer as a test writes it: the step, its line, and files by their names with how many
// bytes they have. A name with a "=" is a hard link to the one behind it.
type layer struct {
	step  string
	line  int
	files []string
}

// blobs are contents in memory.
type blobs map[digest.Digest][]byte

type blob struct{ *bytes.Reader }

func (blob) Close() error { return nil }

func (b blobs) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	return blob{bytes.NewReader(b[desc.Digest])}, nil
}

func (b blobs) put(kind string, data []byte) ocispecs.Descriptor {
	d := digest.FromBytes(data)
	b[d] = data
	return ocispecs.Descriptor{MediaType: kind, Digest: d, Size: int64(len(data))}
}

// read makes an image of layers, and reports on it.
func read(t testing.TB, layers ...layer) *report.Report {
	t.Helper()
	var (
		all      = blobs{}
		config   dockerspec.DockerOCIImage
		manifest ocispecs.Manifest
		entries  []store.Entry
	)
	config.OS, config.Architecture = "linux", "amd64"
	for _, l := range layers {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, f := range l.files {
			h := tar.Header{Typeflag: tar.TypeReg, Mode: 0o644}
			if name, target, ok := strings.Cut(f, "="); ok {
				h.Typeflag, h.Name, h.Linkname = tar.TypeLink, name, target
			} else if _, err := fmt.Sscanf(f, "%d %s", &h.Size, &h.Name); err != nil {
				t.Fatal(f, err)
			}
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(bytes.Repeat([]byte("x"), int(h.Size))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		manifest.Layers = append(manifest.Layers, all.put(ocispecs.MediaTypeImageLayer, b.Bytes()))
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digest.FromBytes(b.Bytes()))
		config.History = append(config.History, ocispecs.History{CreatedBy: l.step})
		entries = append(entries, store.Entry{Line: l.line, Text: l.step})
	}
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	manifest.Config = all.put(ocispecs.MediaTypeImageConfig, data)
	img, err := validate.FromManifest(t.Context(), all, "app", manifest)
	if err != nil {
		t.Fatal(err)
	}
	img.Dockerfile, img.Entries = "Dockerfile", entries
	r, err := report.New(t.Context(), validate.NewReader(validate.Usual()), img)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// example is an image with some of each.
func example(t testing.TB) *report.Report {
	return read(t,
		layer{"rootfs", 0, []string{"1000 bin/sh", "10 etc/passwd", "20 etc/old"}},
		layer{"RUN apt-get update", 2, []string{"500 var/lib/apt/lists/a", "300 var/lib/apt/lists/b"}},
		layer{"RUN apt-get install -y tree && rm -rf /var/lib/apt/lists/*", 3, []string{"0 var/lib/apt/lists/.wh.a", "0 var/lib/apt/lists/.wh.b", "80 bin/tree", "30 var/log/dpkg.log", "7 var/log/apt/term.log"}},
		layer{"COPY big /opt/", 4, []string{"200 opt/big", "opt/name=opt/big", "50 opt/tmp"}},
		layer{"RUN chmod 600 /opt/big", 5, []string{"200 opt/big", "0 opt/.wh.tmp", "11 etc/passwd"}},
		layer{"COPY big /opt/", 6, []string{"200 opt/big"}},
	)
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := example(t).Text(&b, 0); err != nil {
		t.Fatal(err)
	}
	want := `app  linux/amd64  6 layers, 2.608kB in files
1.06kB (40 %) no container sees, 37B (1 %) are left behind by package managers

LAYER  SIZE    FILES  UNSEEN  STEP
1      1.03kB  3      10B     rootfs
2      800B    2      800B    RUN apt-get update (Dockerfile:2)
3      117B    3      0B      RUN apt-get install -y tree && rm -rf /var/lib/apt/lists/* (Dockerfile:3)
4      250B    2      50B     COPY big /opt/ (Dockerfile:4)
5      211B    2      200B    RUN chmod 600 /opt/big (Dockerfile:5)
6      200B    1      0B      COPY big /opt/ (Dockerfile:6)

Written, and not seen
  800B  /var/lib/apt/lists (2 files)
      written by layer 2, RUN apt-get update (Dockerfile:2)
      removed by layer 3, RUN apt-get install -y tree && rm -rf /var/lib/apt/lists/* (Dockerfile:3)
        there by ` + "`apt-get install -y tree` or `rm -rf /var/lib/apt/lists/*`" + `
      → in one RUN they are in no layer: the plugin merge-run joins the two where that is proven
  200B  /opt/big (1 file)
      written by layer 5, RUN chmod 600 /opt/big (Dockerfile:5)
      written anew by layer 6, COPY big /opt/ (Dockerfile:6)
      → what comes last has the last word: leave out the first
  50B  /opt/tmp (1 file)
      written by layer 4, COPY big /opt/ (Dockerfile:4)
      removed by layer 5, RUN chmod 600 /opt/big (Dockerfile:5)
      → do not copy what is removed again: name it in .dockerignore, or have the RUN that needs it mount it (--mount=type=bind)
  10B  /etc/passwd (1 file)
      written by layer 1, rootfs
      written anew by layer 5, RUN chmod 600 /opt/big (Dockerfile:5)

Left behind: the plugin slim removes them in the RUN that makes them, where nothing needs them
  30B  /var/log/dpkg.log (1 file), logs of ` + "`apt-get install -y tree`" + ` in layer 3
  7B  /var/log/apt/* (1 file), logs of ` + "`apt-get install -y tree`" + ` in layer 3
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

// TestSums holds that what is counted by layer is what is counted in sum, and that one of several
// names of a file is no waste while another is there.
func TestSums(t *testing.T) {
	r := example(t)
	var bytes, hidden, waste, left int64
	for _, l := range r.Layers {
		bytes, hidden = bytes+l.Bytes, hidden+l.Hidden
	}
	for _, w := range r.Waste {
		waste += w.Bytes
		if strings.HasPrefix(w.Path, "/opt") && w.Made.Layer == 4 && w.Path != "/opt/tmp" {
			t.Errorf("/opt/name is still there: %+v", w)
		}
	}
	for _, l := range r.Leftovers {
		left += l.Bytes
	}
	files := make([]report.Waste, len(r.Waste))
	for _, h := range r.Hidden {
		files[h.Waste].Files++
		files[h.Waste].Bytes += h.Bytes
		if !strings.HasPrefix(h.Path, strings.TrimSuffix(r.Waste[h.Waste].Path, "/")) {
			t.Errorf("%s is not below %s", h.Path, r.Waste[h.Waste].Path)
		}
	}
	for i, w := range r.Waste {
		if w.Files != files[i].Files || w.Bytes != files[i].Bytes {
			t.Errorf("%s: %d files of %d bytes, and the list has %d of %d", w.Path, w.Files, w.Bytes, files[i].Files, files[i].Bytes)
		}
	}
	if bytes != r.Bytes || hidden != r.Wasted || waste != r.Wasted || left != r.Left {
		t.Errorf("%+v", r)
	}
	if empty := read(t); len(empty.Layers) != 0 || empty.Bytes != 0 {
		t.Errorf("%+v", empty)
	}
}

// TestAdvice has a file that a later RUN removes: where only RUNs are between, they may be one.
func TestAdvice(t *testing.T) {
	for between, want := range map[string]string{"RUN b": "merge-run", "COPY b /": "", "": "merge-run"} {
		layers := []layer{{"RUN a", 1, []string{"10 a"}}, {between, 2, []string{"1 b"}}, {"RUN rm a", 3, []string{"0 .wh.a"}}}
		if between == "" {
			layers = append(layers[:1], layers[2])
		}
		if w := read(t, layers...).Waste; len(w) != 1 || w[0].Pass != want || w[0].Advice == "" {
			t.Errorf("%q between: %+v", between, w)
		}
	}
}

// TestNames has files with several names: each counts once, by the first of them, for the layer that
// has the content, and is hidden by the layer that takes the last name.
func TestNames(t *testing.T) {
	for range 20 { // a map is walked in another order each time
		r := read(t,
			layer{"RUN a", 1, []string{"100 z", "a=z", "m=z", "50 y", "b=y"}},
			layer{"RUN b", 2, []string{"k=z", "0 .wh.y"}},
			layer{"RUN c", 3, []string{"0 .wh.b"}},
		)
		if top := r.Layers[0].Top; len(top) != 1 || top[0] != (report.File{Path: "/a", Bytes: 100}) || r.Layers[1].Files != 0 || r.Layers[1].Bytes != 0 {
			t.Fatalf("%+v", r.Layers)
		}
		if w := r.Waste; len(w) != 1 || w[0].Path != "/b" || w[0].Made.Layer != 1 || w[0].Hidden.Layer != 3 || w[0].Bytes != 50 {
			t.Fatalf("%+v", w)
		}
	}
}

// TestAttackPage has what an image may have in its texts: the page shows it, and does nothing.
func TestAttackPage(t *testing.T) {
	const evil = `</code><script>alert(1)</script><img/onerror/src>`
	r := read(t, layer{"RUN " + evil, 1, []string{"10 " + evil}}, layer{"RUN " + evil, 2, []string{"10 " + evil}})
	var b strings.Builder
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"<script", "<img"} {
		if strings.Contains(b.String(), tag) {
			t.Errorf("the page has %s", tag)
		}
	}
	b.Reset()
	r = read(t, layer{"RUN \x1b[31m \u202e", 1, []string{"10 \u202etxt.exe"}})
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") || !strings.Contains(b.String(), "txt.exe") {
		t.Error("the page has marks that turn its lines, or that control a terminal")
	}
	for _, load := range []string{"src=\"", "href=", "url(", "@import", "http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(b.String(), "default-src", ""), load) {
			t.Errorf("the page loads something: %s", load)
		}
	}
}

// TestBrowser has a real browser draw the page.
func TestBrowser(t *testing.T) {
	var b strings.Builder
	if err := example(t).HTML(&b); err != nil {
		t.Fatal(err)
	}
	colours := testbed.Colours(testbed.Draw(t, b.String(), testbed.Window{Width: 1000, Height: 1400}))
	// The two colours of the bars.
	for name, c := range map[string][3]uint8{"what is seen": {0x2f, 0x7f, 0xa8}, "what is not seen": {0xc9, 0x71, 0x1a}} {
		if colours[c] < 500 {
			t.Errorf("%s is not drawn: %d pixels", name, colours[c])
		}
	}
}
