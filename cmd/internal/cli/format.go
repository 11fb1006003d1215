package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/seed-e0495807/strake/lang/diag"
)

// The form of --format, as docker has it: "table" with an optional template for
// its columns, "json" for an object a line, or a template for a line.
const FormatUsage = "`FORMAT` Print with a Go template; \"table TEMPLATE\" has a header, \"json\" prints objects"

// Listing prints rows, which are structs. A field's tag "header" is the title of
// its column.
type Listing[R any] struct {
	Usual string // the columns, when none are asked for
}

// Print prints rows in a format.
func (l Listing[R]) Print(w io.Writer, format string, rows []R) error {
	if format == "" || format == "table" {
		format = "table " + l.Usual
	}
	if format == "json" {
		format = "{{json .}}"
	}
	text, table := strings.CutPrefix(format, "table ")
	t, err := ParseFormat(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if table {
		columns := tabwriter.NewWriter(&b, 10, 1, 3, ' ', 0)
		if err := l.rows(columns, t, rows, l.header()); err != nil {
			return err
		}
		columns.Flush()
	} else if err := l.rows(&b, t, rows, nil); err != nil {
		return err
	}
	_, err = io.WriteString(w, diag.Screen(b.String()))
	return err
}

func (l Listing[R]) rows(w io.Writer, t *template.Template, rows []R, header map[string]string) error {
	// The header shows, too, when a template asks for a field that there is not.
	if header != nil {
		if err := Execute(w, t, header); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if err := Execute(w, t, row); err != nil {
			return err
		}
	}
	return nil
}

// header gives the titles by field.
func (Listing[R]) header() map[string]string {
	titles := map[string]string{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[R]()) {
		titles[f.Name] = f.Tag.Get("header")
	}
	return titles
}

// Execute writes a value by a template, as a line.
func Execute(w io.Writer, t *template.Template, value any) error {
	if err := t.Execute(w, value); err != nil {
		return Misuse("invalid --format: %v", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// ParseFormat parses a template with the functions that docker's have. In it, \t
// and \n may be written as such.
func ParseFormat(text string) (*template.Template, error) {
	text = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(strings.TrimSpace(text))
	t, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"json":  ToJSON,
		"split": strings.Split,
		"join":  strings.Join,
		"title": func(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] },
		"lower": strings.ToLower,
		"upper": strings.ToUpper,
		"pad": func(s string, before, after int) string {
			return strings.Repeat(" ", before) + s + strings.Repeat(" ", after)
		},
		"truncate": func(s string, n int) string { return string([]rune(s)[:min(n, len([]rune(s)))]) },
	}).Parse(text)
	if err != nil {
		return nil, Misuse("invalid --format: %v", err)
	}
	return t, nil
}

// ToJSON gives a value as JSON in one line.
func ToJSON(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(string(diag.PrintableJSON(b.Bytes())), "\n"), err
}

// PrintJSON prints a value as docker inspect does.
func PrintJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(diag.PrintableJSON(b.Bytes()))
	return err
}
