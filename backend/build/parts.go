package build

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
)

// blame finds the instruction that failed among those that a plugin made one step of. Where
// that is not certain, all of them are named, and none is told to have failed.
func (j *job) blame(f *failure, c *command, d *diag.Diagnostic) {
	if f.vertex == nil || len(f.vertex.spans) < 2 || c.exec == nil {
		return
	}
	spans := f.vertex.spans
	if i := c.failedPart(j.set, spans); i >= 0 {
		d.Span = spans[i]
		d.Notes = append(d.Notes, diag.Note{Label: "merged", Text: fmt.Sprintf("one step was made of this and %d more instructions", len(spans)-1)})
		return
	}
	d.Message = fmt.Sprintf("one of %d instructions, which are one step, failed with exit code %d", len(spans), c.code)
	d.Span = all(spans)
	for _, s := range spans {
		d.Related = append(d.Related, diag.Related{Span: s, Message: "this is one of them"})
	}
}

// all covers spans, which are in order, when they are in one file; or else it is the first.
func all(spans []source.Span) source.Span {
	out := spans[0]
	for _, s := range spans[1:] {
		if s.File != out.File || s.Start < out.End {
			return spans[0]
		}
		out.End = s.End
	}
	return out
}

// shellSays is what a shell that was given the command itself reports of a program that
// it does not find: dash, ash and bash start with their own name.
var shellSays = late.Regexp(`^([^\s:]+): (?:line )?(?:\d+: )?([^\s:]+): (?:command |inaccessible or )?not found$`)

// failedPart is the index of the part that failed, -1 when that is not certain. It is when
// the step's own shell said of one program that it did not find it, and exited for that;
// and when just one part has the program, with nothing about it that lets the shell go on
// in spite of that. What stands last in the output is not looked at: the two streams of a
// command come in any order.
func (c *command) failedPart(set *source.Set, spans []source.Span) int {
	if c.code != 127 || len(c.exec.Meta.GetArgs()) == 0 {
		return -1
	}
	program := ""
	for line := range strings.SplitSeq(c.output, "\n") {
		m := shellSays().FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || path.Base(m[1]) != path.Base(c.exec.Meta.Args[0]) {
			continue
		}
		if program != "" {
			return -1
		}
		program = m[2]
	}
	if program == "" {
		return -1
	}
	word := regexp.MustCompile(`(?:^|[\s;&|(])` + regexp.QuoteMeta(program) + `(?:$|[\s;&|)])`)
	found := -1
	for i, s := range spans {
		f := set.File(s.File)
		if f == nil {
			return -1
		}
		text := f.Text[s.Start:s.End]
		switch at := word.FindAllStringIndex(text, -1); {
		case len(at) == 0:
			continue
		case found >= 0 || len(at) > 1 || strings.ContainsAny(text[at[0][0]+1:], "|;") || strings.Contains(text, "!"):
			return -1
		}
		found = i
	}
	return found
}
