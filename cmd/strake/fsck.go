package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
)

const fsckLong = `Every blob is read and compared with its digest, and every reference is followed.
What is wrong is printed, and the exit code is then 1. What interrupted commands
left is not wrong: it only takes space until images are removed or replaced.

--repair deletes damaged blobs, the images that lack one, and what was left.
`

func fsckCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fsck [OPTIONS]",
		Short: "Check the image store",
		Long:  fsckLong,
	}
	repair := cmd.Flags().Bool("repair", false, "Delete what cannot be used")
	cmd.RunE = running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return misuse("strake fsck takes no arguments")
		}
		home, err := p.home()
		if err != nil {
			return err
		}
		s, err := store.Open(storeDir(home))
		if err != nil {
			return err
		}
		if *repair {
			return p.repair(ctx, s)
		}
		return p.check(ctx, s)
	})
	return cmd
}

func (p *process) check(ctx context.Context, s *store.Store) error {
	r, err := s.Check(ctx)
	if err != nil {
		return s.Explain(err)
	}
	for _, problem := range r.Problems {
		tell(p.stdout, "%s\n", problem)
	}
	if len(r.Problems) > 0 {
		tell(p.stderr, "%d problems: `strake fsck --repair` drops what cannot be used\n", len(r.Problems))
		return errReported
	}
	if g := r.Garbage; g.Blobs+g.Leftovers > 0 {
		tell(p.stdout, "%s are not needed by any image: `strake fsck --repair` deletes them\n", humanSize(g.Bytes))
	}
	p.sayChecked(r)
	return nil
}

func (p *process) repair(ctx context.Context, s *store.Store) error {
	r, err := s.Repair(ctx)
	for _, name := range r.Untagged {
		tell(p.stdout, "Untagged: %s\n", name)
	}
	for _, name := range r.Dropped {
		tell(p.stdout, "Deleted: %s\n", name)
	}
	if err != nil {
		return err
	}
	if g := r.Garbage; g.Blobs+g.Leftovers > 0 {
		tell(p.stdout, "%s were freed\n", humanSize(g.Bytes))
	}
	p.sayChecked(r)
	return nil
}

func (p *process) sayChecked(r store.Report) {
	tell(p.stdout, "images: %d, blobs: %d, all in order\n", r.Images, r.Blobs)
}
