package script

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
)

// Shell is the name of the program that reads a script, like "bash".
func Shell(s *lint.Script) string { return shellOf(s) }

// Given are the variables that a script reads and that come from the image, sorted.
func Given(s *lint.Script) (names []string) {
	if s.Tree() == nil {
		return nil
	}
	shell.Walk(s.Tree(), func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && syntax.ValidName(p.Param.Value) && ofImage(s, p.Param.Value) {
			names = append(names, p.Param.Value)
		}
		return true
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// Finds tells whether the rule of a code finds something at a place of a script's text.
func Finds(s *lint.Script, code string, at int) bool {
	return slices.ContainsFunc(look(s.Step.Stage.View)[code], func(f found) bool {
		return f.script == s && slices.ContainsFunc(f.problems, func(p problem) bool { return p.start == at })
	})
}
