package cases

import "slices"

// All is every case, grouped by topic. Cases may share a map, so clone one
// before handing it to code that writes to it.
func All() []Case {
	return slices.Concat(
		fromCases(),
		runCases(),
		mountCases(),
		copyCases(),
		addCases(),
		envCases(),
		argCases(),
		configCases(),
		onbuildCases(),
		heredocCases(),
		lexicalCases(),
		expandCases(),
		stageCases(),
		platformCases(),
		contextCases(),
		localCases(),
		optionCases(),
		rejectCases(),
	)
}
