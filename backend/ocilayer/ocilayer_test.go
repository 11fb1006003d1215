package ocilayer

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// TestDecompress undoes each compression, of what can seek and of what cannot.
func TestDecompress(t *testing.T) {
	for _, text := range []string{"", "x", "abcd", strings.Repeat("layer ", 1<<16)} {
		var zipped, packed bytes.Buffer
		g := gzip.NewWriter(&zipped)
		z, err := zstd.NewWriter(&packed)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []io.WriteCloser{g, z} {
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		forms := map[string]string{"plain": text, "gzip": zipped.String()}
		if text != "" { // of nothing zstd makes nothing
			forms["zstd"] = packed.String()
		}
		for form, data := range forms {
			for _, in := range []io.Reader{strings.NewReader(data), bytes.NewBufferString(data)} {
				r, err := Decompress(in)
				if err != nil {
					t.Fatal(form, err)
				}
				got, err := io.ReadAll(r)
				if err != nil || string(got) != text || r.Close() != nil {
					t.Errorf("%s of %d bytes: %d, %v", form, len(text), len(got), err)
				}
				_, from := in.(io.Seeker)
				if _, still := r.(io.Seeker); still != (from && form == "plain") {
					t.Errorf("%s can seek: %v", form, still)
				}
			}
		}
	}
	if _, err := Decompress(strings.NewReader("\x1f\x8b")); err == nil {
		t.Error("a cut header is none")
	}
}
