package hadolint

import (
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

var ignorePragma = late.Regexp(`^\s*hadolint\s+ignore\s*=`)

// noPragma is for those who want findings looked at, and not silenced where they are.
func noPragma() lint.Rule {
	return lint.Rule{
		Name: "DL1001", Doc: "Do not silence rules by comments above instructions", URL: lint.Page("DL1001"), Severity: diag.Warning, Level: lint.Experimental,
		Text: func(t *lint.Text, r *lint.Report) {
			for _, item := range t.File.Items {
				if c, ok := item.(*lang.Comment); ok && ignorePragma().MatchString(c.Text) {
					r.Span(c.Span(), "this comment silences rules: fix what they find, or leave them out in the configuration")
				}
			}
		},
	}
}
