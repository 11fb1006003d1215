package format

import (
	"reflect"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/format/script"
	"github.com/seed-e0495807/strake/lang/lexer"
)

// same tells whether two files mean the same and have the same comments. Casing of keywords,
// blanks and line ends are all that may differ, and the layout of scripts when those were laid out.
func same(a, b *lang.File, scripts bool) bool {
	if a.Escape != b.Escape || len(a.Items) != len(b.Items) || directive(a, "syntax") != directive(b, "syntax") || directive(a, "check") != directive(b, "check") {
		return false
	}
	for i, item := range a.Items {
		if !sameItem(a, item, b, b.Items[i], scripts) {
			return false
		}
	}
	return true
}

// directive is the value of a directive, as BuildKit finds it.
func directive(f *lang.File, name string) string {
	d, _ := lang.FindDirective(f.Source, name)
	return d.Value
}

func sameItem(f *lang.File, a lang.Item, g *lang.File, b lang.Item, scripts bool) bool {
	switch x := a.(type) {
	case *lang.Comment:
		y, ok := b.(*lang.Comment)
		return ok && trimRight(x.Text) == trimRight(y.Text)
	case *lang.Directive:
		y, ok := b.(*lang.Directive)
		return ok && x.Name == y.Name && x.Value == y.Value
	case lang.Instruction:
		y, ok := b.(lang.Instruction)
		return ok && sameInstruction(x, y, scripts) && comments(f, x) == comments(g, y)
	}
	return false
}

func sameInstruction(a, b lang.Instruction, scripts bool) bool {
	h, k := a.Head(), b.Head()
	if reflect.TypeOf(a) != reflect.TypeOf(b) || !strings.EqualFold(h.Keyword.Text, k.Keyword.Text) ||
		!slices.EqualFunc(h.Flags, k.Flags, sameFlag) {
		return false
	}
	if x, ok := a.(*lang.Run); ok && scripts {
		return sameRun(x, b.(*lang.Run))
	}
	if !slices.EqualFunc(h.Heredocs, k.Heredocs, sameDocument) {
		return false
	}
	switch x := a.(type) {
	case *lang.Onbuild:
		return trigger(x) == trigger(b.(*lang.Onbuild))
	case *lang.Healthcheck:
		if !strings.EqualFold(x.Kind.Text, b.(*lang.Healthcheck).Kind.Text) {
			return false
		}
	case *lang.From:
		if x.As.Text != b.(*lang.From).As.Text {
			return false
		}
	}
	c, _ := command(a)
	d, _ := command(b)
	return c.Exec == d.Exec && slices.EqualFunc(args(a), args(b), sameArg)
}

// trigger is what stands behind ONBUILD, as the image keeps it.
func trigger(n *lang.Onbuild) string {
	_, text, _ := strings.Cut(n.Code, n.Keyword.Text)
	return strings.TrimLeft(text, "\t\n\f\r ")
}

// sameRun tells whether two RUNs have the same script but for its layout: here documents, or
// the command where it has none.
func sameRun(a, b *lang.Run) bool {
	if a.Command.Exec != b.Command.Exec || len(a.Heredocs) != len(b.Heredocs) {
		return false
	}
	for i, d := range a.Heredocs {
		e := b.Heredocs[i]
		was, is := d.Body.Text, e.Body.Text
		d.Body, e.Body = lang.Word{}, lang.Word{}
		if d.Chomp {
			was, is = lexer.Chomp(was), lexer.Chomp(is)
		}
		if !sameDocument(d, e) || was != is && (len(a.Heredocs) > 1 || !script.Same(was, is)) {
			return false
		}
	}
	if a.Command.Exec || len(a.Heredocs) > 0 {
		return slices.EqualFunc(args(a), args(b), sameArg)
	}
	was, is := a.Command.Line.Text, b.Command.Line.Text
	return was == is || script.Same(was, is)
}

func sameFlag(a, b lang.Flag) bool {
	return a.Name == b.Name && a.Value == b.Value && a.HasValue == b.HasValue
}

func sameDocument(a, b lang.Heredoc) bool {
	return a.Name == b.Name && a.Expand == b.Expand && a.Chomp == b.Chomp && a.Body.Text == b.Body.Text && a.End.Text == b.End.Text
}

// comments are those inside an instruction, a line each.
func comments(f *lang.File, in lang.Instruction) string {
	var out strings.Builder
	for _, t := range trivia(f, in) {
		if t.Kind == lang.InnerComment {
			out.WriteString(trimRight(t.Text))
			out.WriteByte('\n')
		}
	}
	return out.String()
}
