// Package validate has the commands that look into images and compare them: strake diff-image,
// strake verify, strake report.
package validate

import "github.com/seed-e0495807/strake/cmd/internal/cli"

// Commands are in the order in which the overview lists them.
func Commands() []cli.Maker {
	return []cli.Maker{
		{Name: "diff-image", Make: diffCommand},
		{Name: "verify", Make: verifyCommand},
		{Name: "report", Make: reportCommand},
	}
}

// Exit codes, as those of diff.
const (
	exitDifferent = 1
	exitTrouble   = 2
)

// trouble is an error that leaves the question open: it exits with another code than a
// difference does.
func trouble(err error) error {
	return cli.Exit(exitTrouble, err)
}
