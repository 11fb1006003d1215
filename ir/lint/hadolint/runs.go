package hadolint

import (
	"reflect"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// maxChain is how many commands a RUN has at most that is taken for one of many: who writes more
// into one has thought about it.
const maxChain = 2

// consecutive is about a RUN below another with the same flags, when both are short.
func consecutive() lint.Rule {
	return lint.Rule{
		Name: "DL3059", Doc: "Join consecutive RUNs, each of which makes a layer", URL: lint.Page("DL3059"), Severity: diag.Info, Tags: []string{"size"},
		View: func(v *lint.View, r *lint.Report) {
			for _, stage := range v.Stages {
				var before *lint.Step
				for _, s := range stage.Steps {
					run, ok := s.Body.(*ir.Run)
					if !ok {
						continue
					}
					if before != nil && before.Onbuild == s.Onbuild && before.Index+1 == s.Index && sameFlags(before.Body.(*ir.Run), run) &&
						chain(before) <= maxChain && chain(s) <= maxChain {
						r.Step(s, "each RUN makes a layer: join this one with that above").
							Fix("join both with &&", diag.Intent, join(before, s)...)
					}
					before = s
				}
			}
		},
	}
}

// sameFlags tells whether two RUNs run in the same surroundings, whatever the order of their mounts.
func sameFlags(a, b *ir.Run) bool {
	mounts := func(run *ir.Run) []string {
		var list []string
		for _, m := range run.Mounts {
			text := ""
			for _, o := range m {
				text += o.Key + "=" + o.Value + ","
			}
			list = append(list, text)
		}
		slices.Sort(list)
		return list
	}
	return slices.Equal(mounts(a), mounts(b)) && a.Network == b.Network && a.Security == b.Security && reflect.DeepEqual(a.Devices, b.Devices)
}

// chain is how many commands a RUN has.
func chain(s *lint.Step) int {
	script := s.Script()
	if script == nil {
		line := s.Body.(*ir.Run).Command.Line
		return 1 + strings.Count(line, "&&") + strings.Count(line, ";")
	}
	n := 0
	for _, c := range script.Commands {
		if !c.Nested {
			n++
		}
	}
	return max(n, 1)
}

// join makes one RUN of two that stand below each other. Comments between them stay between their
// lines, unless they are meant for a tool.
func join(a, b *lint.Step) []diag.Edit {
	first, second := a.Script(), b.Script()
	if first == nil || second == nil || first.Text == "" || second.Text == "" || a.Onbuild {
		return nil
	}
	x, y := a.Body.(*ir.Run), b.Body.(*ir.Run)
	if len(x.Heredocs)+len(y.Heredocs) > 0 || !joins(first, second) {
		return nil
	}
	text := a.Stage.View.Text.File.Source.Text
	one, two := a.Node.(*lang.Run).Command.Line.Span(), b.Node.(*lang.Run).Command.Line.Span()
	between := text[one.End:b.Outer.Span().Start]
	line := a.Stage.View.Text.Newline()
	joined := " " + string(a.Stage.View.Module.Escape) + line
	for _, l := range strings.Split(between, "\n") {
		switch l = strings.TrimSpace(l); {
		case l == "":
		case !strings.HasPrefix(l, "#"), strings.Contains(l, "hadolint"), strings.Contains(l, "check"):
			return nil
		default:
			joined += l + line
		}
	}
	last := one.End - 1 // is in the edit, so that none that takes the first RUN away goes with it
	return []diag.Edit{{Span: source.Span{File: one.File, Start: last, End: two.Start}, New: text[last:one.End] + joined + "    && "}}
}

// joins tells whether the lines of two scripts with && between them are a script that has both of them whole: no
// comment, and no & or ; at the end of the first.
func joins(one, two *lint.Script) bool {
	joined := *one.Step.Body.(*ir.Run)
	if strings.Contains(joined.Command.Line, "#") || len(one.Tree().Stmts) == 0 || one.Tree().Stmts[len(one.Tree().Stmts)-1].Background {
		return false
	}
	first := strings.TrimRight(joined.Command.Line, " \t")
	last := one.Tree().Stmts[len(one.Tree().Stmts)-1]
	if one.Bash == two.Bash && !last.Semicolon.IsValid() && int(last.End().Offset()) == len(first) && len(two.Tree().Stmts) > 0 && !strings.Contains(two.Text, "#") {
		return true // nothing of the first is behind its last command
	}
	joined.Command.Line = first + " && " + two.Step.Body.(*ir.Run).Command.Line
	script, err := shell.Parse(&joined, one.Step.State().Shell)
	return err == nil && len(script.Tree().Last) == 0 && len(script.Commands) == len(one.Commands)+len(two.Commands)
}
