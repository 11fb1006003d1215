// Package buildkit has BuildKit's build checks as rules: what it warns about in a
// Dockerfile that it nevertheless builds. The names, texts and pages are those of its
// linter package; where a rule looks is ours. A differential test in backend/llb holds
// that both find the same.
package buildkit

import (
	"embed"
	"io/fs"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Rules are the build checks, in the order in which their findings at one place stand.
func Rules() []lint.Rule {
	return []lint.Rule{
		text(&linter.RuleNoEmptyContinuation, emptyContinuation),
		text(&linter.RuleMaintainerDeprecated, maintainer),
		text(&linter.RuleStageNameCasing, stageCasing),
		text(&linter.RuleFromAsCasing, asCasing),
		text(&linter.RuleInvalidDefinitionDescription, description),
		text(&linter.RuleReservedStageName, reservedName),
		text(&linter.RuleDuplicateStageName, duplicateName),
		text(&linter.RuleConsistentInstructionCasing, casing),
		fact(&linter.RuleInvalidDefaultArgInFrom, defaultArg),
		fact(&linter.RuleUndefinedArgInFrom, undefinedArg),
		fact(&linter.RuleRedundantTargetPlatform, redundantPlatform),
		fact(&linter.RuleFromPlatformFlagConstDisallowed, constantPlatform),
		fact(&linter.RuleInvalidBaseImagePlatform, basePlatform),
		fact(&linter.RuleUndefinedVar, undefinedVar),
		fact(&linter.RuleLegacyKeyValueFormat, legacyPair),
		fact(&linter.RuleSecretsUsedInArgOrEnv, secretName),
		fact(&linter.RuleMultipleInstructionsDisallowed, void),
		fact(&linter.RuleJSONArgsRecommended, shellForm),
		fact(&linter.RuleWorkdirRelativePath, relativeDir),
		fact(&linter.RuleExposeProtoCasing, portCasing),
		fact(&linter.RuleExposeInvalidFormat, portFormat),
		fact(&linter.RuleCopyIgnoredFile, ignoredFile),
	}
}

// Check runs the build checks over a text and the facts of its plan. A check directive that
// cannot be read finds nothing: the compiler reports it. Config takes the place of that
// directive and may be nil; claims are the instructions of plugins.
func Check(src *source.File, config *linter.Config, facts []plan.Fact, claims ...lang.Claim) lint.Result {
	in := lint.Read(src, claims...)
	in.Config, in.Facts = config, facts
	found, _ := lint.Run(Rules(), in)
	return found
}

func rule[F any](r *linter.LinterRule[F]) lint.Rule {
	out := lint.Rule{Name: r.Name, Doc: r.Description, URL: r.URL, Severity: diag.Warning, Strict: true}
	if r.Experimental {
		out.Level = lint.Experimental
	}
	return out
}

func text[F any](r *linter.LinterRule[F], look func(*lint.Text, *lint.Report)) lint.Rule {
	out := rule(r)
	out.Text = look
	return out
}

func fact[F any, P plan.Fact](r *linter.LinterRule[F], look func(P, *lint.Report)) lint.Rule {
	out := rule(r)
	out.Fact = lint.On(look)
	return out
}

//go:embed cases
var files embed.FS

// Cases are the files of package cases, one a rule. What is looked at is the plan of a build whose
// context has no path "ignored", and in which an image is for the platform that its name ends with
// behind "for-".
func Cases() fs.FS {
	dir, _ := fs.Sub(files, "cases") // the name is valid
	return dir
}
