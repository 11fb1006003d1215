package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// trigger is about the instructions that no later build can run.
func trigger() lint.Rule {
	return lint.Rule{
		Name: "DL3043", Doc: "Leave no ONBUILD, FROM or MAINTAINER to later builds", URL: lint.Page("DL3043"), Severity: diag.Error, Tags: []string{"onbuild"},
		Text: func(t *lint.Text, r *lint.Report) {
			for _, in := range t.All {
				on, ok := in.(*lang.Onbuild)
				if !ok {
					continue
				}
				words := strings.Fields(on.Code)
				if len(words) < 2 || !slices.Contains([]string{"ONBUILD", "FROM", "MAINTAINER"}, strings.ToUpper(words[1])) {
					continue
				}
				f := r.Instruction(in, strings.ToUpper(words[1])+" cannot stand behind ONBUILD: no build runs it")
				switch inner := on.Trigger.(type) {
				case *lang.Maintainer:
					f.Fix("make it a LABEL", diag.Intent, asLabel(t.File, inner)...)
				case nil:
					f.Fix("remove one ONBUILD", diag.Intent, withoutFirst(t.File, on)...)
				}
			}
		},
	}
}

// withoutFirst takes the first keyword of an ONBUILD ONBUILD out.
func withoutFirst(file *lang.File, on *lang.Onbuild) []diag.Edit {
	at := on.Keyword.Span()
	rest := file.Source.Text[at.End:]
	trimmed := strings.TrimLeft(rest, " \t")
	if len(trimmed) < len("ONBUILD") || !strings.EqualFold(trimmed[:len("ONBUILD")], "ONBUILD") {
		return nil
	}
	return []diag.Edit{{Span: source.Span{File: at.File, Start: at.Start, End: at.End + uint32(len(rest)-len(trimmed))}}}
}

// maintainer is about the instruction that a label has taken the place of.
func maintainer() lint.Rule {
	return lint.Rule{
		Name: "DL4000", Doc: "Write LABEL maintainer in the place of MAINTAINER, which is deprecated", URL: lint.Page("DL4000"), Severity: diag.Error, Tags: []string{"labels"},
		Same: "MaintainerDeprecated",
		Text: func(t *lint.Text, r *lint.Report) {
			for _, in := range t.All {
				if m, ok := in.(*lang.Maintainer); ok {
					r.Instruction(in, "MAINTAINER is deprecated: use LABEL maintainer=…").
						Fix("make it a LABEL", diag.Intent, asLabel(t.File, m)...)
				}
			}
		},
	}
}

// asLabel writes a MAINTAINER as a label.
func asLabel(file *lang.File, m *lang.Maintainer) []diag.Edit {
	name := strings.TrimSpace(m.Name.Text)
	if n := len(name); n > 1 && (name[0] == '"' || name[0] == '\'') && name[n-1] == name[0] && strings.Count(name, name[:1]) == 2 {
		name = name[1 : n-1]
	}
	if name == "" {
		return nil
	}
	var b strings.Builder
	for i := range len(name) {
		if name[i] == '"' || name[i] == '$' || name[i] == file.Escape {
			b.WriteByte(file.Escape)
		}
		b.WriteByte(name[i])
	}
	at := m.Keyword.Span()
	at.End = m.Name.Span().End
	return []diag.Edit{{Span: at, New: lint.Like(m.Keyword.Text, "LABEL") + ` maintainer="` + b.String() + `"`}}
}
