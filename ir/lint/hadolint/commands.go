package hadolint

import (
	"slices"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
)

// sudo changes who a command is run as, without a word in the Dockerfile of whom that leaves.
func sudo() lint.Rule {
	return lint.Rule{
		Name: "DL3004", Doc: "Do not use sudo, which does what nobody can foresee: use USER, or gosu to become another user",
		URL: lint.Page("DL3004"), Severity: diag.Error, Tags: []string{"security"},
		Step: lint.OnScript(func(s *lint.Script, r *lint.Report) {
			for _, c := range s.Commands {
				if c.Name == "sudo" || slices.Contains(c.Via, "sudo") {
					r.Command(s, c, "do not use sudo: it does what nobody can foresee; use USER, or gosu, to become another user")
				}
			}
		}),
	}
}
