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
	ends := between(file, breaks)
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

// between gives the offsets of the breaks that are between words, and not in one: a command in a
// word has words of its own.
func between(file *syntax.File, breaks []Break) []int {
	inWord := make([]bool, len(breaks)) // by the innermost node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			return true
		}
		first, end := behind(breaks, n.Pos().Offset()+1), behind(breaks, n.End().Offset())
		if first >= end {
			return n == file
		}
		switch n.(type) {
		case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted, *syntax.ParamExp, *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.ExtGlob, *syntax.TestClause:
			for i := first; i < end; i++ {
				inWord[i] = true
			}
		case *syntax.CmdSubst, *syntax.ProcSubst:
			clear(inWord[first:end])
		}
		return true
	})
	var out []int
	for i, b := range breaks {
		if !inWord[i] {
			out = append(out, b.At)
		}
	}
	return out
}

// behind is the index of the first break that is not in front of an offset.
func behind(breaks []Break, at uint) int {
	i, _ := slices.BinarySearchFunc(breaks, int(at), func(b Break, at int) int { return b.At - at })
	return i
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
