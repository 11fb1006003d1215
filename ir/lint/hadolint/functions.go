package hadolint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
)

// functions are the commands, by the names of functions, that those run with all words that they are
// given, as in `retry() { "$@" || "$@"; }`. A function that is there twice, or changes its words, is left
// alone.
func functions(s *lint.Script) map[string][]*shell.Command {
	if s.Tree() == nil || !strings.Contains(s.Text, "$@") {
		return nil
	}
	out, calls := map[string][]*shell.Command{}, s.Calls()
	shell.Walk(s.Tree(), func(n syntax.Node) bool {
		f, ok := n.(*syntax.FuncDecl)
		if !ok {
			return true
		}
		name := f.Name.Value
		if _, twice := out[name]; twice {
			out[name] = nil
			return true
		}
		out[name] = []*shell.Command{}
		changed := false
		shell.Walk(f.Body, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			c := calls[call]
			switch {
			case !ok || c == nil:
			case c.Name == "shift" || c.Name == "set":
				changed = true
			case c.Name != name && slices.ContainsFunc(wordsOf(c), isAll):
				out[name] = append(out[name], c)
			}
			_, inner := n.(*syntax.FuncDecl)
			changed = changed || inner
			return true
		})
		if changed {
			out[name] = nil
		}
		return true
	})
	return out
}

// wordsOf are all of a command.
func wordsOf(c *shell.Command) []shell.Word { return append([]shell.Word{c.Prog}, c.Args...) }

// isAll tells the word that stands for all that a function is given.
func isAll(w shell.Word) bool {
	name, _, only := w.Variable()
	return only && name == "@"
}

// byFunctions has calls of functions run what these run, in place of what stands in their bodies, unless
// that has more in front, like sudo.
func byFunctions(s *lint.Script, list []*shell.Command) []*shell.Command {
	defined := functions(s)
	if len(defined) == 0 {
		return list
	}
	var out, bodies []*shell.Command
	for i, c := range list {
		out = append(out, c)
		if i >= len(s.Commands) || c.Nested || len(c.Via) > 0 || !c.Prog.Known || c.Prog.Text != c.Name || slices.ContainsFunc(c.Args, isAll) {
			continue
		}
		for _, in := range defined[c.Name] {
			run := c.Runs(given(in, c.Args))
			if out = append(out, run); len(in.Via) == 0 {
				bodies = append(bodies, in)
			}
			if script, err := run.Inner(); err == nil && script != nil {
				out = append(out, script.Commands...)
			}
		}
	}
	return slices.DeleteFunc(out, func(c *shell.Command) bool { return slices.Contains(bodies, c) })
}

// given are the words of a command in a function that is given some. They have no place: a change of
// them changes all that the function does with them.
func given(in *shell.Command, args []shell.Word) (out []shell.Word) {
	for _, w := range wordsOf(in) {
		if isAll(w) {
			out = append(out, args...)
		} else {
			out = append(out, w)
		}
	}
	for i := range out {
		out[i].Start, out[i].End = -1, -1
	}
	return out
}
