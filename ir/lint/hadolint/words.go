package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// eachCommand makes a Rule.View of a function that looks at the commands of some programs.
func eachCommand(look func(*lint.Script, *shell.Command, *lint.Report), programs ...string) func(*lint.View, *lint.Report) {
	return lint.OnCommandOf(started{}, look, programs...)
}

// eachScript makes a Rule.View of a function that looks at the scripts that run one of some programs.
func eachScript(look func(*lint.Script, *lint.Report), programs ...string) func(*lint.View, *lint.Report) {
	return lint.OnScriptOf(started{}, look, programs...)
}

// plain tells a word that stands for itself, as most do.
func plain(w shell.Word) bool { return w.Known && !strings.HasPrefix(w.Text, "~") }

// texts are what a word stands for: itself, or what the file gives its variables, which a loop may
// give one after the other. It is false when that is not known.
func texts(s *lint.Script, w shell.Word) ([]string, bool) {
	var all []string
	name, quoted, only := w.Variable()
	if sets := assigned(s, name, only); len(sets) > 0 && !slices.ContainsFunc(sets, func(v shell.Var) bool { return !v.Value.Known }) {
		for _, v := range sets {
			all = append(all, v.Value.Text)
		}
	} else if text, known := w.Value(variables(s)); known {
		all = []string{text}
	}
	if all == nil {
		return nil, false
	}
	if only && !quoted {
		all = strings.Fields(strings.Join(all, " "))
	}
	return all, true
}

// assigned are the values that a script gives the variable that is all of a word.
func assigned(s *lint.Script, name string, only bool) []shell.Var {
	if !only {
		return nil
	}
	return s.Given(name)
}

// unpinned are the words that name a package and no version of it. A word that starts with what is
// not known may be anything.
func unpinned(s *lint.Script, list []shell.Word, pinned func(string) bool) (names []string) {
	for _, w := range list {
		if plain(w) {
			if w.Text != "" && w.Text[0] != '-' && !pinned(w.Text) {
				names = append(names, w.Text)
			}
			continue
		}
		all, known := texts(s, w)
		if head, _ := w.Ends(); !known {
			if head == "" {
				continue
			}
			all = []string{w.Text}
		}
		for _, text := range all {
			if text != "" && text[0] != '-' && !pinned(text) {
				names = append(names, text)
			}
		}
	}
	return names
}

// sayUnpinned reports packages without a version; like is how one is written.
func sayUnpinned(s *lint.Script, c *shell.Command, r *lint.Report, names []string, like string) {
	if len(names) == 0 {
		return
	}
	what := names[0] + " comes in"
	if n := len(names); n > 1 {
		what = strings.Join(names[:min(n, 3)], ", ")
		if n > 3 {
			what += ", …"
		}
		what += " come in"
	}
	r.Command(s, c, what+" whatever version there is on the day of the build: name one, like "+like)
}

// mayHave tells whether a command may be given an option by a word that is not known: one in front
// of its subcommand, or a variable that is called after options.
func mayHave(s *lint.Script, c *shell.Command, subcommand string) bool {
	behind := false
	for _, w := range c.Args {
		behind = behind || w.Known && w.Text == subcommand
		if plain(w) {
			continue
		}
		if _, known := texts(s, w); known || !w.MayBeOption() {
			continue
		}
		if !behind || slices.ContainsFunc(w.Variables(), func(name string) bool {
			name = strings.ToUpper(name)
			return strings.Contains(name, "OPT") || strings.Contains(name, "FLAG") || strings.Contains(name, "ARGS")
		}) {
			return true
		}
	}
	return false
}

// flat are the arguments of a command as texts, with variables that are known expanded.
func flat(s *lint.Script, c *shell.Command) (list []string) {
	list = make([]string, 0, len(c.Args))
	for _, w := range c.Args {
		if plain(w) {
			list = append(list, w.Text)
		} else if all, known := texts(s, w); known {
			list = append(list, all...)
		} else {
			list = append(list, w.Text)
		}
	}
	return list
}

// beside puts a text in front of the first argument that is a word, or behind it.
func beside(s *lint.Script, c *shell.Command, word, front, behind string) []diag.Edit {
	for _, w := range c.Args {
		if w.Known && w.Text == word && w.Start >= 0 {
			if front != "" {
				return s.Edit(w.Start, w.Start, front)
			}
			return s.Edit(w.End, w.End, behind)
		}
	}
	return nil
}
