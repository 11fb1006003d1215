package script

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/diag"
)

// word looks at how a word is put together.
func (c *scan) word(w *syntax.Word) {
	switch c.parent(0).(type) {
	case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.BinaryArithm, *syntax.UnaryArithm, *syntax.ParenArithm, *syntax.CStyleLoop, *syntax.LetClause:
		c.arithmetic(w)
		return
	}
	if c.isDocument(w) {
		return
	}
	for i, p := range w.Parts {
		if lit, ok := p.(*syntax.Lit); ok {
			c.ranges(lit)
			if i > 0 {
				if _, ok := w.Parts[i-1].(*syntax.SglQuoted); ok && letters(lit.Value) {
					c.say("SC2026", lit, "this is outside of the quotes")
				}
			}
		}
		if i == 0 || i+1 >= len(w.Parts) {
			continue
		}
		left, ok := w.Parts[i-1].(*syntax.DblQuoted)
		right, also := w.Parts[i+1].(*syntax.DblQuoted)
		if ok && also && !c.inExpansion() {
			c.trapped(left, p, right)
		}
	}
}

// isDocument tells whether the word that is looked at is a here document.
func (c *scan) isDocument(w *syntax.Word) bool {
	r, ok := c.parent(0).(*syntax.Redirect)
	return ok && r.Hdoc == w
}

// inExpansion tells a word that is in ${x:-…}.
func (c *scan) inExpansion() bool {
	for i := range c.stack {
		switch c.parent(i).(type) {
		case *syntax.ParamExp:
			return true
		case *syntax.Stmt:
			return false
		}
	}
	return false
}

// trapped looks at what stands between two quoted parts, as by quotes in quotes.
func (c *scan) trapped(left *syntax.DblQuoted, p syntax.WordPart, right *syntax.DblQuoted) {
	switch p := p.(type) {
	case *syntax.CmdSubst:
		if !p.Backquotes {
			c.say("SC2027", p, "the quotes around this end those that it stands in: leave them away, or write \\\"")
		}
	case *syntax.ParamExp:
		c.say("SC2027", p, "the quotes around this end those that it stands in: leave them away, or write \\\"")
	case *syntax.Lit:
		if !(oneThing(left) && oneThing(right)) && p.Value != "=" && p.Value != ":" && p.Value != "/" && !hasGlob(p.Value) {
			c.say("SC2140", p, "this stands outside of the quotes, which end in front of it: leave them away, or write \\\"")
		}
	}
}

func oneThing(q *syntax.DblQuoted) bool {
	if len(q.Parts) != 1 {
		return false
	}
	switch q.Parts[0].(type) {
	case *syntax.CmdSubst, *syntax.ParamExp:
		return true
	}
	return false
}

func letters(text string) bool {
	for i := range len(text) {
		b := text[i] | 0x20
		if (b < 'a' || b > 'z') && (text[i] < '0' || text[i] > '9') {
			return false
		}
	}
	return text != ""
}

// ranges looks for bracket expressions that are meant as text.
func (c *scan) ranges(lit *syntax.Lit) {
	if !strings.Contains(lit.Value, "[") {
		return
	}
	for start, end := range globs(lit.Value) {
		text := lit.Value[start:end]
		if text[0] != '[' {
			continue
		}
		inner := strings.TrimLeft(text[1:len(text)-1], "!^")
		if strings.Contains(inner, "[") || c.isTr() {
			continue
		}
		at := offset(lit.Pos()) + start
		if len(inner) > 1 && inner[0] == ':' && inner[len(inner)-1] == ':' {
			c.place("SC2101", at, at+len(text), "a class of characters needs brackets of its own: write ["+text+"]")
			continue
		}
		if twice(inner) {
			p := c.place("SC2102", at, at+len(text), "brackets that are not quoted stand for one of the characters in them: quote the word if they are meant as they are")
			p.fix = &fix{"quote the brackets", diag.Intent, []edit{{at, at, `"`}, {at + len(text), at + len(text), `"`}}}
		}
	}
}

// isTr tells whether the word that is looked at is one of tr(1), which has ranges of its own.
func (c *scan) isTr() bool {
	call, ok := c.parent(0).(*syntax.CallExpr)
	return ok && newCommand(call).name == "tr"
}

func twice(text string) bool {
	for i := range len(text) {
		if text[i] != '-' && strings.IndexByte(text[i+1:], text[i]) >= 0 {
			return true
		}
	}
	return false
}

// arithmetic looks for variables that need no dollar.
func (c *scan) arithmetic(w *syntax.Word) {
	if len(w.Parts) != 1 {
		return
	}
	p, ok := w.Parts[0].(*syntax.ParamExp)
	if !ok || !simple(p) || !syntax.ValidName(p.Param.Value) {
		c.number(w)
		return
	}
	c.say("SC2004", p, "a variable needs no dollar in arithmetic").
		fix = &fix{"leave the dollar away", diag.Intent, []edit{{offset(p.Pos()), offset(p.End()), p.Param.Value}}}
}
