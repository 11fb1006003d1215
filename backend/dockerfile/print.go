// Package dockerfile is the backend that writes a module as a plain Dockerfile,
// which the docker build of every machine takes: the escape hatch of whatever
// plugins did. It may import ir and lang.
package dockerfile

import (
	"fmt"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
)

// Error says why a module has no plain Dockerfile.
type Error struct {
	Op     *ir.Op // nil when it is not about an op
	Where  string // like "op 3 of stage 1 (build)"
	Reason string
}

// Error gives "op 3 of stage 1 (build): INSTALL has to be expanded by a plugin".
func (e *Error) Error() string { return e.Where + ": " + e.Reason }

// Print writes a module that ir.Verify accepts as a Dockerfile. Read back, it
// gives an equal module: its directives, arguments, stages and bodies. Files,
// origins and the spelling of what was changed are not kept.
//
// What the module did not change stands as it is spelled in its source. Comments stay above
// what their instruction has become, or the first of it. No line is longer than stock docker
// reads.
//
// The error is an *Error: for a *Custom op, and for a line that is too long and
// cannot be folded.
func Print(m *ir.Module) (string, error) {
	pieces, err := Pieces(m)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range pieces {
		b.WriteString(c.Text)
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// Piece is some lines of the result, and what they stand for.
type Piece struct {
	Text   string     // without the last line ending
	Origin *ir.Origin // nil for directives and blank lines
}

// maker collects the pieces of a module.
type maker struct {
	escape  byte
	sources []spelled            // by file
	own     map[source.Span]bool // instructions that ops stand for, so that comments above them are theirs
	led     map[source.Span]bool // instructions whose comments are written
	pieces  []Piece
}

// Pieces is Print, piece by piece: instructions, the comments above them, and blank lines.
func Pieces(m *ir.Module) ([]Piece, error) {
	if m == nil {
		return nil, &Error{Where: "module", Reason: "there is none"}
	}
	k := maker{escape: m.Escape, own: owned(m), led: map[source.Span]bool{}}
	for id, f := range m.Files {
		k.sources = append(k.sources, spelling(id, f, m.Escape))
	}
	k.directives(m)
	for i, op := range m.Args {
		if err := k.op(op, fmt.Sprintf("global argument %d", i+1)); err != nil {
			return nil, err
		}
	}
	for i, s := range m.Stages {
		where := fmt.Sprintf("stage %d", i)
		if s != nil && s.Name != "" {
			where += " (" + s.Name + ")"
		}
		if err := k.stage(s, where); err != nil {
			return nil, err
		}
	}
	return k.pieces, nil
}

func (k *maker) add(text string, o *ir.Origin) { k.pieces = append(k.pieces, Piece{text, o}) }

// directives writes those of the module. A blank line follows, so that no
// comment behind them is taken for one.
func (k *maker) directives(m *ir.Module) {
	if m.Syntax != "" {
		k.add("# syntax="+m.Syntax, nil)
	}
	if m.Escape != '\\' {
		k.add("# escape="+string(rune(m.Escape)), nil)
	}
	if m.Check != "" {
		k.add("# check="+m.Check, nil)
	}
	if len(k.pieces) > 0 {
		k.add("", nil)
	}
}

func (k *maker) stage(s *ir.Stage, where string) error {
	if s == nil {
		return &Error{Where: where, Reason: "it is nil"}
	}
	text, lead, ok := k.source(s.Origin).stage(s)
	if !ok {
		text, lead = ir.FormatFrom(s, k.escape), made(s.Comments)
	}
	if err := k.instruction(text, lead, s.Origin); err != nil {
		return &Error{Where: where, Reason: err.Error()}
	}
	for i, op := range s.Ops {
		if err := k.op(op, fmt.Sprintf("op %d of %s", i+1, where)); err != nil {
			return err
		}
	}
	return nil
}

// made spells comments.
func made(comments []string) []string {
	out := make([]string, len(comments))
	for i, c := range comments {
		out[i] = "# " + c
	}
	return out
}

func (k *maker) op(op *ir.Op, where string) error {
	if op == nil || !ir.Known(op.Body) {
		return &Error{Op: op, Where: where, Reason: "it has no body"}
	}
	if c, ok := op.Body.(*ir.Custom); ok {
		return &Error{Op: op, Where: where, Reason: c.Name + " has to be expanded by a plugin"}
	}
	text, ok := k.source(op.Origin).op(op)
	if !ok {
		text = laidOut(ir.Format(op.Body, k.escape), k.escape)
	}
	if err := k.instruction(text, k.lead(op.Origin), op.Origin); err != nil {
		return &Error{Op: op, Where: where, Reason: err.Error()}
	}
	return nil
}

// instruction writes one, with the comments and blank lines above it.
func (k *maker) instruction(text string, lead []string, o *ir.Origin) error {
	text, err := fold(text, k.escape)
	if err != nil {
		return err
	}
	for _, line := range lead {
		switch {
		case line == "" && (len(k.pieces) == 0 || k.pieces[len(k.pieces)-1].Text == ""):
		case len(k.pieces) == 0:
			k.add("", nil) // or the comment could be a directive
			fallthrough
		case len(line) <= maxLine:
			k.add(line, o)
		}
	}
	k.add(text, o)
	return nil
}
