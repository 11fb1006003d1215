package optimize

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/docker/go-units"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-e0495807/strake/backend/validate"
)

// Packing is what layers take in a compression of the exporters.
type Packing struct {
	Type  string        `json:"type"`            // of compression=
	Level int           `json:"level,omitempty"` // of compression-level=; 0 is not given
	Plain int64         `json:"plain"`           // bytes that were packed
	Bytes int64         `json:"bytes"`           // that they take
	Took  time.Duration `json:"took"`
}

// packings are those that are compared, the first is what an exporter does by itself. To BuildKit, zstd has
// four levels: those that zstd(1) has from 1, 3, 6 and 10 on.
var packings = []Packing{{Type: "gzip"}, {Type: "gzip", Level: 9}, {Type: "zstd"}, {Type: "zstd", Level: 7}, {Type: "zstd", Level: 19}}

// mostPacked is how much is packed of the layers, in bytes: it says enough of all.
const mostPacked = 32 << 20

// pack measures compressions on the layers that a Dockerfile makes: those of what it starts from are as they
// were, whatever an exporter is told. It packs with the libraries that BuildKit has, one after the other.
func pack(ctx context.Context, img *validate.Image, own func(layer int) bool) ([]Packing, error) {
	list := append([]Packing{}, packings...)
	left := int64(mostPacked)
	for i := range img.Layers {
		if !own(i) || left <= 0 {
			continue
		}
		plain, err := validate.Plain(ctx, img, i)
		if err != nil {
			return nil, err
		}
		n, err := packAll(io.LimitReader(plain, left), list)
		if err = errors.Join(err, plain.Close()); err != nil {
			return nil, err
		}
		left -= n
	}
	if list[0].Plain == 0 {
		return nil, nil
	}
	return list, nil
}

// packAll adds what a layer takes to each, and gives its size.
func packAll(plain io.Reader, list []Packing) (n int64, err error) {
	counts, packers := make([]counter, len(list)), make([]io.WriteCloser, len(list))
	for i, p := range list {
		if packers[i], err = p.writer(&counts[i]); err != nil {
			return 0, err
		}
	}
	timed := func(i int, do func() error) error {
		began := time.Now()
		err := do()
		list[i].Took += time.Since(began)
		return err
	}
	buffer := make([]byte, 1<<20)
	for err == nil {
		var got int
		got, err = io.ReadFull(plain, buffer)
		n += int64(got)
		for i, w := range packers {
			if e := timed(i, func() error { _, e := w.Write(buffer[:got]); return e }); e != nil {
				return n, e
			}
		}
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return n, err
	}
	for i, w := range packers {
		if err := timed(i, w.Close); err != nil {
			return n, err
		}
		list[i].Plain += n
		list[i].Bytes += int64(counts[i])
	}
	return n, nil
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// writer packs as BuildKit does (util/compression).
func (p *Packing) writer(to io.Writer) (io.WriteCloser, error) {
	if p.Type == "zstd" {
		opts := []zstd.EOption{zstd.WithEncoderConcurrency(1)}
		if p.Level != 0 {
			opts = append(opts, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(p.Level)))
		}
		return zstd.NewWriter(to, opts...)
	}
	level := gzip.DefaultCompression
	if p.Level != 0 {
		level = p.Level
	}
	return gzip.NewWriterLevel(to, level)
}

// name is the compression and its level.
func (p *Packing) name() string {
	if p.Level == 0 {
		return p.Type
	}
	return fmt.Sprintf("%s %d", p.Type, p.Level)
}

// Flag has the build pack its layers so.
func (p *Packing) Flag() string {
	flag := "--output type=image,compression=" + p.Type
	if p.Level != 0 {
		flag += fmt.Sprintf(",compression-level=%d", p.Level)
	}
	return flag
}

// better is the smallest of those that take no longer than the first; nil when that is as good.
func better(list []Packing) (best *Packing) {
	for i := range list {
		p := &list[i]
		if p.Took > list[0].Took || best != nil && p.Bytes >= best.Bytes {
			continue
		}
		if clearly(list[0].Bytes, p.Bytes, clearSize) < 0 || clearly(list[0].Bytes, p.Bytes, clearSize) == 0 && clearly(list[0].Took, p.Took, clearTime) < 0 {
			best = p
		}
	}
	return best
}

// advice says which compression pays. It is empty when nothing was measured.
func advice(list []Packing) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nCompression of what the Dockerfile adds, of which %s was packed; %s is what an exporter does by itself\n", units.HumanSize(float64(list[0].Plain)), list[0].name())
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i := range list {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", list[i].name(), units.HumanSize(float64(list[i].Bytes)), short(list[i].Took))
	}
	t.Flush()
	p := better(list)
	if p == nil {
		b.WriteString("  No other is clearly better.\n")
		return b.String()
	}
	why := fmt.Sprintf("is as small and takes %s instead of %s", short(p.Took), short(list[0].Took))
	if clearly(list[0].Bytes, p.Bytes, clearSize) < 0 {
		why = "is " + strings.TrimPrefix(percent(float64(list[0].Bytes), float64(p.Bytes)), "-") + " smaller, and takes no longer"
	}
	fmt.Fprintf(&b, "  %s %s: %s\n", p.name(), why, p.Flag())
	return b.String()
}
