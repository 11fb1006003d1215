package buildkit

import (
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/late"
)

// The rules that need the values of one build.

func defaultArg(f plan.BaseWithoutName, r *lint.Report) {
	r.At(f.At(), linter.RuleInvalidDefaultArgInFrom.Format(f.Stage.Base))
}

func undefinedArg(f plan.UndeclaredArg, r *lint.Report) {
	r.At(f.At(), linter.RuleUndefinedArgInFrom.Format(f.Name, f.Near))
}

// redundantPlatform: the default should not be written.
func redundantPlatform(f plan.PlatformFlag, r *lint.Report) {
	if len(f.Set) == 1 && len(f.Unset) == 0 && f.Set[0] == "TARGETPLATFORM" && f.Value == f.Target {
		r.At(f.At(), linter.RuleRedundantTargetPlatform.Format(f.Stage.Platform))
	}
}

// constantPlatform: a constant should be in the stage's name.
func constantPlatform(f plan.PlatformFlag, r *lint.Report) {
	if len(f.Set)+len(f.Unset) > 0 {
		return
	}
	p, err := platforms.Parse(f.Value)
	if err == nil && !strings.Contains(f.Stage.Name, p.OS) && !strings.Contains(f.Stage.Name, p.Architecture) {
		r.At(f.At(), linter.RuleFromPlatformFlagConstDisallowed.Format(f.Value))
	}
}

func basePlatform(f plan.OtherPlatform, r *lint.Report) {
	r.At(f.At(), linter.RuleInvalidBaseImagePlatform.Format(f.Base, f.Want, f.Got))
}

func undefinedVar(f plan.UnsetVariable, r *lint.Report) {
	r.At(f.At(), linter.RuleUndefinedVar.Format(f.Name, f.Near))
}

func legacyPair(f plan.LegacyPair, r *lint.Report) {
	r.At(f.At(), linter.RuleLegacyKeyValueFormat.Format(spelled(f.Op)))
}

// What BuildKit takes for the name of a secret: one of these words between
// underscores, unless another says that it is none.
var (
	secret = late.Regexp(`(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)`)
	public = late.Regexp(`(?i)(?:_|^)(?:public|file|version)(?:_|$)`)
)

func secretName(f plan.Declared, r *lint.Report) {
	if secret().MatchString(f.Key) && !public().MatchString(f.Key) {
		r.At(f.At(), linter.RuleSecretsUsedInArgOrEnv.Format(f.Op.Body.Keyword(), f.Key))
	}
}

func void(f plan.Void, r *lint.Report) {
	r.At(f.At(), linter.RuleMultipleInstructionsDisallowed.Format(spelled(f.By)))
}

func shellForm(f plan.DefaultShell, r *lint.Report) {
	r.At(f.At(), linter.RuleJSONArgsRecommended.Format(spelled(f.Op)))
}

func relativeDir(f plan.RelativeDir, r *lint.Report) {
	r.At(f.At(), linter.RuleWorkdirRelativePath.Format(f.Path))
}

func portCasing(f plan.Port, r *lint.Report) {
	if _, proto, _ := strings.Cut(f.Spec, "/"); proto != strings.ToLower(proto) {
		r.At(f.At(), linter.RuleExposeProtoCasing.Format(f.Spec))
	}
}

func portFormat(f plan.Port, r *lint.Report) {
	if strings.LastIndexByte(f.Spec, ':') > 0 {
		r.At(f.At(), linter.RuleExposeInvalidFormat.Format(f.Spec))
	}
}

func ignoredFile(f plan.IgnoredFile, r *lint.Report) {
	verb := "Copy"
	if _, add := f.Op.Body.(*ir.Add); add {
		verb = "Add"
	}
	r.At(f.At(), linter.RuleCopyIgnoredFile.Format(verb, f.Path))
}

// spelled is the keyword of an op as the author wrote it.
func spelled(op *ir.Op) string {
	word, _, _ := strings.Cut(strings.ReplaceAll(op.Text(), "\t", " "), " ")
	return word
}
