// Package late has what is made at its first use. A package may know a hundred regular
// expressions, and most runs of a program need three: to compile them all takes longer than
// all else that a program does before main.
package late

import (
	"regexp"
	"strings"
	"sync"
)

// Expression is a regular expression. Most texts that the most expensive ones are asked of lack
// what a match must have in it, which is found out first.
type Expression struct {
	*regexp.Regexp
	need *need
	fold bool
}

// MatchString tells whether a text has a match.
func (e *Expression) MatchString(text string) bool { return e.may(text) && e.Regexp.MatchString(text) }

// FindAllStringSubmatch is that of the package regexp.
func (e *Expression) FindAllStringSubmatch(text string, n int) [][]string {
	if !e.may(text) {
		return nil
	}
	return e.Regexp.FindAllStringSubmatch(text, n)
}

// may is false where a text has no match.
func (e *Expression) may(text string) bool {
	if !e.fold {
		return e.need.isIn(text)
	}
	return e.need == nil || !ascii(text) || e.need.isIn(strings.ToLower(text))
}

// Regexp gives a regular expression, which is compiled when it is asked for the first time. A
// wrong one panics then; a test finds those of this project.
func Regexp(text string) func() *Expression {
	return sync.OnceValue(func() *Expression {
		e := &Expression{Regexp: regexp.MustCompile(text)}
		e.need, e.fold = needs(text)
		return e
	})
}
