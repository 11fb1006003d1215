package hadolint

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// label is one of a LABEL, without quotes. What is not known of its value stands as it is written.
type label struct {
	step       *lint.Step
	node       lang.Pair
	key, value string
}

// labels are those of a step; none has a name that is not known.
func labels(s *lint.Step) (list []label) {
	body, ok := s.Body.(*ir.Label)
	node, is := s.Node.(*lang.Label)
	if !ok || !is || len(node.Pairs.List) != len(body.Pairs) {
		return nil
	}
	for i, p := range body.Pairs {
		key, known := s.Expand(p.Key)
		if !known {
			continue
		}
		value, known := s.Expand(p.Value)
		if !known {
			value = strings.Trim(p.Value, `"`)
		}
		list = append(list, label{s, node.Pairs.List[i], key, value})
	}
	return list
}

// onLabel is a rule that looks at each label.
func onLabel(name, doc string, severity diag.Severity, look func(label, *lint.Report)) lint.Rule {
	return lint.Rule{Name: name, Doc: doc, URL: lint.Page(name), Severity: severity, Tags: []string{"labels"},
		View: func(v *lint.View, r *lint.Report) {
			for _, l := range allLabels(v) {
				look(l, r)
			}
		}}
}

type labelsKey struct{}

// allLabels are those of all steps.
func allLabels(v *lint.View) []label {
	return v.Share(labelsKey{}, func() any {
		var list []label
		for s := range v.Steps("LABEL") {
			list = append(list, labels(s)...)
		}
		return list
	}).([]label)
}

// labelKey is about the form that Docker recommends for the names of labels.
func labelKey() lint.Rule {
	return onLabel("DL3048", "Give labels names of lower case letters, digits, dots and hyphens, in a namespace of your own", diag.Hint, func(l label, r *lint.Report) {
		why := badKey(l.key)
		if why == "" {
			return
		}
		f := r.Within(l.step.Outer, l.node.Key.Span(), "the name of the label "+l.key+" "+why)
		better := strings.NewReplacer("_", "-", "/", "-")
		if text := l.node.Key.Text; badKey(strings.ToLower(better.Replace(l.key))) == "" && len(text) == l.node.Key.Span().Len() {
			f.Fix("write it in lower case, with hyphens", diag.Intent, diag.Edit{Span: l.node.Key.Span(), New: strings.ToLower(better.Replace(text))})
		}
	})
}

var labelForm = late.Regexp(`^[a-z]([a-z0-9.-]*[a-z0-9])?$`)

// badKey is what is wrong with the name of a label, "" is nothing.
func badKey(key string) string {
	switch {
	case strings.HasPrefix(key, "com.docker."), strings.HasPrefix(key, "io.docker."), strings.HasPrefix(key, "org.dockerproject."):
		return "is in a namespace that Docker keeps for itself"
	case strings.Contains(key, ".."), strings.Contains(key, "--"):
		return "has two separators in a row"
	case !labelForm().MatchString(key):
		return "should start with a lower case letter, and have no others than lower case letters, digits, dots and hyphens"
	}
	return ""
}

// missingLabel wants the labels of the configuration in each stage that no other starts from, or copies
// from by its name.
func missingLabel() lint.Rule {
	return lint.Rule{
		Name: "DL3049", Doc: "Give the image the labels that the configuration requires", URL: lint.Page("DL3049"), Severity: diag.Info, Tags: []string{"labels"},
		View: func(v *lint.View, r *lint.Report) {
			if len(v.Options.Labels) == 0 {
				return
			}
			parents, copied := map[*lint.Stage]bool{}, map[string]bool{}
			for _, stage := range v.Stages {
				parents[stage.Parent] = true
				for _, s := range stage.Steps {
					if b, ok := s.Body.(*ir.Copy); ok && b.From != "" {
						copied[strings.ToLower(unquote(b.From))] = true
					}
				}
			}
			for _, stage := range v.Stages {
				if parents[stage] || stage.Name != "" && copied[stage.Name] {
					continue
				}
				has := labelsOf(stage)
				for _, name := range slices.Sorted(maps.Keys(v.Options.Labels)) {
					if !has[name] {
						r.Stage(stage, "the label "+name+" is missing: add LABEL "+name+"=…")
					}
				}
			}
		},
	}
}

// labelsOf are the names of the labels that a stage has, those of the stages below it included.
func labelsOf(stage *lint.Stage) map[string]bool {
	out := map[string]bool{}
	for ; stage != nil; stage = stage.Parent {
		for _, s := range stage.Steps {
			if s.Onbuild {
				continue
			}
			for _, l := range labels(s) {
				out[l.key] = true
			}
		}
	}
	return out
}

// extraLabel wants no other labels than those of the configuration.
func extraLabel() lint.Rule {
	return onLabel("DL3050", "Give the image no labels that the configuration does not have", diag.Info, func(l label, r *lint.Report) {
		o := l.step.Stage.View.Options
		if _, ok := o.Labels[l.key]; ok || !o.StrictLabels {
			return
		}
		r.Within(l.step.Outer, l.node.Span(), "the label "+l.key+" is none of the configuration: remove it").
			Fix("remove the label", diag.Intent, removePair(l)...)
	})
}

// removePair takes a label out, with its LABEL when that has no other.
func removePair(l label) []diag.Edit {
	list := l.step.Node.(*lang.Label).Pairs.List
	i := slices.IndexFunc(list, func(p lang.Pair) bool { return p.Span() == l.node.Span() })
	at := l.node.Span()
	switch {
	case len(list) == 1:
		return removeLine(l.step)
	case i > 0:
		at.Start = list[i-1].Span().End
	default:
		at.End = list[1].Span().Start
	}
	return []diag.Edit{{Span: at}}
}

// removeLine takes an instruction out, with the end of its line. There is no such edit of one that
// stands above any FROM, where what follows might become a directive.
func removeLine(s *lint.Step) []diag.Edit {
	if s.Stage.Node == nil {
		return nil
	}
	return s.Stage.View.Text.Remove(s.Outer)
}

// emptyLabel wants something in the labels of the configuration.
func emptyLabel() lint.Rule {
	return onLabel("DL3051", "Have something in the labels that the configuration requires", diag.Warning, func(l label, r *lint.Report) {
		if _, ok := l.step.Stage.View.Options.Labels[l.key]; ok && strings.TrimSpace(l.value) == "" {
			r.Within(l.step.Outer, l.node.Span(), "the label "+l.key+" is empty")
		}
	})
}

// formed wants labels of a format to have it. What a variable stands for is not looked up: the
// rules want the text itself in the file.
func formed(name string, format lint.LabelFormat, what string, valid func(string) bool) lint.Rule {
	return onLabel(name, "Have "+what+" in the labels that the configuration has as "+string(format), diag.Warning, func(l label, r *lint.Report) {
		if l.step.Stage.View.Options.Labels[l.key] == format && !valid(l.value) {
			r.Within(l.step.Outer, l.node.Value.Span(), "the label "+l.key+" is not "+what)
		}
	})
}

func labelURL() lint.Rule  { return formed("DL3052", lint.URL, "a URL", isURL) }
func labelTime() lint.Rule { return formed("DL3053", lint.Time, "a time by RFC 3339", isTime) }
func labelLicense() lint.Rule {
	return formed("DL3054", lint.License, "an identifier of a license of SPDX", isLicense)
}
func labelHash() lint.Rule { return formed("DL3055", lint.Hash, "a hash of git", isHash) }
func labelVersion() lint.Rule {
	return formed("DL3056", lint.SemVer, "a version by Semantic Versioning", isVersion)
}
func labelEmail() lint.Rule { return formed("DL3058", lint.Email, "an address of email", isEmail) }
