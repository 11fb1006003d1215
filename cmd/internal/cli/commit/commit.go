// Package commit has the commands that keep what was changed in a container: as an image, as a
// Dockerfile, or, out of the shell of a build, as a container.
package commit

import (
	"context"
	"fmt"
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	layer "github.com/seed-e0495807/strake/backend/container/commit"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	containers "github.com/seed-e0495807/strake/cmd/internal/cli/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli/image"
)

const commitLong = `The image is that of the container, and one layer more, of what was changed in it. Its
config is that of the container's image, whatever the container was started with: what
-e, --env-file, -u, -w and mounts gave is not in it.

A change is an instruction of a Dockerfile that changes only the config: CMD,
ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or
WORKDIR.

` + dockerfileLong

const commitExamples = `  strake commit web web:patched
  strake commit -m "vim added" -c 'CMD ["vim"]' web ubuntu-with-vi
` + dockerfileExamples

// Command makes an image, or a Dockerfile, of what was changed in a container.
func Command(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "commit [OPTIONS] CONTAINER [NAME[:TAG]]",
		Short:   "Make an image of what was changed in a container",
		Long:    commitLong,
		Example: commitExamples,
	}
	f := cmd.Flags()
	c := &commitRun{Process: p}
	f.StringVarP(&c.author, "author", "a", "", "`NAME` Set the author of the image, like \"Ann <ann@example.com>\"")
	f.StringArrayVarP(&c.changes, "change", "c", nil, "`INSTRUCTION` Apply an instruction to the image")
	f.StringVarP(&c.message, "message", "m", "", "`TEXT` Set the comment of the image")
	f.BoolVarP(&c.pause, "pause", "p", true, "Pause the container meanwhile")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Print neither the ID of the image nor progress")
	f.BoolVar(&c.asDockerfile, "dockerfile", false, "Make a Dockerfile of what was done, build it, and compare")
	c.dockerfile.Process = p
	c.dockerfile.declare(f)
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if c.dockerfile.quiet = c.quiet; c.asDockerfile {
			return trouble(c.makeDockerfile(ctx, args))
		}
		if err := notAlone(f); err != nil {
			return err
		}
		return c.run(ctx, args)
	})
	return cmd
}

// commitRun is one call of the command.
type commitRun struct {
	*cli.Process
	changes         []string
	author, message string
	pause, quiet    bool
	asDockerfile    bool
	dockerfile      dockerfile
}

func (o *commitRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 || len(args) > 2 {
		return cli.Misuse("strake commit takes a container and a name")
	}
	w, c, err := containers.Find(ctx, o.Process, args[0])
	if err != nil {
		return err
	}
	return o.into(ctx, w, c, args[1:])
}

// into commits a container under names, as root of its user namespace.
func (o *commitRun) into(ctx context.Context, w *containers.World, c *container.Container, names []string) error {
	if here, err := w.AsRoot(ctx, c, o.again(c, names)); !here {
		return err
	}
	r, err := w.Runner()
	if err != nil {
		return err
	}
	return o.WithStore(ctx, func(s *store.Store) error { return o.commit(ctx, s, r, c, names) })
}

// again is the command line of the commit alone.
func (o *commitRun) again(c *container.Container, names []string) []string {
	args := []string{"commit", "--author=" + o.author, "--message=" + o.message, fmt.Sprintf("--pause=%t", o.pause), fmt.Sprintf("--quiet=%t", o.quiet)}
	for _, change := range o.changes {
		args = append(args, "--change="+change)
	}
	return append(append(args, "--", c.ID), names...)
}

func (o *commitRun) commit(ctx context.Context, s *store.Store, r *container.Runner, c *container.Container, names []string) error {
	layers, err := r.OpenLayers()
	if err != nil {
		return err
	}
	options := layer.Options{Names: names, Author: o.author, Comment: o.message, Now: time.Now().UTC()}
	if len(o.changes) > 0 {
		options.Change = func(base dockerspec.DockerOCIImage) (dockerspec.DockerOCIImage, error) {
			return image.Change(ctx, o.Process, base, o.changes)
		}
	}
	if o.pause {
		options.Pause = func(fn func() error) error { return r.Paused(ctx, c, fn) }
	}
	desc, err := layer.Commit(ctx, s, layers, c, options)
	if err != nil {
		return err
	}
	img, err := s.Find(desc.Digest.String())
	if err != nil {
		return err
	}
	id, err := s.Handle(img)
	if err != nil || o.quiet {
		return err
	}
	return cli.Printf(o.Stdout, "%s\n", id)
}
