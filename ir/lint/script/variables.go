package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// ofImage tells whether a variable comes from the image: of ENV and ARG of the stage, of its base as
// far as that is known, or one of those of proxies, that every build takes.
func ofImage(s *lint.Script, name string) bool {
	if _, set, _ := s.Step.State().Var(name); set {
		return true
	}
	switch name {
	case "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy":
		return true
	}
	return false
}

// use notes that a variable is read.
func (c *scan) use(p *syntax.ParamExp) {
	if p.Param == nil {
		return
	}
	name := p.Param.Value
	c.read(name)
	if p.Exp != nil {
		switch p.Exp.Op {
		case syntax.AssignUnset, syntax.AssignUnsetOrNull:
			c.set(name, nil)
			return
		}
	}
	if syntax.ValidName(name) && !guards(p) && !c.guarded() {
		c.first(name, p)
	}
}

// first notes where a variable is read first.
func (c *scan) first(name string, n syntax.Node) {
	if _, ok := c.uses[name]; !ok {
		if c.uses == nil {
			c.uses = map[string]syntax.Node{}
		}
		c.uses[name] = n
	}
}

// guards tells an expansion that says what is to be done about a variable that is not set.
func guards(p *syntax.ParamExp) bool {
	return p.Exp != nil && p.Exp.Op >= syntax.AlternateUnset && p.Exp.Op <= syntax.AssignUnsetOrNull
}

// guarded tells whether the node that is looked at is in such an expansion, or an element of an
// array.
func (c *scan) guarded() bool { return c.guards > 0 }

// isGuard tells what guards all that is in it.
func isGuard(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.ParamExp:
		return guards(n)
	case *syntax.ArrayExpr:
		return true
	}
	return false
}

func (c *scan) read(name string) {
	if c.reads == nil {
		c.reads = map[string]bool{}
	}
	c.reads[name] = true
}

// set notes that a variable is assigned: by a node that is of no use when nothing reads it, or
// by nil.
func (c *scan) set(name string, by syntax.Node) {
	if c.sets == nil {
		c.sets = map[string]syntax.Node{}
	}
	c.sets[name] = by
}

// checked notes the variables of a word that is tested for being empty.
func (c *scan) checked(w *syntax.Word) {
	for _, p := range w.Parts {
		list := []syntax.WordPart{p}
		if q, ok := p.(*syntax.DblQuoted); ok {
			list = q.Parts
		}
		for _, p := range list {
			if v, ok := p.(*syntax.ParamExp); ok && v.Param != nil {
				if _, set := c.sets[v.Param.Value]; !set {
					c.set(v.Param.Value, nil)
				}
			}
		}
	}
}

// assign looks at an assignment.
func (c *scan) assign(a *syntax.Assign) {
	if a.Name == nil {
		return
	}
	switch n := c.parent(0).(type) {
	case *syntax.CallExpr:
		if len(n.Args) == 0 {
			c.set(a.Name.Value, a)
		}
	case *syntax.DeclClause:
		exported := n.Variant.Value == "export" || option(n, "x")
		if option(n, "f") { // functions
			return
		}
		if exported {
			c.read(a.Name.Value)
		}
		var by syntax.Node = a
		if a.Naked && exported {
			by = nil
		}
		c.set(a.Name.Value, by)
	}
	if a.Append {
		c.read(a.Name.Value)
	}
	if a.Value != nil && slices.Contains(prompts, a.Name.Value) {
		c.later(parts(a.Value.Parts, ""), a)
	}
}

// number looks at a variable in arithmetic, without a dollar.
func (c *scan) number(w *syntax.Word) {
	name := w.Lit()
	if _, let := c.parent(0).(*syntax.LetClause); let && name == "" {
		for _, name := range strings.FieldsFunc(known(w), func(r rune) bool { return !syntax.ValidName("_" + string(r)) }) {
			c.read(name)
		}
	}
	if !syntax.ValidName(name) {
		return
	}
	switch n := c.parent(0).(type) {
	case *syntax.UnaryArithm:
		if n.Op == syntax.Inc || n.Op == syntax.Dec {
			c.read(name)
			c.set(name, w)
			return
		}
	case *syntax.BinaryArithm:
		if assigns(n.Op) && n.X == syntax.ArithmExpr(w) {
			if n.Op != syntax.Assgn {
				c.read(name)
			}
			c.set(name, &syntax.Lit{ValuePos: n.OpPos, ValueEnd: n.OpPos})
			return
		}
	}
	c.read(name)
	if !c.guarded() {
		c.first(name, w)
	}
}

// declare looks at export, local and the like.
func (c *scan) declare(d *syntax.DeclClause) {
	local := d.Variant.Value != "export" && d.Variant.Value != "readonly" && !option(d, "g") && c.inFunction()
	if local && option(d, "r") {
		return
	}
	for _, a := range d.Args {
		if a.Name == nil || a.Value == nil || !slices.ContainsFunc(a.Value.Parts, returns) {
			continue
		}
		p := c.say("SC2155", a, "the status of "+d.Variant.Value+" hides that of the command: assign first, and "+d.Variant.Value+" behind that")
		if d.Variant.Value == "export" && len(d.Args) == 1 && a.Index == nil && !a.Append && !c.behindOr() {
			start, value := offset(d.Pos()), offset(a.Pos())
			p.fix = &fix{"assign before export", diag.Intent, []edit{{start, value, ""}, {offset(a.End()), offset(a.End()), " && export " + a.Name.Value}}}
		}
	}
}

// option tells whether a declaration has an option.
func option(d *syntax.DeclClause, letter string) bool {
	return slices.ContainsFunc(d.Args, func(a *syntax.Assign) bool {
		return a.Name == nil && a.Value != nil && strings.HasPrefix(a.Value.Lit(), "-") && strings.Contains(a.Value.Lit(), letter)
	})
}

// behindOr tells whether the command that is looked at runs when another fails.
func (c *scan) behindOr() bool {
	b, ok := c.parent(1).(*syntax.BinaryCmd)
	return ok && b.Op == syntax.OrStmt && b.Y == c.parent(0)
}

// returns tells a part of a word that is the output of a command.
func returns(p syntax.WordPart) bool {
	switch p := p.(type) {
	case *syntax.CmdSubst:
		return true
	case *syntax.DblQuoted:
		return slices.ContainsFunc(p.Parts, returns)
	}
	return false
}

func (c *scan) inFunction() bool {
	return slices.ContainsFunc(c.stack, func(n syntax.Node) bool { _, ok := n.(*syntax.FuncDecl); return ok })
}

// variables looks at what is read and not assigned, and the other way round.
func (c *scan) variables() {
	for name, p := range c.uses {
		if _, set := c.sets[name]; !set && strings.ToUpper(name) != name && !c.given(name) && !ofShells(name) {
			c.say("SC2154", p, name+" is read, and neither assigned here nor by ENV or ARG")
		}
	}
	for name, n := range c.sets {
		if n != nil && !c.reads[name] && !c.given(name) && !ofShells(name) && !strings.HasPrefix(name, "_") {
			c.say("SC2034", n, name+" is assigned and never read: export it if a program is to see it")
		}
	}
	for _, code := range []string{"SC2154", "SC2034"} {
		slices.SortFunc(c.found[code], func(a, b problem) int { return a.start - b.start })
	}
}

// assigns tells the operators that do.
func assigns(op syntax.BinAritOperator) bool {
	switch op {
	case syntax.Eql, syntax.Neq, syntax.Leq, syntax.Geq:
		return false
	}
	return strings.HasSuffix(op.String(), "=")
}

// later looks at a text that a shell runs or expands later.
func (c *scan) later(text string, n syntax.Node) {
	for _, m := range variable().FindAllStringSubmatch(text, -1) {
		c.read(m[1])
		c.first(m[1], n)
	}
}

var variable = late.Regexp(`\$\{?([a-zA-Z_][a-zA-Z0-9_]*)`)

// prompts are variables that a shell expands when it reads them.
var prompts = []string{"PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND"}

// ofShells tells the variables that a shell or the programs it runs have by themselves.
func ofShells(name string) bool {
	if strings.HasPrefix(name, "BASH") || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "COMP_") {
		return true
	}
	switch name {
	case "_", "CDPATH", "COLUMNS", "COMPREPLY", "COPROC", "DIRSTACK", "EDITOR", "ENV", "EUID", "FCEDIT", "FIGNORE", "FUNCNAME", "FUNCNEST",
		"GLOBIGNORE", "GROUPS", "HISTCMD", "HISTCONTROL", "HISTFILE", "HISTFILESIZE", "HISTIGNORE", "HISTSIZE", "HISTTIMEFORMAT", "HOME",
		"HOSTFILE", "HOSTNAME", "HOSTTYPE", "IFS", "IGNOREEOF", "INPUTRC", "LANG", "LANGUAGE", "LINENO", "LINES", "LOGNAME", "LS_COLORS", "MACHTYPE", "MAIL",
		"MAILCHECK", "MAILPATH", "MAPFILE", "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "OSTYPE", "PAGER", "PATH", "PIPESTATUS", "POSIXLY_CORRECT",
		"PPID", "PROMPT_COMMAND", "PROMPT_DIRTRIM", "PS0", "PS1", "PS2", "PS3", "PS4", "PWD", "RANDOM", "READLINE_LINE", "READLINE_POINT",
		"REPLY", "SECONDS", "SHELL", "SHELLOPTS", "SHLVL", "TERM", "TIMEFORMAT", "TMOUT", "TMPDIR", "TZ", "UID", "USER", "VISUAL":
		return true
	}
	return false
}
