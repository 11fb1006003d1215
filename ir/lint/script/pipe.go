package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/diag"
)

// pipeline are the commands of a pipe.
func pipeline(b *syntax.BinaryCmd) []*syntax.Stmt {
	if x, ok := b.X.Cmd.(*syntax.BinaryCmd); ok && (x.Op == syntax.Pipe || x.Op == syntax.PipeAll) && len(b.X.Redirs) == 0 {
		return append(pipeline(x), b.Y)
	}
	return []*syntax.Stmt{b.X, b.Y}
}

// pipe looks at the commands of one.
func (c *scan) pipe(stmts []*syntax.Stmt) {
	cmds := make([]command, len(stmts))
	names := make([]string, len(stmts))
	for i, s := range stmts {
		if cmd, ok := commandOf(s); ok {
			cmds[i] = cmd
			names[i] = sketch(cmd.call.Args[0])
		}
	}
	c.cat(stmts[0], cmds)
	ls := false
	for i := range len(cmds) - 1 {
		left, right, stmt := cmds[i], cmds[i+1], stmts[i]
		switch names[i] + " " + names[i+1] {
		case "find xargs":
			if !left.short("0") && !right.short("0") && !left.has("null", "print0", "printf") && !right.has("null", "print0", "printf") {
				c.say("SC2038", stmt, "names with blanks or quotes are split: use find -print0 with xargs -0, or find -exec … +")
			}
		case "ps grep":
			if !left.flag("p", "pid", "q", "quick-pid") {
				c.say("SC2009", left.call, "grep finds itself in what ps prints: use pgrep")
			}
		case "grep wc":
			c.countsLines(left, right, stmt)
		case "ls grep":
			ls = true
			c.say("SC2010", left.call, "a name may have any character, and ls changes some: use wildcards or find instead of ls | grep")
		case "ls xargs":
			ls = true
			c.say("SC2011", left.call, "names with blanks or quotes are split: use find -print0 with xargs -0, or find -exec … +")
		}
	}
	for i := range len(cmds) - 1 {
		if names[i] == "ls" && !ls && !cmds[i].short("N") {
			c.say("SC2012", stmts[i], "a name may have any character, and ls changes some: use find or wildcards")
		}
	}
}

// short tells whether a letter is among the short options.
func (m command) short(letter string) bool {
	return slices.ContainsFunc(m.args, func(w *syntax.Word) bool {
		text := sketch(w)
		return strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.Contains(text, letter)
	})
}

// has tells whether one of the long options is there, with one dash or two.
func (m command) has(names ...string) bool {
	return slices.ContainsFunc(m.args, func(w *syntax.Word) bool {
		text := sketch(w)
		return strings.HasPrefix(text, "-") && slices.Contains(names, strings.TrimLeft(text, "-"))
	})
}

// countsLines looks at grep | wc -l.
func (c *scan) countsLines(grep, wc command, stmt *syntax.Stmt) {
	if grep.flag("l", "files-with-matches", "L", "files-without-matches", "o", "only-matching", "r", "R", "recursive", "A", "after-context", "B", "before-context") ||
		wc.flag("m", "chars", "w", "words", "c", "bytes", "L", "max-line-length") || !wc.flag("l", "lines") {
		return
	}
	c.say("SC2126", stmt, "grep counts lines itself: write grep -c")
}

// cat looks at a pipe that starts with cat of one file.
func (c *scan) cat(stmt *syntax.Stmt, cmds []command) {
	cat := cmds[0]
	if cat.call == nil || cat.name != "cat" || len(cat.args) != 1 {
		return
	}
	w := cat.args[0]
	if isGlob(w) || len(braces(w)) > 0 || strings.HasPrefix(known(w), "-") || slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		switch p := p.(type) {
		case *syntax.ParamExp:
			return true
		case *syntax.DblQuoted:
			return slices.ContainsFunc(p.Parts, func(p syntax.WordPart) bool {
				e, ok := p.(*syntax.ParamExp)
				return ok && (isList(e) || e.Excl)
			})
		}
		return false
	}) {
		return
	}
	p := c.say("SC2002", w, "the next command can read the file itself: write … < file")
	next := cmds[1]
	if next.call == nil || len(stmt.Redirs) > 0 || len(cat.call.Assigns) > 0 || stmt.Negated {
		return
	}
	start, end, at := offset(stmt.Pos()), offset(next.call.Pos()), offset(next.call.End())
	if strings.TrimSpace(c.text[offset(w.End()):end]) == "|" {
		p.fix = &fix{"have it read the file", diag.Intent, []edit{{start, end, ""}, {at, at, " < " + c.source(w)}}}
	}
}
