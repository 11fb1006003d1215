package compile

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
)

func linting(name, text string) *Snapshot {
	c := Config{Name: name, Text: text, Lint: &Lint{Rules: rules.All(), All: rules.All()}}
	c.Build.Images = layered{}
	return New(c)
}

func realFiles(t testing.TB) []cases.File {
	t.Helper()
	files := cases.NeedCorpus(t)
	return files
}

// tally counts what became of a rule's findings.
type tally struct{ found, fixable, left int }

// TestLintCorpus makes all safe fixes of all rules at once in real Dockerfiles, and all fixes: what compiled
// compiles, what could be fixed is gone, and a second run changes nothing.
func TestLintCorpus(t *testing.T) {
	ctx := context.Background()
	for _, unsafe := range []bool{false, true} {
		counts, files, changed, compiled := map[string]*tally{}, 0, 0, 0
		for i, f := range realFiles(t) {
			if !testbed.Sample(i, 10) {
				continue
			}
			files++
			before := linting(f.Name, string(f.Data))
			found, err := before.Findings(ctx)
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
				continue
			}
			for _, d := range found {
				count(counts, d.Code).found++
				if i := slices.IndexFunc(d.Fixes, func(f diag.Fix) bool { return f.Safe || unsafe }); i >= 0 {
					count(counts, d.Code).fixable++
				}
			}
			fixed, err := before.Fixed(ctx, unsafe)
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
				continue
			}
			if fixed.Text == string(f.Data) {
				continue
			}
			changed++
			after := linting(f.Name, fixed.Text)
			_, was := before.LLB(ctx, Default)
			if was == nil {
				compiled++
				if _, is := after.LLB(ctx, Default); is != nil {
					t.Errorf("%s compiled, and with its fixes (unsafe: %v) does not: %v", f.Name, unsafe, is)
				}
			}
			again, err := after.Fixed(ctx, unsafe)
			if err != nil || again.Text != fixed.Text {
				t.Errorf("%s: a second run (unsafe: %v) changes it again: %v\n%s", f.Name, unsafe, err, firstDifference(fixed.Text, again.Text))
			}
			for _, d := range again.Left {
				if i := slices.IndexFunc(d.Fixes, func(f diag.Fix) bool { return f.Safe || unsafe }); i >= 0 {
					count(counts, d.Code).left++
				}
			}
		}
		t.Logf("unsafe %v: %d files, %d changed, %d of these compiled", unsafe, files, changed, compiled)
		for _, code := range slices.Sorted(maps.Keys(counts)) {
			c := counts[code]
			t.Logf("%-36s found %5d fixable %5d left with a fix %4d", code, c.found, c.fixable, c.left)
		}
	}
}

func count(m map[string]*tally, code string) *tally {
	if m[code] == nil {
		m[code] = &tally{}
	}
	return m[code]
}

// firstDifference is the first line that two texts do not share.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("%d: %q and %q", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// TestLintSpeed holds all rules over the corpus, on one processor, to twice the plain compile.
func TestLintSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH=1")
	}
	files := realFiles(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ctx := context.Background()
	all := &Lint{Rules: rules.All(), All: rules.All()}
	run := func(do func(*Snapshot)) time.Duration {
		start := processor(t)
		for _, f := range files {
			c := Config{Name: f.Name, Text: string(f.Data), Lint: all}
			c.Build.Images = layered{}
			do(New(c))
		}
		return processor(t) - start
	}
	best := func(do func(*Snapshot)) time.Duration {
		return min(run(do), run(do), run(do))
	}
	compile := best(func(s *Snapshot) { s.LLB(ctx, Default) })
	lint := best(func(s *Snapshot) { s.Findings(ctx) })
	t.Logf("%d files: compile %v, lint %v, %.2f of it; %v a file", len(files), compile, lint, float64(lint)/float64(compile), lint/time.Duration(len(files)))
	if lint > 2*compile {
		t.Errorf("lint takes %.2f of a compile, and not 2", float64(lint)/float64(compile))
	}
}

// TestLintLinear holds all rules to a time that grows with the file: four times as much of it, which
// is sixteen times as long where each part is compared with each other one, takes less than ten.
func TestLintLinear(t *testing.T) {
	ctx := context.Background()
	each := func(head, line string) func(int) string {
		return func(n int) string {
			var b strings.Builder
			b.WriteString(head)
			for i := range n {
				fmt.Fprintf(&b, strings.ReplaceAll(line, "#", "%[1]d"), i)
			}
			return b.String()
		}
	}
	for name, text := range map[string]func(n int) string{
		"a long RUN":          each("FROM debian:12\nRUN true", " && echo # >/f#"),
		"a here document":     each("FROM debian:12\nRUN <<END\n", "cp /a# \"$HOME/b#\"\n"),
		"RUNs that clean":     each("FROM debian:12\n", "RUN apt-get update && rm -rf /var/lib/apt/lists/* # #\n"),
		"lists and cleanings": each("FROM debian:12\n", "RUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*\n"),
		"COPYs and removals":  each("FROM debian:12\n", "COPY a# /a#\nRUN rm /a#\n"),
		"variables":           each("FROM debian:12\n", "ENV A=#\nRUN echo $A\n"), // of others each RUN has all
		"stages":              each("FROM debian:12 AS s\n", "FROM s AS s#\nCOPY --from=s /x /y\nRUN echo # >/z\n"),
		"names of stages":     each("FROM debian:12\n", "FROM debian:12 AS stage#\nCOPY --from=stag# /x /y\n"),
		"numbers of stages":   each("FROM debian:12\n", "FROM debian:12\nCOPY --from=# /x /y\n"),
		"arguments":           func(n int) string { return each("", "ARG A#=1\n")(n) + each("FROM debian:12\n", "ARG A#\n")(n) },
		"one ENV":             func(n int) string { return each("FROM debian:12\nENV a=b", " k#=$v#")(n) + "\n" },
		"secrets": func(n int) string {
			return each("FROM debian:12\nRUN ", "--mount=type=secret,id=s#,env=S# ")(n) + each("echo", " $S#")(n) + "\n"
		},
		"RUNs":             each("FROM debian:12\n", "RUN echo # >/f#\n"),
		"COPYs":            each("FROM debian:12\n", "COPY a# /b#\n"),
		"COPYs of all":     each("FROM debian:12\n", "COPY . /app\n"),
		"ENVs":             each("FROM debian:12\n", "ENV A#=1\n"),
		"ARGs and a RUN":   func(n int) string { return each("FROM debian:12\n", "ARG A#=$B#\n")(n) + "RUN true\n" },
		"images":           each("", "FROM image# AS s#\nRUN ls | cat\n"),
		"stages of a name": each("FROM debian:12 AS s\n", "FROM s AS s\nARG A\nCOPY --from=s /x /y#\n"),
		"stages of names":  each("FROM debian:12 AS S\n", "FROM debian:12 AS S#\nCOPY --from=S /x /y\n"),
		"HEALTHCHECKs":     each("FROM debian:12\n", "HEALTHCHECK CMD curl http://x#\n"),
		"users":            each("FROM debian:12\n", "RUN useradd -u 1# u#\nUSER u#\n"),
		"values":           each("FROM debian:12\nRUN <<END\n", "x#=$(ls $y)\napt-get install p$x#\nrm $x#\n"),
		"exports":          each("FROM debian:12\nRUN true", " && export X#=$(date) && echo $X#"),
		"calls": func(n int) string {
			return each("FROM debian:12\nRUN <<END\nf() {\n", "f #\n")(n) + "}\nf\nrm $x\nEND\n"
		},
		"ignored": each("FROM debian:12\n", "# hadolint ignore=DL3004\nRUN sudo true #\n"),
	} {
		t.Run(name, func(t *testing.T) {
			took := func(n int) time.Duration {
				start := processor(t)
				if _, err := linting("Dockerfile", text(n)).Findings(ctx); err != nil {
					t.Fatal(err)
				}
				return processor(t) - start
			}
			n := 300
			for took(n) < 50*time.Millisecond {
				n *= 2
			}
			ratio := 0.0
			for range 3 { // others have the processor's caches, too
				if ratio = float64(min(took(4*n), took(4*n))) / float64(min(took(n), took(n))); ratio < 10 {
					return
				}
			}
			t.Errorf("four times %d takes %.1f times as long", n, ratio)
		})
	}
}

// processor is the processor time of this process so far.
func processor(t *testing.T) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
