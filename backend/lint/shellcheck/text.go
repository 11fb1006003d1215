package shellcheck

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/script"
)

// text is a script as the program is given it: with a first line that names its shell, and the
// variables of the image as exports.
type text struct {
	whole string
	own   string // the script's own
	first int    // lines of its own in front of those that are put in
	put   int    // lines that are
}

func newText(s *lint.Script) text {
	t := text{own: s.Text}
	head, rest := "", s.Text
	if strings.HasPrefix(s.Text, "#!") {
		line, behind, _ := strings.Cut(s.Text, "\n")
		head, rest, t.first = line+"\n", behind, 1
	} else {
		words := slices.DeleteFunc(slices.Clone(s.Step.State().Shell), func(w string) bool { return w == "-c" })
		head, t.put = "#!"+strings.Join(words, " ")+"\n", 1
	}
	var b strings.Builder
	b.WriteString(head)
	for _, name := range script.Given(s) {
		b.WriteString("export " + name + "=1\n")
		t.put++
	}
	b.WriteString(rest)
	if !strings.HasSuffix(rest, "\n") {
		b.WriteString("\n")
	}
	t.whole = b.String()
	return t
}

// place is where a comment is about in the script's own text. It is false of one about what is
// put in.
func (t text) place(c comment) (start, end int, ok bool) {
	start, ok = t.offset(c.Line, c.Column)
	if !ok {
		return 0, 0, false
	}
	if end, ok = t.offset(c.EndLine, c.EndColumn); !ok || end < start {
		end = start
	}
	return start, end, true
}

// offset is the byte of a line and a column of characters, both from 1.
func (t text) offset(line, column int) (int, bool) {
	if line > t.first {
		if line -= t.put; line <= t.first {
			return 0, false
		}
	}
	at := 0
	for range line - 1 {
		next := strings.IndexByte(t.own[at:], '\n')
		if next < 0 {
			return len(t.own), true
		}
		at += next + 1
	}
	for i := range t.own[at:] {
		if column--; column == 0 {
			return at + i, true
		}
	}
	return len(t.own), true
}
