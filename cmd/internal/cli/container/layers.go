package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	digest "github.com/opencontainers/go-digest"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/backend/container/userns"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

// collectName is a command that is not for people.
const collectName = "layers-collect"

// collectCommand does what CollectLayers cannot do without being root of a user namespace.
func collectCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{Use: collectName, Short: "Remove unpacked layers", Hidden: true}
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake %s takes no arguments", collectName)
		}
		return collectLayers(ctx, p)
	})
	return cmd
}

// CollectLayers removes the unpacked layers that neither an image nor a container needs. What
// stays takes space, and does not fail what was done before.
func CollectLayers(ctx context.Context, p *cli.Process) {
	if err := collectLayers(ctx, p); err != nil && ctx.Err() == nil {
		p.Report(nil, diag.List{{Severity: diag.Warning, Code: "layers-left", Message: fmt.Sprintf("unpacked layers that nobody needs stay: %v", err)}})
	}
}

func collectLayers(ctx context.Context, p *cli.Process) error {
	home, err := p.Home()
	if err != nil {
		return err
	}
	dir := cli.LayersDir(home)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	layers, err := rootfs.Open(dir)
	if err != nil {
		return err
	}
	return p.WithStore(ctx, func(s *store.Store) error {
		needed := func() (map[digest.Digest]bool, error) {
			return neededLayers(s, container.Open(cli.ContainersDir(home)))
		}
		keep, err := needed()
		if err != nil {
			return err
		}
		litter, err := layers.Litter(keep)
		if len(litter) == 0 || err != nil {
			return err
		}
		if userns.IsRoot() {
			return layers.Collect(ctx, needed)
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		code, err := userns.Run(ctx, 0, []string{self, collectName}, userns.Options{Look: p.Programs(home).Look})
		if err == nil && code != 0 {
			err = fmt.Errorf("exit code %d", code)
		}
		return err
	})
}

// neededLayers gives the layers of all images and containers. Those of an image that is damaged
// cannot be used, and are unpacked again when it is repaired.
func neededLayers(s *store.Store, set *container.Set) (map[digest.Digest]bool, error) {
	needed := map[digest.Digest]bool{}
	images, err := s.Images()
	if err != nil {
		return nil, err
	}
	for _, img := range images {
		for _, v := range img.Variants {
			for _, d := range v.Config.RootFS.DiffIDs {
				needed[d] = true
			}
		}
	}
	containers, err := set.List()
	if err != nil {
		return nil, err
	}
	for _, c := range containers {
		if c.Err != nil {
			return nil, fmt.Errorf("container %s is damaged: %w", c.ShortID(), c.Err)
		}
		for _, d := range c.DiffIDs {
			needed[d] = true
		}
	}
	return needed, nil
}
