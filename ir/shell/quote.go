package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Quote makes a text one word of a POSIX shell.
func Quote(text string) string {
	if q, err := syntax.Quote(text, syntax.LangPOSIX); err == nil {
		return q
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" // it has what POSIX cannot escape
}
