// Package compile has the commands that compile Dockerfiles and build nothing: strake
// compile, lint, fix, expand, diff, effects and pin.
package compile

import "github.com/seed-e0495807/strake/cmd/internal/cli"

// Commands are those that compile and build nothing, in the order in which the
// overview lists them.
func Commands() []cli.Maker {
	return []cli.Maker{
		{Name: "compile", Make: compileCommand},
		{Name: "lint", Make: lintCommand},
		{Name: "fix", Make: fixCommand},
		{Name: "expand", Make: expandCommand},
		{Name: "diff", Make: diffCommand},
		{Name: "effects", Make: effectsCommand},
		{Name: "pin", Make: pinCommand},
	}
}
