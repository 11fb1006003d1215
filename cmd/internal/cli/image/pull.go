package image

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/container"
)

const pullLong = `The image for one platform is fetched, this machine's unless --platform names
another. With --platform=all it is the image for all platforms and what is attested
about it, as the registry has it. What is there already is not fetched again.

The credentials are those of docker's config. A registry on this machine may speak
plain HTTP.
`

func pullCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "pull [OPTIONS] NAME[:TAG|@DIGEST]",
		Short:   "Fetch an image from a registry",
		Long:    pullLong,
		Example: "  strake pull debian:13\n  strake pull --platform linux/arm64 registry.example.com/team/hello\n",
	}
	f := cmd.Flags()
	platform := f.String("platform", "", "`PLATFORM` Fetch the image for this platform, or for \"all\"")
	quiet := f.BoolP("quiet", "q", false, "Print only the name")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return cli.Misuse("strake pull takes one name")
		}
		return p.WithStore(ctx, func(s *store.Store) error {
			return Pull(ctx, p, s, p.Stdout, args[0], *platform, *quiet)
		})
	})
	return cmd
}

// Pull fetches an image, for one platform or all, and says so.
func Pull(ctx context.Context, p *cli.Process, s *store.Store, out io.Writer, name, platform string, quiet bool) error {
	t := newTransfer(p, "Pulling "+name, map[registry.State]string{registry.Done: "Pull complete", registry.Present: "Already exists"})
	var o registry.Options
	if !quiet {
		o.Report = t.report
	}
	pulled, err := registry.New(o).Pull(ctx, s, name, platform)
	t.end()
	if err != nil {
		return err
	}
	if !quiet {
		status := "Image is up to date for"
		if pulled.New {
			status = "Downloaded newer image for"
		}
		cli.Printf(out, "Digest: %s\nStatus: %s %s\n", pulled.Digest, status, store.Familiar(pulled.Name))
	}
	return cli.Printf(out, "%s\n", pulled.Name)
}

// Fetch is Pull for a run.
func Fetch(ctx context.Context, p *cli.Process, s *store.Store, w container.Wanted) error {
	if w.Quiet {
		w.Out = io.Discard
	}
	if w.Missing {
		fmt.Fprintf(w.Out, "Unable to find image '%s' locally\n", container.Tagged(w.Name))
	}
	return Pull(ctx, p, s, w.Out, w.Name, w.Platform, w.Quiet)
}
