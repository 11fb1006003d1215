// Package lexer cuts a Dockerfile into logical lines and their words. It is
// written by hand because the language is not regular: what a word is depends
// on the instruction, a line goes on behind an escape character, and here
// documents queue up behind the line that names them. Tokens hands a line to the
// grammar of package lang.
//
// It never fails: text that makes no sense comes out as tokens too, and the
// parser, which knows what was expected, reports it.
package lexer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/spec"
)

// Kind is what a token is.
type Kind uint8

const (
	EOF         Kind = iota
	Comment          // "# …" on a line of its own
	Directive        // "# name=value" at the top of the file
	Keyword          // the name of an instruction
	Flag             // "--name=value"
	Word             // one argument
	Pair             // "name=value"
	Text             // the rest of the line, for a shell
	JSON             // ["an", "array"], followed by its strings
	String           // an element of the array, decoded
	HeredocBody      // the lines of a here document
	HeredocEnd       // its terminator

	// What follows is for the grammar only; see Tokens.

	NotStrings  // an array with something else than strings in it
	HeredocWord // what announces a here document

	// What follows comes of Trivia only.

	Continuation // the escape character at the end of a line that goes on, and what is behind it
	Blank        // an empty line
)

// Token is a piece of an instruction.
type Token struct {
	Kind       Kind
	Start, End uint32 // bytes of the source that it was made of
	Text       string // with continuations and the comments inside them taken out
}

// Heredoc is a here document that a line announces.
type Heredoc struct {
	Word   string // as it stands in the line: <<-"EOF"
	Name   string // the terminator, unquoted
	Expand bool   // false when any part of the name was quoted
	Chomp  bool   // <<-: leading tabs are dropped
	Body   Token  // every line of it with its line ending
	End    Token  // the terminator's line; zero when it is missing
}

// Line is one comment, directive or instruction. Its slices are reused by the
// next call of Lexer.Line.
type Line struct {
	Kind       Kind // Comment, Directive, Keyword or EOF
	Start, End uint32
	Code       string // an instruction as one line; otherwise the text behind "#"

	Keyword  Token
	ID       spec.Keyword
	Flags    []Token
	Args     []Token
	Sub      *Line // the instruction behind ONBUILD
	Heredocs []Heredoc

	TooMany           bool // arguments: those behind MaxArguments are left out
	EmptyContinuation bool // a blank line inside a continuation, which BuildKit warns of
}

// MaxArguments is how many words an instruction may have.
const MaxArguments = 1 << 20

// full reports whether the line can take no more words.
func (l *Line) full() bool {
	l.TooMany = l.TooMany || len(l.Args) >= MaxArguments
	return l.TooMany
}

// Lexer reads one file. It is not safe for concurrent use.
type Lexer struct {
	src    string
	pos    int
	escape byte
	takers []string // keywords besides those of the language that take here documents

	directives bool // directives are still allowed
	escapeSet  bool // by a directive; a second one changes nothing

	buf  []byte // joined text of a continued line
	text string // the logical line at hand
	segs []segment
	sub  Line

	keep   bool // what join leaves out goes to trivia
	trivia []Token
}

// segment says where a stretch of the joined line came from.
type segment struct{ at, src uint32 }

// New makes a lexer for a whole file. Here documents can follow RUN, COPY and ADD, and
// the instructions with these keywords, in upper case, which are none of the language.
func New(src string, heredocs ...string) *Lexer {
	l := new(Lexer)
	l.Reset(src, heredocs...)
	return l
}

// Reset is New in the place of a lexer that is done, whose buffers it uses again.
func (l *Lexer) Reset(src string, heredocs ...string) {
	sub := Line{Flags: l.sub.Flags[:0], Args: l.sub.Args[:0]}
	*l = Lexer{src: src, escape: '\\', takers: heredocs, directives: true, buf: l.buf[:0], segs: l.segs[:0], sub: sub}
	if strings.HasPrefix(src, "\xEF\xBB\xBF") {
		l.pos = 3
	}
}

// Escape is the escape character in force: '\\' or '`'.
func (l *Lexer) Escape() byte { return l.escape }

// Line reads the next comment, directive or instruction; its Kind is EOF at the
// end. Blank lines are passed over.
func (l *Lexer) Line(out *Line) {
	flags, args, docs := out.Flags[:0], out.Args[:0], out.Heredocs[:0]
	*out = Line{Flags: flags, Args: args, Heredocs: docs}
	for l.pos < len(l.src) {
		start, end := l.physical()
		body := trimLeft(l.src[start:end])
		start = end - len(body)
		switch {
		case body == "":
			l.directives = false
			continue
		case body[0] == '#':
			l.comment(out, start, end)
			return
		}
		l.directives = false
		l.join(out, start, end)
		l.instruction(out)
		return
	}
	*out = Line{Kind: EOF, Start: uint32(len(l.src)), End: uint32(len(l.src)), Flags: flags, Args: args, Heredocs: docs}
}

// physical takes the next line of the file and gives its bounds without the
// line ending.
func (l *Lexer) physical() (start, end int) {
	start = l.pos
	if i := strings.IndexByte(l.src[start:], '\n'); i >= 0 {
		end = start + i
		l.pos = end + 1
	} else {
		end = len(l.src)
		l.pos = end
	}
	for end > start && l.src[end-1] == '\r' {
		end--
	}
	return start, end
}

func (l *Lexer) comment(out *Line, start, end int) {
	out.Kind, out.Start, out.End = Comment, uint32(start), uint32(end)
	out.Code = l.src[start+1 : end]
	if !l.directives {
		return
	}
	name, value, ok := ParseDirective(out.Code)
	if !ok {
		l.directives = false
		return
	}
	out.Kind = Directive
	if name == "escape" && !l.escapeSet {
		l.escapeSet = true
		if value == "`" || value == `\` {
			l.escape = value[0]
		}
	}
}

// ParseDirective reads "name=value" as it stands behind the comment mark. It is
// a directive only when the name is one of the three that BuildKit knows.
func ParseDirective(text string) (name, value string, ok bool) {
	text = trimLeft(text)
	i := 0
	for i < len(text) && (isLetter(text[i]) || i > 0 && isDigit(text[i])) {
		i++
	}
	name = strings.ToLower(text[:i])
	if name != "escape" && name != "syntax" && name != "check" {
		return "", "", false
	}
	rest := strings.TrimLeft(text[i:], asciiSpace)
	if !strings.HasPrefix(rest, "=") || len(rest) == 1 {
		return "", "", false
	}
	value = strings.Trim(rest[1:], asciiSpace)
	if value == "" {
		value = rest[len(rest)-1:] // BuildKit's pattern leaves one blank
	}
	return name, value, true
}

// join collects the logical line that starts with the physical line at hand
// into l.text and l.segs.
func (l *Lexer) join(out *Line, start, end int) {
	body, more := l.continued(l.src[start:end])
	out.Kind, out.Start = Keyword, uint32(start)
	l.segs = append(l.segs[:0], segment{0, uint32(start)})
	if !more {
		l.text = body
		out.End = uint32(end)
		return
	}
	l.buf = append(l.buf[:0], body...)
	l.leave(Continuation, start+len(body))
	for more && l.pos < len(l.src) {
		start, end = l.physical()
		line := l.src[start:end]
		switch trimmed := trimLeft(line); {
		case trimmed == "":
			out.EmptyContinuation = true
			l.leave(Blank, start)
			continue
		case trimmed[0] == '#':
			l.leave(Comment, start)
			continue
		}
		body, more = l.continued(line)
		l.segs = append(l.segs, segment{uint32(len(l.buf)), uint32(start)})
		l.buf = append(l.buf, body...)
		if more {
			l.leave(Continuation, start+len(body))
		}
	}
	l.text = string(l.buf)
	if out.End = uint32(end); start == end {
		out.End = uint32(l.pos) // else an empty last line would not count
	}
}

// continued takes the escape character off the end of a line that goes on. A
// doubled escape character does not continue a line.
func (l *Lexer) continued(line string) (string, bool) {
	i := len(line)
	for i > 0 && (line[i-1] == ' ' || line[i-1] == '\t') {
		i--
	}
	if i == 0 || line[i-1] != l.escape || i > 1 && line[i-2] == l.escape {
		return line, false
	}
	return line[:i-1], true
}

// source gives the offset in the file of an offset in the logical line.
func (l *Lexer) source(at int) uint32 {
	if len(l.segs) == 1 {
		return l.segs[0].src + uint32(at)
	}
	lo, hi := 0, len(l.segs)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; int(l.segs[mid].at) <= at {
			lo = mid
		} else {
			hi = mid
		}
	}
	return l.segs[lo].src + uint32(at) - l.segs[lo].at
}

// token makes a token of the bytes [i, j) of the logical line.
func (l *Lexer) token(kind Kind, i, j int) Token {
	t := Token{Kind: kind, Start: l.source(i), Text: l.text[i:j]}
	t.End = t.Start
	if j > i {
		t.End = l.source(j-1) + 1
	}
	return t
}

const asciiSpace = " \t\n\f\r"

func isBlank(b byte) bool  { return b == ' ' || b == '\t' || b == '\v' || b == '\f' || b == '\r' }
func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// isByteSpace is unicode.IsSpace of one byte taken for a rune, as BuildKit does
// for flags and for HEALTHCHECK: two bytes of the Latin-1 range count.
func isByteSpace(b byte) bool { return isBlank(b) || b == '\n' || b == 0x85 || b == 0xA0 }

func trimLeft(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return strings.TrimLeftFunc(s[i:], unicode.IsSpace)
		}
		if !isBlank(s[i]) && s[i] != '\n' {
			return s[i:]
		}
	}
	return ""
}

// trimBounds gives the bounds of s[i:j] without Unicode blanks at its ends.
func trimBounds(s string, i, j int) (int, int) {
	left := trimLeft(s[i:j])
	i = j - len(left)
	return i, i + len(strings.TrimRightFunc(left, unicode.IsSpace))
}
