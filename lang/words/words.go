// Package words resolves the quotes, escapes and variables of Dockerfile words.
// It gives what BuildKit's shell package gives, quirks included, which a fuzz
// target of package plan holds it to. It is not that package because hostile
// words must have an end: there a word nests as deep as the stack allows, which
// is a crash that cannot be caught, and expands to any size. It imports the
// standard library only.
package words

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxDepth is how deep substitutions may nest, as in ${a:-${b:-c}}.
	MaxDepth = 1000
	// MaxSize is how many bytes a word may gain by its variables.
	MaxSize = 1 << 20
)

// Vars are the variables that words can refer to.
type Vars interface {
	Get(name string) (value string, set bool)
}

// Budget bounds what a whole file may cost: bytes that are made, and steps of
// matching patterns.
type Budget struct{ Left int64 }

// The bounds that BuildKit has not got.
var (
	ErrTooLong = fmt.Errorf("variables add more than %d bytes to it", MaxSize)
	ErrTooDeep = fmt.Errorf("substitutions nest more than %d deep", MaxDepth)
	// ErrTooCostly says that a pattern and a value are too long to be matched.
	ErrTooCostly = errors.New("the pattern and the value are too long to be matched")
	// ErrBudget says that a budget is used up.
	ErrBudget = errors.New("the variables of this file expand to more than can be built")
)

// Take takes from the budget. A nil budget has no end.
func (b *Budget) Take(n int) error {
	if b == nil {
		return nil
	}
	if b.Left -= int64(n); b.Left < 0 {
		return ErrBudget
	}
	return nil
}

// Lexer reads words. It is not safe for concurrent use.
type Lexer struct {
	Escape     rune
	RawQuotes  bool // quotes are kept
	RawEscapes bool // escape characters are kept
	SkipQuotes bool // quotes mean nothing
	SkipUnset  bool // references to variables that are not set are kept

	Budget *Budget // nil is without end

	// Seen is told of each variable that a word refers to; nil is not.
	Seen func(name string, set bool)

	src   string
	pos   int
	vars  Vars
	out   []byte // what has been read so far
	limit int    // of len(out)
	raw   bool   // escapes are kept here
	depth int

	splitting bool
	part      []byte // the word at hand
	inPart    bool
	parts     []string

	patterns map[patternKey]*compiled
}

// Word resolves a word.
func (l *Lexer) Word(word string, vars Vars) (string, error) {
	l.splitting = false
	if err := l.process(word, vars); err != nil {
		return "", err
	}
	if string(l.out) == word {
		return word, nil
	}
	return string(l.out), nil
}

// Words resolves a word and splits the result at the blanks that no quotes hold
// together. What stands in front of a ${name:-word} is lost, as in BuildKit.
func (l *Lexer) Words(word string, vars Vars) ([]string, error) {
	l.splitting, l.part, l.inPart, l.parts = true, l.part[:0], false, nil
	if err := l.process(word, vars); err != nil {
		return nil, err
	}
	if len(l.part) > 0 {
		l.parts = append(l.parts, string(l.part))
	}
	return l.parts, nil
}

func (l *Lexer) process(word string, vars Vars) error {
	l.src, l.pos, l.vars, l.out = word, 0, vars, l.out[:0]
	l.limit, l.raw, l.depth = MaxSize+len(word)*utf8.UTFMax, l.RawEscapes, 0
	l.skipBOM()
	err := l.until(eof, l.RawEscapes, false)
	if err == nil {
		err = l.Budget.Take(len(l.out))
	}
	if err != nil {
		return fmt.Errorf("failed to process %q: %w", shortened(word), err)
	}
	return nil
}

// shortened is a word for a message.
func shortened(word string) string {
	const most = 200
	if len(word) <= most {
		return word
	}
	return word[:most] + "…"
}

const eof rune = -1

func (l *Lexer) skipBOM() {
	if r, n := utf8.DecodeRuneInString(l.src); r == 0xFEFF {
		l.pos = n
	}
}

// peek gives the next character: U+FFFD for a byte that is no part of one.
func (l *Lexer) peek() rune {
	if l.pos >= len(l.src) {
		return eof
	}
	if b := l.src[l.pos]; b < utf8.RuneSelf {
		return rune(b)
	}
	r, _ := utf8.DecodeRuneInString(l.src[l.pos:])
	return r
}

func (l *Lexer) next() rune {
	if l.pos >= len(l.src) {
		return eof
	}
	if b := l.src[l.pos]; b < utf8.RuneSelf {
		l.pos++
		return rune(b)
	}
	r, n := utf8.DecodeRuneInString(l.src[l.pos:])
	l.pos += n
	return r
}

func (l *Lexer) put(r rune) { l.out = utf8.AppendRune(l.out, r) }

// addRaw adds a character to the word at hand, whatever it is.
func (l *Lexer) addRaw(r rune) {
	if l.splitting {
		l.part, l.inPart = utf8.AppendRune(l.part, r), true
	}
}

// add adds a character to the word at hand; a blank ends the word.
func (l *Lexer) add(r rune) {
	switch {
	case !l.splitting:
	case !unicode.IsSpace(r):
		l.addRaw(r)
	case l.inPart && len(l.part) > 0:
		l.parts = append(l.parts, string(l.part))
		l.part, l.inPart = l.part[:0], false
	}
}

// until reads up to the stop character, or to the end when that is eof. With raw
// escape characters are kept; in a pattern those in quotes are doubled, because
// the pattern is read once more.
func (l *Lexer) until(stop rune, raw, pattern bool) error {
	if l.depth++; l.depth > MaxDepth {
		return ErrTooDeep
	}
	outer := l.raw
	l.raw = raw
	top := stop == eof
	for l.pos < len(l.src) {
		switch r := l.peek(); {
		case r == stop:
			l.pos++
			l.raw = outer
			l.depth--
			return nil
		case r == '$', r == '<', !l.SkipQuotes && (r == '\'' || r == '"'):
			start := len(l.out)
			if err := l.special(r, pattern); err != nil {
				return err
			}
			if top && l.splitting {
				l.addSpecial(r, string(l.out[start:]))
			}
		default:
			l.ordinary(top)
		}
		if len(l.out) > l.limit {
			return ErrTooLong
		}
	}
	l.raw = outer
	l.depth--
	if !top {
		return fmt.Errorf("unexpected end of statement while looking for matching %c", stop)
	}
	return nil
}

func (l *Lexer) addSpecial(r rune, text string) {
	if r != '$' {
		l.part, l.inPart = append(l.part, text...), true
		return
	}
	for _, c := range text {
		l.add(c)
	}
}

// ordinary reads one character, or an escape character and what it escapes.
func (l *Lexer) ordinary(top bool) {
	r := l.next()
	if r != l.Escape {
		l.put(r)
		if top {
			l.add(r)
		}
		return
	}
	if l.raw {
		l.put(r)
		if top {
			l.addRaw(r)
		}
	}
	if r = l.next(); r == eof {
		return
	}
	l.put(r)
	if top {
		l.addRaw(r)
	}
}

func (l *Lexer) special(r rune, pattern bool) error {
	switch r {
	case '$':
		return l.dollar()
	case '\'':
		return l.single(pattern)
	case '"':
		return l.double(pattern)
	}
	l.heredoc()
	return nil
}

// heredoc reads "<" or "<<"; blanks behind "<<" belong to the word.
func (l *Lexer) heredoc() {
	l.pos++
	l.out = append(l.out, '<')
	if l.peek() != '<' {
		return
	}
	for {
		l.out = append(l.out, l.src[l.pos])
		l.pos++
		if r := l.peek(); r != ' ' && r != '\t' && r != '\r' {
			return
		}
	}
}

func (l *Lexer) single(pattern bool) error {
	start := l.pos
	r := l.next()
	if l.RawQuotes {
		l.put(r)
	}
	for {
		switch r = l.next(); {
		case r == eof:
			return l.unclosed("single-quote", "'", start)
		case r == '\'':
			if l.RawQuotes {
				l.put(r)
			}
			return nil
		case pattern && r == l.Escape:
			l.put(r)
		}
		l.put(r)
	}
}

func (l *Lexer) double(pattern bool) error {
	start := l.pos
	r := l.next()
	if l.RawQuotes {
		l.put(r)
	}
	for {
		switch r = l.peek(); r {
		case eof:
			return l.unclosed("double-quote", `"`, start)
		case '"':
			l.pos++
			if l.RawQuotes {
				l.put(r)
			}
			return nil
		case '$':
			if err := l.dollar(); err != nil {
				return err
			}
			if len(l.out) > l.limit {
				return ErrTooLong
			}
		default:
			l.quoted(pattern)
		}
	}
}

// quoted reads one character between double quotes, where only some can be
// escaped.
func (l *Lexer) quoted(pattern bool) {
	r := l.next()
	if r == l.Escape {
		switch l.peek() {
		case eof:
			return
		case '"', '$', l.Escape:
			if l.raw {
				l.put(r)
			}
			r = l.next()
		default:
			if l.raw && (!l.RawQuotes || pattern) {
				l.put(r)
			}
		}
	}
	l.put(r)
}
