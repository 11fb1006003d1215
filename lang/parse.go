package lang

import (
	"regexp"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
)

// MaxSize is the largest Dockerfile that is read, in bytes: what BuildKit's
// frontend accepts.
const MaxSize = 16 << 20

// MaxInstructions is how many instructions are read. BuildKit has no limit but its
// stack, which a chain of some millions of vertices uses up.
const MaxInstructions = 200_000

// maxErrors is how many errors are told; a file with more is not a Dockerfile.
const maxErrors = 10_000

// Claim is an instruction that the language does not know, and that someone expands.
type Claim struct {
	Keyword  string // upper case
	Heredocs bool   // here documents can follow it
	Missing  string // why nobody expands it after all, for people; "" is that someone does
}

// heredocs are the keywords of claims that take here documents.
func heredocs(claims []Claim) []string {
	var list []string
	for _, c := range claims {
		if c.Heredocs {
			list = append(list, c.Keyword)
		}
	}
	return list
}

// Parse reads a whole Dockerfile. It always gives a tree, of whatever could be
// understood, and every error of the file rather than the first. Unclaimed tells of
// instructions that nobody claims.
//
// The tree accepts what BuildKit's parser and instruction parser accept, and
// lines longer than 64 KiB besides.
func Parse(src *source.File, claims ...Claim) (*File, diag.List) {
	p := newParser(src, claims)
	if p.read() {
		p.finish()
	}
	if !p.staged && foreign(p.file, claims) != "" {
		return p.file, nil // Unclaimed says what it is
	}
	return p.file, p.diags
}

// ParseFragment is Parse for a part of a stage: instructions without a FROM. What else
// may not be there, a FROM say, is for the caller to tell.
func ParseFragment(src *source.File, claims ...Claim) (*File, diag.List) {
	p := newParser(src, claims)
	p.fragment = true
	p.read()
	return p.file, p.diags
}

func newParser(src *source.File, claims []Claim) *parser {
	return &parser{lex: lexer.New(src.Text, heredocs(claims)...), file: &File{Source: src, Escape: '\\'}}
}

// read reads the items of the file. It reports false when it stops before the end.
func (p *parser) read() bool {
	src := p.file.Source
	if len(src.Text) > MaxSize {
		p.diags.Errorf(p.span(0, 1), "too-large", "the Dockerfile has %d bytes; at most %d are read", len(src.Text), MaxSize).
			Hint = "is this a Dockerfile? name the right one with -f"
		return false
	}
	var line lexer.Line
	for p.lex.Line(&line); line.Kind != lexer.EOF; p.lex.Line(&line) {
		p.line(&line)
		if len(p.diags) > maxErrors && p.diags.HasErrors() {
			p.diags.Errorf(p.span(line.Start, line.End), "too-many-errors", "there are too many errors to read on")
			return false
		}
		if p.instructions > MaxInstructions {
			p.diags.Errorf(p.span(line.Start, line.End), "too-large", "the Dockerfile has more than %d instructions", MaxInstructions).
				Hint = "is this a Dockerfile? name the right one with -f"
			return false
		}
	}
	p.file.Escape = p.lex.Escape()
	return true
}

// ParseTrigger reads what an ONBUILD left in an image: one instruction, perhaps
// with here documents. The default escape character is in force, whatever the
// file used that the trigger was written in.
func ParseTrigger(src *source.File) ([]Instruction, diag.List) {
	file, diags := ParseFragment(src)
	return file.Instructions(), append(diags, Unclaimed(file)...)
}

type parser struct {
	lex   *lexer.Lexer
	file  *File
	diags diag.List

	fragment     bool // the text is not a whole Dockerfile
	directives   map[string]bool
	instructions int
	staged       bool // a FROM has been seen
	unstaged     bool // an error about an instruction before FROM was given
}

func (p *parser) span(start, end uint32) source.Span {
	return source.Span{File: p.file.Source.ID, Start: start, End: end}
}

func (p *parser) line(l *lexer.Line) {
	switch l.Kind {
	case lexer.Comment:
		p.file.Items = append(p.file.Items, &Comment{Place{p.span(l.Start, l.End)}, l.Code})
	case lexer.Directive:
		p.directive(l)
	default:
		if l.TooMany || l.Sub != nil && l.Sub.TooMany {
			p.diags.Errorf(p.span(l.Keyword.Start, l.Keyword.End), "too-large", "%s has more than %d arguments", l.ID, lexer.MaxArguments)
		}
		in := p.instruction(l)
		p.file.Items = append(p.file.Items, in)
		p.order(in, l)
	}
}

func (p *parser) directive(l *lexer.Line) {
	d := &Directive{Place: Place{p.span(l.Start, l.End)}}
	d.Name, d.Value, _ = lexer.ParseDirective(l.Code)
	if p.directives[d.Name] {
		p.diags.Errorf(d.At, "duplicate-directive", "only one %s parser directive can be used", d.Name).Hint = "remove this line"
	}
	if d.Name == "escape" && d.Value != "`" && d.Value != `\` {
		p.diags.Errorf(d.At, "invalid-escape", "invalid escape character `%s`", d.Value).Expected = "` or \\"
	}
	if p.directives == nil {
		p.directives = map[string]bool{}
	}
	p.directives[d.Name] = true
	p.file.Items = append(p.file.Items, d)
}

// order checks what may stand before the first FROM.
func (p *parser) order(in Instruction, l *lexer.Line) {
	p.instructions++
	switch {
	case l.ID == lexer.From:
		p.staged = true
	case !spec.Of(l.ID).Global:
		if !p.staged && !p.unstaged && !p.fragment {
			p.unstaged = true // one is enough: the rest follows from it
			p.diags.Errorf(in.Head().Keyword.At, "no-stage", "no build stage in current context: %s stands before the first FROM", l.ID).
				Hint = "start the stage with `FROM image`; only ARG may stand before it"
		}
	}
	if l.EmptyContinuation {
		p.diags.Warnf(in.Head().At, "empty-continuation", "empty continuation line").
			Hint = "remove the blank lines, or start them with #"
	}
}

func (p *parser) finish() {
	text := p.file.Source.Text
	end := p.span(uint32(len(text)), uint32(len(text)))
	switch {
	case text == "":
		// The zero span would stand for no place.
		p.diags.Errorf(p.span(0, 1), "empty-file", "the Dockerfile cannot be empty").Hint = "start it with `FROM image`"
	case p.instructions == 0:
		p.diags.Errorf(p.span(0, 1), "empty-file", "file with no instructions").Hint = "start it with `FROM image`"
	case !p.staged && !p.diags.HasErrors():
		p.diags.Errorf(end, "no-stage", "dockerfile contains no stages to build").Hint = "add a `FROM image`"
	}
}

func (p *parser) head(l *lexer.Line) Header {
	h := Header{Place: Place{p.span(l.Start, l.End)}, Keyword: p.word(l.Keyword), Code: l.Code}
	if len(l.Flags) > 0 {
		h.Flags = make([]Flag, len(l.Flags))
		for i, t := range l.Flags {
			f := Flag{Place: Place{p.span(t.Start, t.End)}}
			f.Name, f.Value, f.HasValue = strings.Cut(t.Text, "=")
			f.Name = strings.TrimPrefix(f.Name, "--")
			h.Flags[i] = f
		}
	}
	unterminated := false
	for _, d := range l.Heredocs {
		h.Heredocs = append(h.Heredocs, Heredoc{Name: d.Name, Expand: d.Expand, Chomp: d.Chomp, Body: p.word(d.Body), End: p.word(d.End)})
		if d.End == (lexer.Token{}) && !unterminated { // the others are its doing
			unterminated = true
			at := p.announced(p.span(l.Start, l.Heredocs[0].Body.Start), d.Name)
			p.diags.Errorf(at, "unterminated-heredoc", "unterminated heredoc `%s`", d.Name).
				Expected = "a line with nothing but " + d.Name
		}
	}
	return h
}

// announced finds the <<NAME of a here document in the lines of its instruction.
func (p *parser) announced(lines source.Span, name string) source.Span {
	text := strings.TrimRight(p.file.Source.Slice(lines), "\r\n")
	for i := 0; ; {
		n := strings.Index(text[i:], "<<")
		if n < 0 {
			lines.End = lines.Start + uint32(len(text))
			return lines
		}
		start := i + n
		i = start + len("<<")
		rest := strings.TrimLeft(text[i:], "-'\"\t ")
		if strings.HasPrefix(rest, name) {
			end := len(text) - len(rest) + len(name)
			return source.Span{File: lines.File, Start: lines.Start + uint32(start), End: lines.Start + uint32(end)}
		}
	}
}

func (p *parser) word(t lexer.Token) Word {
	return Word{t.Text, Place{p.span(t.Start, t.End)}}
}

// argument gives the only argument of an instruction that takes one line.
func (p *parser) argument(l *lexer.Line) Word {
	if len(l.Args) == 0 {
		p.missing(l, "exactly one argument")
		return Word{}
	}
	return p.word(l.Args[0])
}

// missing reports an instruction whose arguments are too few.
func (p *parser) missing(l *lexer.Line, want string) {
	d := p.diags.Errorf(p.span(l.Keyword.Start, l.Keyword.End), "missing-argument", "%s requires %s", l.ID, want)
	d.Expected = spec.Of(l.ID).Usage
}

func (p *parser) words(tokens []lexer.Token) []Word {
	if len(tokens) > 0 && tokens[0].Kind == lexer.JSON {
		p.strings(tokens)
		tokens = tokens[1:]
	}
	if len(tokens) == 0 {
		return nil
	}
	out := make([]Word, len(tokens))
	for i, t := range tokens {
		out[i] = p.word(t)
	}
	return out
}

// strings checks that a JSON array holds strings only.
func (p *parser) strings(tokens []lexer.Token) {
	if len(tokens) > 1 {
		return
	}
	if _, ok := lexer.Strings(tokens[0].Text); !ok {
		p.diags.Errorf(p.span(tokens[0].Start, tokens[0].End), codeNotStrings, "when using JSON array syntax, arrays must be comprised of strings only").
			Hint = "quote every element, or drop the brackets for the shell form"
	}
}

func (p *parser) command(tokens []lexer.Token) Command {
	switch {
	case len(tokens) == 0:
		return Command{}
	case tokens[0].Kind == lexer.JSON:
		return Command{Exec: true, Args: p.words(tokens)}
	}
	return Command{Line: p.word(tokens[0])}
}

// Codes of the errors that BuildKit finds while it splits lines. Behind ONBUILD
// only these count: the rest of a trigger is checked when it runs.
const (
	codeNotStrings = "json-not-strings"
	codeBadPair    = "bad-pair"
)

func (p *parser) pairs(l *lexer.Line, tokens []lexer.Token) []Pair {
	if len(tokens) == 0 {
		p.missing(l, "at least one argument")
		return nil
	}
	if tokens[0].Kind == lexer.Word {
		if len(tokens) < 2 {
			d := p.diags.Errorf(p.span(tokens[0].Start, tokens[0].End), codeBadPair, "%s must have two arguments", l.ID)
			d.Expected, d.Hint = spec.Of(l.ID).Usage, "write `"+tokens[0].Text+"=value`"
			return nil
		}
		return []Pair{{Key: p.word(tokens[0]), Value: p.word(tokens[1]), HasValue: true, Legacy: true}}
	}
	out := make([]Pair, 0, len(tokens))
	for _, t := range tokens {
		if t.Kind != lexer.Pair {
			d := p.diags.Errorf(p.span(t.Start, t.End), codeBadPair, "can't find = in `%s`", t.Text)
			d.Expected, d.Hint = "name=value", "quote a value that has blanks: name=\"a value\""
			continue
		}
		out = append(out, p.pair(l, t))
	}
	return out
}

func (p *parser) pair(l *lexer.Line, t lexer.Token) Pair {
	pair := newPair(p.file.Source, p.word(t))
	if pair.HasValue && pair.Key.Text == "" {
		p.diags.Errorf(p.span(t.Start, t.End), "blank-name", "%s names can not be blank", l.ID).Expected = spec.Of(l.ID).Usage
	}
	return pair
}

// newPair cuts a word at its first "=". Where the word does not stand in the
// source as it is, because a line ends inside it, say, both parts have the place
// of the whole.
func newPair(src *source.File, w Word) Pair {
	key, value, found := strings.Cut(w.Text, "=")
	pair := Pair{Key: Word{key, w.Place}, HasValue: found}
	if !found {
		return pair
	}
	pair.Value = Word{value, w.Place}
	if src.Slice(w.At) == w.Text {
		pair.Key.At.End = w.At.Start + uint32(len(key))
		pair.Value.At.Start = pair.Key.At.End + 1
	}
	return pair
}

var stageName = regexp.MustCompile(`^[a-z][a-z0-9-_.]*$`)
