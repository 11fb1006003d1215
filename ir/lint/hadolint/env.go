package hadolint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// ownVariable is about the variables of an ENV in its own values: all of these are what they are
// in front of it.
func ownVariable() lint.Rule {
	return lint.Rule{
		Name: "DL3044", Doc: "Do not use a variable in the ENV that sets it", URL: lint.Page("DL3044"), Severity: diag.Error, Tags: []string{"env"},
		View: lint.OnBody(func(s *lint.Step, b *ir.Env, r *lint.Report) {
			if len(b.Pairs) < 2 {
				return
			}
			node, ok := s.Node.(*lang.Env)
			if !ok || len(node.Pairs.List) != len(b.Pairs) {
				return
			}
			sets := map[string][]int{} // by names, the pairs
			for i, p := range b.Pairs {
				sets[unquote(p.Key)] = append(sets[unquote(p.Key)], i)
			}
			for i, p := range b.Pairs {
				var others []int
				for _, name := range references(p.Value) {
					others = append(others, sets[name]...)
				}
				slices.Sort(others)
				for _, j := range others {
					key := unquote(b.Pairs[j].Key)
					if i == j || key == unquote(p.Key) && j > i || key != unquote(p.Key) && isDefined(s, key) {
						continue
					}
					f := r.Within(s.Outer, node.Pairs.List[i].Span(), fmt.Sprintf("here %s is what it was in front of this ENV, which sets it: split the ENV in two", key))
					if j < i {
						f.Fix("split the ENV", diag.Intent, splitEnv(s, node.Pairs.List, i)...)
					}
					break
				}
			}
		}),
	}
}

// splitEnv starts another ENV with a pair.
func splitEnv(s *lint.Step, pairs []lang.Pair, i int) []diag.Edit {
	at := pairs[i-1].Span()
	at.Start, at.End = at.End, pairs[i].Span().Start
	text := s.Stage.View.Text.File.Source.Text
	if strings.Contains(text[at.Start:at.End], "#") {
		return nil // a comment stands between them
	}
	return []diag.Edit{{Span: at, New: s.Stage.View.Text.Newline() + text[s.Outer.Span().Start:pairs[0].Span().Start]}}
}

// isDefined tells whether a variable is set in front of a step, by the stage or those below it.
func isDefined(s *lint.Step, name string) bool {
	declares := func(d ir.Default) bool { return d.Key == name }
	if s.Stage.Root().Node == nil {
		for _, op := range s.Stage.View.Module.Args {
			if slices.ContainsFunc(op.Body.(*ir.Arg).Defaults, declares) {
				return true
			}
		}
	}
	for stage := s.Stage; stage != nil; stage = stage.Parent {
		for _, step := range stage.Steps {
			if stage == s.Stage && step.Index >= s.Index {
				break
			}
			switch b := step.Body.(type) {
			case *ir.Env:
				if slices.ContainsFunc(b.Pairs, func(p ir.Pair) bool { return unquote(p.Key) == name }) {
					return true
				}
			case *ir.Arg: // which the next stage does not have
				if stage == s.Stage && slices.ContainsFunc(b.Defaults, declares) {
					return true
				}
			}
		}
	}
	return false
}

var variableUse = late.Regexp(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)|([A-Za-z_][A-Za-z0-9_]*))`)

// references are the variables in a word of the Dockerfile. Those behind a backslash, and in
// single quotes, are none.
func references(word string) (names []string) {
	if !strings.Contains(word, "$") {
		return nil
	}
	for _, m := range variableUse().FindAllStringSubmatchIndex(word, -1) {
		if single, escaped := quotes(word[:m[0]]); single || escaped {
			continue
		}
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				names = append(names, word[m[g]:m[g+1]])
			}
		}
	}
	return names
}

// quotes tells whether what follows a text stands in single quotes, or behind a backslash.
func quotes(text string) (single, escaped bool) {
	double := false
	for i := range len(text) {
		c := text[i]
		switch {
		case escaped:
			escaped = false
		case c == '\\' && !single:
			escaped = true
		case c == '\'' && !double:
			single = !single
		case c == '"' && !single:
			double = !double
		}
	}
	return single, escaped
}
