package mergerun

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// static gives the text of a word, quotes and backslashes removed, up to the first part
// that only the shell can expand; whole tells that there is none.
func static(w *syntax.Word) (text string, whole bool) {
	if w == nil {
		return "", true
	}
	var b strings.Builder
	whole = literal(&b, w.Parts, false)
	return b.String(), whole
}

func literal(b *strings.Builder, parts []syntax.WordPart, quoted bool) bool {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			unescape(b, p.Value, quoted)
		case *syntax.SglQuoted:
			if p.Dollar {
				return false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			if p.Dollar || !literal(b, p.Parts, true) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// unescape removes backslashes as the shell does: between double quotes only those in
// front of a character that they quote (POSIX 2.2.3).
func unescape(b *strings.Builder, text string, quoted bool) {
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && (!quoted || strings.IndexByte("$`\"\\", text[i+1]) >= 0) {
			i++
		}
		b.WriteByte(text[i])
	}
}

// literalSlash tells whether a word has a slash of its own, so that it is a path whatever
// its variables are.
func literalSlash(w *syntax.Word) bool {
	found := false
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			found = found || strings.Contains(p.Value, "/")
		case *syntax.SglQuoted:
			found = found || strings.Contains(p.Value, "/")
		case *syntax.DblQuoted:
			found = found || literalSlash(&syntax.Word{Parts: p.Parts})
		}
	}
	return found
}

// print gives the source of a word.
func print(w *syntax.Word) string {
	var b strings.Builder
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, w); err != nil {
		return "…"
	}
	return b.String()
}
