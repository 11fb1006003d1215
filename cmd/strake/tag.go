package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
)

func tagCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tag IMAGE NAME[:TAG]",
		Short:   "Give an image one more name",
		Long:    "Another image that has the name loses it, and is deleted if that was its last.\n",
		Example: "  strake tag hello registry.example.com/team/hello:1.0\n",
	}
	cmd.RunE = running(func(ctx context.Context, args []string) error {
		if len(args) != 2 {
			return misuse("strake tag takes an image and a name")
		}
		return p.withStore(ctx, func(s *store.Store) error {
			img, err := s.Find(args[0])
			if err != nil {
				return err
			}
			return s.Tag(ctx, img, args[1])
		})
	})
	return cmd
}
