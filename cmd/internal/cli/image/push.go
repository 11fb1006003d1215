package image

import (
	"context"

	"github.com/distribution/reference"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const pushLong = `The name tells the registry: registry.example.com/team/hello:1.0. An image for several
platforms is pushed as it is, with what is attested about it. Blobs that the
registry has are not sent again.

The credentials are those of docker's config. A registry on this machine may speak
plain HTTP.
`

const pushExamples = `  strake tag hello registry.example.com/team/hello:1.0
  strake push registry.example.com/team/hello:1.0
`

func pushCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "push [OPTIONS] NAME[:TAG]",
		Short:   "Send an image to a registry",
		Long:    pushLong,
		Example: pushExamples,
	}
	f := cmd.Flags()
	c := &pushRun{Process: p}
	f.BoolVarP(&c.all, "all-tags", "a", false, "Push all tags of a repository")
	f.StringVar(&c.platform, "platform", "", "`PLATFORM` Push the image for this platform only")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Print only the names")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// pushRun is one call of the command.
type pushRun struct {
	*cli.Process
	all, quiet bool
	platform   string
}

func (c *pushRun) run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return cli.Misuse("strake push takes one name")
	}
	named, err := reference.ParseNormalizedNamed(args[0])
	if err == nil && c.all && !reference.IsNameOnly(named) {
		return cli.Misuse("--all-tags pushes a repository: give it without a tag")
	}
	return c.WithStore(ctx, func(s *store.Store) error {
		list, err := lookup(s, args[0], c.all)
		if err != nil {
			return err
		}
		if !c.quiet && named != nil {
			cli.Printf(c.Stdout, "The push refers to repository [%s]\n", named.Name())
		}
		for _, t := range list {
			if t.name == "" {
				return diag.Diagnostic{Code: "no-name", Message: "an image is pushed by its name, not by its id",
					Hint: "give it one: strake tag " + args[0] + " HOST/NAME:TAG"}
			}
			if err := c.push(ctx, s, t); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *pushRun) push(ctx context.Context, s *store.Store, what tagged) error {
	t := newTransfer(c.Process, "Pushing "+store.Familiar(what.name), map[registry.State]string{registry.Done: "Pushed", registry.Present: "Layer already exists"})
	var o registry.Options
	if !c.quiet {
		o.Report = t.report
	}
	desc, err := registry.New(o).Push(ctx, s, what.image, what.name, c.platform)
	t.end()
	if err != nil {
		return err
	}
	if c.quiet {
		err = cli.Printf(c.Stdout, "%s\n", what.name)
		return err
	}
	label := what.name
	if named, err := reference.ParseNormalizedNamed(what.name); err == nil {
		if n, ok := named.(reference.Tagged); ok {
			label = n.Tag()
		}
	}
	err = cli.Printf(c.Stdout, "%s: digest: %s size: %d\n", label, desc.Digest, desc.Size)
	return err
}
