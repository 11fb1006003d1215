// Package container has the commands about containers.
package container

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// Wanted is an image that a run needs out of a registry.
type Wanted struct {
	Name, Platform string
	Missing        bool      // it is not in the store, or not for the platform
	Out            io.Writer // of what is told meanwhile
	Quiet          bool      // tell nothing
}

// Fetch fetches an image into the store. What registries need takes long to start, so that it is
// handed in.
type Fetch func(ctx context.Context, p *cli.Process, s *store.Store, w Wanted) error

// Commands are the commands of containers, in the order in which the overview lists them.
func Commands(fetch Fetch) []cli.Maker {
	return []cli.Maker{
		{Name: "run", Make: func(p *cli.Process) *cobra.Command { return runCommand(p, fetch) }},
		{Name: "ps", Make: psCommand},
		{Name: "logs", Make: logsCommand},
		{Name: "exec", Make: execCommand},
		{Name: "stop", Make: stopCommand},
		{Name: "kill", Make: killCommand},
		{Name: "rm", Make: rmCommand},
		{Name: "cp", Make: cpCommand},
		{Name: monitorName, Make: monitorCommand},
		{Name: initName, Make: initCommand},
		{Name: collectName, Make: collectCommand},
	}
}
