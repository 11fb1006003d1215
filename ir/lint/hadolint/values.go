package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/words"
)

// expanded is a command with the variables in its arguments put in, as far as the file has their
// values: those of ENV, the defaults of ARG, and what the script sets once. A variable without
// quotes gives as many words as it has.
func expanded(s *lint.Script, c *shell.Command) *shell.Command {
	if !slices.ContainsFunc(c.Args, func(w shell.Word) bool { return !w.Known }) {
		return c
	}
	out := *c
	out.Args = nil
	lookup := variables(s)
	for _, w := range c.Args {
		name, quoted, only := w.Variable()
		switch value, ok := w.Value(lookup); {
		case w.Known || !ok:
			out.Args = append(out.Args, w)
		case only && !quoted && name != "HOME":
			for _, field := range strings.Fields(value) {
				out.Args = append(out.Args, shell.Word{Text: field, Known: true, Start: w.Start, End: w.End})
			}
		default:
			out.Args = append(out.Args, shell.Word{Text: value, Known: true, Start: w.Start, End: w.End})
		}
	}
	return &out
}

// variables are those that a script finds in its words.
func variables(s *lint.Script) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		if sets := s.Given(name); len(sets) > 0 {
			value := sets[len(sets)-1].Value
			return value.Text, len(sets) == 1 && value.Known
		}
		return variable(s.Step, name)
	}
}

// variable is the value of ENV in front of a step, or the default of an ARG, which is what most
// builds have.
func variable(s *lint.Step, name string) (string, bool) {
	if value, ok := s.State().Lookup(name); ok {
		return value, true
	}
	if s.Stage.Node == nil { // the ARGs above any FROM are its own
		if value, ok := global(s.Stage.View, name); ok {
			return value, true
		}
	}
	if _, set, _ := s.State().Var(name); !set {
		return "", false
	}
	for i := len(s.Stage.Steps) - 1; i >= 0; i-- {
		step := s.Stage.Steps[i]
		arg, ok := step.Body.(*ir.Arg)
		if !ok || step.Index >= s.Index {
			continue
		}
		for _, d := range slices.Backward(arg.Defaults) {
			if d.Key == name && d.Set {
				return step.Expand(d.Value)
			}
			if d.Key == name {
				return global(s.Stage.View, name)
			}
		}
	}
	return "", false
}

// text is a word of a step's instruction with its variables put in, the defaults of ARGs among them.
// It is false when one has no value.
func text(s *lint.Step, word string) (string, bool) {
	if value, known := s.Expand(word); known {
		return value, true
	}
	vars := defaults{step: s, known: true}
	lexer := words.Lexer{Escape: rune(s.Stage.View.Module.Escape)}
	value, err := lexer.Word(word, &vars)
	return value, err == nil && vars.known
}

// defaults are the variables of a step, and whether all that were asked for have a value.
type defaults struct {
	step  *lint.Step
	known bool
}

// Get gives one to a lexer of words.
func (d *defaults) Get(name string) (string, bool) {
	value, ok := variable(d.step, name)
	d.known = d.known && ok
	return value, ok
}

// global is the default of an ARG in front of the first FROM, when it is a plain text.
func global(v *lint.View, name string) (string, bool) {
	for _, op := range slices.Backward(v.Module.Args) {
		for _, d := range slices.Backward(op.Body.(*ir.Arg).Defaults) {
			if d.Key == name && d.Set {
				return strings.Trim(d.Value, `"'`), !strings.Contains(d.Value, "$")
			}
		}
	}
	return "", false
}

// hasOption tells whether one of the options stands in front of any "--": long ones by their
// names, also with a value, and short ones in a word of their own or with others.
func hasOption(c *shell.Command, names ...string) bool {
	for _, w := range c.Args {
		text := w.Text
		long, isLong := strings.CutPrefix(text, "--")
		switch {
		case text == "--":
			return false
		case isLong:
			name, _, _ := strings.Cut(long, "=")
			if len(name) > 1 && slices.Contains(names, name) {
				return true
			}
		case len(text) > 1 && text[0] == '-':
			for _, name := range names {
				if len(name) == 1 && strings.Contains(text, name) {
					return true
				}
			}
		}
	}
	return false
}

// commandEnd is where a command ends in the script's text, with its redirections and without what
// ends its statement; -1 where it does not stand there.
func commandEnd(c *shell.Command) int {
	stmt := c.Stmt()
	if c.Nested || stmt == nil || stmt.Cmd == nil {
		return -1
	}
	at := int(stmt.Cmd.End().Offset())
	for _, r := range stmt.Redirs {
		if r.Hdoc != nil {
			return -1
		}
		at = max(at, int(r.End().Offset()))
	}
	return at
}

// cached tells whether a RUN has a place that no image keeps where one of these directories is:
// one that starts with "~" may be in any home.
func cached(s *lint.Script, dirs ...string) bool {
	run, ok := s.Step.Body.(*ir.Run)
	if !ok {
		return false
	}
	for _, m := range run.Mounts {
		if kind, _ := m.Option("type"); kind != "cache" && kind != "tmpfs" {
			continue
		}
		target, _ := m.Option("target")
		if value, ok := s.Step.Expand(target); ok {
			target = value
		}
		target = strings.TrimRight(target, "/") + "/"
		for _, dir := range dirs {
			if covers(target, dir+"/") {
				return true
			}
		}
	}
	return false
}

// covers tells whether one of two directories, both with a slash behind, is in the other.
func covers(a, b string) bool {
	rest, home := strings.CutPrefix(b, "~")
	if !home {
		return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
	}
	if strings.Contains(a, rest) {
		return true
	}
	for i := len(rest) - 2; i > 0; i-- { // a parent of it below the home
		if rest[i] == '/' && strings.HasSuffix(a, rest[:i+1]) {
			return true
		}
	}
	return false
}
