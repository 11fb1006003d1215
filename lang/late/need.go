package late

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxClass is how many letters of a class are looked for; of more, one is in most texts.
const maxClass = 4

// need is what a text must have in it for an expression to match: a literal, or all or one of
// others. That of which nothing is known is nil.
type need struct {
	literal string
	all     []*need
	one     []*need
}

// needs gives what an expression needs. Fold tells that letters of either case will do, and
// that literals are in lower case.
func needs(expr string) (n *need, fold bool) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, false
	}
	fold = folds(re)
	return needsOf(re.Simplify(), fold), fold
}

// folds tells whether a part of an expression is without regard to case.
func folds(re *syntax.Regexp) bool {
	return re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase != 0 || slices.ContainsFunc(re.Sub, folds)
}

func needsOf(re *syntax.Regexp, fold bool) *need {
	switch re.Op {
	case syntax.OpLiteral:
		if !slices.Contains(re.Rune, utf8.RuneError) { // which a broken byte matches
			return literal(string(re.Rune), fold)
		}
	case syntax.OpCharClass:
		return letters(re.Rune, fold)
	case syntax.OpCapture, syntax.OpPlus:
		return needsOf(re.Sub[0], fold)
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needsOf(re.Sub[0], fold)
		}
	case syntax.OpConcat:
		n := &need{}
		for _, sub := range re.Sub {
			if part := needsOf(sub, fold); part != nil {
				n.all = append(n.all, part)
			}
		}
		switch len(n.all) {
		case 0:
		case 1:
			return n.all[0]
		default:
			return n
		}
	case syntax.OpAlternate:
		n := &need{}
		for _, sub := range re.Sub {
			part := needsOf(sub, fold)
			if part == nil {
				return nil
			}
			n.one = append(n.one, part)
		}
		return n
	}
	return nil
}

func literal(text string, fold bool) *need {
	if fold {
		text = strings.ToLower(text)
	}
	return &need{literal: text}
}

// letters is one of a class, given as pairs of a first and a last one.
func letters(pairs []rune, fold bool) *need {
	n := &need{}
	for i := 0; i < len(pairs); i += 2 {
		for r := pairs[i]; r <= pairs[i+1]; r++ {
			if len(n.one) == maxClass || r == utf8.RuneError {
				return nil
			}
			n.one = append(n.one, literal(string(r), fold))
		}
	}
	if len(n.one) == 0 {
		return nil
	}
	return n
}

// isIn tells whether a text has it.
func (n *need) isIn(text string) bool {
	in := func(n *need) bool { return n.isIn(text) }
	switch {
	case n == nil:
		return true
	case n.one != nil:
		return slices.ContainsFunc(n.one, in)
	case n.all != nil:
		return !slices.ContainsFunc(n.all, func(n *need) bool { return !in(n) })
	}
	return strings.Contains(text, n.literal)
}

// ascii tells a text in which a letter has two cases, and no more.
func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
