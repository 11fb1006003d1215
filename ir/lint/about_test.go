package lint_test

import (
	"slices"
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

// TestAboutPrograms holds that a rule is called for the commands of its programs, whatever runs them, as if it
// had looked at all.
func TestAboutPrograms(t *testing.T) {
	scripts := []string{
		"a", "/usr/bin/a x", "sudo a", "sudo -u x a", "env -i B=c a", "nice -n 5 a", "echo x | xargs -n1 a", `sh -c "a && b"`, `eval "a x"`,
		`find . -exec a {} \;`, "p=a; $p x", "f() { a; }; f", "busybox a", "timeout 5 /bin/a", "(a)", "{ a; }", "x=$(a)", "! a", `\a`, `"a" x`,
		"if a; then b; fi", "case x in x) a;; esac", "cat <(a)", "a | b &", "then_a", "b a", "<<E\na\nb\nE", "<<E\n#!/bin/bash\n/opt/a x\nE",
		`["a", "x"]`, `["/bin/sh", "-c", "a x; b"]`, "su -c 'a x'", "exec a", "command -p a", "A=b a",
	}
	for _, keyword := range []string{"RUN ", "ONBUILD RUN "} {
		for _, names := range [][]string{{"a"}, {"b", "a"}, {"sudo", "a"}, {"none"}} {
			text := "FROM x\n"
			for _, s := range scripts {
				text += keyword + s + "\n"
			}
			var want, got, in []*shell.Command
			note := func(to *[]*shell.Command) func(*lint.Script, *shell.Command, *lint.Report) {
				return func(_ *lint.Script, c *shell.Command, _ *lint.Report) { *to = append(*to, c) }
			}
			run(t, text,
				lint.Rule{Name: "All", View: lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
					if slices.Contains(names, c.Name) {
						note(&want)(s, c, r)
					}
				})},
				lint.Rule{Name: "Some", View: lint.OnCommand(note(&got), names...)},
				lint.Rule{Name: "Scripts", View: lint.OnScript(func(s *lint.Script, r *lint.Report) {
					for _, c := range s.Commands {
						if slices.Contains(names, c.Name) {
							note(&in)(s, c, r)
						}
					}
				}, names...)})
			if !slices.Equal(got, want) || !slices.Equal(in, want) {
				t.Errorf("%s%v: %d and %d were seen, and not %d", keyword, names, len(got), len(in), len(want))
			}
			if len(want) < len(scripts)-8 && names[0] != "none" {
				t.Errorf("%s%v: only %d are commands", keyword, names, len(want))
			}
		}
	}
}
