package plan_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
)

// registry has images with variables, triggers and none, and lacks one.
type registry struct{}

func (registry) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	config, name := `{}`, strings.TrimPrefix(r.Ref, "docker.io/library/")
	switch name {
	case "vars:latest":
		config = `{"config":{"Env":["A=image","PATH=/p"],"WorkingDir":"/w"}}`
	case "triggers:latest":
		config = `{"config":{"OnBuild":["ENV T=t A=$A-t","ARG TARGETSTAGE"]}}`
	case "fetches:latest":
		config = `{"config":{"OnBuild":["COPY --from=vars /x /y"]}}`
	case "broken:latest":
		config = `{"config":{"OnBuild":["ENV B=${A"]}}`
	case "odd:latest":
		config = `{"config":{"OnBuild":["FROM x"]}}`
	case "gone:latest":
		return plan.ImageInfo{}, errors.New("not found")
	}
	return plan.ImageInfo{Ref: r.Ref, Config: []byte(config)}, nil
}

// byPlan is what a word comes to by a plan of the module that ends at a place.
func byPlan(m *ir.Module, stage, op int, word string, o plan.Options) (string, error) {
	m = m.Copy()
	m.Stages = m.Stages[:stage+1]
	for i, s := range m.Stages {
		ops := s.Ops
		if i == stage {
			ops = ops[:max(op, 0)]
		}
		s.Ops = nil
		for _, op := range ops {
			if _, custom := op.Body.(*ir.Custom); !custom {
				s.Ops = append(s.Ops, op)
			}
		}
	}
	s := m.Stages[stage]
	s.Ops = append(s.Ops, &ir.Op{Body: &ir.Env{Pairs: []ir.Pair{{Key: "STRAKE_WORD", Value: word}}}, Origin: s.Origin})
	if o.Target = ""; o.Images == nil {
		o.Images = registry{}
	}
	p, err := plan.Make(context.Background(), m, o)
	if err != nil {
		return "", err
	}
	set := p.Target.Steps[len(p.Target.Steps)-1].Action.(plan.SetEnv)
	return set[0].Value, nil
}

// maker makes Dockerfiles at random. Some have mistakes, of which none is in the form.
type maker struct {
	*rand.Rand
	wrong bool
}

func (r maker) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r maker) word() string {
	list := []string{"$A", "${B:-b}", "x", "$A$B", "'$C'", `"$A"/y`, "${A#i}", "$T", "$TARGETSTAGE", "$PATH", "/d", `\$A`}
	if r.wrong {
		list = append(list, "${A", "${N?unset}", "${A:?}")
	}
	return r.pick(list...)
}

func (r maker) op(stages int) string {
	from := r.pick("vars", fmt.Sprint(r.IntN(stages)), fmt.Sprintf("s%d", r.IntN(stages)))
	list := []string{"ENV A=" + r.word(), "ENV B=" + r.word() + " C=" + r.word(), "ARG A", "ARG B=" + r.word(), "ARG G", "ARG TARGETARCH", "WORKDIR " + r.word(),
		"RUN a", "RUN --mount=type=cache,target=/c b", "LABEL l=" + r.word(), "PLUGIN x", "ONBUILD ENV O=" + r.word(), "COPY a b", "COPY --from=" + from + " /a /b",
		"RUN --mount=from=" + from + ",target=/m c", "USER " + r.word()}
	if r.IntN(40) == 0 {
		list = []string{"ARG TARGETSTAGE"}
	}
	if r.wrong && r.IntN(6) == 0 {
		list = []string{"COPY --from=$A /a /b", "COPY --from=99 /a /b", "COPY --from=gone /a /b", "COPY --from=Bad /a /b", "COPY --from=" + fmt.Sprintf("s%d", r.IntN(stages+2)) + " /a /b",
			"COPY --from=" + fmt.Sprint(r.IntN(stages+2)) + " /a /b", "RUN --mount=type=" + r.word() + ",target=/x y", "STOPSIGNAL " + r.word(), "EXPOSE " + r.word()}
	}
	return r.pick(list...)
}

func (r maker) file() string {
	var b strings.Builder
	b.WriteString("ARG G=g\nARG BASE=vars\n")
	if r.IntN(20) == 0 {
		b.WriteString("ARG SOURCE_DATE_EPOCH=" + r.pick("1", "s0", "s9", "context") + "\n")
	}
	stages := 1 + r.IntN(4)
	for i := range stages {
		bases := []string{"vars", "plain", "scratch", "$BASE", "triggers", "fetches"}
		if r.wrong && r.IntN(4) == 0 {
			bases = []string{"gone", "broken", "odd", "Bad", "$NOBODY", "$TARGETSTAGE", "${BASE"}
		}
		if i > 0 {
			bases = append(bases, fmt.Sprintf("s%d", r.IntN(i)), fmt.Sprintf("s%d", r.IntN(i)), fmt.Sprintf("s%d", r.IntN(i)))
		}
		fmt.Fprintf(&b, "FROM %s AS s%d\n", r.pick(bases...), i)
		for range r.IntN(7) {
			b.WriteString(r.op(i+1) + "\n")
		}
	}
	return b.String()
}

// TestWords holds every word at every place of random modules to what a plan makes of it there,
// errors, their places and hints included, in whatever order the words are asked for.
func TestWords(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 300
	}
	ways := map[string]int{}
	for seed := range uint64(n) {
		r := maker{rand.New(rand.NewPCG(seed, 16)), seed%2 == 1}
		text := r.file()
		m, ok := irtest.Build("Dockerfile", text)
		if !ok {
			t.Fatalf("%d: %s", seed, text)
		}
		o := plan.Options{Images: registry{}, Target: r.pick("", "", "s0", "s1", "s9")}
		if seed%5 == 0 {
			o.BuildArgs = map[string]string{"A": "given", "SOURCE_DATE_EPOCH": r.pick("1", "s1")}
		}
		w := plan.NewWords(m, o)
		type place struct{ stage, op int }
		var places []place
		for i, s := range m.Stages {
			for k := -1; k <= len(s.Ops); k++ {
				places = append(places, place{i, k})
			}
		}
		r.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		for _, p := range places {
			for range 3 {
				word := r.word()
				got, err := w.Expand(t.Context(), p.stage, p.op, word)
				want, wantErr := byPlan(m, p.stage, p.op, word, o)
				ways[outcome(wantErr)]++
				if got != want || !sameError(err, wantErr) {
					t.Fatalf("%d: %q in front of op %d of stage %d\ngot  %q, %#v\nwant %q, %#v\n%s", seed, word, p.op, p.stage, got, err, want, wantErr, text)
				}
			}
		}
	}
	t.Log(ways)
	for _, code := range []string{"fine", "expansion", "unknown-stage", "from-variable", "base-image", "bad-reference", "circular", "onbuild-trigger", "blank-base", "source-date-epoch"} {
		if ways[code] == 0 {
			t.Errorf("no word of the code %s", code)
		}
	}
}

func outcome(err error) string {
	var list diag.List
	if errors.As(err, &list) {
		return list[0].Code
	}
	return "fine"
}

func sameError(a, b error) bool {
	var x, y diag.List
	if errors.As(a, &x) && errors.As(b, &y) {
		return reflect.DeepEqual(x, y)
	}
	return a == nil && b == nil
}

// TestWordsBudget holds words to plan.MaxCost, and to what is left of it at their place.
func TestWordsBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes half a GB of text")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "FROM a AS s0\nENV A=%s\nENV A=$A$A$A$A$A$A$A\nFROM s0 AS s1\n", strings.Repeat("x", 100<<10))
	for i := range 200 {
		fmt.Fprintf(&b, "LABEL l%d=$A\n", i)
	}
	m := irtest.Module(t, b.String())
	o := plan.Options{}
	w := plan.NewWords(m, o)
	for op, fits := range map[int]bool{184: true, 185: false} {
		got, err := w.Expand(t.Context(), 1, op, "$A")
		want, wantErr := byPlan(m, 1, op, "$A", o)
		if got != want || !sameError(err, wantErr) || (err == nil) != fits {
			t.Errorf("op %d: %d bytes, %v; want %d, %v", op, len(got), err, len(want), wantErr)
		}
	}
}

// TestWordsGrow holds all words of a file to the time of a few plans of as many pairs of WORKDIR
// and RUN: also where something is wrong with it, and in a chain of stages. A plan for each word
// would be thousands. With
// STRAKE_BENCH=1, on a quiet machine, time grows with the size, too.
func TestWordsGrow(t *testing.T) {
	pairs := func(before, after string) func(n int) string {
		return func(n int) string {
			return "FROM a AS s\nENV A=1\n" + before + strings.Repeat("WORKDIR /x/$A\nRUN a\n", n) + after
		}
	}
	for _, c := range []struct {
		name string
		file func(n int) string
	}{
		{"pairs", pairs("", "")},
		{"pairs behind a mistake", pairs("ENV B=${A\n", "")},
		{"pairs in front of a mistake", pairs("", "ENV B=${A\n")},
		{"pairs in front of a bad source", pairs("", "COPY --from=$A /a /b\n")},
		{"pairs of a stage that is not needed", pairs("", "FROM b\n")},
		{"many variables", func(n int) string {
			var b strings.Builder
			b.WriteString("FROM a AS s\n")
			for i := range n {
				fmt.Fprintf(&b, "ENV A%d=$A%d\nWORKDIR $A%d\n", i, i/2, i)
			}
			return b.String()
		}},
		{"chained stages", func(n int) string {
			var b strings.Builder
			b.WriteString("FROM a AS s0\nENV A=1\n")
			for i := range n - 1 {
				fmt.Fprintf(&b, "FROM s%d AS s%d\nWORKDIR /x/$A\n", i, i+1)
			}
			return b.String()
		}},
		{"stages that copy", func(n int) string {
			var b strings.Builder
			b.WriteString("FROM a AS s0\nENV A=1\n")
			for i := range n - 1 {
				fmt.Fprintf(&b, "FROM a AS s%d\nENV A=1\nCOPY --from=s%d / /\nWORKDIR /x/$A\n", i+1, i)
			}
			return b.String()
		}},
	} {
		sizes := []int{250, 1000, 4000}
		var x, y []float64
		ratio := 0.0 // of the largest
		for _, n := range sizes {
			m := irtest.Module(t, c.file(n))
			yardstick := irtest.Module(t, pairs("", "")(n))
			words, once := time.Hour, time.Hour
			for range 3 {
				runtime.GC()
				began := time.Now()
				w := plan.NewWords(m, plan.Options{})
				for i, s := range m.Stages {
					for k, op := range s.Ops {
						if b, ok := op.Body.(*ir.Workdir); ok {
							_, _ = w.Expand(t.Context(), i, k, b.Path)
						}
					}
				}
				words = min(words, time.Since(began))
				runtime.GC()
				began = time.Now()
				_, _ = plan.Make(t.Context(), yardstick, plan.Options{Images: registry{}})
				once = min(once, time.Since(began))
			}
			x, y = append(x, math.Log(float64(n))), append(y, math.Log(words.Seconds()))
			ratio = words.Seconds() / once.Seconds()
		}
		e := slope(x, y)
		t.Logf("%s: %d take %.1f ms, %.1f plans; time grows by size to the power of %.2f", c.name, sizes[len(sizes)-1], 1000*math.Exp(y[len(y)-1]), ratio, e)
		if ratio > 100 {
			t.Errorf("%s: all words take as long as %.0f plans", c.name, ratio)
		}
		if os.Getenv("STRAKE_BENCH") != "" && e > 1.25 {
			t.Errorf("%s: time grows by size to the power of %.2f", c.name, e)
		}
	}
}

// slope fits a line by least squares.
func slope(x, y []float64) float64 {
	var n, sx, sy, sxx, sxy float64
	for i := range x {
		n, sx, sy, sxx, sxy = n+1, sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
