package compile

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

const expandLong = `Prints the Dockerfile as it is after the plugins of strake.yaml: a plain Dockerfile
that stock docker build accepts. With --blame, each line has the line of the
Dockerfile that it comes from, the plugin that made it, and why.
`

func expandCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "expand [OPTIONS] [PATH | URL | -]...",
		Short: "Print a Dockerfile as it is after the plugins",
		Long:  expandLong,
		Example: `  strake expand .
  strake expand --blame -f build/Dockerfile .
  strake expand . >Dockerfile.plain
`,
	}
	flags := cmd.Flags()
	c := &compileRun{Process: p, emit: "dockerfile"}
	c.declareInput(flags)
	blame := flags.Bool("blame", false, "Show what each line comes from")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if *blame {
			c.emit = "blame"
		}
		return c.run(ctx, args)
	})
	return cmd
}

func diffCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [OPTIONS] [PATH | URL | -]...",
		Short: "Show what the plugins change in a Dockerfile",
		Long: `Shows what the plugins of strake.yaml change, as a unified diff. The exit code is 0,
also when there are changes.
`,
		Example: `  strake diff .
`,
	}
	c := &compileRun{Process: p, emit: "diff"}
	c.declareInput(cmd.Flags())
	cmd.RunE = cli.Running(c.run)
	return cmd
}
