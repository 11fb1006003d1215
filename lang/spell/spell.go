// Package spell writes instructions so that they read back as what they stand for: it
// quotes where the lexer would take something out, and picks between words and JSON. The
// printers of trees and of the IR share it. It may import lexer.
package spell

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-e0495807/strake/lang/lexer"
)

// Writer writes one instruction, its keyword first.
type Writer struct {
	strings.Builder
	Escape  byte       // the escape character of the file
	Docs    []Document // here documents that may follow the line
	Claimed string     // a keyword of no instruction of the language that takes them
}

// Document is a here document.
type Document struct {
	Name string
	Data string // every line with its line ending
	End  string // the line of the terminator; "" is Name
}

// End ends the line.
func (w *Writer) End() string {
	if w.continued(w.String()) {
		w.WriteByte('\v') // a blank that is trimmed, and keeps the line from going on
	}
	return w.String()
}

// Finish ends the line and writes the here documents that it announces, in its
// order. Some come from words that only look like one and are empty.
func (w *Writer) Finish() string {
	line := w.End()
	if !strings.Contains(line, "<<") {
		return line
	}
	for _, name := range w.announced(line) {
		doc := Document{Name: name}
		if i := slices.IndexFunc(w.Docs, func(d Document) bool { return d.Name == name }); i >= 0 {
			doc = w.Docs[i]
			w.Docs = slices.Delete(w.Docs, i, i+1)
		}
		if doc.End == "" {
			doc.End = name
		}
		w.WriteString("\n" + doc.Data + doc.End)
	}
	return w.String()
}

// continued reports whether a line goes on: it ends in a single escape
// character.
func (w *Writer) continued(line string) bool {
	escape := string(rune(w.Escape))
	end, ok := strings.CutSuffix(strings.TrimRight(line, " \t"), escape)
	return ok && !strings.HasSuffix(end, escape)
}

// Arg writes an argument as it is.
func (w *Writer) Arg(s string) { w.WriteString(" " + s) }

// First writes the argument number i; the very first is kept apart from the
// flags when it looks like one, or starts with a byte that is a blank to who
// reads flags.
func (w *Writer) First(i int, s string) {
	if i == 0 && s != "" && (strings.HasPrefix(s, "--") || s[0] == 0x85 || s[0] == 0xA0) {
		w.Arg("--")
	}
	w.Arg(s)
}

// Words writes arguments.
func (w *Writer) Words(list []string) {
	for i, s := range list {
		w.First(i, s)
	}
}

// Line writes the rest of the line.
func (w *Writer) Line(s string) {
	if s != "" {
		w.First(0, s)
	}
}

// Flag writes one, also with an empty value.
func (w *Writer) Flag(name, value string) { w.Arg(w.Quote("--" + name + "=" + value)) }

// Quote undoes what the lexer does to a flag: quotes and escapes resolved, each
// byte outside ASCII taken for a rune of Latin-1. Blanks are quoted rather than
// escaped, since one at the end of the line would not count.
func (w *Writer) Quote(flag string) string {
	special := func(r rune) bool { return r == '"' || r == '\'' || unicode.IsSpace(r) }
	if !strings.ContainsFunc(flag, func(r rune) bool { return special(r) || r == rune(w.Escape) || r >= 0x80 }) {
		return flag
	}
	name, value, found := strings.Cut(flag, "=")
	if !found || strings.ContainsFunc(name, special) {
		name, value = "--", strings.TrimPrefix(flag, "--")
	} else {
		name += "="
	}
	if !strings.ContainsFunc(value, special) {
		return w.bytes(name) + w.bytes(value)
	}
	return w.bytes(name) + `"` + w.bytes(value) + `"`
}

// bytes spells the text of a flag, in double quotes or out of them.
func (w *Writer) bytes(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '"' || r == rune(w.Escape) {
			b.WriteByte(w.Escape)
		}
		if r < 0x100 {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r) // cannot come out of a file
		}
	}
	return b.String()
}

// JSON writes an array.
func (w *Writer) JSON(args []string) {
	w.WriteString(" [")
	for i, a := range args {
		if i > 0 {
			w.WriteString(", ")
		}
		w.WriteString(quoteJSON(a))
	}
	w.WriteByte(']')
}

func quoteJSON(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// List writes words, as JSON when blanks alone would not keep them apart and
// JSON may be used.
func (w *Writer) List(words []string, plain bool) {
	if plain || w.plain(words) {
		w.Words(words)
		return
	}
	w.JSON(words)
}

// plain reports whether words read back as they are with blanks between them.
func (w *Writer) plain(words []string) bool {
	for _, s := range words {
		if s == "" || strings.ContainsAny(s, "\t\v\f\r\n ") {
			return false
		}
	}
	line := strings.Join(words, " ")
	return strings.TrimSpace(line) == line && !w.continued(line) && !IsArray(line)
}

// IsArray reports whether a line is taken for the JSON form.
func IsArray(line string) bool {
	var list []any
	return strings.HasPrefix(strings.TrimSpace(line), "[") && json.Unmarshal([]byte(line), &list) == nil
}

// announced gives the names of the here documents that have to follow a line.
func (w *Writer) announced(line string) []string {
	lex := lexer.New("# escape="+string(rune(w.Escape))+"\n"+line, w.Claimed)
	var l lexer.Line
	lex.Line(&l) // the directive
	lex.Line(&l)
	names := make([]string, len(l.Heredocs))
	for i, d := range l.Heredocs {
		names[i] = d.Name
	}
	return names
}
