package buildkit

import (
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// The rules that need the values of one build.

func defaultArg(f plan.BaseWithoutName, r *lint.Report) {
	r.At(f.At(), linter.RuleInvalidDefaultArgInFrom.Format(f.Stage.Base))
}

func undefinedArg(f plan.UndeclaredArg, r *lint.Report) {
	r.At(f.At(), linter.RuleUndefinedArgInFrom.Format(f.Name, f.Near)).
		Fix("use $"+f.Near, diag.Intent, renameVariable(r, f.At(), f.Name, f.Near)...)
}

// redundantPlatform: the default should not be written.
func redundantPlatform(f plan.PlatformFlag, r *lint.Report) {
	if len(f.Set) == 1 && len(f.Unset) == 0 && f.Set[0] == "TARGETPLATFORM" && f.Value == f.Target {
		r.At(f.At(), linter.RuleRedundantTargetPlatform.Format(f.Stage.Platform)).
			Fix("leave the flag out", diag.Intent, withoutPlatform(r, f)...) // without it an image for another platform decides
	}
}

// constantPlatform: a constant should be in the stage's name.
func constantPlatform(f plan.PlatformFlag, r *lint.Report) {
	if len(f.Set)+len(f.Unset) > 0 {
		return
	}
	p, err := platforms.Parse(f.Value)
	if err == nil && !strings.Contains(f.Stage.Name, p.OS) && !strings.Contains(f.Stage.Name, p.Architecture) {
		r.At(f.At(), linter.RuleFromPlatformFlagConstDisallowed.Format(f.Value)).
			Fix("leave the platform to who builds", diag.Intent, withoutPlatform(r, f)...)
	}
}

func basePlatform(f plan.OtherPlatform, r *lint.Report) {
	r.At(f.At(), linter.RuleInvalidBaseImagePlatform.Format(f.Base, f.Want, f.Got))
}

func undefinedVar(f plan.UnsetVariable, r *lint.Report) {
	r.At(f.At(), linter.RuleUndefinedVar.Format(f.Name, f.Near)).
		Fix("use $"+f.Near, diag.Intent, renameVariable(r, f.At(), f.Name, f.Near)...)
}

func legacyPair(f plan.LegacyPair, r *lint.Report) {
	r.At(f.At(), linter.RuleLegacyKeyValueFormat.Format(spelled(f.Op))).
		Fix("put an equals sign between them", diag.Graph, modernPair(r, f)...)
}

// What BuildKit takes for the name of a secret: one of these words between
// underscores, unless another says that it is none.
var (
	secret = late.Regexp(`(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)`)
	public = late.Regexp(`(?i)(?:_|^)(?:public|file|version)(?:_|$)`)
)

func secretName(f plan.Declared, r *lint.Report) {
	if secret().MatchString(f.Key) && !public().MatchString(f.Key) {
		r.At(f.At(), linter.RuleSecretsUsedInArgOrEnv.Format(f.Op.Body.Keyword(), f.Key)).
			Fix("mount it as a secret where it is used", diag.Intent, mountSecret(r, f)...)
	}
}

func void(f plan.Void, r *lint.Report) {
	out := r.At(f.At(), linter.RuleMultipleInstructionsDisallowed.Format(spelled(f.By)))
	if in := r.Node(f.At()); in != nil && f.At().By == "" {
		out.Fix("remove it", diag.Graph, r.Text().Remove(in)...)
	}
}

func shellForm(f plan.DefaultShell, r *lint.Report) {
	r.At(f.At(), linter.RuleJSONArgsRecommended.Format(spelled(f.Op))).
		Fix("write the words as JSON; no shell runs them then", diag.Intent, execForm(r, f)...)
}

func relativeDir(f plan.RelativeDir, r *lint.Report) {
	out := r.At(f.At(), linter.RuleWorkdirRelativePath.Format(f.Path))
	if keeps, edits := absolute(r, f); len(edits) > 0 {
		out.Fix("write the path from the root on", keeps, edits...)
	}
}

func portCasing(f plan.Port, r *lint.Report) {
	if _, proto, _ := strings.Cut(f.Spec, "/"); proto != strings.ToLower(proto) {
		r.At(f.At(), linter.RuleExposeProtoCasing.Format(f.Spec)).
			Fix("write the protocol in lower case", diag.Graph, port(r, f, strings.ToLower(f.Spec))...)
	}
}

func portFormat(f plan.Port, r *lint.Report) {
	if strings.LastIndexByte(f.Spec, ':') > 0 {
		r.At(f.At(), linter.RuleExposeInvalidFormat.Format(f.Spec)).
			Fix("leave the port of the host to who runs it", diag.Graph, port(r, f, f.Spec[strings.LastIndexByte(f.Spec, ':')+1:])...)
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
