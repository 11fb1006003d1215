package policy

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// maxTime bounds what the rules may take for one Dockerfile.
const maxTime = 5 * time.Second

// errTime is why an evaluation ended early.
var errTime = errors.New("the rules took too long for this Dockerfile")

// checker is one call at work.
type checker struct {
	*ruleset
	ctx    context.Context
	view   *module
	failed map[*compiled]bool // told once, and then left out
	diags  diag.List
}

// check evaluates the rules: those on the module, and stage by stage the others, in
// the order of the file.
func (set *ruleset) check(ctx context.Context, h plugins.Host, c *plugins.Call) diag.List {
	if len(set.rules[onModule])+len(set.rules[onStage])+len(set.rules[onOp]) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, errTime)
	defer cancel()
	k := &checker{ruleset: set, ctx: ctx, view: newModule(ctx, h, c), failed: map[*compiled]bool{}}
	byKeyword := map[string][]*compiled{}
	k.each(set.rules[onModule], nil, nil)
	for i, s := range k.view.stages {
		if i < len(c.Stages) && !c.Stages[i] {
			continue
		}
		k.each(set.rules[onStage], s, nil)
		for _, o := range s.ops {
			keyword := o.body.Keyword()
			rules, ok := byKeyword[keyword]
			if !ok {
				rules = set.about(keyword)
				byKeyword[keyword] = rules
			}
			k.each(rules, s, o)
		}
	}
	return k.diags
}

// about gives the rules on instructions that may be true of one with a keyword.
func (set *ruleset) about(keyword string) []*compiled {
	var list []*compiled
	for _, r := range set.rules[onOp] {
		if r.On.covers(keyword) && (r.covers == nil || r.covers(set.config, keyword)) {
			list = append(list, r)
		}
	}
	return list
}

// each evaluates rules at one place.
func (k *checker) each(rules []*compiled, s *stage, o *op) {
	v := &vantage{k.world, k.view, k.config, s, o}
	for _, r := range rules {
		if k.failed[r] || k.ctx.Err() != nil || o != nil && !o.mentions(r.words) {
			continue
		}
		if err := k.one(r, v); err != nil {
			k.fail(r, v, err)
		}
	}
}

// one evaluates a rule.
func (k *checker) one(r *compiled, v *vantage) error {
	when, err := r.when()
	if err != nil {
		return err
	}
	val, _, err := when.ContextEval(k.ctx, v)
	if err != nil || val.Value() != true {
		return err
	}
	return k.report(r, v)
}

// fail tells that a rule could not be evaluated here.
func (k *checker) fail(r *compiled, v *vantage, err error) {
	k.failed[r] = true
	if k.ctx.Err() != nil {
		if !errors.Is(context.Cause(k.ctx), errTime) {
			return // the whole run ends
		}
		err = errTime
	}
	text := err.Error()
	hint := "guard it: has(x.field), size(list) > 0, key in map"
	if errors.Is(err, errTime) {
		hint = ""
	} else if strings.Contains(text, "cost limit") {
		text, hint = "it costs too much", "loops in loops over long lists are dear: narrow the lists first"
	}
	d := k.diags.Errorf(place(r, v), ruleFailed, "rule `%s` could not be evaluated: %s", r.Name, text)
	d.Hint = hint
}

// report tells a violation.
func (k *checker) report(r *compiled, v *vantage) error {
	t, err := r.texts()
	if err != nil {
		return err
	}
	message, err := t.message.text(k.ctx, v)
	if err != nil {
		return err
	}
	hint, err := t.hint.text(k.ctx, v)
	if err != nil {
		return err
	}
	d := diag.Diagnostic{Severity: r.severity, Code: r.Name, Span: place(r, v), Message: message, Hint: hint, URL: r.URL}
	if origin := origin(r, v); origin != nil && origin.By != "" {
		d.Notes = []diag.Note{{Label: "made by", Text: "plugin " + origin.By + ": " + origin.Why}}
	}
	var broken *brokenFixError
	if d.Fixes, err = k.fixes(r, t, v); errors.As(err, &broken) {
		d.Notes = append(d.Notes, diag.Note{Label: "no fix", Text: broken.Error()})
	} else if err != nil {
		return err
	}
	k.diags.Add(d)
	return nil
}

// fixes are the repairs of an instruction: of one that is the author's, and no trigger.
func (k *checker) fixes(r *compiled, t *texts, v *vantage) ([]diag.Fix, error) {
	if v.op == nil || !v.op.own() {
		return nil, nil
	}
	if r.repair != nil {
		return r.repair(v.op), nil
	}
	if r.Fix == nil {
		return nil, nil
	}
	with, err := t.with.text(k.ctx, v)
	if err != nil {
		return nil, err
	}
	edits := v.op.remove()
	if with != "" {
		if err := v.op.replaceable(with); err != nil {
			return nil, err
		}
		edits = []diag.Edit{v.op.replace(with)}
	}
	return []diag.Fix{{Message: r.Fix.Message, Edits: edits, Safe: r.Fix.Safe}}, nil
}

// origin is that of what a rule reports on, nil for the module.
func origin(r *compiled, v *vantage) *ir.Origin {
	switch {
	case v.op != nil:
		return v.op.ir.Origin
	case v.stage == nil:
		return nil
	}
	if r.At != "" {
		if o := v.stage.end().last[strings.ToUpper(r.At)]; o != nil {
			return o.ir.Origin
		}
	}
	return v.stage.ir.Origin
}

// place is where a rule reports.
func place(r *compiled, v *vantage) source.Span {
	if spans := origin(r, v).Spans(); len(spans) > 0 {
		return spans[0]
	}
	return source.Span{}
}
