package optimize

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// TestPack packs a text in each way: what comes out is counted, and is the text again.
func TestPack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for text.Len() < 3<<20 {
		fmt.Fprintf(&text, "/usr/share/doc/%x/copyright %d\n", random.IntN(1<<20), random.IntN(9))
	}
	list := slices.Clone(packings)
	for range 2 { // layers
		if n, err := packAll(strings.NewReader(text.String()), list); err != nil || n != int64(text.Len()) {
			t.Fatal(n, err)
		}
	}
	for _, p := range list {
		var packed bytes.Buffer
		w, err := p.writer(&packed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.WriteString(w, text.String()); err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Plain != 2*int64(text.Len()) || p.Took <= 0 || p.Bytes != 2*int64(packed.Len()) {
			t.Errorf("%s: %+v, and it is %d bytes", p.name(), p, packed.Len())
		}
		var plain io.Reader
		if p.Type == "zstd" {
			plain, err = zstd.NewReader(&packed)
		} else {
			plain, err = gzip.NewReader(&packed)
		}
		if err != nil {
			t.Fatal(err)
		}
		if back, err := io.ReadAll(plain); err != nil || string(back) != text.String() {
			t.Errorf("%s: another text comes back: %v", p.name(), err)
		}
	}
	if list[1].Bytes > list[0].Bytes {
		t.Errorf("a higher level takes more: %+v", list)
	}
}

// TestBetter has which compression is the advice.
func TestBetter(t *testing.T) {
	const mb = 1 << 20
	way := func(kind string, level int, bytes int64, took time.Duration) Packing {
		return Packing{kind, level, 100 * mb, bytes, took}
	}
	was := way("gzip", 0, 40*mb, 4*time.Second)
	for _, c := range []struct {
		name  string
		other []Packing
		want  string
	}{
		{"smaller and faster", []Packing{way("zstd", 0, 36*mb, time.Second)}, "zstd"},
		{"the smallest that is no slower", []Packing{way("zstd", 0, 36*mb, time.Second), way("zstd", 7, 34*mb, 3*time.Second), way("zstd", 19, 30*mb, 20*time.Second)}, "zstd 7"},
		{"smaller and slower", []Packing{way("gzip", 9, 36*mb, 9*time.Second)}, ""},
		{"faster", []Packing{way("zstd", 0, 40*mb, time.Second)}, "zstd"},
		{"faster and larger", []Packing{way("zstd", 0, 44*mb, time.Second)}, ""},
		{"hardly", []Packing{way("zstd", 0, 39*mb, 3900*time.Millisecond)}, ""},
	} {
		got := ""
		if p := better(append([]Packing{was}, c.other...)); p != nil {
			got = p.name()
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
	text := advice([]Packing{was, way("zstd", 7, 34*mb, 3*time.Second)})
	if !strings.Contains(text, "\n  zstd 7 is 15 % smaller, and takes no longer: --output type=image,compression=zstd,compression-level=7\n") {
		t.Errorf("the advice is\n%s", text)
	}
	if text := advice([]Packing{was}); !strings.Contains(text, "No other") || advice(nil) != "" {
		t.Errorf("the advice is\n%s", text)
	}
}
