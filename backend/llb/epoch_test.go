package llb

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"testing"
	"time"
)

func TestYoungest(t *testing.T) {
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	for _, h := range []tar.Header{
		{Name: "old", ModTime: time.Unix(1000, 0)}, {Name: "young", ModTime: time.Unix(3000, 0)},
		{Name: "dir/", Typeflag: tar.TypeDir, ModTime: time.Unix(9000, 0)}, // does not count
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	z.Close()
	if got := youngest(archive.Bytes()); got == nil || got.Unix() != 3000 {
		t.Errorf("got %v", got)
	}
	for _, none := range []string{"", "no archive", archive.String()[:40]} {
		if got := youngest([]byte(none)); got != nil {
			t.Errorf("%.10q: got %v", none, got)
		}
	}
}
