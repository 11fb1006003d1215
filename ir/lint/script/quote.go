package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/diag"
)

// splits tells whether a shell splits what it puts in the place of the node that is looked at.
// Items of a loop are, and most are meant to be: they count where loops is set.
func (c *scan) splits(loops bool) bool {
	for i := 0; ; i++ {
		switch n := c.parent(i).(type) {
		case nil:
			return true
		case *syntax.DblQuoted, *syntax.ParamExp, *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.LetClause, *syntax.CStyleLoop,
			*syntax.TestClause, *syntax.CaseClause, *syntax.CaseItem, *syntax.ArrayExpr:
			return false
		case *syntax.Assign:
			if _, argument := c.parent(i + 1).(*syntax.DeclClause); n.Name != nil && (c.shell != "sh" || !argument) {
				return false
			}
		case *syntax.WordIter:
			if !loops {
				return false
			}
		case *syntax.Redirect:
			if n.Hdoc != nil && n.Hdoc == c.parent(i-1) {
				return false
			}
		case *syntax.Stmt:
			return true
		}
	}
}

// names tells whether the node that is looked at is all of a word that says which program runs.
func (c *scan) names() bool {
	w, ok := c.parent(0).(*syntax.Word)
	if !ok || len(w.Parts) != 1 {
		return false
	}
	call, ok := c.parent(1).(*syntax.CallExpr)
	return ok && len(call.Args) > 0 && call.Args[0] == w
}

// isList tells the parameters that are lists.
func isList(p *syntax.ParamExp) bool {
	if p.Param == nil || p.Length {
		return false
	}
	if p.Param.Value == "@" {
		return true
	}
	w, ok := p.Index.(*syntax.Word)
	return ok && w.Lit() == "@"
}

// isAlternative tells ${x+y}, whose words are y's.
func isAlternative(p *syntax.ParamExp) bool {
	return p.Exp != nil && (p.Exp.Op == syntax.AlternateUnset || p.Exp.Op == syntax.AlternateUnsetOrNull)
}

// onlyAssigns tells ": ${x:=y}", whose words nothing reads.
func (c *scan) onlyAssigns(p *syntax.ParamExp) bool {
	call, ok := c.parent(1).(*syntax.CallExpr)
	return ok && p.Exp != nil && (p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull) && call.Args[0].Lit() == ":"
}

// parameter looks at a variable or other parameter.
func (c *scan) parameter(p *syntax.ParamExp) {
	c.use(p)
	if p.Param == nil || p.Length {
		return
	}
	switch {
	case isList(p):
		if !isAlternative(p) && c.splits(true) {
			c.say("SC2068", p, "what "+c.source(p)+" has is split again: put double quotes around it").
				fix = c.quoted(p, diag.Intent)
		}
	case isAlternative(p), noSpaces(p.Param.Value), c.onlyAssigns(p):
	case c.splits(false) && !c.names():
		c.unquoted = append(c.unquoted, p)
	}
}

// split looks at variables that are split: those of which it is not known that they have no
// blanks and wildcards.
func (c *scan) split() {
	if len(c.unquoted) == 0 {
		return
	}
	clean := c.flow()
	for _, p := range c.unquoted {
		if !clean[p] {
			c.say("SC2086", p, c.source(p)+" is split at blanks and its wildcards are expanded: put double quotes around it").
				fix = c.quoted(p, diag.Intent)
		}
	}
}

// quoted puts double quotes around a node. That the words are split may be what is meant: who
// knows the value, says so.
func (c *scan) quoted(n syntax.Node, keeps diag.Keeps) *fix {
	start, end := offset(n.Pos()), offset(n.End())
	if strings.ContainsAny(c.text[start:end], "`") {
		return nil // dash reads quotes in them differently
	}
	return &fix{"put double quotes around " + c.text[start:end], keeps, []edit{{start, start, `"`}, {end, end, `"`}}}
}

// substitution looks at a command whose output is put in its place.
func (c *scan) substitution(s *syntax.CmdSubst) {
	if len(s.Stmts) == 0 {
		return
	}
	if s.Backquotes {
		c.say("SC2006", s, "backticks do not nest and change what backslashes in them mean: write $(…)").fix = c.modern(s)
	}
	c.onlyEchoes(s)
	if c.counts(s) || !c.splits(false) || c.names() {
		return
	}
	c.say("SC2046", s, "the output of "+c.source(s)+" is split at blanks and its wildcards are expanded: put double quotes around it").
		fix = c.quoted(s, c.oneWord(s))
}

// counts tells the commands whose output is words on purpose.
func (c *scan) counts(s *syntax.CmdSubst) bool {
	if len(s.Stmts) != 1 {
		return false
	}
	cmd, ok := commandOf(s.Stmts[0])
	return ok && (cmd.name == "seq" || cmd.name == "pgrep")
}

// oneWord is what quotes around a substitution keep: all, where the program prints one word
// without wildcards and nothing else, and there is more of the word that they are in, so that
// none is left out when the program fails.
func (c *scan) oneWord(s *syntax.CmdSubst) diag.Keeps {
	w, ok := c.parent(0).(*syntax.Word)
	if !ok || len(s.Stmts) != 1 || !slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		lit, ok := p.(*syntax.Lit)
		return ok && lit.Value != "" && !hasGlob(lit.Value)
	}) {
		return diag.Intent
	}
	cmd, ok := commandOf(s.Stmts[0])
	if !ok || strings.Contains(c.text, "IFS") || len(cmd.call.Assigns) > 0 || len(s.Stmts[0].Redirs) > 0 {
		return diag.Intent
	}
	var words []string
	for _, w := range cmd.call.Args {
		words = append(words, w.Lit())
	}
	switch strings.Join(words, " ") {
	case "nproc", "nproc --all", "uname -m", "uname -s", "uname -r", "arch", "id -u", "id -g",
		"dpkg --print-architecture", "getconf _NPROCESSORS_ONLN", "date +%s":
		return c.runs(cmd.name)
	}
	return diag.Intent
}

// modern writes a substitution without backticks, where what stands in it means the same then, and
// what stands in front of it does not become a part of it.
func (c *scan) modern(s *syntax.CmdSubst) *fix {
	start, end := offset(s.Pos()), offset(s.End())
	text := c.text[start:end]
	if len(text) < 2 || strings.ContainsAny(text, "\\#") || strings.Count(text, "`") != 2 || strings.Contains(text, "case") ||
		strings.Contains(text, "<<") || strings.HasSuffix(c.text[:start], "$") {
		return nil
	}
	if strings.Contains(text, `"`) && c.withinQuotes() {
		return nil // shells differ in what the quotes are
	}
	left := "$("
	if text[1] == '(' {
		left = "$( " // (( is arithmetic
	}
	return &fix{"write $(…)", diag.Files, []edit{{start, start + 1, left}, {end - 1, end, ")"}}}
}

// withinQuotes tells whether the node that is looked at is in double quotes, however deep, or in a
// here document.
func (c *scan) withinQuotes() bool {
	for i := 0; ; i++ {
		switch c.parent(i).(type) {
		case *syntax.DblQuoted, *syntax.Redirect:
			return true
		case nil, *syntax.Stmt:
			return false
		}
	}
}

// array looks at elements that may become several.
func (c *scan) array(a *syntax.ArrayExpr) {
	for _, e := range a.Elems {
		if e.Value == nil {
			continue
		}
		for _, part := range e.Value.Parts {
			p, ok := part.(*syntax.ParamExp)
			if ok && p.Param != nil && !p.Length && !isAlternative(p) && !noSpaces(p.Param.Value) {
				c.say("SC2206", p, c.source(p)+" is split into elements and its wildcards are expanded: quote it, or read it with mapfile or read -a").
					fix = c.quoted(p, diag.Intent)
			}
			if s, ok := part.(*syntax.CmdSubst); ok {
				c.say("SC2207", s, "output is split into elements and its wildcards are expanded: read it with mapfile or read -a")
			}
		}
	}
}

// noSpaces tells the parameters of a shell that never have a blank.
func noSpaces(name string) bool {
	switch name {
	case "$", "-", "?", "!", "#", "BASHPID", "BASH_ARGC", "BASH_LINENO", "BASH_SUBSHELL", "EUID", "EPOCHREALTIME", "EPOCHSECONDS", "LINENO",
		"OPTIND", "PPID", "RANDOM", "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID", "COLUMNS", "HISTFILESIZE", "HISTSIZE", "LINES":
		return true
	}
	return false
}
