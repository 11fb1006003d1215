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
