package words

import (
	"fmt"
	"strings"
)

// Error is a word that cannot be resolved as it is written. The message is BuildKit's,
// but where a word ends too early: there it names a character that is not there.
type Error struct {
	Message string
	Part    string // of the word: what cannot be resolved, as it is spelled
	Help    string // the next step to take
	Unset   bool   // a variable that has to be set is not: the word itself is well
}

func (e *Error) Error() string { return e.Message }

func missing(stop rune) *Error {
	if stop == '/' {
		return &Error{Message: "syntax error: missing '/' in ${}",
			Help: "write ${name/from/to} for the first match, ${name//from/to} for all"}
	}
	return &Error{Message: "syntax error: missing '}'",
		Help: "close it with }; outside of quotes, a blank ends the word"}
}

func badName() *Error {
	return &Error{Message: "syntax error: bad substitution", Help: "write the name of a variable behind ${"}
}

// unsupported is a character behind a name that is no operator: one of another shell's, or
// what stands behind a brace that was forgotten.
func unsupported(name, modifier string) *Error {
	help := fmt.Sprintf("close the name with }: ${%s}", name)
	if strings.ContainsAny(modifier, ":^,@!~") {
		help = "a Dockerfile has ${x:-default}, ${x:+instead}, ${x:?message}, ${x#front}, ${x%end} and ${x/from/to}; for others, use the shell of a RUN"
	}
	return &Error{Message: fmt.Sprintf("unsupported modifier (%s) in substitution", modifier), Help: help}
}

func required(name, message string) *Error {
	return &Error{Message: name + ": " + message, Unset: true,
		Help: fmt.Sprintf("give %s a value above: ENV %s=VALUE, or ARG %s and --build-arg %s=VALUE", name, name, name, name)}
}

// unclosed is a quote that starts at a place and has no end.
func (l *Lexer) unclosed(name, quote string, start int) *Error {
	return &Error{Message: "unexpected end of statement while looking for matching " + name, Part: l.src[start:],
		Help: fmt.Sprintf("close it with %s, or write %c%s for one that is meant as it is", quote, l.Escape, quote)}
}
