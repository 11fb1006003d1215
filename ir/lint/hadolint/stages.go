package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// homelessCopy is about a COPY whose place only the base image knows.
func homelessCopy() lint.Rule {
	return lint.Rule{
		Name: "DL3045", Doc: "Set WORKDIR before a COPY to a relative path", URL: lint.Page("DL3045"), Severity: diag.Warning, Tags: []string{"paths"},
		View: func(v *lint.View, r *lint.Report) {
			set, later := make([]bool, len(v.Stages)), make([]bool, len(v.Stages)) // there is a WORKDIR, or an ONBUILD with one
			for i, stage := range v.Stages {
				if stage.Parent != nil {
					set[i] = set[stage.Parent.Index] || later[stage.Parent.Index]
				}
				for _, s := range stage.Steps {
					switch b := s.Body.(type) {
					case *ir.Workdir:
						set[i], later[i] = set[i] || !s.Onbuild, later[i] || s.Onbuild
					case *ir.Copy:
						if isRelative(b.Dest) && !set[i] && !(s.Onbuild && later[i]) {
							r.Step(s, "where "+b.Dest+" is depends on the base image: set WORKDIR first, or copy to an absolute path")
						}
					}
				}
			}
		},
	}
}

// isRelative tells a destination that surely is: a variable may be anything.
func isRelative(dest string) bool {
	dest = strings.Trim(dest, `"'`)
	drive := len(dest) > 1 && dest[1] == ':'
	return dest != "" && !strings.ContainsRune(`/\$`, rune(dest[0])) && !drive
}

// noHealthcheck wants a word on health in each stage, or in one that starts from it: that is what is built
// then.
func noHealthcheck() lint.Rule {
	return lint.Rule{
		Name: "DL3057", Doc: "Say how the health of a container is checked, or that it is not", URL: lint.Page("DL3057"), Severity: diag.Info, Level: lint.Experimental,
		View: func(v *lint.View, r *lint.Report) {
			has, good := map[*lint.Stage]bool{}, map[*lint.Stage]bool{}
			for _, stage := range v.Stages {
				own := slices.ContainsFunc(stage.Steps, func(s *lint.Step) bool {
					_, is := s.Body.(*ir.Healthcheck)
					return is && !s.Onbuild
				})
				has[stage] = own || has[stage.Parent]
				for s := stage; own && s != nil; s = s.Parent {
					good[s] = true
				}
			}
			for _, stage := range v.Stages {
				if !has[stage] && !good[stage] {
					r.Stage(stage, "nothing says how the health of a container is checked: add HEALTHCHECK, or HEALTHCHECK NONE")
				}
			}
		},
	}
}

// order wants a stage above whatever happens in one.
func order() lint.Rule {
	return lint.Rule{
		Name: "DL3061", Doc: "Start with FROM, below nothing but ARG and comments", URL: lint.Page("DL3061"), Severity: diag.Error,
		Text: func(t *lint.Text, r *lint.Report) {
			for _, in := range t.All {
				switch in.(type) {
				case *lang.From:
					return
				case *lang.Arg:
				default:
					r.Instruction(in, "nothing but ARG and comments may stand above the first FROM")
					return
				}
			}
		},
	}
}

func lastCmd() lint.Rule {
	return last[*ir.Cmd]("DL4003", "Have one CMD in a stage: the last counts", diag.Warning)
}

func secondCheck() lint.Rule {
	return last[*ir.Healthcheck]("DL3012", "A stage has one HEALTHCHECK, as only the last counts", diag.Error, "correctness")
}

func lastEntrypoint() lint.Rule {
	return last[*ir.Entrypoint]("DL4004", "Have one ENTRYPOINT in a stage: the last counts", diag.Error)
}

// last is about all instructions of a kind in a stage but the last, which do nothing.
func last[B ir.Body](name, doc string, severity diag.Severity, tags ...string) lint.Rule {
	return lint.Rule{
		Name: name, Doc: doc, URL: lint.Page(name), Severity: severity, Tags: tags, Same: "MultipleInstructionsDisallowed",
		View: func(v *lint.View, r *lint.Report) {
			for _, stage := range v.Stages {
				before := map[bool]*lint.Step{} // by whether it is a trigger
				for _, s := range stage.Steps {
					if _, ok := s.Body.(B); !ok {
						continue
					}
					if old := before[s.Onbuild]; old != nil {
						f := r.Step(old, "this "+old.Body.Keyword()+" does nothing: there is another one below, which counts")
						if !old.Onbuild {
							f.Fix("remove it", diag.Graph, removeLine(old)...)
						}
					}
					before[s.Onbuild] = s
				}
			}
		},
	}
}
