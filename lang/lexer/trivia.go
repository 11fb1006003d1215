package lexer

import "strings"

// Trivia gives what the text of the instruction in [start, end) of a file has in it besides
// its logical line, in order: tokens of the kinds Continuation, Comment and Blank. All have
// their line ending with them, unless the instruction ends first.
func Trivia(src string, start, end uint32, escape byte) []Token {
	l := Lexer{src: src[:end], pos: int(start), escape: escape, keep: true}
	l.trivia = make([]Token, 0, strings.Count(src[start:end], "\n")) // one a line, but for the last
	var line Line
	from, to := l.physical()
	l.join(&line, from, to)
	return l.trivia
}

// leave notes what is left out of a logical line, from an offset up to the next line.
func (l *Lexer) leave(kind Kind, from int) {
	if l.keep {
		l.trivia = append(l.trivia, Token{Kind: kind, Text: l.src[from:l.pos], Start: uint32(from), End: uint32(l.pos)})
	}
}
