package ociimage_test

import (
	"bytes"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/seed-e0495807/strake/backend/gateway/ociimage"
)

// TestSame holds an image to the same bytes each time, whatever the order of its files.
func TestSame(t *testing.T) {
	files := []ociimage.File{{Name: "/etc/strake/b", Mode: 0o644, Data: []byte("b")}, {Name: "/etc/strake/a", Mode: 0o644, Data: []byte("a")}}
	var archives [2]bytes.Buffer
	var img v1.Image
	for i := range archives {
		var err error
		img, err = ociimage.Make(ociimage.Options{Platform: v1.Platform{OS: "linux", Architecture: "amd64"}, Program: []byte("program"), Files: files})
		if err != nil {
			t.Fatal(err)
		}
		if err := ociimage.Write(&archives[i], img, "1"); err != nil {
			t.Fatal(err)
		}
		files[0], files[1] = files[1], files[0]
	}
	if !bytes.Equal(archives[0].Bytes(), archives[1].Bytes()) {
		t.Error("two archives differ")
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Config; len(got.Entrypoint) != 1 || got.Labels["moby.buildkit.frontend.network.none"] != "true" || got.Labels["moby.buildkit.frontend.caps"] == "" {
		t.Errorf("got %+v", got)
	}
	r := mutate.Extract(img)
	defer r.Close()
	if data, err := io.ReadAll(r); err != nil || !bytes.Contains(data, []byte("program")) {
		t.Errorf("%v", err)
	}
}
