package project

import (
	"context"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Dockerfiles are those in a directory and below it, which commands on all of a project's look
// at. Directories that cannot be read are warned of.
func Dockerfiles(ctx context.Context, p *cli.Process, dir string) ([]string, error) {
	return input.Dockerfiles(ctx, dir, func(err error) {
		list := cli.Diagnose(err)
		for i := range list {
			list[i].Severity = diag.Warning
		}
		p.Report(nil, list)
	})
}
