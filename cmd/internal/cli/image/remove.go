package image

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	containers "github.com/seed-e0495807/strake/cmd/internal/cli/container"
	"github.com/seed-e0495807/strake/lang/diag"
)

const rmiLong = `A name is taken off its image, and with its last name the image is deleted. An id
stands for an image that has one name or none. One with more names, or an id that
several images have, needs -f: then all of it goes. So does one that a container was made
of, which can then no longer be committed; that of a container that runs stays.
`

const rmiExamples = `  strake rmi hello:old
  strake rmi $(strake images -q -f dangling=true)
`

func rmiCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rmi [OPTIONS] IMAGE...",
		Short:   "Remove images",
		Long:    rmiLong,
		Example: rmiExamples,
	}
	force := cmd.Flags().BoolP("force", "f", false, "Remove an id that has several names or images; a missing image is no error")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return cli.Misuse("strake rmi takes at least one image")
		}
		err := p.WithStore(ctx, func(s *store.Store) error { return removeImages(ctx, p, s, args, *force) })
		containers.CollectLayers(ctx, p)
		return err
	})
	return cmd
}

// removeImages removes what it can, and reports the rest.
func removeImages(ctx context.Context, p *cli.Process, s *store.Store, names []string, force bool) error {
	home, err := p.Home()
	if err != nil {
		return err
	}
	containers, err := container.Open(cli.ContainersDir(home)).List()
	if err != nil {
		return err
	}
	var failed diag.List
	for _, name := range names {
		var r store.Removed
		err := inUse(s, containers, name, force)
		if err == nil {
			r, err = s.Remove(ctx, name, force)
		}
		switch {
		case err == nil:
		case force && errors.Is(err, store.ErrNotFound):
			p.Report(nil, cli.Diagnose(err))
		case ctx.Err() != nil:
			return err
		default:
			failed = append(failed, cli.Diagnose(s.Explain(err))...)
		}
		for _, name := range r.Untagged {
			cli.Printf(p.Stdout, "Untagged: %s\n", store.Familiar(name))
		}
		for _, id := range r.Deleted {
			cli.Printf(p.Stdout, "Deleted: %s\n", id)
		}
	}
	return failed.Err()
}
