package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Command is a simple command.
type Command struct {
	Name   string   // the program without its directory, "" when only the run shows it
	Prog   Word     // the program as written
	Args   []Word   // behind it
	Env    []Var    // assignments in front of it, those of env and sudo included
	Writes []Word   // files that its output goes to
	Reads  []Word   // files and texts that its input comes from: those of < and <<<
	User   string   // whom sudo, su and the like run it as; "" is who runs the script
	Nested bool     // it is in a word for another shell, or in exec form: it has no place in the text
	Text   string   // the command as written
	Via    []string // programs in front of it that only run it, like sudo
	Apart  bool     // one of those gives it another directory, root or environment, has its output in a file, or is of the author's
	Loose  bool     // one of those may leave or start other processes, or has a word that may be several, so that the command is another
	Puts   bool     // xargs puts what it reads into words of the command

	Script *syntax.File // the tree of the script that is among its words, as of `sh -c`; nil when there is none, or it is not known

	stmt *syntax.Stmt
	bash bool // Script is read as bash does
}

// Arg is the literal text of an argument; "" when it is not known or not there.
func (c *Command) Arg(i int) string {
	if i < len(c.Args) {
		return c.Args[i].Lit()
	}
	return ""
}

// Has tells whether one of the words is an argument.
func (c *Command) Has(words ...string) bool {
	return slices.ContainsFunc(c.Args, func(w Word) bool { return w.Known && slices.Contains(words, w.Text) })
}

// Operands are the arguments that do not start with a dash.
func (c *Command) Operands() []Word {
	var list []Word
	for _, w := range c.Args {
		if !strings.HasPrefix(w.Text, "-") {
			list = append(list, w)
		}
	}
	return list
}

// Pos is where the statement of the command starts in its text; the zero value in exec form.
func (c *Command) Pos() syntax.Pos {
	if c.stmt == nil {
		return syntax.Pos{}
	}
	return c.stmt.Pos()
}

// Stmt is the statement of the command in the tree of its text; nil in exec form.
func (c *Command) Stmt() *syntax.Stmt { return c.stmt }

// Fed tells whether the command is given words that it reads, by xargs(1).
func (c *Command) Fed() bool { return slices.Contains(c.Via, "xargs") }

// Sets tells whether one of the variables is assigned in front of the command.
func (c *Command) Sets(names ...string) bool {
	return slices.ContainsFunc(c.Env, func(v Var) bool { return slices.Contains(names, v.Name) })
}

// collect takes the commands out of the tree of a text, in its order.
func (s *Script) collect(file *syntax.File, text string, nested bool, user string) {
	s.trees = append(s.trees, file)
	Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			if call, ok := n.Cmd.(*syntax.CallExpr); ok {
				s.call(n, call, text, nested, user)
			}
		case *syntax.DeclClause:
			for _, a := range n.Args {
				s.assign(a)
			}
		case *syntax.WordIter:
			for _, w := range n.Items {
				s.Sets = append(s.Sets, Var{n.Name.Value, newWord(w, text)})
			}
			if len(n.Items) == 0 { // the arguments of the script
				s.Sets = append(s.Sets, Var{Name: n.Name.Value})
			}
		case *syntax.ParamExp:
			if n.Param != nil && n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
				s.Sets = append(s.Sets, Var{Name: n.Param.Value})
			}
		}
		return true
	})
}

func (s *Script) assign(a *syntax.Assign) {
	if a.Name == nil && a.Value != nil { // `export $X`
		text, known := value(a.Value.Parts, false, nil)
		s.AnySet = s.AnySet || !known || isReference(text)
	}
	if a.Name != nil && !a.Naked && a.Value != nil {
		s.Sets = append(s.Sets, Var{a.Name.Value, newWord(a.Value, s.Text)})
	}
}

// isReference tells an option of bash's declare(1) by which a name stands for another.
func isReference(option string) bool {
	return strings.HasPrefix(option, "-") && strings.Contains(option, "n")
}

// call takes a simple command.
func (s *Script) call(stmt *syntax.Stmt, call *syntax.CallExpr, text string, nested bool, user string) {
	if len(call.Args) == 0 {
		for _, a := range call.Assigns {
			s.assign(a)
		}
		return
	}
	start, end := call.Pos().Offset(), call.End().Offset()
	c := &Command{stmt: stmt, Nested: nested, User: user, Text: text[min(start, end):end]} // the name of a coproc may stand in front of what is assigned
	for _, a := range call.Assigns {
		if a.Value != nil {
			c.Env = append(c.Env, Var{a.Name.Value, word(a.Value, text, nested)})
		}
	}
	for _, r := range stmt.Redirs {
		if r.Op == syntax.RdrOut || r.Op == syntax.AppOut || r.Op == syntax.RdrClob || r.Op == syntax.RdrAll {
			c.Writes = append(c.Writes, word(r.Word, text, nested))
		}
		if (r.Op == syntax.RdrIn || r.Op == syntax.WordHdoc) && (r.N == nil || r.N.Value == "0") {
			c.Reads = append(c.Reads, word(r.Word, text, nested))
		}
	}
	words := make([]Word, len(call.Args))
	for i, w := range call.Args {
		words[i] = word(w, text, nested)
	}
	switch words[0].Text { // commands like any other in a POSIX shell
	case "export", "readonly", "local", "declare", "typeset":
		for _, w := range words[1:] {
			name, value, ok := strings.Cut(w.Text, "=")
			if ok {
				s.Sets = append(s.Sets, Var{name, Word{Text: value, Known: w.Known, Start: w.Start, End: w.End}})
			}
			s.AnySet = s.AnySet || !w.Known && !isName(name) || isReference(w.Text)
		}
	case "read", "getopts", "printf", "mapfile", "readarray", "unset":
		for i, w := range words[1:] {
			if words[0].Text == "printf" && words[i].Text != "-v" {
				continue
			}
			if isName(w.Text) {
				s.Sets = append(s.Sets, Var{Name: w.Text})
			}
			s.AnySet = s.AnySet || !w.Known || strings.Contains(w.Text, "[") // a subscript is a script
		}
	}
	s.add(c, words)
}

// add names a command, and looks into words that are scripts.
func (s *Script) add(c *Command, words []Word) {
	words = unwrap(c, words)
	if len(words) == 0 {
		return
	}
	c.Prog, c.Args = words[0], words[1:]
	if c.Prog.Known {
		c.Name = path.Base(c.Prog.Text)
	}
	s.Commands = append(s.Commands, c)
	if text, user, ok := inner(c); ok {
		if file, bash, err := parse(c.Name, text); err == nil {
			c.Script, c.bash = file, bash
			s.collect(file, text, true, user)
		}
	}
}

// Inner is the script that is among the words of a command, also of one that another runs, on
// its own; nil when there is none, or it is not known.
func (c *Command) Inner() (*Script, error) {
	text, user, ok := inner(c)
	if !ok {
		return nil, nil
	}
	file, bash, err := c.Script, c.bash, error(nil)
	if file == nil {
		if file, bash, err = parse(c.Name, text); err != nil {
			return nil, err
		}
	}
	s := &Script{Text: text, Bash: bash, file: file}
	s.collect(file, text, true, user)
	return s, nil
}

// Runs is a command that this one runs by some of its words, as `find -exec` does.
func (c *Command) Runs(words []Word) *Command {
	out := &Command{User: c.User, Nested: true, Text: c.Text, Via: append(slices.Clone(c.Via), c.Name)}
	if words = unwrap(out, words); len(words) > 0 {
		out.Prog, out.Args = words[0], words[1:]
		if out.Prog.Known {
			out.Name = path.Base(out.Prog.Text)
		}
	}
	return out
}

// Finds are the words of each command that find(1) runs for what it finds, and the others of its own.
func (c *Command) Finds() (runs [][]Word, rest []Word) {
	for i := 0; i < len(c.Args); i++ {
		if !isOneOf(c.Arg(i), "-exec", "-execdir") {
			rest = append(rest, c.Args[i])
			continue
		}
		end := i + 1
		for end < len(c.Args) && c.Arg(end) != ";" && c.Arg(end) != "+" {
			end++
		}
		runs = append(runs, c.Args[i+1:min(end, len(c.Args))])
		i = end
	}
	return runs, rest
}

// inner is the script that a command like `bash -c "…"` or `su user -c "…"` is given.
func inner(c *Command) (text, user string, ok bool) {
	user = c.User
	switch {
	case c.Name == "su" || c.Name == "runuser":
		user = "root"
		for i, w := range c.Args {
			if !strings.HasPrefix(w.Text, "-") && (i == 0 || c.Arg(i-1) != "-c" && c.Arg(i-1) != "-s") {
				user = w.Text
				break
			}
		}
	case !isShell(c.Name):
		return "", "", false
	}
	if !isShell(c.Name) && slices.ContainsFunc(c.Args, func(w Word) bool { return strings.HasPrefix(w.Text, "-s") || strings.HasPrefix(w.Text, "--s") }) && !c.knowsShell() {
		return "", "", false
	}
	for i, w := range c.Args {
		letters := strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--")
		if i+1 < len(c.Args) && (w.Text == "--command" || letters && (strings.HasSuffix(w.Text, "c") || isShell(c.Name) && strings.Contains(w.Text, "c"))) {
			return c.Args[i+1].Text, user, c.Args[i+1].Known
		}
	}
	return "", "", false
}

// knowsShell tells whether the program that su -s names is a shell whose scripts are read.
func (c *Command) knowsShell() bool {
	given, _, ok := Options{Flags: "lmpfP-", Values: "cgGsu", Long: []string{"login", "command=", "group=", "supp-group=", "shell=", "preserve-environment", "fast", "pty", "user="}}.Parse(c.Args, true) // su(1), util-linux 2.38
	for _, o := range given {
		if o.Name == "s" || o.Name == "shell" {
			ok = ok && o.Value.Known && isShell(path.Base(o.Value.Text))
		}
	}
	return ok
}
