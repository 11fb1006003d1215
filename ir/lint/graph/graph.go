// Package graph has rules of our own: what only shows when one looks at several steps and stages,
// at what they do to files, and at what is in force there. What a rule cannot know is no reason to
// find something.
package graph

import (
	"embed"
	"io/fs"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Rules are the rules, by what they are about.
func Rules() []lint.Rule {
	return []lint.Rule{
		// layers
		copyBeforeInstall(), removedLater(), cleanInLaterLayer(), updateApart(), installedTwice(), chownAfterCopy(), chmodAfterCopy(),
		copiedTwice(), mkdirBeforeWorkdir(), cacheMountNotLocked(), cacheMountCleaned(),
		// stages
		unusedStage(), sameStages(), copiedNeverRead(), emulatedBuild(), baseWithoutDigest(),
		// secrets
		secretFileCopied(), secretWritten(), secretMountCopied(), passwordInLayer(),
		// what is fetched
		fetchWithoutChecksum(), pipeToShell(), fetchInClear(), tlsCheckOff(), signatureCheckOff(), aptKey(), unpinnedClone(), unpinnedGitSource(), installWithoutLock(),
		// what a script leaves
		cdLost(), shellStateLost(), processLost(), heredocWithoutSetE(),
		// variables
		argUnused(), argNotRedeclared(), envSetTwice(), frontendInEnv(), relativePath(),
		// where the image runs
		rootAtRunTime(), userWithoutNumber(), cmdIgnored(), healthcheckToolMissing(), sshServer(), stopByKill(), worldWritable(), setuid(), copyIntoRoot(),
	}
}

//go:embed cases
var files embed.FS

// Cases are the files of package cases, one a rule.
func Cases() fs.FS {
	dir, _ := fs.Sub(files, "cases") // the name is valid
	return dir
}

// rule is one of ours, that looks unless it is skipped.
func rule(name string, severity diag.Severity, tag, doc string) lint.Rule {
	return lint.Rule{Name: name, Doc: doc, URL: lint.Page(name), Severity: severity, Tags: []string{tag}}
}
