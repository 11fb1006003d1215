package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

const dockerMetadata = "docker-cli-plugin-metadata"

// dockerMetadataCommand is the hidden command that answers docker's client.
func dockerMetadataCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{Use: dockerMetadata, Short: "Be a plugin of docker's client", Hidden: true}
	cmd.RunE = cli.Running(func(context.Context, []string) error {
		return cli.PrintJSON(p.Stdout, struct{ SchemaVersion, Vendor, Version, ShortDescription, URL string }{
			"0.1.0", "The Strake authors", cli.Version(), cmd.Root().Short, "https://github.com/seed-e0495807/strake",
		})
	})
	return cmd
}
