package diag

import (
	"slices"

	"github.com/seed-e0495807/strake/lang/redact"
)

// Redacted is a list whose texts have no credentials of URLs. Those in excerpts of files
// stay, as whoever reads the excerpt has the file.
func (l List) Redacted() List {
	out := slices.Clone(l)
	for i := range out {
		out[i] = out[i].Redacted()
	}
	return out
}

// Redacted is a diagnostic whose texts have no credentials of URLs.
func (d Diagnostic) Redacted() Diagnostic {
	d.Message, d.Expected, d.Hint = redact.URLs(d.Message), redact.URLs(d.Expected), redact.URLs(d.Hint)
	d.Notes, d.Related = slices.Clone(d.Notes), slices.Clone(d.Related)
	for i := range d.Notes {
		d.Notes[i].Text = redact.URLs(d.Notes[i].Text)
	}
	for i := range d.Related {
		d.Related[i].Message = redact.URLs(d.Related[i].Message)
	}
	return d
}
