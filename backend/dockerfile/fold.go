package dockerfile

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is less than what a line may have in stock docker, which reads with a
// bufio.Scanner: 64 KiB with the line ending.
const maxLine = 60 << 10

var errTooLong = errors.New("a line is longer than docker reads, and cannot be folded")

func tooLong(text string) bool {
	for line := range strings.Lines(text) {
		if len(line) > maxLine {
			return true
		}
	}
	return false
}

// wide is more than a line has that is read at once.
const wide = 100

// laidOut breaks a long script of one line where its author had broken it: the blanks with which a
// line began are still there, behind the one in front of the escape character. It is the same script,
// for a line that goes on is joined as it stands. What may be in quotes is left alone.
func laidOut(text string, escape byte) string {
	if len(text) <= wide || strings.Contains(text, "\n") || !strings.HasPrefix(text, "RUN ") || strings.HasPrefix(text, "RUN [") {
		return text
	}
	var b strings.Builder
	from, quote := 0, byte(0)
	for at := len("RUN ") + 1; at < len(text)-1; at++ {
		switch c := text[at]; {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		}
		blank := quote == 0 && (text[at] == ' ' || text[at] == '\t')
		if !blank || text[at-1] != ' ' || text[at-2] == ' ' || text[at-2] == '\t' || text[at-2] == escape {
			continue
		}
		if next := strings.TrimLeftFunc(text[at:], unicode.IsSpace); next == "" || next[0] == '#' {
			continue
		}
		b.WriteString(text[from:at])
		b.WriteByte(escape)
		b.WriteByte('\n')
		from = at
	}
	return b.String() + text[from:]
}

// fold breaks the first line of an instruction into ones that are short enough.
// The lines of here documents cannot be broken.
func fold(text string, escape byte) (string, error) {
	if !tooLong(text) {
		return text, nil
	}
	line, docs, found := strings.Cut(text, "\n")
	if tooLong(docs) {
		return "", errTooLong
	}
	var b strings.Builder
	for len(line) > maxLine {
		at := breakBefore(line, maxLine-2, escape)
		if at == 0 {
			return "", errTooLong
		}
		b.WriteString(line[:at])
		b.WriteByte(escape)
		b.WriteByte('\n')
		line = line[at:]
	}
	b.WriteString(line)
	if found {
		b.WriteByte('\n')
	}
	return b.String() + docs, nil
}

// breakBefore finds the last place, at most at, where a line can be broken, or
// 0. The next line must not be blank, which docker drops, nor start like a
// comment; and what ends in an escape character does not go on behind another.
func breakBefore(line string, at int, escape byte) int {
	for ; at > 0; at-- {
		if line[at-1] == escape || !utf8.RuneStart(line[at]) {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(line[at:]); r != '#' && !unicode.IsSpace(r) {
			return at
		}
	}
	return 0
}
