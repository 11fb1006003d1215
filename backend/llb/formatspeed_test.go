package llb_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/format"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestFormatSpeed prints what formatting the corpus costs beside compiling it, in turns, and
// how it grows with the size of a file.
func TestFormatSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH=1, or run `make bench`")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	files := preload(t)
	var ratios []float64
	var ours, theirs time.Duration
	for range rounds {
		a := timed(func() { formatAll(files.good) })
		b := timed(func() {
			for _, text := range files.good {
				_, _, _ = compile(cases.Case{Dockerfile: text})
			}
		})
		ratios, ours, theirs = append(ratios, float64(a)/float64(b)), ours+a, theirs+b
	}
	slices.Sort(ratios)
	n := time.Duration(rounds * len(files.good))
	figure.Report(t, figure.Figure{What: "strake fmt on the corpus, per file; a compile", Ours: (ours / n).String(), Theirs: (theirs / n).String(),
		Result: fmt.Sprintf("%.2f", ratios[rounds/2]), Target: "<= 1.00", Missed: ratios[rounds/4] > 1})

	for what, parts := range map[string][3]string{
		"instructions":         {"FROM a\n", "RUN  a && \\\n  b \nENV  A=b \\\n C=d\nCOPY  a   b  /\n# c\n", ""},
		"lines of a RUN":       {"FROM a\nRUN  x \\\n", "# c\n\n  y \\\n# c\n  z \\\n", "z\n"},
		"comments inside":      {"FROM a\nRUN  x \\\n", strings.Repeat("  # c\n", 8), "z\n"},
		"variables of an ENV":  {"FROM a\nENV ", "A=b  \\\n# c\n  ", "C=d\n"},
		"strings of an array":  {"FROM a\nCMD [", "\"a\" ,  \\\n# c\n\"b\", \"c\", \\\n", "\"b\"]\n"},
		"comments of an array": {"FROM a\nCMD [\"a\", \\\n", strings.Repeat("# c\n", 8), "\"b\"]\n"},
	} {
		small := parts[0] + strings.Repeat(parts[1], 1000) + parts[2]
		large := parts[0] + strings.Repeat(parts[1], 16000) + parts[2]
		runtime.GC() // what is collected at times makes the larger one take longer than its size
		a, b := time.Hour, time.Hour
		for range 5 {
			a, b = min(a, timed(func() { formatAll([]string{small}) })), min(b, timed(func() { formatAll([]string{large}) }))
		}
		grown := float64(b) / float64(a)
		figure.Report(t, figure.Figure{What: "strake fmt, 16 times as many " + what, Ours: b.String(), Theirs: a.String(),
			Result: fmt.Sprintf("%.1f", grown), Target: "<= 64", Missed: grown > 64})
	}
}

func formatAll(files []string) {
	for _, text := range files {
		format.Source(source.NewFile("Dockerfile", text), format.Options{})
	}
}

// timed is the time of the processor that some work takes: others use the machine, too.
func timed(work func()) time.Duration {
	began := used()
	work()
	return used() - began
}

func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
