// Package script lays out the scripts of RUN instructions, as shfmt does: what a shell reads
// stays the same but for its layout. A script that it cannot read it leaves alone.
package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Style is how scripts are laid out: the options of shfmt by the same names. The zero value
// is the default.
type Style struct {
	Indent           string // "" is four spaces
	BinaryNextLine   bool
	SwitchCaseIndent bool
	SpaceRedirects   bool
	FunctionNextLine bool
	Variant          string // of a script whose shell is not known better: bash, posix, mksh; "" is posix, and bash for what that does not read
}

func (s Style) indent() string {
	if s.Indent == "" {
		return "    "
	}
	return s.Indent
}

func (s Style) printer() *syntax.Printer {
	size := uint(len(s.indent()))
	if s.indent() == "\t" {
		size = 0
	}
	return syntax.NewPrinter(syntax.Indent(size), syntax.BinaryNextLine(s.BinaryNextLine), syntax.SwitchCaseIndent(s.SwitchCaseIndent),
		syntax.SpaceRedirects(s.SpaceRedirects), syntax.FunctionNextLine(s.FunctionNextLine))
}

// Shell tells whether the scripts of a shell, by the name of its program, are read.
func Shell(name string) bool { return slices.Contains([]string{"sh", "bash", "ash", "dash"}, name) }

// parser reads the language of a script.
type parser struct{ *syntax.Parser }

func newParser(v syntax.LangVariant) parser {
	return parser{syntax.NewParser(syntax.Variant(v), syntax.KeepComments(true))}
}

func (p parser) parse(text string) (*syntax.File, error) { return p.Parse(strings.NewReader(text), "") }

// read finds the parser that reads a script for a shell, "" for one that is not named.
func (s Style) read(text, shell string) (*syntax.File, parser, error) {
	variants := []syntax.LangVariant{syntax.LangPOSIX, syntax.LangBash}
	var asked syntax.LangVariant
	switch {
	case shell == "bash":
		variants = variants[1:]
	case shell == "" && s.Variant != "" && asked.Set(s.Variant) == nil && asked != syntax.LangAuto:
		variants = []syntax.LangVariant{asked}
	}
	var file *syntax.File
	var err error
	for _, v := range variants {
		p := newParser(v)
		if file, err = p.parse(text); err == nil {
			return file, p, nil
		}
	}
	return nil, parser{}, err
}

// Document lays out a script on lines of its own, as a here document has it. It reports false
// for one that stays as it is.
func Document(text, shell string, style Style) (string, bool) {
	file, p, err := style.read(text, shell)
	if err != nil || odd(text) {
		return "", false
	}
	var b strings.Builder
	if err := style.printer().Print(&b, file); err != nil {
		return "", false
	}
	out := b.String()
	after, err := p.parse(out)
	return out, err == nil && same(file, after)
}

// odd tells of bytes that shells, and Dockerfiles, do not take for the same blanks.
func odd(text string) bool { return strings.ContainsAny(text, "\r\v\f\x00") }
