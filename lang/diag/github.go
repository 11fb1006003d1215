package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/seed-e0495807/strake/lang/source"
)

// GitHub writes the workflow commands of GitHub Actions that put each diagnostic beside
// its line in a pull request. The set may be nil. An error is that of w.
func GitHub(w io.Writer, set *source.Set, list List) error {
	out := bufio.NewWriter(w)
	for i := range list {
		d := &list[i]
		var fields []string
		if p := toPlace(place(set, d.Span)); p.Line > 0 {
			fields = append(fields, "file="+property(p.File), fmt.Sprintf("line=%d,endLine=%d", p.Line, p.EndLine))
			if p.Line == p.EndLine {
				fields = append(fields, fmt.Sprintf("col=%d,endColumn=%d", p.Column, p.EndColumn))
			}
		}
		if d.Code != "" {
			fields = append(fields, "title="+property(d.Code))
		}
		text := d.Message
		if d.Hint != "" {
			text += "; " + d.Hint
		}
		fmt.Fprintf(out, "::%s %s::%s\n", annotation(d.Severity), strings.Join(fields, ","), data(text))
	}
	return out.Flush()
}

func annotation(s Severity) string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "notice"
}

// What ends a command, or a property of one, is escaped as in a URL.
var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func property(text string) string { return escapeProperty.Replace(logged(text)) }

func data(text string) string { return escapeData.Replace(logged(text)) }

// logged is a text that a log may show, which a terminal may read in turn.
func logged(text string) string {
	safe, _ := screen(text, "\n\r\t", nil)
	return safe
}
