package container

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container/transfer"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

const cpLong = `The rules are those of docker cp: a source whose path ends with /. is what is in that
directory; a destination that is a directory gets the source into it; else the destination is
its new name, in a directory that must be there. With - in the place of a path, a tar is
read or written.

Files that are copied belong to root in the container, and here to you.
`

const cpExamples = `  strake cp web:/etc/nginx/nginx.conf .
  strake cp ./site/. web:/srv
  strake cp web:/var/log - | tar -t
`

// cpOptions are the flags of strake cp.
type cpOptions struct {
	archive, follow, quiet bool
}

func cpCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cp [OPTIONS] CONTAINER:PATH PATH|-\n  strake cp [OPTIONS] PATH|- CONTAINER:PATH",
		Short:   "Copy files into a container, or out of it",
		Long:    cpLong,
		Example: cpExamples,
	}
	var o cpOptions
	f := cmd.Flags()
	f.BoolVarP(&o.archive, "archive", "a", false, "Keep the owners of files")
	f.BoolVarP(&o.follow, "follow-link", "L", false, "Copy what a link leads to that is named as the source")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Do not say what was copied")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) != 2 {
			return cli.Misuse("strake cp takes a source and a destination")
		}
		return o.run(ctx, p, args[0], args[1])
	})
	return cmd
}

func (o *cpOptions) run(ctx context.Context, p *cli.Process, from, to string) error {
	source, inside, out := split(from)
	dest, path, into := split(to)
	switch {
	case out && into:
		return cli.Misuse("strake cp copies between a container and this machine, not between containers")
	case !out && !into:
		return cli.Misuse("strake cp takes one CONTAINER:PATH: expected it as the source or the destination")
	}
	name := source
	if into {
		name, inside = dest, path
	}
	w, c, err := Find(ctx, p, name)
	if err != nil {
		return err
	}
	if here, err := w.AsRoot(ctx, c, p.Args); !here {
		return err
	}
	r, err := w.Runner()
	if err != nil {
		return err
	}
	return r.Root(ctx, c, func(dir string) error {
		root, err := transfer.Open(dir)
		if err != nil {
			return err
		}
		defer root.Close()
		there := transfer.Place{Root: root, Path: inside, Name: name + ":" + inside}
		if into {
			return o.in(p, from, there)
		}
		return o.out(p, there, to)
	})
}

// in copies into a container.
func (o *cpOptions) in(p *cli.Process, from string, there transfer.Place) error {
	owner := transfer.Owned(0, 0)
	if o.archive {
		owner = transfer.Kept
	}
	if from == "-" {
		return transfer.Extract(p.Stdin, there, transfer.Kept)
	}
	here, err := local(from)
	if err != nil {
		return err
	}
	defer here.Root.Close()
	if err := transfer.Copy(here, there, o.follow, owner); err != nil {
		return err
	}
	return o.say(p, there.Name)
}

// out copies out of a container.
func (o *cpOptions) out(p *cli.Process, there transfer.Place, to string) error {
	owner := transfer.Owned(os.Getuid(), os.Getgid())
	if o.archive {
		owner = transfer.Kept
	}
	if to == "-" {
		if f, ok := p.Stdout.(*os.File); ok && cli.IsTerminal(f) {
			return cli.Misuse("a tar is not for a terminal: redirect it into a file or a command")
		}
		return transfer.Archive(p.Stdout, there, "", o.follow)
	}
	here, err := local(to)
	if err != nil {
		return err
	}
	defer here.Root.Close()
	if err := transfer.Copy(there, here, o.follow, owner); err != nil {
		return err
	}
	return o.say(p, to)
}

func (o *cpOptions) say(p *cli.Process, to string) error {
	if o.quiet {
		return nil
	}
	return cli.Printf(p.Stderr, "Successfully copied to %s\n", to)
}

// split takes an argument apart that is CONTAINER:PATH. One that begins with a slash or a dot
// is a path of this machine, whatever it has in it.
func split(arg string) (name, path string, ok bool) {
	if strings.HasPrefix(arg, "/") || strings.HasPrefix(arg, ".") {
		return "", "", false
	}
	name, path, ok = strings.Cut(arg, ":")
	return name, path, ok && name != ""
}

// local is a path of this machine.
func local(path string) (transfer.Place, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return transfer.Place{}, err
	}
	for _, end := range []string{"/.", "/"} { // which say what is meant
		if path == "." || strings.HasSuffix(path, end) {
			whole = strings.TrimSuffix(whole, "/") + end
			break
		}
	}
	root, err := transfer.Open("/")
	return transfer.Place{Root: root, Path: whole, Name: path}, err
}
