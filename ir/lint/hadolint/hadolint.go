// Package hadolint has rules that hadolint 2.15 has, under its ids. What each of them wants is
// in its public documentation; how it is found out is ours: by what commands are and do,
// whatever stands in front of them, and however they are written.
package hadolint

import (
	"embed"
	"io/fs"

	"github.com/seed-e0495807/strake/ir/lint"
)

// Rules are the rules, by their ids.
func Rules() []lint.Rule {
	return []lint.Rule{
		noPragma(),
		relativeDir(),
		senseless(),
		rootUser(),
		changedDir(),
		sudo(),
		untagged(),
		latest(),
		aptPins(),
		aptLists(),
		copiedArchive(),
		portNumber(),
		secondCheck(),
		pipPins(),
		aptYes(),
		aptRecommends(),
		npmPins(),
		apkPins(),
		apkCache(),
		addForCopy(),
		severalFiles(),
		unknownStage(),
		ownStage(),
		sameName(),
		shellForm(),
		otherRegistry(),
		aptByHand(),
		gemPins(),
		constantPlatform(),
		yumYes(),
		yumClean(),
		yumPins(),
		zypperYes(),
		zypperUpgrade(),
		zypperClean(),
		zypperPins(),
		dnfYes(),
		dnfClean(),
		dnfPins(),
		pipCache(),
		trigger(),
		ownVariable(),
		homelessCopy(),
		logInit(),
		quietWget(),
		labelKey(),
		missingLabel(),
		extraLabel(),
		emptyLabel(),
		labelURL(),
		labelTime(),
		labelLicense(),
		labelHash(),
		labelVersion(),
		noHealthcheck(),
		labelEmail(),
		consecutive(),
		yarnClean(),
		order(),
		goPins(),
		maintainer(),
		oneFetcher(),
		lastCmd(),
		lastEntrypoint(),
		linkedShell(),
		pipefail(),
	}
}

//go:embed cases
var files embed.FS

// Cases are the files of package cases, one a rule.
func Cases() fs.FS {
	dir, _ := fs.Sub(files, "cases") // the name is valid
	return dir
}
