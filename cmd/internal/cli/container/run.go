package container

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const runLong = `It is for trying what was built, and no container platform. The image comes from
the store, or else from its registry. Only runc or crun is needed, and without root also
uidmap.

A container has the network of this machine, unless --network says otherwise: "private"
is a network of its own, which slirp4netns forwards, and which -p asks for, too.

The exit code is that of the command; 125 is for a failure of strake, 126 for a command
that cannot be run, 127 for one that is not there, and 128 and a number for a signal.
`

const runExamples = `  strake run --rm -it debian:13
  strake run --rm -v "$PWD:/src" -w /src golang:1.26 go test ./...
  strake run -d --name web -p 8080:80 nginx
`

func runCommand(p *cli.Process, fetch Fetch) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "run [OPTIONS] IMAGE [COMMAND] [ARG...]",
		Short:   "Run an image",
		Long:    runLong,
		Example: runExamples,
	}
	o := &runOptions{Process: p, fetch: fetch}
	o.declare(cmd.Flags())
	cmd.Flags().SetInterspersed(false)
	cmd.Flags().SetNormalizeFunc(dockerNames)
	cmd.SetFlagErrorFunc(cli.ExplainAbsent(absentFlags()))
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return cli.Misuse("strake run takes an image")
		}
		growHeap()
		o.entrypointSet = cmd.Flags().Changed("entrypoint")
		return failing(o.run(ctx, args[0], args[1:]))
	})
	return cmd
}

// growHeap lets the heap grow to 16 MB before it is collected, and then to five times what is in use: else
// a collection falls into the start of a container, and takes a third of the time that strake
// adds to that of the runtime.
func growHeap() { debug.SetGCPercent(400) }

// failing gives errors of strake itself the exit code that docker has for them.
func failing(err error) error {
	var (
		usage *cli.UsageError
		start *container.StartError
	)
	_, _, exits := cli.Code(err)
	switch {
	case err == nil, exits, errors.As(err, &usage):
		return err
	case errors.As(err, &start):
		return cli.Exit(start.Code, err)
	}
	return cli.Exit(container.CodeFailed, err)
}

func (o *runOptions) run(ctx context.Context, name string, command []string) error {
	if err := o.check(); err != nil {
		return err
	}
	w, err := Open(ctx, o.Process)
	if err != nil {
		return err
	}
	if here, err := w.AsRoot(ctx, nil, o.Args); !here {
		return err
	}
	r, err := w.Runner()
	if err != nil {
		return err
	}
	c, err := o.create(ctx, w, r, name, command)
	if err != nil {
		return err
	}
	if o.shares && (o.tty || o.detach) && cli.IsTerminal(o.Stderr) {
		w.note("the container shares the network of this machine; --network none or private does not")
	}
	if o.detach {
		if err := r.Detach(ctx, c); err != nil {
			return err
		}
		return cli.Printf(o.Stdout, "%s\n", c.ID)
	}
	if o.record {
		w.note(recording)
	}
	s := container.Streams{Out: o.Stdout, Err: o.Stderr}
	if o.interactive {
		s.In = o.Stdin
	}
	code, err := r.Run(ctx, c, s, nil)
	if err == nil && code != 0 {
		return cli.Exit(code, nil)
	}
	return err
}

// recording is said before the first key is typed.
const recording = "commands that are typed are kept with the container, with secrets masked, and what is typed without echo is not; " +
	"`strake logs --commands` shows them"

// create makes the container, with the layers of its image unpacked.
func (o *runOptions) create(ctx context.Context, w *World, r *container.Runner, name string, command []string) (c *container.Container, err error) {
	err = o.WithStore(ctx, func(s *store.Store) error {
		img, err := o.find(ctx, s, name)
		if err != nil {
			return err
		}
		v, err := img.Variant(o.platform)
		if err != nil {
			return err
		}
		cfg, err := o.config(ctx, name, img, v, command)
		if err != nil {
			return err
		}
		if c, err = w.Set.Create(ctx, cfg); err != nil {
			return err
		}
		layers, err := r.OpenLayers()
		if err == nil {
			err = layers.Unpack(ctx, s.Content(), v.Manifest, cfg.DiffIDs)
		}
		if err != nil {
			return errors.Join(err, w.Set.Remove(context.WithoutCancel(ctx), c))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if o.cidfile != "" {
		err = writeID(o.cidfile, c.ID)
	}
	return c, err
}

// writeID writes the file of --cidfile, which must be new.
func writeID(name, id string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(id)
	return errors.Join(err, f.Close())
}

// near adds the hint of a search in the store, where there is an image with almost that name,
// to the error of who could not fetch it.
func near(pull, find error) error {
	var failed, missed diag.Diagnostic
	if !errors.As(pull, &failed) || !errors.As(find, &missed) || !strings.HasPrefix(missed.Hint, "did you mean") {
		return pull
	}
	failed.Hint = missed.Hint + " It is in the store. Else: " + failed.Hint
	return failed
}

// find looks for the image in the store, and fetches it when it is not there or --pull says
// so.
func (o *runOptions) find(ctx context.Context, s *store.Store, name string) (store.Image, error) {
	img, err := s.Find(name)
	missing := errors.Is(err, store.ErrNotFound)
	if err == nil && o.platform != "" {
		_, perr := img.Variant(o.platform)
		missing = perr != nil
	}
	switch {
	case err != nil && !missing:
		return img, err
	case o.pull == "never" || !missing && o.pull != "always":
		return img, err
	}
	w := Wanted{Name: name, Platform: o.platform, Missing: missing, Out: o.Stderr, Quiet: o.quiet}
	if ferr := o.fetch(ctx, o.Process, s, w); ferr != nil {
		return img, near(ferr, err)
	}
	return s.Find(name)
}
