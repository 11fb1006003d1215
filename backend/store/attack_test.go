package store_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

const ones = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != code || d.Hint == "" {
		t.Errorf("got %v, want %s and a next step", err, code)
	}
}

// No way into the store gives content a name with the digest of other content.
func TestAttackDigestInName(t *testing.T) {
	s := open(t)
	d := manifest(t, s, "amd64", "evil")
	wantCode(t, s.Put(t.Context(), d, []string{"good:1", "debian@" + ones}, nil), "digest-mismatch")
	img := put(t, s, d, "evil:1", "evil@"+d.Digest.String())
	wantCode(t, s.Tag(t.Context(), img, "debian@"+ones), "digest-mismatch")
	wantCode(t, s.Tag(t.Context(), img, "debian:13@"+ones), "digest-mismatch")
	if err := s.Tag(t.Context(), img, "debian@"+d.Digest.String()); err != nil {
		t.Error(err)
	}
	// Nor does the digest that a registry has for another image come along.
	e := manifest(t, s, "arm64", "pulled")
	e.Annotations = map[string]string{store.AnnotationOrigin: ones}
	pulled := put(t, s, e, "debian@"+ones)
	if got, err := s.Find("debian@" + ones); err != nil || got.Descriptor.Digest != e.Digest {
		t.Errorf("%v %v", got.Descriptor.Digest, err)
	}
	wantCode(t, s.Tag(t.Context(), pulled, "other@"+ones), "digest-mismatch")
}

// A store into which an older version let such a name does not believe it: nobody finds
// the image by it, fsck tells, and a repair takes the name off and keeps the image.
func TestAttackDigestInStore(t *testing.T) {
	s := open(t)
	d := manifest(t, s, "amd64", "evil")
	put(t, s, d)
	lie := "docker.io/library/debian@" + ones
	file := filepath.Join(s.Dir(), "index.json")
	var index ocispecs.Index
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &index)
	}
	if err != nil {
		t.Fatal(err)
	}
	index.Manifests[0].Annotations = map[string]string{"io.containerd.image.name": lie}
	data, _ = json.Marshal(index)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if img, err := s.Find(lie); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v %v", img.ID, err)
	}
	if _, err := s.Find("debian@" + d.Digest.String()); err != nil {
		t.Errorf("its own digest: %v", err)
	}
	r, err := s.Check(t.Context())
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], d.Digest.String()) || !strings.Contains(r.Problems[0], "debian@"+ones) {
		t.Errorf("%+v %v", r, err)
	}
	r, err = s.Repair(t.Context())
	if err != nil || !slices.Equal(r.Untagged, []string{"debian@" + ones}) || len(r.Dropped) > 0 || r.Images != 1 {
		t.Errorf("%+v %v", r, err)
	}
	list, err := s.Images()
	if err != nil || len(list) != 1 || len(list[0].Names) > 0 {
		t.Errorf("%+v %v", list, err)
	}
}

// An image says where it came from by each of its names. One registry that has the same
// content is enough for what does not go by a name.
func TestSource(t *testing.T) {
	s := open(t)
	d := manifest(t, s, "amd64", "x")
	loaded := d
	loaded.Annotations = map[string]string{store.AnnotationSource: store.SourceArchive}
	img := put(t, s, loaded, "loaded:1")
	want := func(full, from string) {
		t.Helper()
		img, err := s.Find(d.Digest.String())
		if err != nil || img.Source(full) != from {
			t.Errorf("%s is from %q, %v", full, img.Source(full), err)
		}
	}
	const name, tagged, pulled = "docker.io/library/loaded:1", "docker.io/library/tagged:1", "docker.io/library/pulled:1"
	if err := s.Tag(t.Context(), img, tagged); err != nil {
		t.Fatal(err)
	}
	want(name, store.SourceArchive)
	want(tagged, store.SourceArchive)
	want("docker.io/library/loaded@"+d.Digest.String(), store.SourceArchive)
	put(t, s, d, pulled)
	put(t, s, loaded, pulled) // which says nothing new
	want(pulled, store.SourceRegistry)
	want(name, store.SourceArchive)
	want("docker.io/library/loaded@"+d.Digest.String(), store.SourceRegistry)
}

// A directory of blobs that somebody deleted, or put a file into, can be repaired.
func TestRepairWithoutBlobs(t *testing.T) {
	for _, gone := range []string{"blobs", "blobs/sha256", "ingest"} {
		s := open(t)
		put(t, s, manifest(t, s, "amd64", "x"), "x:1")
		if err := os.RemoveAll(filepath.Join(s.Dir(), gone)); err != nil {
			t.Fatal(err)
		}
		r, err := s.Check(t.Context())
		if err != nil || (len(r.Problems) > 0) != (gone != "ingest") {
			t.Errorf("%s: %+v %v", gone, r, err)
		}
		if r, err = s.Repair(t.Context()); err != nil || (len(r.Dropped) == 1) != (gone != "ingest") {
			t.Errorf("%s: %+v %v", gone, r, err)
		}
		put(t, s, manifest(t, s, "amd64", "again"), "x:2")
	}
	s := open(t)
	put(t, s, manifest(t, s, "amd64", "x"), "x:1")
	os.WriteFile(filepath.Join(s.Dir(), "blobs", "README"), nil, 0o644)
	if r, err := s.Check(t.Context()); err != nil || len(r.Problems) > 0 {
		t.Errorf("%+v %v", r, err)
	}
	os.MkdirAll(filepath.Join(s.Dir(), "blobs", "sha256", "directory", "in"), 0o755)
	if r, err := s.Check(t.Context()); err != nil || len(r.Problems) == 0 {
		t.Errorf("a directory as a blob: %+v %v", r, err)
	}
	if _, err := s.Repair(t.Context()); err != nil {
		t.Error(err)
	}
}
