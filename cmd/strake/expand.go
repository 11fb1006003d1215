package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/buildcontext"
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
)

const expandLong = `Prints the Dockerfile as it is after the plugins of strake.yaml: a plain Dockerfile
that stock docker build accepts. With --blame, each line has the line of the
Dockerfile that it comes from, the plugin that made it, and why.
`

func expandCommand() *command {
	return &command{
		name:  "expand",
		usage: "[OPTIONS] [PATH | URL | -]...",
		short: "Print a Dockerfile as it is after the plugins",
		long:  expandLong,
		examples: `  strake expand .
  strake expand --blame -f build/Dockerfile .
  strake expand . >Dockerfile.plain
`,
		setup: func(p *process, flags *pflag.FlagSet) runner {
			c := &compile{process: p, emit: "dockerfile"}
			c.declareInput(flags)
			blame := flags.Bool("blame", false, "Show what each line comes from")
			return func(ctx context.Context, args []string) error {
				if *blame {
					c.form = &form{name: "blame", comment: "#", emit: emitBlame}
				}
				return c.run(ctx, args)
			}
		},
	}
}

func diffCommand() *command {
	return &command{
		name:  "diff",
		usage: "[OPTIONS] [PATH | URL | -]...",
		short: "Show what the plugins change in a Dockerfile",
		long: `Shows what the plugins of strake.yaml change, as a unified diff. The exit code is 0,
also when there are changes.
`,
		examples: `  strake diff .
`,
		setup: func(p *process, flags *pflag.FlagSet) runner {
			c := &compile{process: p}
			c.declareInput(flags)
			c.form = &form{name: "diff", comment: "#", emit: emitDiff}
			return c.run
		},
	}
}

// emitBlame prints the Dockerfile after the plugins in columns.
func emitBlame(ctx context.Context, _ *compile, src *buildcontext.Source, r *result) error {
	m, err := module(ctx, src, r)
	if err != nil {
		return err
	}
	pieces, err := dockerfile.Pieces(m)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 8, 1, ' ', 0)
	last := ""
	for _, p := range pieces {
		from := blame(r.set, p.Origin)
		for i, line := range strings.Split(p.Text, "\n") {
			if i > 0 || from == last {
				from = "\t\t"
			}
			fmt.Fprintf(w, "%s\t| %s\n", from, strings.ReplaceAll(line, "\t", "    "))
		}
		if p.Origin != nil {
			last = blame(r.set, p.Origin)
		}
	}
	w.Flush()
	r.parts = []part{{data: b.Bytes()}}
	return nil
}

// blame tells of an origin: lines, the plugin, and its reason.
func blame(set *source.Set, o *ir.Origin) string {
	if o == nil {
		return "\t\t"
	}
	return places(set, o) + "\t" + o.By + "\t" + printable(o.Why)
}

// lines are lines of a file.
type lines struct {
	file        *source.File
	first, last int
}

// String gives "3-5", or "include.df:2" in another file than the Dockerfile.
func (l lines) String() string {
	text := fmt.Sprint(l.first)
	if l.last > l.first {
		text = fmt.Sprintf("%d-%d", l.first, l.last)
	}
	if l.file.ID != 0 {
		text = printable(l.file.Name) + ":" + text
	}
	return text
}

// places are the lines that an origin goes back to. Neighbours are put together.
func places(set *source.Set, o *ir.Origin) string {
	var all []lines
	for _, s := range o.Spans() {
		f := set.File(s.File)
		if f == nil {
			continue
		}
		l := lines{file: f}
		l.first, l.last = f.LineRange(s)
		if n := len(all); n > 0 && all[n-1].file == f && l.first == all[n-1].last+1 {
			all[n-1].last = l.last
			continue
		}
		all = append(all, l)
	}
	var list []string
	for _, l := range all {
		list = append(list, l.String())
	}
	if len(list) > 3 {
		list = append(list[:2], "…", list[len(list)-1])
	}
	return strings.Join(list, ",")
}

// printable makes a text fit into a column.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
}

// emitDiff compares the Dockerfile before and after the plugins, both as they print.
func emitDiff(ctx context.Context, c *compile, src *buildcontext.Source, r *result) error {
	m, err := module(ctx, src, r)
	if err != nil {
		return err
	}
	after, err := dockerfile.Print(m)
	if err != nil {
		return err
	}
	before := src.Text
	if m, _, err := ir.Read(ctx, source.NewFile(src.Name, src.Text), nil); err == nil { // it has no new instructions
		if before, err = dockerfile.Print(m); err != nil {
			return err
		}
	}
	diff := udiff.Unified(src.Name, src.Name+" (after plugins)", before, after)
	if c.color(c.stdout) {
		diff = coloured(diff)
	}
	r.parts = []part{{data: []byte(diff)}}
	return nil
}

// coloured puts the usual colours on a unified diff.
func coloured(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		color := ""
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
			color = "\x1b[1m"
		case strings.HasPrefix(line, "@@"):
			color = "\x1b[36m"
		case strings.HasPrefix(line, "+"):
			color = "\x1b[32m"
		case strings.HasPrefix(line, "-"):
			color = "\x1b[31m"
		}
		if color == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(color + strings.TrimSuffix(line, "\n") + "\x1b[0m\n")
	}
	return b.String()
}
