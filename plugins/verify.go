package plugins

import (
	"fmt"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
)

// verify checks what a plugin made of a module.
func verify(old, next *ir.Module, c *Call) error {
	if diags := ir.VerifyChange(old, next); diags.HasErrors() {
		return fmt.Errorf("it makes an invalid module: %w", diags)
	}
	if len(next.Files) < len(old.Files) {
		return fmt.Errorf("it drops a source file")
	}
	for i, f := range old.Files {
		if next.Files[i] != f {
			return fmt.Errorf("it changes the source file %s", f.Name)
		}
	}
	if err := checkOrigins(old, next, c.By); err != nil {
		return err
	}
	return checkStages(old, next, c)
}

// checkOrigins makes sure that nothing is said to be the author's, or another
// plugin's, that was not there before.
func checkOrigins(old, next *ir.Module, by string) error {
	known := map[*ir.Origin]bool{}
	var spans map[originKey]bool // made when it is needed: after a wire no pointer is known
	check := func(text string, o *ir.Origin) error {
		if o.By == by || known[o] {
			return nil
		}
		if spans == nil {
			spans = map[originKey]bool{}
			eachOrigin(old, func(_ string, o *ir.Origin) error { spans[keyOf(o)] = true; return nil })
		}
		if !spans[keyOf(o)] {
			return fmt.Errorf("it makes `%.60s` and says that %s did", strings.ToValidUTF8(text, "?"), author(o.By))
		}
		return nil
	}
	eachOrigin(old, func(_ string, o *ir.Origin) error { known[o] = true; return nil })
	return eachOrigin(next, check)
}

type originKey struct {
	by, why string
	span    source.Span
}

func keyOf(o *ir.Origin) originKey { return originKey{o.By, o.Why, o.Span} }

func author(by string) string {
	if by == "" {
		return "the author"
	}
	return "plugin " + by
}

// eachOrigin visits the origins of stages and ops.
func eachOrigin(m *ir.Module, visit func(text string, o *ir.Origin) error) error {
	for _, op := range m.Args {
		if err := visit(op.Code, op.Origin); err != nil {
			return err
		}
	}
	for _, s := range m.Stages {
		if err := visit(s.Code, s.Origin); err != nil {
			return err
		}
		for _, op := range s.Ops {
			if err := visit(op.Code, op.Origin); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkStages makes sure that stages which the plugin is not for are as they were, and in
// the order that they had.
func checkStages(old, next *ir.Module, c *Call) error {
	at := 0
	for i, s := range old.Stages {
		if c.Stages[i] {
			continue
		}
		for at < len(next.Stages) && !sameStage(s, next.Stages[at]) {
			at++
		}
		if at == len(next.Stages) {
			return fmt.Errorf("it changes stage %d, which its only or except in strake.yaml leaves out", i)
		}
		at++
	}
	return nil
}

func sameStage(a, b *ir.Stage) bool {
	if a == b {
		return true
	}
	if a.Name != b.Name || a.Base != b.Base || a.Platform != b.Platform || len(a.Ops) != len(b.Ops) {
		return false
	}
	for i := range a.Ops {
		if a.Ops[i] != b.Ops[i] && !ir.Equal(a.Ops[i].Body, b.Ops[i].Body) {
			return false
		}
	}
	return true
}

// inStages tells whether a place in the source is outside of the stages that the
// plugin is not for.
func inStages(c *Call, at source.Span) bool {
	if at.IsZero() {
		return true
	}
	for i, s := range c.Module.Stages {
		if i < len(c.Stages) && !c.Stages[i] && stageHas(s, at) {
			return false
		}
	}
	return true
}

func stageHas(s *ir.Stage, at source.Span) bool {
	if originHas(s.Origin, at) {
		return true
	}
	for _, op := range s.Ops {
		if originHas(op.Origin, at) {
			return true
		}
	}
	return false
}

func originHas(o *ir.Origin, at source.Span) bool {
	for _, span := range o.Spans() {
		if span.File == at.File && span.Start <= at.Start && at.Start < span.End {
			return true
		}
	}
	return false
}
