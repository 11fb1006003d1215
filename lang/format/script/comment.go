package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// comment puts the comments of a Dockerfile back above the lines of what they stood above.
func comment(lines []Line, breaks []Break, before, after *syntax.File) ([]Line, bool) {
	places, ok := places(lines, anchors(before), anchors(after))
	if !ok {
		return nil, false
	}
	above := make([][]string, len(lines))
	for _, b := range breaks {
		if len(b.Comments) == 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(places, b.At, func(p place, at int) int { return p.at - at })
		if i == len(places) || places[i].line == 0 { // the first line has no place above it
			return nil, false
		}
		line := places[i].line
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

// place is where the comments in front of an offset of the text can stand: above a line.
type place struct{ at, line int }

// places pairs the anchors of a text with the lines that they stand on now, in the order of the
// text. An operator counts only where its line starts with it. It reports false for trees that
// have not the same anchors.
func places(lines []Line, was, is []anchor) ([]place, bool) {
	if len(was) != len(is) {
		return nil, false
	}
	var out []place
	for i, a := range was {
		to := is[i].pos
		if !a.pos.IsValid() || !to.IsValid() {
			continue
		}
		line := int(to.Line()) - 1
		text := lines[line].Text
		if !a.operator || int(to.Col())-1 == len(text)-len(strings.TrimLeft(text, " \t")) {
			out = append(out, place{int(a.pos.Offset()), line})
		}
	}
	slices.SortStableFunc(out, func(a, b place) int { return a.at - b.at })
	return out, true
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
