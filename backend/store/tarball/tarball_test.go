package tarball_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	oracle "github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/klauspost/compress/zstd"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/lang/diag"
)

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if r, err := s.Check(context.Background()); err != nil || len(r.Problems) > 0 || r.Garbage != (store.Garbage{}) {
			t.Errorf("%+v %v", r, err)
		}
	})
	return s
}

// load holds the store as the command does.
func load(t *testing.T, s *store.Store, data []byte) ([]tarball.Loaded, error) {
	t.Helper()
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	return tarball.Load(t.Context(), s, bytes.NewReader(data))
}

func save(t *testing.T, s *store.Store, platform string, names ...string) []byte {
	t.Helper()
	var items []tarball.Item
	for _, name := range names {
		img, err := s.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, tarball.Item{Image: img, Names: img.Names})
	}
	var b bytes.Buffer
	if err := tarball.Save(t.Context(), s, &b, items, platform); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func image(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(1000, 3)
	if err != nil {
		t.Fatal(err)
	}
	c, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c.OS, c.Architecture = "linux", "amd64"
	if img, err = mutate.ConfigFile(img, c); err != nil {
		t.Fatal(err)
	}
	return img
}

// docker makes an archive as docker save did before it had OCI layouts.
func docker(t *testing.T, img v1.Image, names ...string) []byte {
	t.Helper()
	refs := map[name.Reference]v1.Image{}
	for _, n := range names {
		ref, err := name.ParseReference(n)
		if err != nil {
			t.Fatal(err)
		}
		refs[ref] = img
	}
	var b bytes.Buffer
	if err := oracle.MultiRefWrite(refs, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func config(t *testing.T, img v1.Image) string {
	t.Helper()
	h, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

func TestLoadDocker(t *testing.T) {
	img := image(t)
	plain := docker(t, img, "app:1", "registry.example.com/app:2")
	z, _ := zstd.NewWriter(nil)
	var g bytes.Buffer
	w := gzip.NewWriter(&g)
	w.Write(plain)
	w.Close()
	for form, data := range map[string][]byte{"plain": plain, "gzip": g.Bytes(), "zstd": z.EncodeAll(plain, nil), "legacy": legacy(t, img)} {
		s := open(t)
		got, err := load(t, s, data)
		if err != nil || len(got) != 1 || got[0].Image.ID.String() != config(t, img) || len(got[0].Names) != 2 {
			t.Fatalf("%s: %+v %v", form, got, err)
		}
		for _, name := range []string{"app:1", "registry.example.com/app:2"} {
			if found, err := s.Find(name); err != nil || found.ID != got[0].Image.ID {
				t.Errorf("%s: %s: %v", form, name, err)
			}
		}
		// It comes out as it came in, for another program.
		out := filepath.Join(t.TempDir(), "out.tar")
		if err := os.WriteFile(out, save(t, s, "", "app:1"), 0o644); err != nil {
			t.Fatal(err)
		}
		tag, _ := name.NewTag("app:1")
		back, err := oracle.ImageFromPath(out, &tag)
		if err != nil {
			t.Fatal(err)
		}
		if config(t, back) != config(t, img) {
			t.Errorf("%s: the config has changed", form)
		}
		layers, err := back.Layers()
		if err != nil || len(layers) != 3 {
			t.Fatal(err)
		}
		want, _ := img.Layers()
		for i := range layers {
			a, aerr := layers[i].DiffID()
			b, berr := want[i].DiffID()
			if a != b || aerr != nil || berr != nil {
				t.Errorf("%s: layer %d: %v %v", form, i, a, b)
			}
		}
	}
}

// legacy is what docker save wrote until version 24: a directory for each layer,
// some of them links, and more files that nobody needs.
func legacy(t *testing.T, img v1.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	file := func(name string, data []byte) {
		w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg})
		w.Write(data)
	}
	c, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	layers, _ := img.Layers()
	var paths []string
	for i, layer := range layers {
		r, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(r)
		dir := strings.Repeat(string(rune('a'+i)), 64)
		w.WriteHeader(&tar.Header{Name: dir + "/", Mode: 0o755, Typeflag: tar.TypeDir})
		file(dir+"/VERSION", []byte("1.0"))
		file(dir+"/json", []byte("{}"))
		if i == 0 {
			file("first/layer.tar", data)
			w.WriteHeader(&tar.Header{Name: dir + "/layer.tar", Linkname: "../first/layer.tar", Typeflag: tar.TypeSymlink})
		} else {
			file(dir+"/layer.tar", data)
		}
		paths = append(paths, dir+"/layer.tar")
	}
	name := strings.TrimPrefix(config(t, img), "sha256:") + ".json"
	file(name, c)
	manifest, _ := json.Marshal([]map[string]any{{"Config": name, "RepoTags": []string{"app:1", "registry.example.com/app:2"}, "Layers": paths}})
	file("manifest.json", manifest)
	file("repositories", []byte("{}"))
	w.Close()
	return b.Bytes()
}

// An OCI layout with an index for two platforms survives, as archive and directory.
func TestLoadLayout(t *testing.T) {
	index := v1.ImageIndex(empty.Index)
	for _, arch := range []string{"amd64", "arm64"} {
		img := image(t)
		c, _ := img.ConfigFile()
		c.Architecture = arch
		img, err := mutate.ConfigFile(img, c)
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	want, _ := index.Digest()
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = p.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "example.com/app:1"}))
	}
	if err == nil {
		err = p.AppendImage(image(t), layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "latest"}))
	}
	if err != nil {
		t.Fatal(err)
	}
	s := open(t)
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := tarball.LoadDir(t.Context(), s, dir)
	release()
	if err != nil || len(got) != 2 || got[0].Image.ID.String() != want.String() || len(got[1].Names) != 0 {
		t.Fatalf("%+v %v", got, err)
	}
	both := save(t, s, "", "example.com/app:1")
	if again := save(t, s, "", "example.com/app:1"); !bytes.Equal(again, both) {
		t.Error("the same image gives other bytes")
	}
	other := open(t)
	if got, err = load(t, other, both); err != nil || len(got) != 1 || got[0].Image.ID.String() != want.String() {
		t.Fatalf("%+v %v", got, err)
	}
	// One platform of it.
	third := open(t)
	if _, err = load(t, third, save(t, s, "linux/arm64", "example.com/app:1")); err != nil {
		t.Fatal(err)
	}
	img, err := third.Find("example.com/app:1")
	if err != nil || len(img.Variants) != 1 || img.Variants[0].Desc.Platform.Architecture != "arm64" {
		t.Errorf("%+v %v", img, err)
	}
	// And an archive that lost the other platform.
	fourth := open(t)
	lost := without(t, both, img.Variants[0].Manifest.Config.Digest)
	if _, err = load(t, fourth, lost); err != nil {
		t.Fatal(err)
	}
	if img, err = fourth.Find("example.com/app:1"); err != nil || len(img.Variants) != 1 || img.Variants[0].Desc.Platform.Architecture != "amd64" {
		t.Errorf("%+v %v", img, err)
	}
}

// without drops a blob from an archive.
func without(t *testing.T, data []byte, d digest.Digest) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, d.Encoded()) {
			w.WriteHeader(h)
			io.Copy(w, r)
		}
	}
	w.Close()
	return b.Bytes()
}

func TestLoadBroken(t *testing.T) {
	img := image(t)
	good := docker(t, img, "app:1")
	s := open(t)
	if _, err := load(t, s, good); err != nil {
		t.Fatal(err)
	}
	modern := save(t, s, "", "app:1")
	found, err := s.Find("app:1")
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(modern)
	damaged[700] ^= 1 // in the first blob
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":         {nil, "it is empty"},
		"text":          {bytes.Repeat([]byte("no tar at all "), 100), "it is no tar"},
		"cut off":       {good[:len(good)-5000], "cut off"},
		"damaged":       {damaged, "damaged"},
		"tar of a tree": {tree(t, "etc/passwd", "bin/sh"), "strake import"},
		"other tar":     {tree(t, "some/where/file"), "neither index.json nor manifest.json"},
		"no config":     {without(t, modern, found.ID), "lacks the blob"},
		"no layer":      {without(t, modern, found.Variants[0].Manifest.Layers[1].Digest), "lacks the blob"},
		"ancient":       {tree(t, "repositories"), "before 1.10"},
		"no list":       {tree(t, "manifest.json"), "manifest.json in the archive"},
	} {
		s := open(t)
		_, err := load(t, s, c.data)
		var d diag.Diagnostic
		if !errors.As(err, &d) || d.Hint == "" || !strings.Contains(d.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if list, err := s.Images(); err != nil || len(list) > 0 {
			t.Errorf("%s: %v %v", name, list, err)
		}
	}
}

// tree makes a tar of small files.
func tree(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 4, Typeflag: tar.TypeReg})
		w.Write([]byte("text"))
	}
	w.Close()
	return b.Bytes()
}

func TestImport(t *testing.T) {
	plain := tree(t, "a", "b")
	var g bytes.Buffer
	w := gzip.NewWriter(&g)
	w.Write(plain)
	w.Close()
	now := time.Unix(1700000000, 0).UTC()
	var ids []digest.Digest
	for _, data := range [][]byte{plain, g.Bytes()} {
		s := open(t)
		c := dockerspec.DockerOCIImage{}
		c.OS, c.Architecture = "linux", "amd64"
		desc, err := tarball.Import(t.Context(), s, bytes.NewReader(data), c, "why", now)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), desc, []string{"tree"}, nil); err != nil {
			t.Fatal(err)
		}
		img, err := s.Find("tree")
		if err != nil {
			t.Fatal(err)
		}
		steps, err := s.History(t.Context(), img, img.Variants[0])
		if err != nil || len(steps) != 1 || steps[0].Size != 8 || steps[0].Comment != "why" || steps[0].DiffID != digest.FromBytes(plain) {
			t.Errorf("%+v %v", steps, err)
		}
		ids = append(ids, img.ID)
	}
	if ids[0] != ids[1] {
		t.Errorf("%v", ids)
	}
	for _, data := range [][]byte{nil, []byte(strings.Repeat("x", 2000)), plain[:514]} {
		s := open(t)
		release, err := s.Hold(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = tarball.Import(t.Context(), s, bytes.NewReader(data), dockerspec.DockerOCIImage{}, "", now)
		release()
		var d diag.Diagnostic
		if !errors.As(err, &d) || d.Code != "invalid-archive" {
			t.Errorf("%v", err)
		}
	}
}

// An interrupt ends a load from a pipe that somebody goes on writing to.
func TestInterrupted(t *testing.T) {
	s := open(t)
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		tw := tar.NewWriter(w)
		tw.WriteHeader(&tar.Header{Name: "layer.tar", Size: 1 << 40, Mode: 0o644})
		for block := make([]byte, 1<<16); ; {
			if _, err := tw.Write(block); err != nil {
				return
			}
			cancel()
		}
	}()
	defer r.Close()
	if _, err := tarball.Load(ctx, s, r); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// The docker form lists names without digests only.
func TestSaveNames(t *testing.T) {
	s := open(t)
	if _, err := load(t, s, docker(t, image(t), "app:1")); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find("app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Tag(t.Context(), img, "app@"+img.Descriptor.Digest.String()); err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(bytes.NewReader(save(t, s, "", "app:1")))
	for {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if h.Name != "manifest.json" {
			continue
		}
		var list []struct{ RepoTags []string }
		if err := json.NewDecoder(r).Decode(&list); err != nil || len(list) != 1 || !slices.Equal(list[0].RepoTags, []string{"app:1"}) {
			t.Errorf("%+v %v", list, err)
		}
		return
	}
}
