package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
)

var (
	//go:embed report.html
	page string
	//go:embed sections.html
	sections string
)

// HTML prints the report as one file, which loads nothing and runs no script.
func (r *Report) HTML(w io.Writer) error { return Print(w, page, nil, r) }

// Print prints a page of data, which may have parts of a report: "head" is what stands in the head
// of any page, "layers" takes a *Report, "waste" a Waste and "leftover" a Leftover. What names of files
// and instructions may have against those who read them is escaped.
func Print(w io.Writer, page string, more template.FuncMap, data any) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"size": size, "share": share, "plural": plural, "done": done,
		"step":    func(o validate.Origin) string { return step(o, 400) },
		"which":   func(o validate.Origin, commands []string) string { return which(o, commands, 400) },
		"percent": func(part, whole int64) float64 { return 100 * float64(part) / float64(max(whole, 1)) },
		"largest": func(list []Layer) (n int64) {
			for _, l := range list {
				n = max(n, l.Bytes)
			}
			return n
		},
	}).Funcs(more).Parse(page)
	if err == nil {
		t, err = t.Parse(sections)
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	_, err = io.WriteString(w, diag.Screen(b.String())) // names of files may turn the direction of a line
	return err
}
