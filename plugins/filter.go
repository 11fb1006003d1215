package plugins

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// Filter says what a plugin is about. A plugin whose filter matches nothing of a
// module is not called for it, and a program is not even started. The zero value
// matches every module.
type Filter struct {
	Keywords []string // an op or a FROM with one of these, in upper case; empty is any
	Contains []string // in the text of which is one of these, whatever the case; empty is any
}

// Match tells whether something in the stages is what the filter is about.
func (f Filter) Match(m *ir.Module, stages []bool) bool {
	if len(f.Keywords) == 0 && len(f.Contains) == 0 {
		return true
	}
	from := f.keyword("FROM")
	for i, s := range m.Stages {
		if i < len(stages) && !stages[i] {
			continue
		}
		if from && f.contains(s.Base) {
			return true
		}
		for _, op := range s.Ops {
			if f.keyword(op.Body.Keyword()) && f.matches(op) {
				return true
			}
		}
	}
	return false
}

func (f Filter) keyword(k string) bool {
	return len(f.Keywords) == 0 || slices.Contains(f.Keywords, k)
}

func (f Filter) matches(op *ir.Op) bool {
	if len(f.Contains) == 0 || f.contains(op.Code) {
		return true
	}
	return f.contains(ir.Format(op.Body, '\\')) // here documents, too
}

func (f Filter) contains(text string) bool {
	if len(f.Contains) == 0 {
		return true
	}
	text = strings.ToLower(text)
	return slices.ContainsFunc(f.Contains, func(part string) bool { return strings.Contains(text, strings.ToLower(part)) })
}
