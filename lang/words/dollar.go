package words

import (
	"errors"
	"unicode"
	"unicode/utf8"
)

// dollar reads a reference to a variable.
func (l *Lexer) dollar() error {
	start := l.pos
	err := l.reference()
	if e, ok := errors.AsType[*Error](err); ok && e.Part == "" {
		e.Part = l.src[start:l.pos]
	}
	return err
}

func (l *Lexer) reference() error {
	start := l.pos
	l.pos++
	if l.peek() != '{' {
		name := l.name()
		value, set := "$", true
		if name != "" {
			value, set = l.get(name)
		}
		if !set && l.SkipUnset {
			value = l.src[start:l.pos]
		}
		l.out = append(l.out, value...)
		return nil
	}
	l.pos++
	switch l.peek() {
	case eof:
		return missing('}')
	case '{', '}', ':':
		return badName()
	}
	name := l.name()
	// What is inside is read in any case; it is wanted or not. Reading it drops the
	// word at hand, which BuildKit keeps in one place for all depths.
	at := len(l.out)
	switch op := l.next(); op {
	case '}':
		value, set := l.get(name)
		if !set && l.SkipUnset {
			value = "${" + name + "}"
		}
		l.out = append(l.out, value...)
		return nil
	case ':':
		op = l.next()
		if op == '#' || op == '%' {
			return unsupported(name, ":"+string(op))
		}
		return l.modified(at, name, op, true)
	case '+', '-', '?', '#', '%':
		return l.modified(at, name, op, false)
	case '/':
		return l.replaced(at, name)
	case eof:
		return missing('}')
	default:
		return unsupported(name, string(op))
	}
}

func (l *Lexer) get(name string) (string, bool) {
	value, set := l.vars.Get(name)
	if l.Seen != nil {
		l.Seen(name, set)
	}
	return value, set
}

// name reads the name of a variable: a number, a special parameter, or letters,
// digits and underscores.
func (l *Lexer) name() string {
	start := l.pos
	first := l.peek()
	if !unicode.IsDigit(first) && special(first) {
		l.pos++
		return l.src[start:l.pos]
	}
	number := unicode.IsDigit(first)
	for l.pos < len(l.src) {
		r, n := rune(l.src[l.pos]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(l.src[l.pos:])
		}
		if !unicode.IsDigit(r) && (number || r != '_' && !unicode.IsLetter(r)) {
			break
		}
		l.pos += n
	}
	return l.src[start:l.pos]
}

func special(r rune) bool {
	switch r {
	case '@', '*', '#', '?', '-', '$', '!', '0':
		return true
	}
	return false
}

// inner reads the text inside a substitution. It is left at the end of l.out.
func (l *Lexer) inner(stop rune, raw, pattern bool) error {
	l.part = l.part[:0]
	err := l.until(stop, raw, pattern)
	if err != nil && l.pos >= len(l.src) && !errors.Is(err, ErrTooLong) {
		return missing(stop)
	}
	return err
}

// modified reads what follows the operator in ${name-word} and its like.
func (l *Lexer) modified(at int, name string, op rune, colon bool) error {
	pattern := op == '#' || op == '%'
	value, set := l.get(name)
	if !set && l.SkipUnset {
		l.out = append(l.out, "${"+name...)
		if colon {
			l.out = append(l.out, ':')
		}
		l.put(op)
		err := l.inner('}', pattern, pattern)
		l.out = append(l.out, '}')
		return err
	}
	if err := l.inner('}', pattern, pattern); err != nil {
		return err
	}
	unset := !set || colon && value == ""
	switch op {
	case '-':
		if !unset {
			l.out = append(l.out[:at], value...)
		}
	case '+':
		if unset {
			l.out = l.out[:at]
		}
	case '?':
		if unset {
			message := "is not allowed to be unset"
			if set {
				message = "is not allowed to be empty"
			}
			if len(l.out) > at {
				message = shortened(string(l.out[at:]))
			}
			return required(name, message)
		}
		l.out = append(l.out[:at], value...)
	case '#', '%':
		word := string(l.out[at:])
		l.out = l.out[:at]
		value, err := l.trim(word, value, byte(op))
		if err != nil {
			return err
		}
		l.out = append(l.out, value...)
	default:
		return unsupported(name, ":"+string(op))
	}
	return nil
}

// trim takes off the front or the back of a value what matches a pattern; a
// doubled operator asks for the longest match.
func (l *Lexer) trim(word, value string, op byte) (string, error) {
	greedy := word != "" && word[0] == op
	if greedy {
		word = word[1:]
	}
	if op == '#' {
		return l.trimPrefix(word, value, greedy)
	}
	// The shortest match at the end is the shortest at the start of the reverse.
	value, err := l.trimPrefix(reversePattern(word), reverse(value), greedy)
	return reverse(value), err
}

func (l *Lexer) trimPrefix(word, value string, greedy bool) (string, error) {
	re, err := l.pattern(word, value, greedy, true)
	if err != nil {
		return "", err
	}
	if at := re.FindStringIndex(value); at != nil {
		value = value[at[1]:]
	}
	return value, nil
}

// replaced reads ${name/pattern/replacement}, or with a second slash that
// replaces every match.
func (l *Lexer) replaced(at int, name string) error {
	all := l.peek() == '/'
	if all {
		l.pos++
	}
	value, set := l.get(name)
	if !set && l.SkipUnset { // the second slash is lost, as in BuildKit
		l.out = append(l.out, "${"+name+"/"...)
		err := l.inner('/', true, true)
		l.out = append(l.out, '/')
		if err == nil {
			err = l.inner('}', true, false)
		}
		l.out = append(l.out, '}')
		return err
	}
	if err := l.inner('/', true, true); err != nil {
		return err
	}
	pattern := string(l.out[at:])
	l.out = l.out[:at]
	if err := l.inner('}', true, false); err != nil {
		return err
	}
	with := string(l.out[at:])
	l.out = l.out[:at]
	re, err := l.pattern(pattern, value, true, false)
	if err != nil {
		return err
	}
	matches := re.FindAllStringIndex(value, count(all))
	if err := l.Budget.Take(len(matches) * matchCost); err != nil {
		return err
	}
	last := 0
	for _, m := range matches {
		l.out = append(l.out, value[last:m[0]]...)
		if all {
			l.out = re.ExpandString(l.out, with, value, m)
		} else {
			l.out = append(l.out, with...)
		}
		if len(l.out) > l.limit {
			return ErrTooLong
		}
		last = m[1]
	}
	l.out = append(l.out, value[last:]...)
	return nil
}

func count(all bool) int {
	if all {
		return -1
	}
	return 1
}
