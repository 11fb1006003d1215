package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// A file docker-strake among the plugins of docker's client makes `docker strake` a
// command of it. The client asks each plugin what it is, and calls one with its own
// command line, in which the name of the plugin comes first.
const (
	dockerPlugin   = "docker-strake"
	dockerMetadata = "docker-cli-plugin-metadata"
)

// arguments are those of a call of the program, without the name that docker adds.
func arguments(call []string) []string {
	args := call[1:]
	if strings.TrimSuffix(filepath.Base(call[0]), ".exe") != dockerPlugin {
		return args
	}
	at := 0
	if cli.Completes(args) {
		at = 1
	}
	if len(args) > at && args[at] == "strake" {
		return slices.Delete(slices.Clone(args), at, at+1)
	}
	return args
}

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
