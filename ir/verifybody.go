package ir

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/spell"
)

// fields checks the parts of a body, for clearer messages than that it does not
// read back. It reports whether they are sound.
func (v *verifier) fields(op *Op, list []field) bool {
	found := len(v.diags)
	for _, f := range list {
		switch at := f.at.(type) {
		case *string:
			if _, text := op.Body.(*Onbuild); !text && strings.Contains(*at, "\n") {
				v.lineBreak(op, *at)
			}
		case *Command:
			v.command(op, at)
		case *[]Heredoc:
			for _, d := range *at {
				v.document(op, d.Name, d.Data, d.Chomp)
			}
		case *[]Inline:
			for _, f := range *at {
				v.document(op, f.Name, f.Data, strings.Contains(f.Word, "<<-"))
			}
		}
	}
	for _, f := range Flags(op.Body) {
		if text, ok := f.At.(*string); ok && f.Values != nil {
			v.oneOf(op, f.Name, *text, f.Values...)
		}
	}
	if run, ok := op.Body.(*Run); ok {
		if run.Command.Exec && len(run.Heredocs) > 0 {
			v.errorf(op.Origin, "ir-heredoc", "the exec form cannot have here documents")
		}
	}
	return len(v.diags) == found
}

func (v *verifier) lineBreak(op *Op, text string) *diag.Diagnostic {
	return v.errorf(op.Origin, "ir-line-break", "%q has a line break", text)
}

func (v *verifier) command(op *Op, c *Command) {
	switch {
	case c.Exec && c.Line != "":
		v.errorf(op.Origin, "ir-command", "the exec form has no line, yet it is %q", c.Line)
	case !c.Exec && len(c.Args) > 0:
		v.errorf(op.Origin, "ir-command", "the shell form has no arguments, yet they are %q", c.Args)
	case strings.Contains(c.Line, "\n"):
		v.lineBreak(op, c.Line).Hint = "join the lines with && or ;, or use a here document"
	case spell.IsArray(c.Line):
		v.errorf(op.Origin, "ir-command", "the shell form %s reads back as the exec form", c.Line).
			Hint = "set Exec and Args"
	}
}

// document checks a here document: that its text ends where it should.
func (v *verifier) document(op *Op, name, data string, chomp bool) {
	switch {
	case data != "" && !strings.HasSuffix(data, "\n"):
		v.errorf(op.Origin, "ir-heredoc", "the here document %s does not end in a newline", name)
		return
	}
	for line := range strings.Lines(data) {
		line = strings.TrimRight(line, "\r\n")
		if chomp {
			line = strings.TrimLeft(line, "\t")
		}
		if line == name {
			v.errorf(op.Origin, "ir-heredoc", "the here document %s has a line with nothing but its name", name).
				Hint = "choose another name"
			return
		}
	}
}
