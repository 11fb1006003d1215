package hadolint_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/cases"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// FuzzFixes has all rules look at a text. Each fix by itself can be applied to a text that parses,
// and what it makes parses.
func FuzzFixes(f *testing.F) {
	pages, err := cases.Read(hadolint.Cases())
	if err != nil {
		f.Fatal(err)
	}
	for _, page := range pages {
		for _, c := range page.Cases {
			f.Add(c.Text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := lint.Read(source.NewFile("Dockerfile", text))
		in.Options.Registries = []string{"docker.io", "*.example"}
		found, err := lint.Run(hadolint.Rules(), in)
		if err != nil || in.Diags.HasErrors() {
			return
		}
		for _, d := range lint.Diags(found.Findings) {
			for _, fix := range d.Fixes {
				out, err := diag.Apply(text, fix.Edits)
				if err != nil {
					t.Fatalf("%s: %v\n%s", d.Code, err, text)
				}
				if diags := lint.Read(source.NewFile("Dockerfile", out)).Diags; diags.HasErrors() {
					t.Errorf("%s: %v\n%q\nis made to\n%q", d.Code, diags.Errors(), text, out)
				}
			}
		}
	})
}
