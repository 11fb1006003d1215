package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// BashTree is the syntax tree of the script as bash reads it, which has names for more than that
// of sh; Tree where bash does not, and where it has no more to name.
func (s *Script) BashTree() *syntax.File {
	if s.file != nil && !s.Bash && (hasBash(s.Text) || s.startsWithBash()) {
		if file, err := bashParsers.parse(s.Text); err == nil {
			return file
		}
	}
	return s.file
}

// hasBash tells whether a text that is a script of a POSIX shell has something that bash may take
// for more, wherever it stands: a wildcard or a test in brackets, an extended wildcard, arithmetic,
// another kind of quotes, of redirection, of pipe, of assignment, of function, or of an end in a
// case. What a backslash or a NUL takes apart counts as well.
func hasBash(text string) bool {
	if strings.Contains(text, "\\\n") || strings.Contains(text, "\\\r\n") || strings.Contains(text, "\x00") || mayDefine(text) {
		return true
	}
	for i := 0; i+1 < len(text); i++ {
		next := text[i+1]
		switch text[i] {
		case '[': // a word of its own is a command like others
			if !isBlank(next) || i > 0 && !isBlank(text[i-1]) || i > 1 && text[i-2] == '\\' {
				return true
			}
		case '(', '<', '>', '@', '?', '*', '!':
			if next == '(' {
				return true
			}
		case '+':
			if next == '(' || next == '=' {
				return true
			}
		case '$':
			if next == '\'' || next == '"' {
				return true
			}
		case '|', ';':
			if next == '&' {
				return true
			}
		case '&':
			if next == '>' {
				return true
			}
		}
	}
	return strings.HasSuffix(text, "[")
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' }

// startsWithBash tells whether a command starts with a word that bash has a syntax for.
func (s *Script) startsWithBash() bool {
	for _, c := range s.Commands {
		if c.Nested || c.stmt == nil {
			continue
		}
		switch c.stmt.Cmd.(*syntax.CallExpr).Args[0].Lit() {
		case "[[", "]]", "let", "function", "declare", "local", "export", "readonly", "typeset", "nameref", "time", "coproc", "select":
			return true
		}
	}
	return false
}
