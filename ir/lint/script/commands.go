package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// call looks at a simple command.
func (c *scan) call(n *syntax.CallExpr) {
	if len(n.Args) == 0 {
		return
	}
	first := n.Args[0]
	if text := first.Lit(); text == "[" || text == "[[" {
		c.brackets(n)
		return
	}
	c.spacing(first)
	cmd := newCommand(n)
	c.optionlike(cmd)
	slash := strings.Contains(first.Lit(), "/")
	switch cmd.name {
	case "echo":
		c.echo(cmd)
	case "rm":
		c.remove(cmd)
	case "mkdir":
		c.mkdir(cmd)
	case "ln":
		if words := operands(cmd); len(cmd.args) > 0 && len(words) == 1 && !cmd.flag("t", "target-directory") {
			c.say("SC2226", n, "ln has one name only: say where the link is to be, . is here")
		}
	case "expr":
		c.expr(cmd)
	case "egrep", "fgrep":
		option := map[string]string{"egrep": "-E", "fgrep": "-F"}[cmd.name]
		code := map[string]string{"egrep": "SC2196", "fgrep": "SC2197"}[cmd.name]
		p := c.say(code, first, cmd.name+" is not of POSIX and warns: write grep "+option)
		if first.Lit() == cmd.name {
			p.fix = &fix{"write grep " + option, c.runs(cmd.name), []edit{{offset(first.Pos()), offset(first.End()), "grep " + option}}}
		}
	}
	if slash {
		return
	}
	switch cmd.name {
	case "cd", "pushd", "popd":
		c.directory(cmd)
	case "printf":
		c.printf(cmd)
	case "read":
		c.readLine(cmd)
	case "trap":
		if len(cmd.args) > 0 {
			c.later(known(cmd.args[0]), cmd.args[0])
		}
	case "getopts":
		if len(cmd.args) > 1 {
			c.setBy(cmd.args[1])
		}
	case "mapfile", "readarray":
		if len(cmd.args) > 0 {
			c.setBy(cmd.args[len(cmd.args)-1])
		}
	}
}

// operands are the arguments that are no options.
func operands(cmd command) (list []*syntax.Word) {
	for _, w := range cmd.args {
		if text := sketch(w); !strings.HasPrefix(text, "-") {
			list = append(list, w)
		}
	}
	return list
}

// optionlike looks for wildcards whose names may be options.
func (c *scan) optionlike(cmd command) {
	if cmd.name == "echo" || cmd.name == "printf" {
		return
	}
	for _, w := range cmd.args {
		text := sketch(w)
		if text == "--" || text == ":::" || text == "::::" {
			return
		}
		lit, ok := w.Parts[0].(*syntax.Lit)
		if ok && (lit.Value[0] == '*' || lit.Value[0] == '?') {
			at := offset(lit.Pos())
			p := c.place("SC2035", at, at+1, "a name that starts with a dash is an option for "+cmd.name+": write ./"+lit.Value[:1])
			p.fix = &fix{"write ./" + lit.Value[:1], diag.Intent, []edit{{at, at, "./"}}}
		}
	}
}

var escapes = late.Regexp(`\\([abefnrtv\\]|[0-7]|x[0-9a-fA-F])`)

func (c *scan) echo(cmd command) {
	if len(cmd.args) == 1 {
		if s := onlyOutput(cmd.args[0]); s != nil {
			c.say("SC2005", cmd.args[0], "echo only prints what the command prints: run that by itself").fix = c.withoutEcho(cmd, s)
		}
	}
	if c.shell == "dash" || c.shell == "ash" || cmd.flag("e") {
		return
	}
	for _, w := range cmd.args {
		if escapes().MatchString(raw(w)) {
			c.say("SC2028", w, "whether echo takes backslashes for escapes depends on the shell: use printf")
		}
	}
}

// raw is the text of a word as a program gets it, without what is expanded.
func raw(w *syntax.Word) string {
	var b strings.Builder
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value))
		case *syntax.SglQuoted:
			if !p.Dollar {
				b.WriteString(p.Value)
			}
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				if lit, ok := q.(*syntax.Lit); ok {
					b.WriteString(inQuotes(lit.Value))
				}
			}
		}
	}
	return b.String()
}

// inQuotes resolves the backslashes of a text in double quotes.
func inQuotes(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && strings.IndexByte("$`\"\\", text[i+1]) >= 0 {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// onlyOutput is the substitution that a word is of; nil when there is more.
func onlyOutput(w *syntax.Word) *syntax.CmdSubst {
	if len(w.Parts) != 1 {
		return nil
	}
	p := w.Parts[0]
	if q, ok := p.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
		p = q.Parts[0]
	}
	s, ok := p.(*syntax.CmdSubst)
	if !ok || len(s.Stmts) != 1 || s.Stmts[0].Cmd == nil {
		return nil
	}
	return s
}

// withoutEcho runs what echo prints the output of.
func (c *scan) withoutEcho(cmd command, s *syntax.CmdSubst) *fix {
	if s.Backquotes || strings.Contains(c.source(s), "<<") { // a here document ends in lines of its own
		return nil
	}
	if _, simple := s.Stmts[0].Cmd.(*syntax.CallExpr); !simple {
		return nil
	}
	stmt := s.Stmts[0]
	return &fix{"run the command by itself", diag.Intent, []edit{
		{offset(cmd.call.Pos()), offset(stmt.Pos()), ""}, {offset(stmt.End()), offset(cmd.call.End()), ""}}}
}

// onlyEchoes looks for $(echo …), which is what it prints.
func (c *scan) onlyEchoes(s *syntax.CmdSubst) {
	if len(s.Stmts) != 1 {
		return
	}
	cmd, ok := commandOf(s.Stmts[0])
	if !ok || cmd.call.Args[0].Lit() != "echo" || len(cmd.args) == 0 || strings.HasPrefix(sketch(cmd.args[0]), "-") {
		return
	}
	for _, w := range cmd.args {
		if isGlob(w) || len(braces(w)) > 0 {
			return
		}
	}
	c.say("SC2116", s, "a substitution of what echo prints is that itself: leave $(echo …) away")
}

func (c *scan) expr(cmd command) {
	for _, w := range cmd.args {
		switch text := sketch(w); text {
		case ":", "<", ">", "<=", ">=", "substr", "length", "index", "match":
			return
		}
	}
	c.say("SC2003", cmd.call.Args[0], "expr is a program for what the shell does itself: write $((…)), ${…} or [[ ]]")
}

// mkdir looks for -p with -m, which is for the last directory only.
func (c *scan) mkdir(cmd command) {
	if !cmd.flag("p", "parents") || len(cmd.args) < 2 {
		return
	}
	if !slices.ContainsFunc(cmd.args[1:], func(w *syntax.Word) bool {
		text, ok := literal(w)
		return !ok || strings.Contains(text, "/") && !upwards().MatchString(text)
	}) {
		return
	}
	for name, w := range cmd.flags {
		if name == "m" || name == "mode" {
			c.say("SC2174", w, "the mode is for the last directory only, not for those that -p makes: use umask or chmod")
			return
		}
	}
}

var upwards = late.Regexp(`^(\.\.?/)+[^/]+$`)

var nowhere = late.Regexp(`^/*((\.|\.\.)/+)*(\.|\.\.)?$`)

// directory looks at a change of directory that may fail, and what follows is done elsewhere.
func (c *scan) directory(cmd command) {
	if c.strict || c.condition() {
		return
	}
	if len(cmd.args) == 1 && nowhere().MatchString(sketch(cmd.args[0])) || cmd.name != "cd" && cmd.flag("n") {
		return
	}
	end := offset(cmd.call.End())
	p := c.say("SC2164", cmd.call, "what follows runs in the wrong directory when "+cmd.name+" fails: write "+cmd.name+" … || exit")
	stmt, ok := c.parent(0).(*syntax.Stmt)
	if b, in := c.parent(1).(*syntax.BinaryCmd); !ok || stmt.Negated || stmt.Background || len(stmt.Redirs) > 0 || in && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) {
		return
	}
	p.fix = &fix{"end when it fails", diag.Intent, []edit{{end, end, " || exit"}}}
}

// condition tells whether the status of the command that is looked at, or of what it is in,
// is asked for.
func (c *scan) condition() bool {
	for i := range c.stack {
		stmt, ok := c.parent(i).(*syntax.Stmt)
		if !ok {
			continue
		}
		switch n := c.parent(i + 1).(type) {
		case *syntax.BinaryCmd:
			if (n.Op == syntax.AndStmt || n.Op == syntax.OrStmt) && n.X == stmt {
				return true
			}
		case *syntax.IfClause:
			if len(n.Cond) > 0 && n.Cond[len(n.Cond)-1] == stmt {
				return true
			}
		case *syntax.WhileClause:
			if len(n.Cond) > 0 && n.Cond[len(n.Cond)-1] == stmt {
				return true
			}
		}
	}
	return false
}

func (c *scan) printf(cmd command) {
	args := cmd.args
	if len(args) > 0 && args[0].Lit() == "--" {
		args = args[1:]
	}
	if len(args) > 1 && args[0].Lit() == "-v" {
		c.setBy(args[1])
		args = args[2:]
	}
	if len(args) == 0 {
		return
	}
	if _, ok := literal(args[0]); !ok && !strings.Contains(sketch(args[0]), "%") {
		p := c.say("SC2059", args[0], "a % in what is expanded is one of the format: write printf '%s' …")
		if len(args) == 1 {
			at := offset(args[0].Pos())
			p.fix = &fix{"print it by %b", diag.Intent, []edit{{at, at, "'%b' "}}}
		}
	}
}

func (c *scan) readLine(cmd command) {
	c.setsRead(cmd)
	if !cmd.flag("r") {
		first := cmd.call.Args[0]
		c.say("SC2162", first, "read takes backslashes away: write read -r").
			fix = &fix{"write read -r", diag.Intent, []edit{{offset(first.End()), offset(first.End()), " -r"}}}
	}
}

// setBy notes that the variable of a word is assigned.
func (c *scan) setBy(w *syntax.Word) {
	if name, ok := literal(w); ok && syntax.ValidName(name) {
		c.set(name, w)
	}
}

// setsRead notes the variables that read assigns.
func (c *scan) setsRead(cmd command) {
	for i := 0; i < len(cmd.args); i++ {
		letters, option := strings.CutPrefix(sketch(cmd.args[i]), "-")
		if !option {
			c.setBy(cmd.args[i])
			continue
		}
		at := strings.IndexAny(letters, "adinNptu")
		if at < 0 || at != len(letters)-1 {
			continue
		}
		if i++; letters[at] == 'a' && i < len(cmd.args) {
			c.setBy(cmd.args[i])
		}
	}
}
