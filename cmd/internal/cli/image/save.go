package image

import (
	"context"
	"io"

	digest "github.com/opencontainers/go-digest"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

const saveLong = `The archive is an OCI image layout, and docker load and podman load take it. A name
without a tag stands for all tags of its repository.
`

const saveExamples = `  strake save -o hello.tar hello
  strake save hello | gzip > hello.tar.gz
  strake save hello | docker load
`

func saveCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "save [OPTIONS] IMAGE...",
		Short:   "Write images to an archive",
		Long:    saveLong,
		Example: saveExamples,
	}
	f := cmd.Flags()
	output := f.StringP("output", "o", "", "`FILE` Write to a file (default standard output)")
	platform := f.String("platform", "", "`PLATFORM` Save the images for this platform only")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		switch {
		case len(args) == 0:
			return cli.Misuse("strake save takes at least one image")
		case *output == "" && cli.IsTerminal(p.Stdout):
			return cli.Misuse("refusing to write an archive to a terminal: redirect it, or name a file with -o FILE")
		}
		if *output != "" && *output != "-" {
			if err := p.Output(*output); err != nil {
				return err
			}
		}
		return p.WithStore(ctx, func(s *store.Store) error {
			items, err := saveItems(s, args)
			if err != nil {
				return err
			}
			save := func(w io.Writer) error { return tarball.Save(ctx, s, w, items, *platform) }
			if *output == "" || *output == "-" {
				return cli.Flushed(p.Stdout, save)
			}
			return p.WriteStream(*output, save)
		})
	})
	return cmd
}

// saveItems finds what to save: each image once, with the names that were asked
// for.
func saveItems(s *store.Store, args []string) ([]tarball.Item, error) {
	var items []tarball.Item
	at := map[digest.Digest]int{}
	for _, arg := range args {
		found, err := lookup(s, arg, true)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			i, ok := at[t.image.Descriptor.Digest]
			if !ok {
				i = len(items)
				at[t.image.Descriptor.Digest] = i
				items = append(items, tarball.Item{Image: t.image})
			}
			if t.name != "" {
				items[i].Names = append(items[i].Names, t.name)
			}
		}
	}
	return items, nil
}
