// Package late has what is made at its first use. A package may know a hundred regular
// expressions, and most runs of a program need three: to compile them all takes longer than
// all else that a program does before main.
package late

import (
	"regexp"
	"sync"
)

// Regexp gives a regular expression, which is compiled when it is asked for the first time. A
// wrong one panics then; a test finds those of this project.
func Regexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
