package hadolint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
)

// started makes a lint.Commands of the commands of a script and those that run because of their words:
// what find(1) runs, what a variable of the file names, what eval is given, what a shell reads from
// a here document, and what functions run with what they are given.
type started struct{}

// Of gives them.
func (started) Of(s *lint.Script) []*shell.Command { return commands(s) }

func commands(s *lint.Script) []*shell.Command {
	list, _ := s.Share(started{}, func() any {
		list := slices.Clip(s.Commands)
		shells := false
		for _, c := range s.Commands {
			list = append(list, runBy(s, c)...)
			shells = shells || isShell(c.Name)
		}
		if shells {
			s.Pipes(func(from, to *shell.Command) {
				if isShell(to.Name) && readsScript(to) && (from.Name == "echo" || from.Name == "printf") {
					list = append(list, byText(joined(from.Operands()))...)
				}
			})
		}
		return byFunctions(s, list)
	}).([]*shell.Command)
	return list
}

func isShell(name string) bool { return slices.Contains([]string{"sh", "bash", "ash", "dash"}, name) }

// runBy are the commands that run because of the words of one.
func runBy(s *lint.Script, c *shell.Command) []*shell.Command {
	switch c.Name {
	case "":
		return byVariable(s, c)
	case "find":
		return c.Found()
	case "eval":
		return byText(joined(c.Args))
	case "trap":
		return byText(joined(c.Args[:min(1, len(c.Args))]))
	case "env":
		if c.Arg(0) == "-S" || c.Arg(0) == "--split-string" {
			return byText(joined(c.Args[1:]))
		}
	case "sh", "bash", "ash", "dash":
		return byText(document(c))
	}
	if w, ok := wrappers[c.Name]; ok {
		return w.runs(c)
	}
	return nil
}

// wrapper is a program that runs another one, behind its options and some operands.
type wrapper struct {
	operands int
	values   string // letters of options whose value is the next word
}

// wrappers are those that package shell does not look through.
var wrappers = map[string]wrapper{
	"watch": {values: "nq"}, "chroot": {operands: 1}, "unshare": {values: "RwSG"}, "xvfb-run": {values: "efnpsw"}, "taskset": {operands: 1},
	"flock": {operands: 1, values: "wE"}, "tini": {values: "p"}, "dumb-init": {values: "r"}, "parallel": {values: "jNnaS"}, "eatmydata": {},
	"proxychains": {values: "f"}, "proxychains4": {values: "f"}, "torsocks": {}, "faketime": {operands: 1}, "catchsegv": {}, "linux32": {}, "setarch": {operands: 1},
}

// runs is the command that a wrapper runs, with the commands of its script.
func (w wrapper) runs(c *shell.Command) []*shell.Command {
	args, skip := c.Args, w.operands
	for len(args) > 0 {
		text := args[0].Text
		dash := len(text) > 1 && text[0] == '-'
		if !dash && skip == 0 {
			break
		}
		if !dash {
			skip--
		}
		if args = args[1:]; dash && text[1] != '-' && strings.ContainsAny(text[len(text)-1:], w.values) && len(args) > 0 {
			args = args[1:]
		}
	}
	if len(args) == 0 {
		return nil
	}
	list := []*shell.Command{c.Runs(args)}
	if script, err := list[0].Inner(); err == nil && script != nil {
		list = append(list, script.Commands...)
	}
	return list
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

// readsScript tells a shell that is given no script but what it reads.
func readsScript(c *shell.Command) bool {
	return c.Script == nil && !slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		return len(w.Text) < 2 && w.Text != "-" || !strings.HasPrefix(w.Text, "-") && !w.MayBeOption()
	})
}

// document is the here document, or the text behind <<<, that a shell reads. It is false of one in
// which the shell around it puts something.
func document(c *shell.Command) (string, bool) {
	if c.Stmt() == nil || !readsScript(c) {
		return "", false
	}
	for _, r := range c.Stmt().Redirs {
		if r.Op == syntax.WordHdoc {
			w := shell.WordOf(r.Word)
			return w.Text, w.Known
		}
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
