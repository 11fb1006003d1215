package validate

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

// find gives the difference of a path.
func (r *Report) find(t *testing.T, name string) Difference {
	t.Helper()
	for _, d := range r.Files {
		if d.Path == name {
			return d
		}
	}
	t.Fatalf("%s does not differ: %q", name, brief(r))
	return Difference{}
}

// TestBlame holds which step each side of a difference is led back to.
func TestBlame(t *testing.T) {
	a := imageOf(t, "a", config(), []layertest.Item{layertest.Dir("d"), layertest.File("d/x", "1"), layertest.File("gone", "1"), layertest.File("kept", "1")}, []layertest.Item{layertest.File("d/x", "2")})
	b := imageOf(t, "b", config(), []layertest.Item{layertest.Dir("d"), layertest.File("d/x", "1"), layertest.File("gone", "1"), layertest.File("kept", "1")}, []layertest.Item{layertest.File("d/.wh..wh..opq", "")},
		[]layertest.Item{layertest.File(".wh.gone", ""), layertest.File("new", "n"), layertest.File("d/y", "y")})
	b.Dockerfile, b.Entries = "Dockerfile.b", []store.Entry{{}, {Line: 2, Text: "RUN one"}, {}, {Line: 5, Text: "RUN rm \\\n  -r d"}, {}, {}}
	r := compare(t, a, b)
	for name, want := range map[string][2]string{
		"/d/x":  {"layer 2, RUN /bin/sh -c step 2 of a", "layer 2, RUN rm -r d (Dockerfile.b:5)"},
		"/d/y":  {"", "layer 3, RUN /bin/sh -c step 3 of b"},
		"/gone": {"layer 1, RUN /bin/sh -c step 1 of a", "layer 3, RUN /bin/sh -c step 3 of b"},
		"/new":  {"", "layer 3, RUN /bin/sh -c step 3 of b"},
	} {
		d := r.find(t, name)
		for side, o := range []*Origin{d.A, d.B} {
			have := ""
			if o != nil {
				have = o.String()
			}
			if have != want[side] {
				t.Errorf("%s in %c: %q, want %q", name, "AB"[side], have, want[side])
			}
		}
		if removed := d.B.Removed; removed != (d.Change == Removed) {
			t.Errorf("%s: removed is %v", name, removed)
		}
	}
	if r.A.Layers[0].Shared != true || r.A.Layers[1].Shared || r.A.Layers[1].Files != 1 || r.B.Layers[2].Files != 3 {
		t.Errorf("layers: %+v %+v", r.A.Layers, r.B.Layers)
	}
	// A file in the way of a directory took what was in it.
	way := compare(t, a, imageOf(t, "c", config(), []layertest.Item{layertest.File("gone", "1"), layertest.File("kept", "1"), layertest.File("d", "")}))
	if d := way.find(t, "/d/x"); d.B == nil || d.B.Layer != 1 {
		t.Errorf("/d/x: %+v", d.B)
	}
}

// TestPackages holds what is read of the databases of packages.
func TestPackages(t *testing.T) {
	dirs := []layertest.Item{layertest.Dir("var"), layertest.Dir("var/lib"), layertest.Dir("var/lib/dpkg"), layertest.Dir("var/lib/dpkg/status.d"), layertest.Dir("var/lib/rpm")}
	part := func(name, version string) layertest.Item {
		return layertest.File("var/lib/dpkg/status.d/"+name, "Package: "+name+"\nVersion: "+version+"\n")
	}
	a := imageOf(t, "a", config(), append(dirs[:5:5], part("base", "1"), part("gone", "1"), layertest.File("var/lib/rpm/rpmdb.sqlite", "1"), layertest.File("var/lib/dpkg/status.d/base.md5sums", "Package: x\nVersion: 1\n")))
	b := imageOf(t, "b", config(), append(dirs[:5:5], part("base", "2"), part("new", "1"), layertest.File("var/lib/rpm/rpmdb.sqlite", "2"), layertest.File("var/lib/dpkg/status.d/base.md5sums", "Package: x\nVersion: 2\n")))
	r := compare(t, a, b)
	var have []string
	for _, p := range r.Packages {
		have = append(have, mark(p.Change)+" "+p.Name+" "+p.A+" "+p.B)
	}
	if want := []string{"~ base 1 2", "- gone 1 ", "+ new  1"}; !slices.Equal(have, want) {
		t.Errorf("%q, want %q", have, want)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "rpm") {
		t.Errorf("notes: %q", r.Notes)
	}
}

// TestTwins holds that a file under another name is known as such.
func TestTwins(t *testing.T) {
	r := compare(t, imageOf(t, "a", config(), []layertest.Item{layertest.File("Old", "text"), layertest.File("empty", "")}), imageOf(t, "b", config(), []layertest.Item{layertest.File("old", "text"), layertest.File("void", "")}))
	if d := r.find(t, "/Old"); d.Twin != "/old" {
		t.Errorf("the twin of /Old is %q", d.Twin)
	}
	if d := r.find(t, "/empty"); d.Twin != "" {
		t.Errorf("an empty file has the twin %q", d.Twin)
	}
}

// TestText holds that what a person sees is one line for each difference, cut where it is
// long, and moves no cursor.
func TestText(t *testing.T) {
	many := []layertest.Item{layertest.Dir("dd")}
	for _, name := range strings.Split("abcdefghij", "") {
		many = append(many, layertest.File("dd/"+name, "x"), layertest.File(name, "x"))
	}
	c := config()
	c.Config.Labels["long"] = strings.Repeat("x", 1000) + "\n\x1b[2J"
	r := compare(t, imageOf(t, "a", config(), many), imageOf(t, "b", c, []layertest.Item{layertest.File("a\nb\x1b", "")}))
	var out bytes.Buffer
	if err := r.Text(&out, 4); err != nil {
		t.Fatal(err)
	}
	if err := r.Text(&out, 0); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"… and 8 more: --limit 0 shows all", `"/a\nb\x1b"`, "- /dd: directory; and 10 paths below it, 10B", "different: 22 paths, 1 setting of 23 paths"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if strings.ContainsAny(out.String(), "\x1b\r") || strings.Contains(out.String(), strings.Repeat("x", 200)) {
		t.Errorf("not fit for a terminal:\n%q", &out)
	}
}

// TestRefusals holds that nothing is said of images that cannot be read whole.
func TestRefusals(t *testing.T) {
	good := func() *Image { return imageOf(t, "good", config(), base()...) }
	cases := map[string]struct {
		image func() *Image
		limit func(*Limits)
		want  string
	}{
		"layer of another digest": {image: func() *Image {
			i := good()
			i.parsed.RootFS.DiffIDs[0] = digest.FromString("other")
			return i
		}, want: "is not what its config lists"},
		"missing blob": {image: func() *Image {
			i := good()
			delete(i.Content.(layertest.Blobs), i.Layers[1].Digest)
			return i
		}, want: "not found"},
		"cut layer": {image: func() *Image {
			i := good()
			b := i.Content.(layertest.Blobs)
			b[i.Layers[1].Digest] = b[i.Layers[1].Digest][:200]
			return i
		}, want: "unexpected EOF"},
		"no tar": {image: func() *Image {
			i := good()
			i.Content.(layertest.Blobs)[i.Layers[0].Digest] = bytes.Repeat([]byte("x"), 2000)
			return i
		}, want: "invalid tar header"},
		"dangling hard link": {image: func() *Image { return imageOf(t, "x", config(), []layertest.Item{layertest.Hardlink("a", "b")}) }, want: "which is no file"},
		"file in the way": {image: func() *Image {
			return imageOf(t, "x", config(), []layertest.Item{layertest.File("a", ""), layertest.File("a/b", "")})
		}, want: "where there is a file"},
		"links in a circle": {image: func() *Image {
			return imageOf(t, "x", config(), []layertest.Item{layertest.Symlink("a", "b"), layertest.Symlink("b", "a"), layertest.File("a/x", "")})
		}, want: "too many symbolic links"},
		"long path": {image: func() *Image {
			return imageOf(t, "x", config(), []layertest.Item{layertest.File(strings.Repeat("a/", 2049)+"a", "")})
		}, want: "longer than a path can be"},
		"long target": {image: func() *Image {
			return imageOf(t, "x", config(), []layertest.Item{layertest.Symlink("a", strings.Repeat("a/", 2049))})
		}, want: "longer than a path can be"},
		"long path by a link": {image: func() *Image {
			return imageOf(t, "x", config(), []layertest.Item{layertest.Dir(strings.Repeat("a/", 2000)), layertest.Symlink("l", strings.Repeat("a/", 2000)), layertest.Dir("l/" + strings.Repeat("b/", 200))})
		}, want: "a path of more than 4096 bytes"},
		"unknown kind":   {image: func() *Image { return imageOf(t, "x", config(), []layertest.Item{layertest.File("a", "").Typed('?')}) }, want: "no unpacker knows"},
		"too many files": {image: good, limit: func(l *Limits) { l.Files = 10 }, want: "more than 10 files"},
		"too many bytes": {image: good, limit: func(l *Limits) { l.Bytes = 4000 }, want: "more than 4000 bytes"},
		"long names":     {image: good, limit: func(l *Limits) { l.Names = 100 }, want: "more than 100 bytes of names"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			limits := Usual()
			if c.limit != nil {
				c.limit(&limits)
			}
			r, err := Compare(t.Context(), NewReader(limits), c.image(), c.image())
			var d diag.Diagnostic
			if !errors.As(err, &d) || !strings.Contains(d.Message, c.want) {
				t.Errorf("report %v, error %v, want %q", r, err, c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compare(ctx, NewReader(Usual()), good(), good()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := FromManifest(t.Context(), layertest.Blobs{}, "x", ocispecs.Manifest{}); err == nil {
		t.Error("an image without a config can be read")
	}
}

// TestLargeFile holds that a file over the limit differs by its bytes.
func TestLargeFile(t *testing.T) {
	limits := Usual()
	limits.Canonical = 10
	a, b := imageOf(t, "a", config(), []layertest.Item{layertest.File("x.json", `{"a": 1, "b": 2}`)}), imageOf(t, "b", config(), []layertest.Item{layertest.File("x.json", `{"b": 2, "a": 1}`)})
	r, err := Compare(t.Context(), NewReader(limits), a, b)
	if err != nil || r.Answer != Different || !strings.Contains(r.Files[0].Aspects[0].Detail, "too large") {
		t.Errorf("%+v, %v", r, err)
	}
}
