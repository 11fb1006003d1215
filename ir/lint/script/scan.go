package script

import (
	"iter"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// scan is one look at a script.
type scan struct {
	script *lint.Script
	file   *syntax.File
	text   string
	shell  string            // sh, dash, ash or bash
	given  func(string) bool // tells the variables that the image has
	strict bool              // it ends at the first command that fails
	stack  []syntax.Node
	guards int // how many of the stack are
	found  map[string][]problem

	unquoted []*syntax.ParamExp // that are split
	uses     map[string]syntax.Node
	reads    map[string]bool
	program  map[string]bool // that a name is of no function or alias
	sets     map[string]syntax.Node
}

func (c *scan) scanned(s *lint.Script) map[string][]problem {
	return c.scanAs(s, shellOf(s), func(name string) bool { return ofImage(s, name) })
}

// scanAs looks at a script as one of a shell that has been given variables. The scan may have looked at
// another one before.
func (c *scan) scanAs(s *lint.Script, shell string, given func(string) bool) map[string][]problem {
	*c = scan{script: s, file: s.BashTree(), text: s.Text, shell: shell, given: given, stack: c.stack[:0]}
	if c.file == nil {
		return nil
	}
	c.strict = c.endsOnError()
	c.walk(c.file)
	c.split()
	c.variables()
	c.appends()
	return c.found
}

// shellOf is the name of the program that reads a script: what its first line says, or the stage.
func shellOf(s *lint.Script) string {
	words := s.Step.State().Shell
	if line, ok := strings.CutPrefix(s.Text, "#!"); ok {
		line, _, _ = strings.Cut(line, "\n")
		words = strings.Fields(line)
		if len(words) > 1 && path.Base(words[0]) == "env" {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return "sh"
	}
	return path.Base(words[0])
}

// bash tells whether bash reads the script, which takes more than the others.
func (c *scan) bash() bool { return c.shell == "bash" }

// runs is what a fix keeps that goes by what the program of a name does: the files, unless the
// script may have a function or an alias of that name.
func (c *scan) runs(name string) diag.Keeps {
	if c.program == nil {
		c.program = map[string]bool{}
	}
	is, known := c.program[name]
	if !known {
		is = !strings.Contains(c.text, "alias")
		shell.Walk(c.file, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl:
				is = is && n.Name != nil && n.Name.Value != name
			case *syntax.CallExpr:
				is = is && !(len(n.Args) > 0 && slices.Contains([]string{".", "source", "eval"}, sketch(n.Args[0])))
			}
			return is
		})
		c.program[name] = is
	}
	if is {
		return diag.Files
	}
	return diag.Intent
}

// endsOnError tells whether the shell is told to end at the first command that fails.
func (c *scan) endsOnError() (set bool) {
	options := c.script.Step.State().Shell
	for _, w := range options[min(1, len(options)):] {
		set = set || strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "e")
	}
	if set || len(c.script.Find("set")) == 0 {
		return set
	}
	shell.Walk(c.file, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if ok && len(call.Args) > 1 && call.Args[0].Lit() == "set" {
			cmd := command{call, "set", call.Args[1:]}
			set = set || cmd.flag("e") || slices.ContainsFunc(cmd.args, func(w *syntax.Word) bool { return w.Lit() == "errexit" })
		}
		return !set
	})
	return set
}

// walk looks at a node and what is below it.
func (c *scan) walk(root syntax.Node) {
	shell.Walk(root, func(n syntax.Node) bool {
		if n == nil {
			last := len(c.stack) - 1
			if isGuard(c.stack[last]) {
				c.guards--
			}
			c.stack = c.stack[:last]
			return true
		}
		c.visit(n)
		if isGuard(n) {
			c.guards++
		}
		c.stack = append(c.stack, n)
		return true
	})
}

func (c *scan) visit(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.CallExpr:
		c.call(n)
	case *syntax.DeclClause:
		c.declare(n)
	case *syntax.BinaryCmd:
		c.binary(n)
	case *syntax.ParamExp:
		c.parameter(n)
	case *syntax.CmdSubst:
		c.substitution(n)
	case *syntax.SglQuoted:
		c.single(n)
	case *syntax.Word:
		c.word(n)
	case *syntax.ForClause:
		c.loop(n)
	case *syntax.TestClause:
		c.test(n)
	case *syntax.ArithmCmd:
		c.calculated(n)
	case *syntax.Assign:
		c.assign(n)
	case *syntax.Stmt:
		c.stmt(n)
	case *syntax.ArrayExpr:
		c.array(n)
	case *syntax.Redirect:
		if n.N != nil && strings.HasPrefix(n.N.Value, "{") {
			c.set(strings.Trim(n.N.Value, "{}"), n)
		}
	}
	if !c.bash() {
		c.bashism(n)
	}
}

// parent is a node above the one that is looked at: 0 is the next.
func (c *scan) parent(i int) syntax.Node {
	if at := len(c.stack) - 1 - i; at >= 0 {
		return c.stack[at]
	}
	return nil
}

// say notes what is wrong with a node.
func (c *scan) say(code string, n syntax.Node, message string) *problem {
	return c.place(code, offset(n.Pos()), offset(n.End()), message)
}

func (c *scan) place(code string, start, end int, message string) *problem {
	if c.found == nil {
		c.found = map[string][]problem{}
	}
	list := c.found[code]
	c.found[code] = append(list, problem{start: start, end: min(end, len(c.text)), message: message})
	return &c.found[code][len(list)]
}

func offset(p syntax.Pos) int { return int(p.Offset()) }

// source is how a node is written.
func (c *scan) source(n syntax.Node) string {
	start, end := offset(n.Pos()), offset(n.End())
	if start > end || end > len(c.text) {
		return ""
	}
	return c.text[start:end]
}

// command is a simple command.
type command struct {
	call *syntax.CallExpr
	name string // its first word when that is known, without a directory
	args []*syntax.Word
}

func newCommand(call *syntax.CallExpr) command {
	if len(call.Args) == 0 {
		return command{call: call}
	}
	name, _ := literal(call.Args[0])
	return command{call, path.Base(name), call.Args[1:]}
}

// commandOf is the simple command of a statement.
func commandOf(s *syntax.Stmt) (command, bool) {
	if s == nil {
		return command{}, false
	}
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return command{}, false
	}
	return newCommand(call), true
}

// flags are the options among the words, up to "--": letters, and long ones without their values.
func (m command) flags(yield func(name string, w *syntax.Word) bool) {
	for _, w := range m.args {
		text := sketch(w)
		if text == "--" {
			return
		}
		if long, ok := strings.CutPrefix(text, "--"); ok {
			long, _, _ = strings.Cut(long, "=")
			if !yield(long, w) {
				return
			}
			continue
		}
		if letters, ok := strings.CutPrefix(text, "-"); ok {
			for i := range len(letters) {
				if !yield(letters[i:i+1], w) {
					return
				}
			}
		}
	}
}

// flag tells whether one of the options is among the words.
func (m command) flag(names ...string) bool {
	for name := range m.flags {
		if slices.Contains(names, name) {
			return true
		}
	}
	return false
}

// literal is the text of a word in which nothing is expanded; wildcards count as such.
func literal(w *syntax.Word) (string, bool) {
	if len(w.Parts) == 1 {
		if lit, ok := w.Parts[0].(*syntax.Lit); ok && !strings.ContainsAny(lit.Value, "\\*?[") {
			return lit.Value, true
		}
	}
	var b strings.Builder
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if hasGlob(p.Value) {
				return "", false
			}
			b.WriteString(unescape(p.Value))
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				lit, ok := q.(*syntax.Lit)
				if !ok || p.Dollar {
					return "", false
				}
				b.WriteString(lit.Value)
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// expanded stands for what is not known in a sketch.
const expanded = "${VAR}"

// sketch is the text of a word with a stand-in for all that is expanded.
func sketch(w *syntax.Word) string { return parts(w.Parts, expanded) }

// known is the text of a word without what is expanded.
func known(w *syntax.Word) string { return parts(w.Parts, "") }

func parts(list []syntax.WordPart, other string) string {
	if len(list) == 1 {
		if lit, ok := list[0].(*syntax.Lit); ok {
			return unescape(lit.Value)
		}
	}
	var b strings.Builder
	for _, p := range list {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				if lit, ok := q.(*syntax.Lit); ok {
					b.WriteString(lit.Value)
				} else {
					b.WriteString(other)
				}
			}
		default:
			b.WriteString(other)
		}
	}
	return b.String()
}

func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// globs are the wildcards of an unquoted text, from where to where.
func globs(text string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		for i := 0; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '*', '?':
				if !yield(i, i+1) {
					return
				}
			case '[':
				if end := class(text[i:]); end > 0 {
					if !yield(i, i+end) {
						return
					}
					i += end - 1
				}
			}
		}
	}
}

// class is the length of a bracket expression that a text starts with; 0 is none.
func class(text string) int {
	i := 1
	if i < len(text) && (text[i] == '!' || text[i] == '^') {
		i++
	}
	if i < len(text) && text[i] == ']' {
		i++
	}
	for ; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ']':
			return i + 1
		case '[':
			if i+1 < len(text) && text[i+1] == ':' {
				if end := strings.Index(text[i:], ":]"); end > 0 {
					i += end + 1
				}
			}
		}
	}
	return 0
}

func hasGlob(text string) bool {
	if strings.ContainsAny(text, "*?[") {
		for range globs(text) {
			return true
		}
	}
	return false
}

// isGlob tells whether a word has a wildcard that is not quoted.
func isGlob(w *syntax.Word) bool {
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if hasGlob(p.Value) {
				return true
			}
		case *syntax.ExtGlob:
			return true
		}
	}
	return false
}
