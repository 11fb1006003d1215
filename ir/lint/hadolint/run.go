package hadolint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
)

type commandsKey struct{}

// commands are those of a script, and those that run because of their words: what find(1) runs, what
// a variable of the file names, what eval is given, and what a shell reads from a here document.
func commands(s *lint.Script) []*shell.Command {
	list, _ := s.Share(commandsKey{}, func() any {
		list := s.Commands
		for _, c := range s.Commands {
			if more := runBy(s, c); len(more) > 0 {
				list = append(slices.Clip(list), more...)
			}
		}
		return list
	}).([]*shell.Command)
	return list
}

// runBy are the commands that run because of the words of one.
func runBy(s *lint.Script, c *shell.Command) []*shell.Command {
	switch c.Name {
	case "":
		return byVariable(s, c)
	case "find":
		return c.Found()
	case "eval":
		return byText(joined(c.Args))
	case "sh", "bash", "ash", "dash":
		return byText(document(c))
	}
	return nil
}

// byVariable is a command whose program is in a variable that the file sets.
func byVariable(s *lint.Script, c *shell.Command) []*shell.Command {
	value, known := c.Prog.Value(variables(s))
	if c.Prog.Known || !known {
		return nil
	}
	fields := []string{value}
	if _, quoted, only := c.Prog.Variable(); only && !quoted {
		fields = strings.Fields(value)
	}
	var words []shell.Word
	for _, f := range fields {
		words = append(words, shell.Word{Text: f, Known: true, Start: -1, End: -1})
	}
	run := c.Runs(append(words, c.Args...))
	run.Via = run.Via[1:] // the variable
	return []*shell.Command{run}
}

// joined is what eval(1) makes of its words; it is false when one is not known.
func joined(words []shell.Word) (string, bool) {
	var list []string
	for _, w := range words {
		if !w.Known {
			return "", false
		}
		list = append(list, w.Text)
	}
	return strings.Join(list, " "), true
}

// document is the here document that a shell without a script among its words reads. It is false of
// one in which the shell around it puts something.
func document(c *shell.Command) (string, bool) {
	if c.Script != nil || c.Stmt() == nil || slices.ContainsFunc(c.Args, func(w shell.Word) bool { return !strings.HasPrefix(w.Text, "-") && !w.MayBeOption() }) {
		return "", false
	}
	for _, r := range c.Stmt().Redirs {
		if r.Hdoc == nil {
			continue
		}
		var b strings.Builder
		for _, part := range r.Hdoc.Parts {
			lit, ok := part.(*syntax.Lit)
			if !ok {
				return "", false
			}
			b.WriteString(lit.Value)
		}
		return b.String(), true
	}
	return "", false
}

// byText are the commands of a text that some shell reads.
func byText(text string, known bool) []*shell.Command {
	if !known {
		return nil
	}
	script, err := shell.Parse(&ir.Run{Command: ir.Command{Line: text}}, []string{"/bin/bash", "-c"})
	if err != nil {
		return nil
	}
	for _, c := range script.Commands {
		placeless(c)
	}
	return script.Commands
}

// placeless tells of a command that it does not stand in the file.
func placeless(c *shell.Command) {
	c.Nested = true
	c.Prog.Start, c.Prog.End = -1, -1
	for i := range c.Args {
		c.Args[i].Start, c.Args[i].End = -1, -1
	}
}
