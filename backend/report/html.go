package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
)

//go:embed report.html
var page string

// HTML prints the report as one file, which loads nothing and runs no script.
func (r *Report) HTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"size": size, "share": share, "plural": plural, "done": done,
		"step":    func(o validate.Origin) string { return step(o, 400) },
		"percent": func(part, whole int64) float64 { return 100 * float64(part) / float64(max(whole, 1)) },
		"largest": func() (n int64) {
			for _, l := range r.Layers {
				n = max(n, l.Bytes)
			}
			return n
		},
	}).Parse(page)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, r); err != nil {
		return err
	}
	_, err = io.WriteString(w, diag.Screen(b.String())) // names of files may turn the direction of a line
	return err
}
