package words

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxMatch bounds the work of one match: the length of the pattern times the
// length of the value.
const maxMatch = 1 << 24

// matchCost is what a match counts for that is replaced.
const matchCost = 64

type patternKey struct {
	text             string
	greedy, anchored bool
}

type compiled struct {
	re  *regexp.Regexp
	err error
}

// pattern makes a regular expression of a pattern, to be matched with a value.
func (l *Lexer) pattern(text, value string, greedy, anchored bool) (*regexp.Regexp, error) {
	if len(text)*max(len(value), 64) > maxMatch {
		return nil, ErrTooCostly
	}
	if err := l.Budget.Take(len(text) * len(value)); err != nil {
		return nil, err
	}
	key := patternKey{text, greedy, anchored}
	if c, ok := l.patterns[key]; ok {
		return c.re, c.err
	}
	c := &compiled{}
	if c.re, c.err = compile(text, greedy, anchored); c.err != nil {
		c.err = fmt.Errorf("invalid pattern (%s) in substitution: %w", shortened(text), c.err)
	}
	if len(l.patterns) >= 64 || l.patterns == nil {
		l.patterns = map[patternKey]*compiled{}
	}
	l.patterns[key] = c
	return c.re, c.err
}

// compile translates a shell pattern, of which "*" and "?" have a meaning. The
// escape character of a pattern is the backslash, whatever the file's is.
func compile(pattern string, greedy, anchored bool) (*regexp.Regexp, error) {
	var b strings.Builder
	b.Grow(len(pattern) + 4)
	if anchored {
		b.WriteByte('^')
	}
	star := ".*?"
	if greedy {
		star = ".*"
	}
	text := []rune(strings.TrimPrefix(pattern, "\uFEFF"))
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '*':
			b.WriteString(star)
			continue
		case '?':
			b.WriteByte('.')
			continue
		case '\\':
			next := eof
			if i+1 < len(text) {
				next = text[i+1]
			}
			switch next {
			case '}', '/':
				continue
			case '*', '?', '\\':
				b.WriteByte('\\')
				i++
			default:
				if next == eof {
					next = utf8.RuneError
				}
				return nil, fmt.Errorf(`invalid escape '\%c'`, next)
			}
		case '[', ']', '{', '}', '.', '+', '(', ')', '|', '^', '$':
			b.WriteByte('\\')
		}
		b.WriteRune(text[i])
	}
	return regexp.Compile(b.String())
}

// reversePattern reverses a pattern, but not its escapes.
func reversePattern(pattern string) string {
	text := []rune(pattern)
	out := make([]rune, len(text))
	last := len(text) - 1
	for i := 0; i <= last; i++ {
		to := last - i
		if text[i] == '\\' && i != last {
			out[to-1], out[to] = text[i], text[i+1]
			i++
			continue
		}
		out[to] = text[i]
	}
	return string(out)
}

func reverse(s string) string {
	out := []rune(s)
	slices.Reverse(out)
	return string(out)
}
