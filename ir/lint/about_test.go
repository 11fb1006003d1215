package lint_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
)

// TestAbout holds that rules see what they are about, in the order of the file, and nothing else.
func TestAbout(t *testing.T) {
	const text = "FROM x\nRUN b 1 && a 2 && c 3\nENV k=4\nRUN a 5\nONBUILD RUN b 6\nRUN c 7\nUSER 8\nENV k=9\n"
	for want, view := range map[string]func(saw func(string)) func(*lint.View, *lint.Report){
		"1 2 5 6": func(saw func(string)) func(*lint.View, *lint.Report) {
			return lint.OnCommand(func(_ *lint.Script, c *shell.Command, _ *lint.Report) { saw(c.Arg(0)) }, "a", "b", "d")
		},
		"1 2 3 5 6 7": func(saw func(string)) func(*lint.View, *lint.Report) {
			return lint.OnCommand(func(_ *lint.Script, c *shell.Command, _ *lint.Report) { saw(c.Arg(0)) })
		},
		"b1&&a2&&c3 a5 b6": func(saw func(string)) func(*lint.View, *lint.Report) {
			return lint.OnScript(func(s *lint.Script, _ *lint.Report) { saw(strings.ReplaceAll(s.Text, " ", "")) }, "b", "a")
		},
		"4 9": func(saw func(string)) func(*lint.View, *lint.Report) {
			return lint.OnBody(func(_ *lint.Step, env *ir.Env, _ *lint.Report) { saw(env.Pairs[0].Value) })
		},
		"k4 8 k9": func(saw func(string)) func(*lint.View, *lint.Report) {
			return lint.OnKeyword(func(s *lint.Step, _ *lint.Report) {
				switch b := s.Body.(type) {
				case *ir.User:
					saw(b.Name)
				case *ir.Env:
					saw("k" + b.Pairs[0].Value)
				}
			}, "USER", "ENV", "VOLUME")
		},
	} {
		var seen []string
		run(t, text, lint.Rule{Name: "About", View: view(func(s string) { seen = append(seen, s) })})
		if got := strings.Join(seen, " "); got != want {
			t.Errorf("%s was seen, and not %s", got, want)
		}
	}
}
