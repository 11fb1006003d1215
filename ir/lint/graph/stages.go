package graph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// unusedStage goes by numbers and names; one that has a name may be a target.
func unusedStage() lint.Rule {
	r := rule("unused-stage", diag.Warning, "stages", "A stage without a name that no other needs is built for nobody: remove it, or give it a name to ask for it")
	r.View = func(v *lint.View, r *lint.Report) {
		used := uses(v)
		for _, s := range v.Stages {
			if s.Node != nil && s.Name == "" && v.Text.Whole && !s.Last() && !used[s] {
				r.Stage(s, "no other stage needs this one, and without a name nobody can ask for it: remove it, or name it with AS")
			}
		}
	}
	return r
}

func sameStages() lint.Rule {
	r := rule("same-stages", diag.Info, "stages", "Two stages that do the same are one: use the first in the place of the second")
	r.View = func(v *lint.View, r *lint.Report) {
		if len(v.Stages) < 2 {
			return
		}
		type kind struct { // of which two are that may do the same
			base, platform string
			ops            int
		}
		kindOf := func(s *lint.Stage) kind { return kind{s.Base, s.Platform, len(s.Ops)} }
		like, seen := map[kind]int{}, map[string]*lint.Stage{}
		for _, s := range v.Stages {
			like[kindOf(s)]++
		}
		for _, s := range v.Stages {
			if len(s.Ops) == 0 || s.Node == nil || like[kindOf(s)] < 2 || !slices.ContainsFunc(s.Ops, makesFiles) {
				continue
			}
			parts := []string{s.Base, s.Platform}
			for _, op := range s.Ops {
				parts = append(parts, ir.Format(op.Body, v.Module.Escape))
			}
			key := strings.Join(parts, "\x00")
			if first := seen[key]; first != nil {
				r.Stage(s, "this stage does the same as "+called(first)+": one of them is enough")
				continue
			}
			seen[key] = s
		}
	}
	return r
}

func called(s *lint.Stage) string {
	if s.Name != "" {
		return "the stage " + s.Name
	}
	return "stage " + strconv.Itoa(s.Index)
}

func makesFiles(op *ir.Op) bool {
	switch op.Body.(type) {
	case *ir.Run, *ir.Copy, *ir.Add:
		return true
	}
	return false
}

// copiedNeverRead looks at stages that others copy from only: what an image has, somebody may read
// where it runs. It is silent unless all that reads there is known.
func copiedNeverRead() lint.Rule {
	r := rule("copied-never-read", diag.Info, "stages", "What is copied into a stage that only builds should be read by one of its steps, or copied out of it")
	r.Level = lint.Experimental
	r.View = func(v *lint.View, r *lint.Report) {
		used := uses(v)
		for _, stage := range v.Stages {
			if stage.Shipped() || !used[stage] || slices.ContainsFunc(v.Stages, func(s *lint.Stage) bool { return s.Parent == stage }) {
				continue
			}
			for s := range stage.Own() {
				if _, _, ok := copied(s.Body); ok && neverRead(v, s) {
					r.Step(s, "nothing in the file reads what is copied here: leave it out")
				}
			}
		}
	}
	return r
}

func neverRead(v *lint.View, s *lint.Step) bool {
	var written []effects.Path
	for _, p := range s.Effects().Effects.Writes.List {
		if !p.Made && !p.Into {
			written = append(written, p)
		}
	}
	if len(written) == 0 || s.Effects().Effects.Writes.Grade == effects.Unknown || len(s.Effects().Effects.Unknown) > 0 {
		return false
	}
	for _, stage := range v.Stages {
		for o := range stage.Own() {
			switch b := o.Body.(type) {
			case *ir.Run:
				if o.Stage == s.Stage && o.Index > s.Index {
					e := o.Effects().Effects
					if len(e.Unknown) > 0 || e.Reads.Grade == effects.Unknown || e.Reads.Any {
						return false
					}
					for _, p := range written {
						if e.Reads.Overlap(p.Name) {
							return false
						}
					}
				}
				if o.Stage != s.Stage && len(b.Mounts) > 0 {
					return false
				}
			case *ir.Copy:
				for _, source := range b.Sources {
					if !strings.EqualFold(b.From, s.Stage.Name) && b.From != strconv.Itoa(s.Stage.Index) {
						continue
					}
					for _, p := range written {
						if source = "/" + strings.Trim(source, "/"); strings.ContainsAny(source, "*?[$") || isBelow(p.Name, source) || isBelow(source, p.Name) {
							return false
						}
					}
				}
			}
		}
	}
	return true
}

// emulatedBuild looks at stages whose compiler is told for which platform to compile: they need not
// run on that.
func emulatedBuild() lint.Rule {
	r := rule("emulated-build", diag.Hint, "stages", "A stage that compiles for $TARGETARCH should run on the builder's own platform: FROM --platform=$BUILDPLATFORM")
	r.View = func(v *lint.View, r *lint.Report) {
		for _, stage := range v.Stages {
			if stage.Node == nil || stage.Platform != "" || stage.Shipped() || stage.Parent != nil || imageName(stage.Base) != "golang" {
				continue
			}
			told := false // ENV has told the compiler, which is run next
			for s := range stage.Own() {
				told = told || tellsCompiler(s)
				if crossCompiles(s) || told && compiles(s) {
					r.Stage(stage, "this stage compiles for another platform, and yet runs on it, emulated: write FROM --platform=$BUILDPLATFORM").
						Fix("run it on the builder's platform", diag.Intent, lint.Insert(stage.Node.Keyword.At, " --platform=$BUILDPLATFORM"))
					break
				}
			}
		}
	}
	return r
}

// tellsCompiler tells an ENV with GOARCH from $TARGETARCH.
func tellsCompiler(s *lint.Step) bool {
	env, ok := s.Body.(*ir.Env)
	return ok && slices.ContainsFunc(env.Pairs, func(p ir.Pair) bool {
		return p.Key == "GOARCH" && slices.Contains([]string{"$TARGETARCH", "${TARGETARCH}"}, strings.Trim(p.Value, `"`))
	})
}

// compiles tells a step that runs go, or make, which may.
func compiles(s *lint.Step) bool {
	return slices.ContainsFunc(s.Commands(), func(c *shell.Command) bool {
		return c.Name == "make" || c.Name == "go" && slices.Contains([]string{"build", "install", "run"}, c.Arg(0))
	})
}

// crossCompiles tells a go build for $TARGETARCH.
func crossCompiles(s *lint.Step) bool {
	for _, c := range s.Commands() {
		for _, env := range c.Env {
			if text := env.Value.Text; env.Name == "GOARCH" && (strings.Contains(text, "$TARGETARCH") || strings.Contains(text, "${TARGETARCH")) {
				return true
			}
		}
	}
	return false
}

func baseWithoutDigest() lint.Rule {
	r := rule("base-without-digest", diag.Info, "pinning", "A base image should be named with its digest: a tag is another image tomorrow")
	r.Level = lint.Experimental
	r.View = func(v *lint.View, r *lint.Report) {
		for _, s := range v.Stages {
			if s.Node != nil && s.Parent == nil && s.Base != "scratch" && !strings.Contains(s.Base, "@") && !strings.Contains(s.Base, "$") {
				f := r.Stage(s, "the tag of "+s.Base+" may be another image tomorrow: add its digest, as name:tag@sha256:…")
				lint.FixPin(f, s)
			}
		}
	}
	return r
}
