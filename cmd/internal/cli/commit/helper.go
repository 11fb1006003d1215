package commit

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/debug"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// HelperName is a command that is not for people, and the others its first words.
const (
	HelperName = "container-helper"
	holdArg    = "hold"
	enterArg   = "enter"
	keepArg    = "keep"
)

// HelperCommand is what a build needs to keep what is changed in its shell: with holdArg the first
// process of the shell's container, with enterArg and a command what becomes the shell, with keepArg
// and a blob of the store what makes a container of the changes.
func HelperCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{Use: HelperName + " " + holdArg + "|" + enterArg + " COMMAND|" + keepArg + " DIGEST", Short: "Keep what is changed in the shell of a build", Hidden: true}
	cmd.DisableFlagParsing = true
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		switch {
		case len(args) > 1 && args[0] == enterArg:
			return debug.Enter(args[1:], p.Stderr)
		case len(args) == 1 && args[0] == holdArg:
			return debug.Hold(ctx, p.Stdin, p.Stdout, p.Stderr)
		case len(args) == 2 && args[0] == keepArg:
			return keepNoted(ctx, p, args[1])
		}
		return cli.Misuse("strake %s is not for people: use strake build --debug", HelperName)
	})
	return cmd
}
