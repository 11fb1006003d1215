package llb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	strake "github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// rounds is how often BuildKit and Strake take turns; each round gives one ratio.
const rounds = 9

// TestSpeed prints what the corpus costs beside BuildKit, how compiling grows
// with the size of the file, and how long the command takes to start. It fails
// when a target is missed.
//
// The machine may be busy, so a target counts as missed only when three rounds of
// four miss it: noise hits single rounds, and BuildKit as often as Strake.
func TestSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH=1, or run `make bench`")
	}
	// One core, also for the commands: else the garbage collector works beside both.
	t.Setenv("GOMAXPROCS", "1")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	files := preload(t)
	b := &table{t: t}
	b.printf("%d files, %d rounds, %s, %d core(s)\n", len(files.all), rounds, runtime.Version(), runtime.GOMAXPROCS(0))
	b.compare("parse", parsers(files.all), 4, 0.5)
	b.compare("text to LLB and config", compilers(files.good), 2.5, 0.5)
	processStart(b)
	scaling(b)
	b.flush()
}

type corpus struct{ all, good []string }

// preload reads the corpus; good are the files that BuildKit compiles.
func preload(tb testing.TB) corpus {
	files := cases.NeedCorpus(tb)
	var c corpus
	for _, f := range files {
		c.all = append(c.all, string(f.Data))
		if _, _, err := oracleConvert(cases.Case{Dockerfile: string(f.Data)}); err == nil {
			c.good = append(c.good, string(f.Data))
		}
	}
	return c
}

// pair makes the work of BuildKit and of Strake. What is prepared, when it is
// called, is not measured.
type pair func() (theirs, ours func())

func parsers(files []string) pair {
	data := make([][]byte, len(files))
	for i, f := range files {
		data[i] = []byte(f)
	}
	theirs := func() {
		for _, dt := range data {
			if r, err := parser.Parse(bytes.NewReader(dt)); err == nil {
				_, _, _ = instructions.Parse(r.AST, nil)
			}
		}
	}
	ours := func() {
		for _, f := range files {
			tree, _ := lang.Parse(source.NewFile("Dockerfile", f))
			lang.Unclaimed(tree)
		}
	}
	return func() (func(), func()) { return theirs, ours }
}

// compilers take a text to marshalled LLB and the JSON of the image config.
func compilers(files []string) pair {
	ctx := context.Background()
	return func() (func(), func()) {
		data := make([][]byte, len(files))
		theirOptions, ourOptions := make([]dockerfile2llb.ConvertOpt, len(files)), make([]strake.Options, len(files))
		for i, f := range files {
			data[i] = []byte(f)
			theirOptions[i], ourOptions[i] = buildKitOptions(data[i]), strakeOptions(data[i])
		}
		theirs := func() {
			for i, dt := range data {
				if res, err := dockerfile2llb.Dockerfile2LLB(ctx, dt, theirOptions[i]); err == nil {
					_, _ = res.State.Marshal(ctx)
					_, _ = json.Marshal(res.Image)
				}
			}
		}
		ours := func() {
			for i, f := range files {
				if res, err := strake.Compile(ctx, source.NewFile("Dockerfile", f), ourOptions[i]); err == nil {
					_, _ = res.State.Marshal(ctx)
					_, _ = res.Config()
				}
			}
		}
		return theirs, ours
	}
}

var linux = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

func buildContext() llb.State { return llb.Local("context", llb.LocalUniqueID("x")) }

func buildKitOptions(data []byte) (o dockerfile2llb.ConvertOpt) {
	state := buildContext()
	o.BuildPlatforms = []ocispecs.Platform{linux}
	o.SourceMap = llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", data)
	o.MetaResolver, o.LLBCaps, o.MainContext = oracleResolver{}, &oracleCaps, &state
	return o
}

func strakeOptions(data []byte) (o strake.Options) {
	state := buildContext()
	o.BuildPlatforms = []ocispecs.Platform{linux}
	o.SourceMap = llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", data)
	o.Resolver, o.Caps = oracleResolver{}, &oracleCaps
	o.Context = func(context.Context, []string) (llb.State, error) { return state, nil }
	return o
}

// cost is what something took: time, and bytes allocated.
type cost struct{ seconds, bytes float64 }

func measure(f func()) cost {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return cost{took.Seconds(), float64(after.TotalAlloc - before.TotalAlloc)}
}

// table is the output, and what failed.
type table struct {
	t    *testing.T
	text strings.Builder
}

func (b *table) printf(format string, args ...any) { fmt.Fprintf(&b.text, format, args...) }

func (b *table) flush() {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = w.Write([]byte(b.text.String()))
	_ = w.Flush()
	b.t.Log(out.String())
	b.text.Reset()
}

// compare measures a pair, in turns.
func (b *table) compare(name string, p pair, speed, bytes float64) {
	var theirs, ours []cost
	for range rounds {
		their, our := p()
		theirs = append(theirs, measure(their))
		ours = append(ours, measure(our))
	}
	seconds := func(c cost) float64 { return c.seconds }
	allocated := func(c cost) float64 { return c.bytes }
	faster, smaller := make([]float64, rounds), make([]float64, rounds)
	for i := range rounds {
		faster[i] = theirs[i].seconds / ours[i].seconds
		smaller[i] = ours[i].bytes / theirs[i].bytes
	}
	b.atLeast(name+": times as fast as BuildKit", fmt.Sprintf("%.0f ms", 1000*median(collect(ours, seconds))), fmt.Sprintf("%.0f ms", 1000*median(collect(theirs, seconds))), faster, speed)
	b.atMost(name+": bytes allocated", fmt.Sprintf("%.1f MB", median(collect(ours, allocated))/1e6), fmt.Sprintf("%.1f MB", median(collect(theirs, allocated))/1e6), smaller, bytes)
}

func collect[T any](list []T, f func(T) float64) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// quantile gives the value that this part of a list does not exceed.
func quantile(list []float64, part float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[int(part*float64(len(list)-1)+0.5)]
}

func median(list []float64) float64 { return quantile(list, 0.5) }

// atLeast fails when three of four values are below the target.
func (b *table) atLeast(what, ours, theirs string, list []float64, target float64) {
	figure.Report(b.t, figure.Figure{What: what, Ours: ours, Theirs: theirs, Result: fmt.Sprintf("%.2f", median(list)),
		Target: fmt.Sprintf(">= %.2f", target), Missed: quantile(list, 0.75) < target})
}

// atMost fails when three of four values are above the target.
func (b *table) atMost(what, ours, theirs string, list []float64, target float64) {
	figure.Report(b.t, figure.Figure{What: what, Ours: ours, Theirs: theirs, Result: fmt.Sprintf("%.2f", median(list)),
		Target: fmt.Sprintf("<= %.2f", target), Missed: quantile(list, 0.25) > target})
}

func benchmark(b *testing.B, make func(corpus) pair) {
	theirs, ours := make(preload(b))()
	for name, f := range map[string]func(){"BuildKit": theirs, "Strake": ours} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

func BenchmarkParse(b *testing.B)   { benchmark(b, func(c corpus) pair { return parsers(c.all) }) }
func BenchmarkCompile(b *testing.B) { benchmark(b, func(c corpus) pair { return compilers(c.good) }) }
