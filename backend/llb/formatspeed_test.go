package llb_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/format"
	"github.com/seed-e0495807/strake/lang/format/script"
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
		a := timed(t, func() { formatAll(files.good, format.Options{}) })
		b := timed(t, func() {
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

	growths := map[string][3]string{
		"instructions":         {"FROM a\n", "RUN  a && \\\n  b \nENV  A=b \\\n C=d\nCOPY  a   b  /\n# c\n", ""},
		"lines of a RUN":       {"FROM a\nRUN  x \\\n", "# c\n\n  y \\\n# c\n  z \\\n", "z\n"},
		"commands of a RUN":    {"FROM a\nRUN  x \\\n", "# c\n && y \\\n  z \\\n", "z\n"},
		"comments inside":      {"FROM a\nRUN  x \\\n", strings.Repeat("  # c\n", 8), "z\n"},
		"variables of an ENV":  {"FROM a\nENV ", "A=b  \\\n# c\n  ", "C=d\n"},
		"strings of an array":  {"FROM a\nCMD [", "\"a\" ,  \\\n# c\n\"b\", \"c\", \\\n", "\"b\"]\n"},
		"comments of an array": {"FROM a\nCMD [\"a\", \\\n", strings.Repeat("# c\n", 8), "\"b\"]\n"},
	}
	for what, parts := range growths {
		grows(t, "strake fmt, "+what, parts, format.Options{})
		grows(t, "strake fmt --shell, "+what, parts, format.Options{Scripts: &script.Style{}})
	}
}

// grows holds that a large file takes about as long as sixteen of a sixteenth of its size, made of
// a start, a part that is repeated, and an end.
func grows(t *testing.T, what string, parts [3]string, o format.Options) {
	t.Helper()
	const times, size = 16, 500
	small := slices.Repeat([]string{parts[0] + strings.Repeat(parts[1], size) + parts[2]}, times)
	large := []string{parts[0] + strings.Repeat(parts[1], times*size) + parts[2]}
	a, b := time.Hour, time.Hour
	for range 5 {
		a, b = min(a, timed(t, func() { formatAll(small, o) })), min(b, timed(t, func() { formatAll(large, o) }))
	}
	grown := float64(b) / float64(a)
	figure.Report(t, figure.Figure{What: what + ": one file, 16 of the same size in all", Ours: b.String(), Theirs: a.String(),
		Result: fmt.Sprintf("%.2f", grown), Target: "<= 3.00", Missed: grown > 3})
}

func formatAll(files []string, o format.Options) {
	for _, text := range files {
		format.Source(source.NewFile("Dockerfile", text), o)
	}
}

// timed is the time of the processor that some work takes: others use the machine, too.
func timed(t *testing.T, work func()) time.Duration {
	t.Helper()
	runtime.GC() // of what was before
	began := processorTime(t)
	work()
	return processorTime(t) - began
}
