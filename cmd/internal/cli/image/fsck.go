package image

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

const fsckLong = `Every blob is read and compared with its digest, and every reference is followed.
What is wrong is printed, and the exit code is then 1. What interrupted commands
left is not wrong: it only takes space until images are removed or replaced.

--repair deletes damaged blobs, the images that lack one, and what was left.
`

func fsckCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fsck [OPTIONS]",
		Short: "Check the image store",
		Long:  fsckLong,
	}
	repair := cmd.Flags().Bool("repair", false, "Delete what cannot be used")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake fsck takes no arguments")
		}
		home, err := p.Home()
		if err != nil {
			return err
		}
		s, err := store.Open(cli.StoreDir(home))
		if err != nil {
			return err
		}
		if *repair {
			return repairStore(ctx, p, s)
		}
		return checkStore(ctx, p, s)
	})
	return cmd
}

func checkStore(ctx context.Context, p *cli.Process, s *store.Store) error {
	r, err := s.Check(ctx)
	if err != nil {
		return s.Explain(err)
	}
	for _, problem := range r.Problems {
		cli.Printf(p.Stdout, "%s\n", problem)
	}
	if len(r.Problems) > 0 {
		cli.Printf(p.Stderr, "%d problems: `strake fsck --repair` drops what cannot be used\n", len(r.Problems))
		return cli.ErrReported
	}
	if g := r.Garbage; g.Blobs+g.Leftovers > 0 {
		cli.Printf(p.Stdout, "%s are not needed by any image: `strake fsck --repair` deletes them\n", cli.HumanSize(g.Bytes))
	}
	sayChecked(p, r)
	return nil
}

func repairStore(ctx context.Context, p *cli.Process, s *store.Store) error {
	r, err := s.Repair(ctx)
	for _, name := range r.Untagged {
		cli.Printf(p.Stdout, "Untagged: %s\n", name)
	}
	for _, name := range r.Dropped {
		cli.Printf(p.Stdout, "Deleted: %s\n", name)
	}
	if err != nil {
		return err
	}
	if g := r.Garbage; g.Blobs+g.Leftovers > 0 {
		cli.Printf(p.Stdout, "%s were freed\n", cli.HumanSize(g.Bytes))
	}
	sayChecked(p, r)
	return nil
}

func sayChecked(p *cli.Process, r store.Report) {
	cli.Printf(p.Stdout, "images: %d, blobs: %d, all in order\n", r.Images, r.Blobs)
}
