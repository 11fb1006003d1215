package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

func TestFind(t *testing.T) {
	s := open(t)
	one := put(t, s, manifest(t, s, "amd64", "one"), "one", "one:2", "localhost:5000/team/one")
	put(t, s, manifest(t, s, "amd64", "two"), "two:1")
	repoDigest := "one@" + one.Descriptor.Digest.String()
	for _, name := range []string{
		"one", "one:latest", "one:2", "docker.io/library/one", "localhost:5000/team/one:latest", repoDigest,
		"one:x@" + one.Descriptor.Digest.String(), one.ID.String(), one.ID.Encoded(), one.ID.Encoded()[:7],
		"sha256:" + one.ID.Encoded()[:9], one.Descriptor.Digest.Encoded()[:12],
	} {
		img, err := s.Find(name)
		if err != nil || img.ID != one.ID {
			t.Errorf("%s: %s %v", name, img.ID, err)
		}
	}
	for name, hint := range map[string]string{
		"on":                        "did you mean `one`?",
		"tow:1":                     "did you mean `two:1`?",
		"two":                       "two is there with these tags: 1",
		"localhost:5000/team/one:9": "localhost:5000/team/one is there with these tags: latest",
		"nothing":                   "list the images with `strake images`",
	} {
		_, err := s.Find(name)
		var d diag.Diagnostic
		if !errors.Is(err, store.ErrNotFound) || !errors.As(err, &d) || !strings.Contains(d.Hint, hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A prefix that two images share is no name of either.
func TestAmbiguous(t *testing.T) {
	s := open(t)
	seen := map[byte]string{}
	for i := 0; ; i++ {
		id := put(t, s, manifest(t, s, "amd64", fmt.Sprint(i))).ID.Encoded()
		if other, ok := seen[id[0]]; ok {
			_, err := s.Find(id[:1])
			var d diag.Diagnostic
			if !errors.As(err, &d) || d.Code != "ambiguous-id" || !strings.Contains(d.Hint, other[:12]) {
				t.Errorf("%v", err)
			}
			return
		}
		seen[id[0]] = id
	}
}

// The id is that of the config for one platform, whatever is wrapped around it.
func TestID(t *testing.T) {
	s := open(t)
	amd, arm := manifest(t, s, "amd64", "x"), manifest(t, s, "arm64", "x")
	plain := put(t, s, amd, "plain")
	wrapped := put(t, s, index(t, s, amd, attestation(t, s, amd)), "wrapped")
	both := put(t, s, index(t, s, amd, arm, attestation(t, s, amd)), "both")
	if plain.ID != wrapped.ID || plain.ID == plain.Descriptor.Digest {
		t.Errorf("%s and %s", plain.ID, wrapped.ID)
	}
	if both.ID != both.Descriptor.Digest || len(both.Variants) != 2 {
		t.Errorf("%s, %d variants", both.ID, len(both.Variants))
	}
	for platform, want := range map[string]digest.Digest{"linux/arm64": arm.Digest, "linux/amd64": amd.Digest} {
		if v, err := both.Variant(platform); err != nil || v.Desc.Digest != want {
			t.Errorf("%s: %v", platform, err)
		}
	}
	if _, err := both.Variant("windows/amd64"); err == nil || !strings.Contains(err.Error(), "it is for linux/amd64, linux/arm64") {
		t.Errorf("%v", err)
	}
	if got := sound(t, s); got.Images != 3 {
		t.Errorf("%+v", got)
	}
}

// A name that goes to another image takes the old one with it, unless that has
// more names. An image without a name stays.
func TestReplace(t *testing.T) {
	s := open(t)
	names := func() []string {
		list, err := s.Images()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, img := range list {
			all = append(all, strings.Join(img.Names, ","))
		}
		slices.Sort(all)
		return all
	}
	put(t, s, manifest(t, s, "amd64", "1"), "a", "b")
	put(t, s, manifest(t, s, "amd64", "2"), "a")
	bare := put(t, s, manifest(t, s, "amd64", "3"))
	put(t, s, manifest(t, s, "amd64", "4"))
	if got := names(); !slices.Equal(got, []string{"", "", "docker.io/library/a:latest", "docker.io/library/b:latest"}) {
		t.Errorf("%q", got)
	}
	if err := s.Tag(t.Context(), bare, "a"); err != nil {
		t.Fatal(err)
	}
	if got := names(); !slices.Equal(got, []string{"", "docker.io/library/a:latest", "docker.io/library/b:latest"}) {
		t.Errorf("%q", got)
	}
	// The blobs of the second are gone: layer, config, manifest.
	if got := blobCount(t, s); got != 9 {
		t.Errorf("%d blobs", got)
	}
	if r := sound(t, s); r.Garbage != (store.Garbage{}) {
		t.Errorf("%+v", r.Garbage)
	}
}

// An image that a container stands on loses its name, and stays.
func TestReplaceUsed(t *testing.T) {
	s := open(t)
	first := put(t, s, manifest(t, s, "amd64", "1"), "a")
	s.Used = func() (map[digest.Digest]bool, error) {
		return map[digest.Digest]bool{first.Descriptor.Digest: true}, nil
	}
	for _, layer := range []string{"2", "3"} { // the second is used by nobody
		put(t, s, manifest(t, s, "amd64", layer), "a")
	}
	list, err := s.Images()
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	if img, err := s.Find(first.ID.String()); err != nil || len(img.Names) != 0 {
		t.Errorf("%v, %v", img.Names, err)
	}
	if err := s.Tag(t.Context(), first, "a"); err != nil {
		t.Fatal(err)
	}
	if r := sound(t, s); r.Images != 1 {
		t.Errorf("%+v", r)
	}
}

// What is there is neither written nor copied again.
func TestUnchanged(t *testing.T) {
	s := open(t)
	d := manifest(t, s, "amd64", "x")
	put(t, s, d, "x")
	stat := func(name string) os.FileInfo {
		info, err := os.Stat(filepath.Join(s.Dir(), name))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	before := stat("index.json")
	put(t, s, manifest(t, s, "amd64", "x"), "x")
	if !os.SameFile(before, stat("index.json")) {
		t.Error("index.json was written again")
	}
	_, err := s.Content().Writer(t.Context(), content.WithRef("x"), content.WithDescriptor(d))
	if err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("%v", err)
	}
}

func TestIncomplete(t *testing.T) {
	s := open(t)
	d := manifest(t, s, "amd64", "x")
	list, err := s.Blobs(d)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(blobFile(s, list[2].Digest))
	var problem diag.Diagnostic
	if err := s.Put(t.Context(), d, []string{"x"}, nil); !errors.As(err, &problem) || problem.Code != "incomplete-image" {
		t.Errorf("%v", err)
	}
}

// A layer that may not be distributed need not be there.
func TestForeign(t *testing.T) {
	s := open(t)
	foreign := ocispecs.Descriptor{
		MediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest: digest.FromString("elsewhere"), Size: 77,
		URLs: []string{"https://example.com/layer"},
	}
	img := put(t, s, manifestOf(t, s, "amd64", digest.FromString("x"), foreign), "windows")
	sound(t, s)
	if size, err := s.Size(t.Context(), img.Variants[0]); size != 77 || err != nil {
		t.Errorf("%d %v", size, err)
	}
	if list, err := s.Blobs(img.Descriptor); len(list) != 2 || err != nil {
		t.Errorf("%d blobs, %v", len(list), err)
	}
}

func TestRemove(t *testing.T) {
	s := open(t)
	img := put(t, s, manifest(t, s, "amd64", "x"), "a:1", "a:2", "b")
	remove := func(name string, force bool) (store.Removed, string) {
		r, err := s.Remove(t.Context(), name, force)
		var d diag.Diagnostic
		errors.As(err, &d)
		return r, d.Code
	}
	if r, code := remove("a:1", false); code != "" || len(r.Untagged) != 1 || len(r.Deleted) != 0 {
		t.Errorf("%v %s", r, code)
	}
	if _, code := remove(img.ID.String(), false); code != "image-in-use" {
		t.Errorf("%s", code)
	}
	if _, code := remove("a:1", false); code != "no-such-image" {
		t.Errorf("%s", code)
	}
	if _, code := remove("b", false); code != "" {
		t.Errorf("%s", code)
	}
	if err := s.Tag(t.Context(), img, "a:3"); err != nil {
		t.Fatal(err)
	}
	if _, code := remove(img.ID.String(), false); code != "image-in-use" { // as docker: also of one repository
		t.Errorf("%s", code)
	}
	if r, code := remove(img.ID.Encoded()[:8], true); code != "" || len(r.Untagged) != 2 || !slices.Equal(r.Deleted, []digest.Digest{img.ID}) {
		t.Errorf("%v %s", r, code)
	}
	if g, err := s.Collect(t.Context()); err != nil || g.Blobs != 3 || blobCount(t, s) != 0 {
		t.Errorf("%+v %v", g, err)
	}
}

// TestSharedID: several images may have the same config. Each has a handle that finds and
// removes it alone, and the id that they share is nobody's.
func TestSharedID(t *testing.T) {
	s := open(t)
	fill := func() []store.Image {
		release, err := s.Hold(t.Context()) // what is removed lies about meanwhile
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		amd, other := manifest(t, s, "amd64", "x"), manifest(t, s, "amd64", "y")
		zstd := manifestOf(t, s, "amd64", digest.FromBytes(tarOf("x")), write(t, s, ocispecs.MediaTypeImageLayerZstd, zstded(tarOf("x"))))
		put(t, s, amd, "keep:1")
		put(t, s, index(t, s, amd, attestation(t, s, amd)))              // without a name
		put(t, s, index(t, s, amd), "wrapped", "wrapped:2")              // with two
		put(t, s, zstd, "zstd")                                          // compressed otherwise
		put(t, s, other, "other")                                        // has an id of its own
		put(t, s, index(t, s, amd, manifest(t, s, "arm64", "x")), "all") // its id is that of the index
		list, err := s.Images()
		if err != nil || len(list) != 6 {
			t.Fatalf("%d images, %v", len(list), err)
		}
		return list
	}
	code := func(err error) string {
		var d diag.Diagnostic
		errors.As(err, &d)
		return d.Code
	}
	images := fill()
	for i, handle := range store.Handles(images) {
		img, all := images[i], fill()
		for _, name := range []string{handle.String(), handle.Encoded(), handle.Encoded()[:12]} {
			found, err := s.Find(name)
			if err != nil || found.Descriptor.Digest != img.Descriptor.Digest {
				t.Errorf("%q: %s is %q, %v", img.Names, name, found.Names, err)
			}
		}
		if own := handle == img.ID; own != (slices.Contains(img.Names, "docker.io/library/other:latest") || len(img.Variants) == 2) {
			t.Errorf("%q has the handle %s", img.Names, handle)
		}
		r, err := s.Remove(t.Context(), handle.Encoded()[:12], len(img.Names) > 1)
		if err != nil || !slices.Equal(r.Deleted, []digest.Digest{handle}) || !slices.Equal(r.Untagged, img.Names) {
			t.Errorf("%q: %+v %v", img.Names, r, err)
		}
		if left, err := s.Images(); err != nil || len(left) != len(all)-1 ||
			slices.ContainsFunc(left, func(o store.Image) bool { return o.Descriptor.Digest == img.Descriptor.Digest }) {
			t.Errorf("%q: %d images are left, %v", img.Names, len(left), err)
		}
	}
	fill()
	keep, err := s.Find("keep:1")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{keep.ID.String(), keep.ID.Encoded()[:12]} {
		_, err := s.Find(name)
		if code(err) != "shared-id" || !strings.Contains(err.Error(), "4 images have the id "+name) || !strings.Contains(err.Error(), " keep:1") {
			t.Errorf("%v", err)
		}
		if r, err := s.Remove(t.Context(), name, false); code(err) != "shared-id" || len(r.Untagged)+len(r.Deleted) > 0 {
			t.Errorf("%+v %v", r, err)
		}
	}
	if r, err := s.Remove(t.Context(), keep.ID.String(), true); err != nil || len(r.Untagged) != 4 || len(r.Deleted) != 4 {
		t.Errorf("%+v %v", r, err)
	}
	if left, err := s.Images(); err != nil || len(left) != 2 {
		t.Errorf("%d images are left, %v", len(left), err)
	}
	sound(t, s)
}

func TestHistory(t *testing.T) {
	s := open(t)
	d := manifest(t, s, "amd64", "hello")
	rec := &store.Record{Dockerfile: "Dockerfile", Entries: []store.Entry{{Line: 2, Text: "COPY . /"}, {Line: 3, Text: "CMD a", By: "plugin"}}}
	if err := s.Put(t.Context(), d, []string{"x"}, rec); err != nil {
		t.Fatal(err)
	}
	put(t, s, manifest(t, s, "amd64", "other"), "y")
	if _, err := s.Remove(t.Context(), "y", false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Collect(t.Context()); err != nil { // which leaves the record
		t.Fatal(err)
	}
	img, err := s.Find("x")
	if err != nil {
		t.Fatal(err)
	}
	// A new name keeps the record.
	if err := s.Tag(t.Context(), img, "z"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(t.Context(), "x", false); err != nil {
		t.Fatal(err)
	}
	if img, err = s.Find("z"); err != nil {
		t.Fatal(err)
	}
	steps, err := s.History(t.Context(), img, img.Variants[0])
	if err != nil || len(steps) != 2 {
		t.Fatalf("%v %v", steps, err)
	}
	if got := steps[0]; got.Size != 5 || got.Line != 2 || got.DiffID != digest.FromBytes(tarOf("hello")) || got.Layer == "" {
		t.Errorf("%+v", got)
	}
	if got := steps[1]; got.Size != 0 || got.By != "plugin" || got.Layer != "" || got.CreatedBy != "CMD a" {
		t.Errorf("%+v", got)
	}
	if got, err := s.Record(img); err != nil || !reflect.DeepEqual(got, rec) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestSizes(t *testing.T) {
	s := open(t)
	const text = "twelve bytes"
	plain := tarOf(text)
	garbage := []byte("this is no tar")
	layers := []ocispecs.Descriptor{
		write(t, s, ocispecs.MediaTypeImageLayer, plain),
		write(t, s, ocispecs.MediaTypeImageLayerGzip, gzipped(plain)),
		write(t, s, ocispecs.MediaTypeImageLayerZstd, zstded(plain)),
		write(t, s, "application/x-chart", garbage),
		write(t, s, ocispecs.MediaTypeImageLayer, []byte("x")),
	}
	want := []int64{12, 12, 12, int64(len(garbage)), 1}
	for range 2 { // the second time they are known
		got, err := s.Sizes(t.Context(), layers)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v %v", got, err)
		}
	}
	// A damaged cache does no harm.
	os.WriteFile(filepath.Join(s.Dir(), "sizes.json"), []byte("{"), 0o644)
	if got, err := s.Sizes(t.Context(), layers); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
}

func TestNarrow(t *testing.T) {
	s := open(t)
	amd, arm, s390 := manifest(t, s, "amd64", "x"), manifest(t, s, "arm64", "x"), manifest(t, s, "s390x", "x")
	all := index(t, s, amd, arm, s390, attestation(t, s, amd), attestation(t, s, arm))
	narrow := func(archs ...string) (ocispecs.Descriptor, error) {
		return s.Narrow(t.Context(), all, func(d ocispecs.Descriptor) bool { return slices.Contains(archs, d.Platform.Architecture) })
	}
	if d, err := narrow("amd64", "arm64", "s390x"); err != nil || d.Digest != all.Digest {
		t.Errorf("%v %v", d, err)
	}
	if d, err := narrow("s390x"); err != nil || d.Digest != s390.Digest {
		t.Errorf("%v %v", d, err)
	}
	d, err := narrow("amd64", "s390x")
	if err != nil {
		t.Fatal(err)
	}
	if img := put(t, s, d, "x"); len(img.Variants) != 2 || img.Variants[0].Desc.Digest != amd.Digest {
		t.Errorf("%+v", img)
	}
	if _, err := narrow("mips"); err == nil {
		t.Error("there is no such platform")
	}
}

func TestInvalidNames(t *testing.T) {
	s := open(t)
	d := manifest(t, s, "amd64", "x")
	for _, name := range []string{"", "UPPER", "a b", "a:", "-", "a@sha256:12"} {
		var problem diag.Diagnostic
		if err := s.Put(t.Context(), d, []string{name}, nil); !errors.As(err, &problem) || problem.Code != "invalid-reference" {
			t.Errorf("%q: %v", name, err)
		}
	}
}
