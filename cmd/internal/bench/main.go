// Command bench runs the tests of speed of the packages that are its arguments, all of them
// whatever they find, and prints one table of their figures at the end. It exits with 1 when
// a figure misses its target, or a test fails for another reason. It is run by make bench and
// make bench-optimize.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"text/tabwriter"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed/figure"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	tests := flag.String("run", "Speed$", "a pattern: the tests to run")
	limit := flag.Duration("timeout", time.Hour, "how long those of a package may take")
	flag.Parse()
	figures, err := run(ctx, *tests, *limit, flag.Args(), os.Stdout)
	missed := print(os.Stdout, figures)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if missed > 0 || err != nil {
		os.Exit(1)
	}
}

// run passes on what the tests write, and gives the figures in it. The error is that of the
// tests, which fail also when a figure misses its target.
func run(ctx context.Context, tests string, limit time.Duration, packages []string, w io.Writer) (list []figure.Figure, err error) {
	// One package at a time: they would take the processors from each other.
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-p=1", "-count=1", "-v", "-timeout=" + limit.String(), "-run=" + tests}, packages...)...)
	cmd.Env = append(os.Environ(), "STRAKE_BENCH=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		io.WriteString(w, line)
		if f, ok := figure.Parse(line); ok {
			list = append(list, f)
		}
		if err != nil {
			return list, cmd.Wait()
		}
	}
}

// print writes the table, and counts the figures that miss their target.
func print(w io.Writer, list []figure.Figure) (missed int) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nFIGURE\tSTRAKE\tBESIDE\tRESULT\tTARGET\t")
	for _, f := range list {
		mark := ""
		if f.Missed {
			mark = "MISSED"
			missed++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", f.What, f.Ours, f.Theirs, f.Result, f.Target, mark)
	}
	t.Flush()
	fmt.Fprintf(w, "\n%d figures, %d miss their target\n", len(list), missed)
	return missed
}
