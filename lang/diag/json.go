package diag

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/source"
)

// jsonPlace is a range of a file: lines and byte columns from 1, the end
// exclusive. All fields are absent when there is no place.
type jsonPlace struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
}

type jsonDiagnostic struct {
	jsonPlace
	Severity string        `json:"severity"`
	Code     string        `json:"code"`
	Also     []string      `json:"also,omitempty"`
	Message  string        `json:"message"`
	Notes    []jsonNote    `json:"notes,omitempty"`
	Expected string        `json:"expected,omitempty"`
	Hint     string        `json:"hint,omitempty"`
	URL      string        `json:"url,omitempty"`
	Related  []jsonRelated `json:"related,omitempty"`
	Fixes    []jsonFix     `json:"fixes,omitempty"`
}

type jsonNote struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

type jsonRelated struct {
	jsonPlace
	Message string `json:"message"`
}

type jsonFix struct {
	Message string     `json:"message"`
	Safe    bool       `json:"safe"`
	Keeps   string     `json:"keeps,omitempty"`
	Edits   []jsonEdit `json:"edits"`
}

type jsonEdit struct {
	jsonPlace
	New string `json:"new"`
}

// JSON writes one object per diagnostic, each on a line of its own, in the order
// of the list. Unlike Text it leaves nothing out, as its reader is a program.
// Bytes that are not UTF-8 become U+FFFD, and characters that do not print are
// written as \u escapes. The set may be nil. An error is that of w.
func JSON(w io.Writer, set *source.Set, list List) error {
	out := bufio.NewWriter(w)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // `a && b` is for people too
	for i := range list {
		buf.Reset()
		if err := enc.Encode(toJSON(set, &list[i])); err != nil {
			return err
		}
		if err := writePrintable(out, buf.Bytes()); err != nil {
			return err
		}
	}
	return out.Flush()
}

func toJSON(set *source.Set, d *Diagnostic) jsonDiagnostic {
	j := jsonDiagnostic{
		jsonPlace: toPlace(place(set, d.Span)),
		Severity:  d.Severity.String(),
		Code:      d.Code,
		Also:      d.Also,
		Message:   d.Message,
		Expected:  d.Expected,
		Hint:      d.Hint,
		URL:       d.URL,
	}
	for _, n := range d.Notes {
		j.Notes = append(j.Notes, jsonNote(n))
	}
	for _, r := range d.Related {
		j.Related = append(j.Related, jsonRelated{toPlace(place(set, r.Span)), r.Message})
	}
	for _, f := range d.Fixes {
		edits := make([]jsonEdit, 0, len(f.Edits))
		for _, e := range f.Edits {
			edits = append(edits, jsonEdit{toPlace(locate(set, e.Span)), e.New})
		}
		j.Fixes = append(j.Fixes, jsonFix{f.Message, f.Safe, f.Keeps.String(), edits})
	}
	return j
}

func toPlace(f *source.File, s source.Span) jsonPlace {
	if f == nil {
		return jsonPlace{}
	}
	start, end := f.Position(s.Start), f.Position(s.End)
	return jsonPlace{f.Name, start.Line, start.Column, end.Line, end.Column}
}

// writePrintable writes a line of JSON and escapes what encoding/json lets
// through although it does not print: DEL, the C1 controls that some terminals
// obey, and the direction marks that reorder text. They only occur in strings,
// where an escape means the same.
func writePrintable(w *bufio.Writer, line []byte) error {
	done := 0
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == '\n' || unicode.IsPrint(r) {
			i += size
			continue
		}
		w.Write(line[done:i])
		if r > 0xffff {
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(w, `\u%04x\u%04x`, high, low)
		} else {
			fmt.Fprintf(w, `\u%04x`, r)
		}
		i += size
		done = i
	}
	_, err := w.Write(line[done:]) // a bufio.Writer keeps its first error
	return err
}
