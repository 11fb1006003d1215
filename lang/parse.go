package lang

import (
	"strings"
	"sync"

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
	return &parser{claims: claims, file: &File{Source: src, Escape: '\\'}}
}

// scratch is what a parse uses while it runs. The next one uses it again: a file has some
// dozen lines, and the buffers would cost as much as its nodes.
type scratch struct {
	lex    lexer.Lexer
	line   lexer.Line
	tokens lexer.Tokens // the line at hand, for the grammar
	items  []Item
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// release makes the file of the items, and gives the buffers back unless the file was so
// big that they have grown beyond what others need.
func (p *parser) release() {
	p.file.Items = append([]Item(nil), p.items...)
	p.file.Escape = p.lex.Escape()
	if len(p.file.Source.Text) < 64<<10 {
		clear(p.items)
		p.items = p.items[:0]
		p.lex.Reset("")
		scratches.Put(p.scratch)
	}
	p.scratch = nil
}

// read reads the items of the file. It reports false when it stops before the end.
func (p *parser) read() bool {
	src := p.file.Source
	if len(src.Text) > MaxSize {
		p.diags.Errorf(p.span(0, 1), "too-large", "the Dockerfile has %d bytes; at most %d are read", len(src.Text), MaxSize).
			Hint = "is this a Dockerfile? name the right one with -f"
		return false
	}
	p.scratch = scratches.Get().(*scratch)
	defer p.release()
	p.lex.Reset(src.Text, heredocs(p.claims)...)
	p.tokens.File = int(src.ID)
	line := &p.line
	for p.lex.Line(line); line.Kind != lexer.EOF; p.lex.Line(line) {
		p.add(line)
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
	*scratch // while it reads
	claims   []Claim
	file     *File
	diags    diag.List

	fragment     bool // the text is not a whole Dockerfile
	directives   map[string]bool
	instructions int
	staged       bool // a FROM has been seen
	unstaged     bool // an error about an instruction before FROM was given
}

func (p *parser) span(start, end uint32) source.Span {
	return source.Span{File: p.file.Source.ID, Start: start, End: end}
}

func (p *parser) add(l *lexer.Line) {
	switch l.Kind {
	case lexer.Comment:
		p.items = append(p.items, &Comment{Place{p.span(l.Start, l.End)}, l.Code})
	case lexer.Directive:
		p.directive(l)
	default:
		if l.TooMany || l.Sub != nil && l.Sub.TooMany {
			p.diags.Errorf(p.span(l.Keyword.Start, l.Keyword.End), "too-large", "%s has more than %d arguments", l.ID, lexer.MaxArguments)
		}
		in := p.instruction(l)
		p.items = append(p.items, in)
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
	p.items = append(p.items, d)
}

// order checks what may stand before the first FROM.
func (p *parser) order(in Instruction, l *lexer.Line) {
	p.instructions++
	switch {
	case l.ID == spec.From:
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

// instruction makes the node of a line: the grammar reads it, and what is a matter
// of meaning is checked. A line that the grammar refuses goes to the explainer.
func (p *parser) instruction(l *lexer.Line) Instruction {
	if l.ID == spec.Onbuild {
		return p.onbuild(l)
	}
	in, err := rules[l.ID].parse(p.tokens.Arguments(l))
	h := in.Head()
	p.head(h, l)
	known := -1
	if takesFlags(l) && p.flags(l, h.Flags) {
		known = len(p.diags) // errors about the arguments follow from that
	}
	if err != nil {
		p.explain(in, l)
	}
	p.check(in, l)
	if known >= 0 {
		p.diags = p.diags[:known]
	}
	return in
}

// takesFlags tells whether anybody looks at the flags of a line.
func takesFlags(l *lexer.Line) bool {
	return l.ID != spec.Unknown && !(l.ID == spec.Healthcheck && len(l.Args) > 0 && strings.EqualFold(l.Args[0].Text, "NONE"))
}

// head fills in what all instructions share.
func (p *parser) head(h *Header, l *lexer.Line) {
	h.At, h.Keyword, h.Code = p.span(l.Start, l.End), p.word(l.Keyword), l.Code
	if len(l.Flags) > 0 {
		list, _ := flagsParser().ParseFromLexer(p.tokens.Flags(l)) // it takes whatever is a flag
		h.Flags = list.Flags.List
	}
	if len(l.Heredocs) > 0 {
		list, err := documentsParser().ParseFromLexer(p.tokens.Heredocs(l))
		h.Heredocs = list.Heredocs.List
		if err != nil {
			p.unterminated(h, l)
		}
	}
}

func (p *parser) word(t lexer.Token) Word {
	return Word{t.Text, Place{p.span(t.Start, t.End)}}
}

// onbuild reads a line within a line.
func (p *parser) onbuild(l *lexer.Line) Instruction {
	o := &Onbuild{}
	p.head(&o.Header, l)
	p.flags(l, o.Flags)
	if l.Sub == nil {
		p.missing(l, "at least one argument")
		return o
	}
	at := p.span(l.Sub.Keyword.Start, l.Sub.Keyword.End)
	switch id := l.Sub.ID; {
	case id == spec.Onbuild:
		p.diags.Errorf(at, "onbuild-chain", "chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed").Hint = "remove one ONBUILD"
		return o
	case !spec.Of(id).Trigger:
		p.diags.Errorf(at, "onbuild-trigger", "%s isn't allowed as an ONBUILD trigger", id).Hint = "remove the line"
	}
	first := len(p.diags)
	o.Trigger = p.instruction(l.Sub)
	o.Trigger.Head().Heredocs = o.Heredocs
	for i := first; i < len(p.diags); i++ {
		if d := &p.diags[i]; d.Severity == diag.Error && d.Code != codeNotStrings && d.Code != codeBadPair {
			later(d)
		}
	}
	return o
}

// later turns an error about a trigger into a warning: only the build that runs
// the trigger finds it.
func later(d *diag.Diagnostic) {
	d.Severity = diag.Warning
	d.Message += " (the build that runs this trigger will fail)"
}
