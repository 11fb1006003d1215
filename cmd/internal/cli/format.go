package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/docker/cli/templates"

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
	out, flush := io.Writer(&b), func() error { return nil }
	if table {
		columns := tabwriter.NewWriter(&b, 10, 1, 3, ' ', 0)
		out, flush = columns, columns.Flush
		if err := l.header(out, t); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if err := Execute(out, t, row); err != nil {
			return err
		}
	}
	if err := flush(); err != nil {
		return err
	}
	_, err = io.WriteString(w, diag.Screen(b.String()))
	return err
}

// header prints the titles of the columns, which no function of a template changes. It finds
// fields that there are not, also when there are no rows.
func (Listing[R]) header(w io.Writer, t *template.Template) error {
	titles := map[string]string{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[R]()) {
		titles[f.Name] = f.Tag.Get("header")
	}
	t, err := t.Clone()
	if err != nil {
		return err
	}
	return Execute(w, t.Funcs(templates.HeaderFunctions), titles)
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
	t, err := templates.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"json":     ToJSON,   // of which nothing moves the cursor
		"truncate": truncate, // docker's cuts characters
	}).Parse(text)
	if err != nil {
		return nil, Misuse("invalid --format: %v", err)
	}
	return t, nil
}

func truncate(text string, length int) string {
	runes := []rune(text)
	return string(runes[:min(length, len(runes))])
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
