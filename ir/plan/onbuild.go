package plan

import (
	"errors"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// triggers puts the ONBUILD triggers of each base in front of the stage's ops. It
// reports whether one of them reads a stage or image, which then is needed, too.
func (p *planner) triggers() bool {
	more := false
	for _, s := range p.all[:len(p.all):len(p.all)] {
		if !p.reach[s] {
			continue
		}
		list := slices.Clone(s.Image.Config.OnBuild)
		if s.base != nil {
			list = nil
			if !s.triggered {
				list = leftBy(s.base)
			}
			s.triggered = true
		}
		s.Image.Config.OnBuild = nil
		if len(list) > 0 && p.trigger(s, list) {
			more = true
		}
		if p.total > MaxSteps {
			return false
		}
	}
	return more
}

// leftBy are the triggers that the ops of a stage leave.
func leftBy(s *Stage) []string {
	var out []string
	for _, op := range s.ops {
		if b, ok := op.Body.(*ir.Onbuild); ok {
			out = append(out, b.Trigger)
		}
	}
	return out
}

func (p *planner) trigger(s *Stage, triggers []string) bool {
	more := false
	if p.total += len(triggers); p.total > MaxSteps {
		p.fail(s.origin, "too-many-steps", errorf("with the triggers of its bases the build has more than %d steps", MaxSteps))
		return false
	}
	ops := make([]operation, 0, len(triggers)+len(s.ops))
	for _, text := range triggers {
		body, code, err := parseTrigger(text)
		if err != nil {
			d := p.fail(s.origin, "onbuild-trigger", err)
			d.Message = "ONBUILD trigger of the base: " + d.Message
			d.Hint = "the trigger is `" + firstLine(text) + "`"
			continue
		}
		op := operation{onbuild: true, Op: &ir.Op{Body: body, Code: code,
			Origin: &ir.Origin{By: "onbuild", Why: firstLine(text), From: []*ir.Origin{s.origin}}}}
		if p.linkOp(s, &op) {
			more = true
		}
		ops = append(ops, op)
	}
	s.ops = append(ops, s.ops...)
	s.names.total += len(ops)
	return more
}

func parseTrigger(text string) (body ir.Body, code string, err error) {
	found, diags := lang.ParseTrigger(source.NewFile("ONBUILD", text))
	if err := diags.Err(); err != nil {
		return nil, "", plainError(err)
	}
	if len(found) != 1 {
		return nil, "", errors.New("onbuild trigger should be a single expression")
	}
	if _, ok := found[0].(*lang.From); ok {
		return nil, "", errors.New("FROM isn't allowed as an ONBUILD trigger")
	}
	body, diags = ir.BuildBody(found[0])
	return body, strings.TrimSpace(found[0].Head().Code), plainError(diags.Err())
}

// plainError drops the places of diagnostics: they are in a text of its own that
// the user has not got.
func plainError(err error) error {
	var list diag.List
	if !errors.As(err, &list) {
		return err
	}
	return errors.New(list.Error())
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
