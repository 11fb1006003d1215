package image

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

func tagCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tag IMAGE NAME[:TAG]",
		Short:   "Give an image one more name",
		Long:    "Another image that has the name loses it, and is deleted if that was its last.\n",
		Example: "  strake tag hello registry.example.com/team/hello:1.0\n",
	}
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) != 2 {
			return cli.Misuse("strake tag takes an image and a name")
		}
		return p.WithStore(ctx, func(s *store.Store) error {
			img, err := s.Find(args[0])
			if err != nil {
				return err
			}
			return s.Tag(ctx, img, args[1])
		})
	})
	return cmd
}
