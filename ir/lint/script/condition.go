package script

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// expr is a part of a test: an operator with its operands, or one operand.
type expr struct {
	op          string
	at          int // of the operator
	left, right *syntax.Word
	double      bool // in [[ ]]
	alone       bool // all of the test
}

// brackets looks at [ … ].
func (c *scan) brackets(n *syntax.CallExpr) {
	args := n.Args[1:]
	if len(args) > 0 && args[len(args)-1].Lit() == "]" {
		args = args[:len(args)-1]
	}
	if n.Args[0].Lit() == "[[" {
		return
	}
	start, parts := 0, 0
	var ands []int
	for i, w := range args {
		if text := w.Lit(); (text == "-a" || text == "-o") && i > start && i+1 < len(args) {
			c.operands(args[start:i], false)
			ands = append(ands, i)
			start = i + 1
			parts++
		}
	}
	c.operands(args[start:], parts == 0)
	for _, i := range ands {
		c.andOr(n, args, i, len(ands))
	}
}

// andOr looks at -a and -o.
func (c *scan) andOr(n *syntax.CallExpr, args []*syntax.Word, i, all int) {
	w := args[i]
	instead := map[string]string{"-a": "&&", "-o": "||"}[w.Lit()]
	p := c.say("SC2166", w, "what "+w.Lit()+" means in [ ] depends on its operands: write [ … ] "+instead+" [ … ]")
	stmt, ok := c.parent(0).(*syntax.Stmt)
	if !ok || all != 1 || stmt.Negated || len(stmt.Redirs) > 0 || len(n.Assigns) > 0 {
		return
	}
	if b, ok := c.parent(1).(*syntax.BinaryCmd); ok && b.Y == stmt && !(b.Op == syntax.AndStmt && instead == "&&") && !(b.Op == syntax.OrStmt && instead == "||") ||
		ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) {
		return
	}
	p.fix = &fix{"write two tests", diag.Intent, []edit{{offset(w.Pos()), offset(w.End()), "] " + instead + " ["}}}
}

// operands looks at a part of [ ] without -a and -o.
func (c *scan) operands(words []*syntax.Word, alone bool) {
	at := 0
	if len(words) > 1 && words[0].Lit() == "!" {
		at = offset(words[0].Pos())
		words = words[1:]
		if len(words) == 2 && isUnary(words[0].Lit()) {
			c.negatedUnary(at, words[0].Lit(), words[0], words[1], alone)
		}
	}
	switch len(words) {
	case 1:
		c.nullary(words[0])
	case 2:
		c.unary(words[0].Lit(), offset(words[0].Pos()), words[1])
	case 3:
		c.compare(expr{op: sketch(words[1]), at: offset(words[1].Pos()), left: words[0], right: words[2], alone: alone})
		if !c.bash() {
			c.bashTest(words[1].Lit(), words[1])
		}
	}
}

func isUnary(op string) bool { return len(op) == 2 && op[0] == '-' }

func (c *scan) nullary(w *syntax.Word) {
	c.checked(w)
	if isGlob(w) {
		c.say("SC2144", w, "this tests one name of those that the wildcard gives: use a loop")
	}
}

// unary looks at a test of one operand.
func (c *scan) unary(op string, at int, w *syntax.Word) {
	if op == "-n" || op == "-z" {
		c.checked(w)
	}
	if isUnary(op) && isGlob(w) && op != "-v" {
		c.say("SC2144", w, op+" tests one name, and the wildcard may give several or none: use a loop")
	}
	if c.bash() {
		return
	}
	switch op {
	case "-v":
		c.foreign("SC3016", at, at+len(op), "-v of a test")
	case "-a":
		c.foreign("SC3017", at, at+len(op), "-a for a file")
	}
}

// test looks at [[ … ]].
func (c *scan) test(t *syntax.TestClause) {
	var look func(x syntax.TestExpr, alone bool)
	look = func(x syntax.TestExpr, alone bool) {
		switch x := x.(type) {
		case *syntax.ParenTest:
			look(x.X, alone)
		case *syntax.UnaryTest:
			if w, ok := x.X.(*syntax.Word); ok {
				c.unary(x.Op.String(), offset(x.OpPos), w)
				return
			}
			if u, ok := x.X.(*syntax.UnaryTest); ok && x.Op == syntax.TsNot {
				if w, ok := u.X.(*syntax.Word); ok {
					c.negatedUnary(offset(x.Pos()), u.Op.String(), u, w, true)
				}
			}
			look(x.X, alone)
		case *syntax.BinaryTest:
			left, ok := x.X.(*syntax.Word)
			right, also := x.Y.(*syntax.Word)
			if x.Op == syntax.AndTest || x.Op == syntax.OrTest || !ok || !also {
				look(x.X, false)
				look(x.Y, false)
				return
			}
			c.compare(expr{op: x.Op.String(), at: offset(x.OpPos), left: left, right: right, double: true, alone: alone})
		case *syntax.Word:
			c.nullary(x)
		}
	}
	look(t.X, true)
}

// calculated looks at a test of $? in arithmetic.
func (c *scan) calculated(a *syntax.ArithmCmd) {
	b, ok := a.X.(*syntax.BinaryArithm)
	if !ok || b.Op != syntax.Eql && b.Op != syntax.Neq && b.Op != syntax.Lss && b.Op != syntax.Gtr && b.Op != syntax.Leq && b.Op != syntax.Geq {
		return
	}
	left, ok := b.X.(*syntax.Word)
	right, also := b.Y.(*syntax.Word)
	if ok && also {
		c.exitCode(expr{op: b.Op.String(), left: left, right: right, alone: true})
	}
}

// compare looks at a test of two operands.
func (c *scan) compare(e expr) {
	if e.double && isNumeric(e.op) {
		c.numeric(e.left)
		c.numeric(e.right)
	}
	c.exitCode(e)
	c.pattern(e)
	c.constant(e)
}

func isNumeric(op string) bool {
	return op == "-eq" || op == "-ne" || op == "-lt" || op == "-gt" || op == "-le" || op == "-ge"
}

// numeric looks at a side that [[ ]] calculates.
func (c *scan) numeric(w *syntax.Word) {
	if name := w.Lit(); syntax.ValidName(name) {
		c.read(name)
		c.first(name, w)
	}
}

// exitCode looks at a comparison of $? with 0.
func (c *scan) exitCode(e expr) {
	switch {
	case !e.alone:
	case exitCode(e.left) && isZero(e.right):
		c.status(e, e.left)
	case exitCode(e.right) && isZero(e.left):
		c.status(e, e.right)
	}
}

// status looks at a test of $?.
func (c *scan) status(e expr, w *syntax.Word) {
	if strings.Contains(" -eq -ne = == != -gt -lt -ge -le > < >= <= ", " "+e.op+" ") {
		c.say("SC2181", w, "test the command itself, as by if command, not $? behind it")
	}
}

func exitCode(w *syntax.Word) bool {
	list := w.Parts
	if len(list) == 1 {
		if q, ok := list[0].(*syntax.DblQuoted); ok {
			list = q.Parts
		}
	}
	if len(list) != 1 {
		return false
	}
	p, ok := list[0].(*syntax.ParamExp)
	return ok && p.Param != nil && p.Param.Value == "?"
}

func isZero(w *syntax.Word) bool { text, ok := literal(w); return ok && text == "0" }

// pattern looks at the right side of a comparison, which may be a pattern.
func (c *scan) pattern(e expr) {
	switch e.op {
	case "=~":
		if !e.double || len(e.right.Parts) == 0 {
			return
		}
		switch e.right.Parts[0].(type) {
		case *syntax.DblQuoted, *syntax.SglQuoted:
			if len(e.right.Parts) == 1 && strings.ContainsAny(sketch(e.right), "[]*.()+|$") {
				c.say("SC2076", e.right, "what is quoted matches as it is, not as a regular expression: leave the quotes away")
			}
		}
	case "=", "==", "!=":
		if !e.double && isGlob(e.right) {
			c.say("SC2081", e.right, "[ ] does not match wildcards: use [[ ]], case or grep")
		}
		if p, ok := e.right.Parts[0].(*syntax.ParamExp); ok && e.double && len(e.right.Parts) == 1 {
			c.say("SC2053", p, "the value is a pattern here: put double quotes around it to compare texts").
				fix = c.quoted(p, diag.Intent)
		}
	}
}

// constant looks at a comparison of two texts that never change.
func (c *scan) constant(e expr) {
	switch e.op {
	case "=", "==", "!=", "<", ">", "=~", `\<`, `\>`:
	default:
		if e.double || !isNumeric(e.op) {
			return
		}
	}
	if fixed(e.left) && fixed(e.right) {
		c.place("SC2050", e.at, e.at+len(e.op), "both sides are always the same: is a $ missing")
	}
}

// fixed tells a word that is always the same.
func fixed(w *syntax.Word) bool {
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if hasGlob(p.Value) || strings.HasPrefix(p.Value, "~") {
				return false
			}
		case *syntax.SglQuoted:
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				if _, ok := q.(*syntax.Lit); !ok {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

// negatedUnary looks at ! -z and ! -n.
func (c *scan) negatedUnary(at int, op string, n syntax.Node, operand *syntax.Word, alone bool) {
	instead := map[string]string{"-z": "-n", "-n": "-z"}[op]
	if instead == "" {
		return
	}
	p := c.place("SC2236", at, offset(operand.End()), "write "+instead+" instead of ! "+op)
	if alone && (isOneText(operand) || c.inDouble() && c.bash()) {
		from := offset(n.Pos())
		p.fix = &fix{"write " + instead, diag.Files, []edit{{at, from, ""}, {from, from + len(op), instead}}}
	}
}

// isOneText tells a word in double quotes that stays one: where "$@" gives none or several, a test
// says something else.
func isOneText(w *syntax.Word) bool {
	q, ok := w.Parts[0].(*syntax.DblQuoted)
	if !ok || len(w.Parts) > 1 {
		return false
	}
	shell.Walk(q, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			return false
		case *syntax.ParamExp:
			ok = ok && !isList(n) && !n.Excl
		}
		return ok
	})
	return ok
}

// inDouble tells whether the node that is looked at is [[ ]].
func (c *scan) inDouble() bool {
	stmt, ok := c.parent(0).(*syntax.Stmt)
	if !ok {
		return false
	}
	_, ok = stmt.Cmd.(*syntax.TestClause)
	return ok
}

// unaryOf is the operator of a test with -z or -n and nothing else; "" is none.
func unaryOf(cmd syntax.Command) string {
	switch n := cmd.(type) {
	case *syntax.CallExpr:
		if len(n.Args) == 4 && n.Args[0].Lit() == "[" && (n.Args[1].Lit() == "-z" || n.Args[1].Lit() == "-n") {
			return n.Args[1].Lit()
		}
	case *syntax.TestClause:
		if u, ok := n.X.(*syntax.UnaryTest); ok && (u.Op == syntax.TsEmpStr || u.Op == syntax.TsNempStr) {
			return u.Op.String()
		}
	}
	return ""
}

// negated looks at ! [ -z … ].
func (c *scan) negated(s *syntax.Stmt, op string) {
	instead := map[string]string{"-z": "-n", "-n": "-z"}[op]
	c.say("SC2237", s, "write [ "+instead+" … ] instead of ! [ "+op+" … ]")
}
