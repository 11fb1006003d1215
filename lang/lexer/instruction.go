package lexer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/spec"
)

// instruction cuts the logical line at hand into tokens and reads the here
// documents that it announces.
func (l *Lexer) instruction(out *Line) {
	out.Code = l.text
	i, j := trimBounds(l.text, 0, len(l.text))
	l.cut(out, i, j)
	if strings.Contains(l.text, "<<") && l.takesHeredoc(out) {
		l.heredocs(out)
		if out.Sub != nil && len(out.Heredocs) > 0 {
			out.Sub.End = out.End // they are the trigger's too
		}
	}
}

// cut makes the tokens of the instruction in [i, j), which has no blanks at its
// ends.
func (l *Lexer) cut(out *Line, i, j int) {
	end := l.wordEnd(i, j)
	out.Keyword = l.token(Keyword, i, end)
	out.ID = spec.Lookup(out.Keyword.Text)
	i = l.flags(out, l.skipBlanks(end, j), j)
	i, j = trimBounds(l.text, i, j)
	l.arguments(out, i, j)
}

func (l *Lexer) arguments(out *Line, i, j int) {
	if i == j {
		return
	}
	switch spec.Of(out.ID).Form {
	case spec.Text:
		out.Args = append(out.Args, l.token(Text, i, j))
	case spec.Script:
		l.shellOrJSON(out, i, j)
	case spec.List:
		if !l.json(out, i, j) {
			l.words(out, i, j)
		}
	case spec.Words:
		l.words(out, i, j)
	case spec.Names:
		l.quoted(out, i, j)
	case spec.Pairs:
		l.pairs(out, i, j)
	case spec.Health:
		l.health(out, i, j)
	case spec.Nested:
		l.sub = Line{Kind: Keyword, Flags: l.sub.Flags[:0], Args: l.sub.Args[:0], Heredocs: l.sub.Heredocs[:0]}
		l.sub.Code = l.text[i:j]
		l.sub.Start, l.sub.End = l.source(i), l.source(j-1)+1
		// A chain of ONBUILDs is refused, so its tail is never looked at.
		if end := l.wordEnd(i, j); spec.Lookup(l.text[i:end]) == spec.Onbuild {
			l.sub.Keyword, l.sub.ID = l.token(Keyword, i, end), spec.Onbuild
		} else {
			l.cut(&l.sub, i, j)
		}
		out.Sub = &l.sub
	}
}

func (l *Lexer) shellOrJSON(out *Line, i, j int) {
	if i < j && !l.json(out, i, j) {
		out.Args = append(out.Args, l.token(Text, i, j))
	}
}

// json takes [i, j) for an array when it is one. Elements that are no strings
// make no tokens: the parser refuses such an array.
func (l *Lexer) json(out *Line, i, j int) bool {
	i = j - len(trimLeft(l.text[i:j]))
	if i == j || l.text[i] != '[' {
		return false
	}
	text := l.text[i:j]
	bounds, ok := Strings(text)
	if !ok && !isArray(text) {
		return false
	}
	out.Args = append(out.Args, l.token(JSON, i, j))
	for _, b := range bounds {
		t := l.token(String, i+b[0], i+b[1])
		t.Text = unquote(t.Text)
		out.Args = append(out.Args, t)
	}
	return true
}

func (l *Lexer) words(out *Line, i, j int) {
	for i < j {
		if out.full() {
			return
		}
		end := l.wordEnd(i, j)
		out.Args = append(out.Args, l.token(Word, i, end))
		i = l.skipBlanks(end, j)
	}
}

// wordEnd finds the first blank in [i, j).
func (l *Lexer) wordEnd(i, j int) int {
	for i < j && !isBlank(l.text[i]) {
		i++
	}
	return i
}

// skipBlanks finds the first byte in [i, j) that is no blank.
func (l *Lexer) skipBlanks(i, j int) int {
	for i < j && isBlank(l.text[i]) {
		i++
	}
	return i
}

func (l *Lexer) health(out *Line, i, j int) {
	end := i
	for end < j && !isByteSpace(l.text[end]) {
		end++
	}
	if end == i {
		return
	}
	out.Args = append(out.Args, l.token(Word, i, end))
	for end < j && isByteSpace(l.text[end]) {
		end++
	}
	l.shellOrJSON(out, end, j)
}

// quoted cuts words that quotes and escapes hold together; they keep both.
func (l *Lexer) quoted(out *Line, i, j int) {
	for {
		i = j - len(trimLeft(l.text[i:j]))
		if i == j || out.full() {
			return
		}
		end, blank := l.quotedEnd(i, j)
		t := l.token(Word, i, end)
		// An escape character at the very end stands for nothing.
		if end == j && l.danglingEscape(i, j) {
			t.Text = t.Text[:len(t.Text)-1]
		}
		if !utf8.ValidString(t.Text) {
			t.Text = string([]rune(t.Text)) // U+FFFD for each invalid byte
		}
		if strings.Contains(t.Text, "=") {
			t.Kind = Pair
		}
		if t.Text != "" || blank {
			out.Args = append(out.Args, t)
		}
		i = end
	}
}

// quotedEnd finds the end of the word that starts at i.
func (l *Lexer) quotedEnd(i, j int) (end int, quoted bool) {
	var quote byte
	for p := i; p < j; {
		b := l.text[p]
		switch {
		case b == l.escape && quote != '\'':
			p++
			if p < j {
				_, n := utf8.DecodeRuneInString(l.text[p:j])
				p += n
			}
			continue
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '\'' || b == '"':
			quote, quoted = b, true
		case b < utf8.RuneSelf:
			if isBlank(b) || b == '\n' {
				return p, quoted
			}
		default:
			r, n := utf8.DecodeRuneInString(l.text[p:j])
			if unicode.IsSpace(r) {
				return p, quoted
			}
			p += n
			continue
		}
		p++
	}
	return j, quoted
}

// danglingEscape reports whether the word [i, j) ends in an escape character
// that escapes nothing.
func (l *Lexer) danglingEscape(i, j int) bool {
	if l.text[j-1] != l.escape {
		return false
	}
	var quote byte
	for p := i; p < j; p++ {
		switch b := l.text[p]; {
		case b == l.escape && quote != '\'':
			if p++; p == j {
				return true
			}
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '\'' || b == '"':
			quote = b
		}
	}
	return false
}

// pairs cuts "name=value …", or the legacy "name value with blanks", which is
// what a first word without "=" means.
func (l *Lexer) pairs(out *Line, i, j int) {
	first := len(out.Args)
	l.quoted(out, i, j)
	if len(out.Args) == first || out.Args[first].Kind == Pair {
		return
	}
	out.Args = out.Args[:first]
	end := l.wordEnd(i, j)
	out.Args = append(out.Args, l.token(Word, i, end))
	if i = l.skipBlanks(end, j); i < j {
		out.Args = append(out.Args, l.token(Text, i, j))
	}
}

// flags takes the "--name=value" words off the front of [i, j) and gives the
// offset of what follows them. Quotes and escapes inside a flag are resolved.
func (l *Lexer) flags(out *Line, i, j int) int {
	for {
		for i < j && isByteSpace(l.text[i]) {
			i++
		}
		if i+1 >= j || l.text[i] != '-' || l.text[i+1] != '-' {
			return i
		}
		end, text := l.flag(i, j)
		if text == "--" {
			return end
		}
		t := l.token(Flag, i, end)
		t.Text = text
		out.Flags = append(out.Flags, t)
		i = end
	}
}

func (l *Lexer) flag(i, j int) (end int, text string) {
	end = i
	for end < j && l.text[end] > ' ' && l.text[end] < utf8.RuneSelf &&
		l.text[end] != '"' && l.text[end] != '\'' && l.text[end] != l.escape {
		end++
	}
	if end == j || isByteSpace(l.text[end]) {
		return end, l.text[i:end]
	}
	// BuildKit reads flags byte by byte and writes each as a rune, so that text
	// outside ASCII comes out doubly encoded; the vertices must say the same.
	var b strings.Builder
	b.WriteString(l.text[i:end])
	var quote byte
	for ; end < j; end++ {
		c := l.text[end]
		switch {
		case quote == 0 && isByteSpace(c):
			return end, b.String()
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
			continue
		case quote != 0 && c == quote:
			quote = 0
			continue
		case c == l.escape:
			if end+1 == j {
				continue
			}
			end++
			c = l.text[end]
		}
		b.WriteRune(rune(c))
	}
	return end, b.String()
}
