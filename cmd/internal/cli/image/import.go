package image

import (
	"context"
	"strings"
	"time"

	"github.com/containerd/platforms"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/regular"
)

const importLong = `FILE is the archive of a file tree, compressed or not; - is standard input. The
image has it as its one layer.

A change is an instruction of a Dockerfile that changes only the config: CMD,
ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or
WORKDIR.
`

const importExamples = `  strake import rootfs.tar.gz mydistro:1
  debootstrap --variant=minbase stable root && tar -C root -c . | strake import -c 'CMD ["bash"]' - debian
`

func importCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "import [OPTIONS] FILE|- [NAME[:TAG]]",
		Short:   "Make an image of a file tree",
		Long:    importLong,
		Example: importExamples,
	}
	f := cmd.Flags()
	c := &importRun{Process: p}
	f.StringArrayVarP(&c.changes, "change", "c", nil, "`INSTRUCTION` Apply an instruction to the image")
	f.StringVarP(&c.message, "message", "m", "", "`TEXT` Set the comment of the image (default Imported from FILE)")
	f.StringVar(&c.platform, "platform", "", "`PLATFORM` Set the platform of the image")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// importRun is one call of the command.
type importRun struct {
	*cli.Process
	changes           []string
	message, platform string
}

func (c *importRun) run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0 || len(args) > 2:
		return cli.Misuse("strake import takes a file and a name")
	case strings.Contains(args[0], "://"):
		return &cli.UsageError{Message: "strake import reads files only", Hint: "curl -fsSL " + args[0] + " | strake import - …"}
	}
	for _, name := range args[1:] { // before much is read
		if _, err := store.Normalize(name); err != nil {
			return err
		}
	}
	config, err := c.config(ctx)
	if err != nil {
		return err
	}
	in, message := c.Stdin, c.message
	if args[0] != "-" {
		f, err := regular.Stream(ctx, args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	if message == "" {
		message = "Imported from " + args[0]
	}
	return c.WithStore(ctx, func(s *store.Store) error {
		desc, err := tarball.Import(ctx, s, in, config, message, time.Now().UTC())
		if err != nil {
			return about(args[0], err)
		}
		desc.Annotations = map[string]string{store.AnnotationSource: store.SourceFiles}
		if err := s.Put(ctx, desc, args[1:], nil); err != nil {
			return err
		}
		img, err := s.Find(desc.Digest.String())
		if err != nil {
			return err
		}
		id, err := s.Handle(img)
		if err != nil {
			return err
		}
		err = cli.Printf(c.Stdout, "%s\n", id)
		return err
	})
}

// config is that of the image, without what its layer brings along.
func (c *importRun) config(ctx context.Context) (dockerspec.DockerOCIImage, error) {
	var config dockerspec.DockerOCIImage
	config.Platform = platforms.DefaultSpec()
	if c.platform != "" {
		var err error
		if config.Platform, err = platforms.Parse(c.platform); err != nil {
			return config, cli.Misuse("invalid --platform %q: %v", c.platform, err)
		}
	}
	return Change(ctx, c.Process, config, c.changes)
}
