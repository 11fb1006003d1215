package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Break is where a line of an instruction ended.
type Break struct {
	At       int      // in the text that the lines make, joined
	Comments []string // those that stood below, each with its "#"
}

// Line is one of the lines that a command is laid out on.
type Line struct {
	Text    string
	Comment bool // it is one of the Dockerfile, which the shell does not see
}

// Lines lays out a command: the commands that && joins on a line each, and the others where
// lines ended before. Joined by blanks the lines are the same script. It reports false for
// one that stays as it is.
func Lines(text, shell string, breaks []Break, style Style) ([]Line, bool) {
	file, p, err := style.read(text, shell)
	if err != nil || odd(text) || strings.HasSuffix(text, `\`) || len(comments(file)) > 0 {
		return nil, false // the comment goes on to the end of the text
	}
	broken, err := p.parse(broken(text, file, breaks))
	if err != nil || !same(file, broken) {
		return nil, false
	}
	var b strings.Builder
	if err := style.printer().Print(&b, broken); err != nil {
		return nil, false
	}
	printed := strings.TrimSuffix(b.String(), "\n")
	after, err := p.parse(printed)
	if err != nil {
		return nil, false
	}
	lines := split(printed, after)
	spread, ok := comment(lines, breaks, file, after)
	if !ok {
		return nil, false
	}
	indented(spread, style.indent())
	joined, err := p.parse(join(spread))
	return spread, err == nil && same(file, joined)
}

// broken is a text with its lines ended again, as a shell reads that: where they ended, if
// that is between words, and behind each && of the outermost commands.
func broken(text string, file *syntax.File, breaks []Break) string {
	var ends []int
	for _, b := range breaks {
		if between(file, b.At) {
			ends = append(ends, b.At)
		}
	}
	for _, s := range file.Stmts {
		ends = append(ends, ands(s)...)
	}
	slices.Sort(ends)
	var out strings.Builder
	at := 0
	for _, end := range slices.Compact(ends) {
		out.WriteString(text[at:end])
		out.WriteString("\\\n")
		at = end
	}
	out.WriteString(text[at:])
	return out.String()
}

// between tells whether an offset is between words, and not in one: a command in a word has
// words of its own.
func between(file *syntax.File, at int) bool {
	words := true // by the innermost node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil || int(n.Pos().Offset()) >= at || at >= int(n.End().Offset()) {
			return n == nil || n == file
		}
		switch n.(type) {
		case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted, *syntax.ParamExp, *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.ExtGlob, *syntax.TestClause:
			words = false
		case *syntax.CmdSubst, *syntax.ProcSubst:
			words = true
		}
		return true
	})
	return words
}

// ands are the ends of each && of a chain.
func ands(s *syntax.Stmt) []int {
	b, ok := s.Cmd.(*syntax.BinaryCmd)
	if !ok || b.Op != syntax.AndStmt && b.Op != syntax.OrStmt {
		return nil
	}
	out := ands(b.X)
	if b.Op == syntax.AndStmt {
		out = append(out, int(b.OpPos.Offset())+len("&&"))
	}
	return out
}

// split gives the lines of a script, with a semicolon behind each command that the end of its
// line ended.
func split(printed string, file *syntax.File) []Line {
	var ends []int
	syntax.Walk(file, func(n syntax.Node) bool {
		list, closed := stmts(n)
		for i, l := range list {
			for j, s := range l {
				if end := int(s.End().Offset()); !s.Semicolon.IsValid() && (j < len(l)-1 || closed[i]) {
					ends = append(ends, end)
				}
			}
		}
		return true
	})
	slices.Sort(ends)
	var b strings.Builder
	at := 0
	for _, end := range slices.Compact(ends) {
		b.WriteString(printed[at:end])
		b.WriteByte(';')
		at = end
	}
	b.WriteString(printed[at:])
	var out []Line
	for text := range strings.SplitSeq(b.String(), "\n") {
		out = append(out, Line{Text: strings.TrimSuffix(text, " \\")})
	}
	return out
}

// stmts are the lists of commands of a node, and whether a word that ends the list would be
// one of its last command without a semicolon.
func stmts(n syntax.Node) (list [][]*syntax.Stmt, closed []bool) {
	add := func(l []*syntax.Stmt, c bool) { list, closed = append(list, l), append(closed, c) }
	switch n := n.(type) {
	case *syntax.File:
		add(n.Stmts, false)
	case *syntax.Block:
		add(n.Stmts, true)
	case *syntax.Subshell:
		add(n.Stmts, false)
	case *syntax.CmdSubst:
		add(n.Stmts, false)
	case *syntax.ProcSubst:
		add(n.Stmts, false)
	case *syntax.IfClause:
		add(n.Cond, true)
		add(n.Then, true)
	case *syntax.WhileClause:
		add(n.Cond, true)
		add(n.Do, true)
	case *syntax.ForClause:
		add(n.Do, true)
	case *syntax.CaseItem:
		add(n.Stmts, false)
	}
	return list, closed
}

// comment puts the comments of a Dockerfile back above the lines of what they stood above.
func comment(lines []Line, breaks []Break, before, after *syntax.File) ([]Line, bool) {
	was, is := anchors(before), anchors(after)
	if len(was) != len(is) {
		return nil, false
	}
	above := make([][]string, len(lines))
	for _, b := range breaks {
		if len(b.Comments) == 0 {
			continue
		}
		line, ok := place(b.At, lines, was, is)
		if !ok {
			return nil, false
		}
		above[line] = append(above[line], b.Comments...)
	}
	var out []Line
	for i, l := range lines {
		deep := l.Text[:len(l.Text)-len(strings.TrimLeft(l.Text, " \t"))]
		for _, c := range above[i] {
			out = append(out, Line{deep + c, true})
		}
		out = append(out, l)
	}
	return out, true
}

// place is the line of the first thing behind an offset of the text. An operator counts only
// where its line starts with it. The first line has no place above it.
func place(at int, lines []Line, was, is []anchor) (int, bool) {
	best := -1
	for i, a := range was {
		to := is[i].pos
		if !a.pos.IsValid() || !to.IsValid() || int(a.pos.Offset()) < at || best >= 0 && was[best].pos.Offset() <= a.pos.Offset() {
			continue
		}
		text := lines[to.Line()-1].Text
		if a.operator && int(to.Col())-1 != len(text)-len(strings.TrimLeft(text, " \t")) {
			continue
		}
		best = i
	}
	if best < 0 || is[best].pos.Line() < 2 {
		return 0, false
	}
	return int(is[best].pos.Line()) - 1, true
}

// anchor is a place that a comment can stand in front of.
type anchor struct {
	pos      syntax.Pos
	operator bool
}

// anchors are those of a tree, in an order that its layout does not change.
func anchors(file *syntax.File) (out []anchor) {
	add := func(list ...syntax.Pos) {
		for _, pos := range list {
			out = append(out, anchor{pos, false})
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt, *syntax.Word, *syntax.Assign, *syntax.Redirect:
			add(n.Pos())
		case *syntax.BinaryCmd:
			out = append(out, anchor{n.OpPos, true})
		case *syntax.IfClause:
			add(n.Position, n.ThenPos, n.FiPos)
		case *syntax.WhileClause:
			add(n.DoPos, n.DonePos)
		case *syntax.ForClause:
			add(n.DoPos, n.DonePos)
		case *syntax.CaseClause:
			add(n.In, n.Esac)
		case *syntax.CaseItem:
			add(n.OpPos)
		case *syntax.Block:
			add(n.Lbrace, n.Rbrace)
		case *syntax.Subshell:
			add(n.Lparen, n.Rparen)
		}
		return true
	})
	return out
}

// indented has all lines but the first stand deeper than the instruction.
func indented(lines []Line, indent string) {
	flat := func(l Line) bool { return !strings.HasPrefix(l.Text, " ") && !strings.HasPrefix(l.Text, "\t") }
	if len(lines) < 2 || !slices.ContainsFunc(lines[1:], flat) {
		return
	}
	for i := range lines[1:] {
		lines[i+1].Text = indent + lines[i+1].Text
	}
}

// join is the text that the lines make in a Dockerfile.
func join(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		if !l.Comment {
			b.WriteString(l.Text)
			b.WriteByte(' ')
		}
	}
	return strings.TrimRight(b.String(), " ")
}
