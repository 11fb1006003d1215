package tarball_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/lang/diag"
)

const (
	nameKey = "io.containerd.image.name"
	ones    = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
)

// archive is a tar of files, in the order of the list: name, content, name, content.
func archive(files ...string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644})
		w.Write([]byte(files[i+1]))
	}
	w.Close()
	return b.Bytes()
}

func toJSON(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// parts is an image in an archive: its blobs, of which each can be replaced by another.
type parts struct{ layer, config, manifest string }

func small(config string) parts {
	p := parts{layer: string(archive("file", "text")), config: config}
	if config == "" {
		p.config = `{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["` + digest.FromString(p.layer).String() + `"]}}`
	}
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest,
		Config: descriptor(ocispecs.MediaTypeImageConfig, p.config), Layers: []ocispecs.Descriptor{descriptor(ocispecs.MediaTypeImageLayer, p.layer)}}
	m.SchemaVersion = 2
	p.manifest = toJSON(m)
	return p
}

func descriptor(mediaType, data string) ocispecs.Descriptor {
	return ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromString(data), Size: int64(len(data))}
}

func (p parts) blobs(more ...string) []string {
	var files []string
	for _, data := range append([]string{p.layer, p.config, p.manifest}, more...) {
		files = append(files, "blobs/sha256/"+digest.FromString(data).Encoded(), data)
	}
	return files
}

func (p parts) entry(key, name string) ocispecs.Descriptor {
	d := descriptor(ocispecs.MediaTypeImageManifest, p.manifest)
	d.Annotations = map[string]string{key: name}
	return d
}

func layoutOf(files []string, entries ...ocispecs.Descriptor) []byte {
	return archive(append(files, "index.json", toJSON(ocispecs.Index{Manifests: entries}))...)
}

// refused checks that nothing of an archive came into the store, and that the error says
// what to do.
func refused(t *testing.T, data []byte, code, message string) {
	t.Helper()
	s := open(t)
	_, err := load(t, s, data)
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != code || d.Hint == "" || !strings.Contains(d.Message, message) {
		t.Errorf("got %v, want %s with %q and a next step", err, code, message)
	}
	if list, err := s.Images(); err != nil || len(list) > 0 {
		t.Errorf("the store has %d images, %v", len(list), err)
	}
}

// An archive that calls its image by a digest which it does not have takes nobody's place.
func TestAttackDigestInName(t *testing.T) {
	p, other := small(""), small(`{"os":"linux","architecture":"arm64"}`)
	own := descriptor("", p.manifest).Digest.String()
	pinned := "docker.io/library/debian@" + ones
	for title, data := range map[string][]byte{
		"containerd's name": layoutOf(p.blobs(), p.entry(nameKey, pinned)),
		"name of a ref":     layoutOf(p.blobs(), p.entry(ocispecs.AnnotationRefName, pinned)),
		"with a tag":        layoutOf(p.blobs(), p.entry(nameKey, "debian:13@"+ones)),
		"sha512":            layoutOf(p.blobs(), p.entry(nameKey, "debian@sha512:"+strings.Repeat("1", 128))),
		"with an origin": layoutOf(p.blobs(), ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageManifest, Digest: digest.Digest(own),
			Size: int64(len(p.manifest)), Annotations: map[string]string{nameKey: pinned, store.AnnotationOrigin: ones}}),
		"second of two": layoutOf(append(p.blobs(), other.blobs()...), other.entry(nameKey, "good:1"), p.entry(nameKey, pinned)),
		"docker's list": archive("c.json", p.config, "l.tar", p.layer, "manifest.json", toJSON([]map[string]any{
			{"Config": "c.json", "RepoTags": []string{"good:1", "debian@" + ones}, "Layers": []string{"l.tar"}}})),
	} {
		t.Run(title, func(t *testing.T) { refused(t, data, "digest-mismatch", "its digest is sha256:") })
	}
	s := open(t)
	if _, err := load(t, s, layoutOf(p.blobs(), p.entry(nameKey, "docker.io/library/debian@"+own))); err != nil {
		t.Errorf("its own digest: %v", err)
	}
	if _, err := s.Find("debian@" + own); err != nil {
		t.Error(err)
	}
}

// What load takes is in order for fsck: everything else is refused, with a next step.
func TestAttackDamagedArchive(t *testing.T) {
	p := small("")
	named := func(d ocispecs.Descriptor, data string, mediaType string) ocispecs.Descriptor {
		d = descriptor(mediaType, data)
		d.Annotations = map[string]string{nameKey: "x:1"}
		return d
	}
	entry := p.entry(nameKey, "x:1")
	with := func(change func(*ocispecs.Descriptor)) []byte {
		d := entry
		change(&d)
		return layoutOf(p.blobs(), d)
	}
	var foreign ocispecs.Manifest
	json.Unmarshal([]byte(p.manifest), &foreign)
	foreign.Layers = []ocispecs.Descriptor{{MediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest: "none", Size: 1}}
	none := toJSON(ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex, Manifests: []ocispecs.Descriptor{}})
	text, shape := small("not json"), small(`{"config":7}`)
	for title, data := range map[string][]byte{
		"config is no JSON":      layoutOf(text.blobs(), text.entry(nameKey, "x:1")),
		"config is no config":    layoutOf(shape.blobs(), shape.entry(nameKey, "x:1")),
		"no digest":              with(func(d *ocispecs.Descriptor) { d.Digest = "" }),
		"digest without a colon": with(func(d *ocispecs.Descriptor) { d.Digest = "none" }),
		"digest is a path":       with(func(d *ocispecs.Descriptor) { d.Digest = "sha256:../../../../etc/passwd" }),
		"another size":           with(func(d *ocispecs.Descriptor) { d.Size = 1 }),
		"negative size":          with(func(d *ocispecs.Descriptor) { d.Size = -1 }),
		"manifest as index":      with(func(d *ocispecs.Descriptor) { d.MediaType = ocispecs.MediaTypeImageIndex }),
		"empty index":            layoutOf(p.blobs(none), named(entry, none, ocispecs.MediaTypeImageIndex)),
		"foreign layer":          layoutOf(p.blobs(toJSON(foreign)), named(entry, toJSON(foreign), foreign.MediaType)),
		"without a layer":        layoutOf(p.blobs()[2:], entry),
		"without a config":       layoutOf(append(p.blobs()[:2:2], p.blobs()[4:]...), entry),
		"without a manifest":     layoutOf(p.blobs()[:4], entry),
		"gzip":                   append([]byte("\x1f\x8b\x08\x00"), "text that is long enough"...),
		"zstd":                   append([]byte("\x28\xb5\x2f\xfd"), "text"...),
		"bzip2":                  []byte("BZh91text"),
		"cut off":                layoutOf(p.blobs(), entry)[:1000],
	} {
		t.Run(title, func(t *testing.T) { refused(t, data, "invalid-archive", "") })
	}
}

// A part of a pinned index has the digest of the index by right: the index is there.
func TestPartOfPinnedIndex(t *testing.T) {
	p := small("")
	here := descriptor(ocispecs.MediaTypeImageManifest, p.manifest)
	here.Platform = &ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	gone := ocispecs.Descriptor{MediaType: here.MediaType, Digest: ones, Size: 7, Platform: &ocispecs.Platform{OS: "linux", Architecture: "arm64"}}
	index := toJSON(ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex, Manifests: []ocispecs.Descriptor{here, gone}})
	d := descriptor(ocispecs.MediaTypeImageIndex, index)
	name := "docker.io/library/debian@" + d.Digest.String()
	d.Annotations = map[string]string{nameKey: name}
	s := open(t)
	if _, err := load(t, s, layoutOf(p.blobs(index), d)); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find(name)
	if err != nil || img.Descriptor.Digest != here.Digest || img.Source(name) != store.SourceArchive {
		t.Fatalf("%+v %v", img, err)
	}
	// Saved, it has the digest of what is saved, and so it can be loaded again.
	again := open(t)
	if _, err := load(t, again, save(t, s, "", name)); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Find("debian@" + here.Digest.String()); err != nil {
		t.Error(err)
	}
	if _, err := again.Find(name); err == nil {
		t.Error("the archive had a part only, and has the digest of the index all the same")
	}
}

// FuzzLoad loads any archive: what load takes, fsck takes, and nothing takes long.
func FuzzLoad(f *testing.F) {
	p := small("")
	f.Add(layoutOf(p.blobs(), p.entry(nameKey, "debian@"+ones)))
	f.Add(layoutOf(p.blobs(), p.entry(nameKey, "x:1")))
	f.Add(archive("c.json", p.config, "l.tar", p.layer, "manifest.json", `[{"Config":"c.json","RepoTags":["x:1"],"Layers":["l.tar"]}]`))
	f.Fuzz(func(t *testing.T, data []byte) { loadAny(t, data) })
}

// FuzzLoadIndex has any index.json, next to the blobs of an image and any two more.
func FuzzLoadIndex(f *testing.F) {
	p := small("")
	f.Add(toJSON(ocispecs.Index{Manifests: []ocispecs.Descriptor{p.entry(nameKey, "x:1")}}), p.manifest, p.config)
	f.Add(toJSON([]ocispecs.Descriptor{p.entry(nameKey, "x:1")}), `{"manifests":[]}`, "{}")
	f.Fuzz(func(t *testing.T, index, manifest, config string) {
		d := descriptor(ocispecs.MediaTypeImageManifest, manifest)
		loadAny(t, archive(append(p.blobs(manifest, config), "index.json", index)...))
		loadAny(t, layoutOf(p.blobs(manifest, config), d))
		d.MediaType = ocispecs.MediaTypeImageIndex
		loadAny(t, layoutOf(p.blobs(manifest, config), d))
	})
}

func loadAny(t *testing.T, data []byte) {
	s, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := tarball.Load(t.Context(), s, bytes.NewReader(data))
	release()
	r, ferr := s.Check(t.Context())
	if ferr != nil || len(r.Problems) > 0 || err != nil && r.Images > 0 {
		t.Errorf("loaded %+v %v, then fsck: %+v %v", loaded, err, r, ferr)
	}
}
