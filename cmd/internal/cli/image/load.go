package image

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

const loadLong = `It takes archives of strake save, docker save and podman save, compressed or not,
archives of OCI image layouts, and directories with one.
`

const loadExamples = `  strake load -i hello.tar.gz
  docker save hello | strake load
`

func loadCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "load [OPTIONS]",
		Short:   "Read images from an archive",
		Long:    loadLong,
		Example: loadExamples,
	}
	f := cmd.Flags()
	input := f.StringP("input", "i", "", "`FILE|DIR` Read from a file or a directory (default standard input)")
	quiet := f.BoolP("quiet", "q", false, "Print nothing")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		switch r, ok := p.Stdin.(io.Writer); {
		case len(args) > 0:
			return &cli.UsageError{Message: "strake load takes no arguments", Hint: "strake load -i " + args[0]}
		case *input == "" && ok && cli.IsTerminal(r):
			return cli.Misuse("refusing to read an archive from a terminal: redirect it, or name a file with -i FILE")
		}
		return p.WithStore(ctx, func(s *store.Store) error {
			loaded, err := load(ctx, p, s, *input)
			if err != nil || *quiet {
				return err
			}
			for _, img := range loaded {
				err = errors.Join(err, sayLoaded(p, s, img))
			}
			return err
		})
	})
	return cmd
}

func load(ctx context.Context, p *cli.Process, s *store.Store, input string) ([]tarball.Loaded, error) {
	if input == "" || input == "-" {
		loaded, err := tarball.Load(ctx, s, p.Stdin)
		return loaded, about("standard input", err)
	}
	if info, err := os.Stat(input); err == nil && info.IsDir() {
		loaded, err := tarball.LoadDir(ctx, s, input)
		return loaded, about(input, err)
	}
	f, err := regular.Stream(ctx, input)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, diag.Diagnostic{Code: "no-such-file", Message: err.Error(), Hint: "make one with `strake save -o " + input + " IMAGE`"}
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	loaded, err := tarball.Load(ctx, s, f)
	return loaded, about(input, err)
}

// about names the archive in an error about what is in it.
func about(input string, err error) error {
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != "invalid-archive" && d.Code != "digest-mismatch" {
		return err
	}
	d.Message = input + ": " + d.Message
	return d
}

func sayLoaded(p *cli.Process, s *store.Store, img tarball.Loaded) error {
	if len(img.Names) == 0 {
		id, err := s.Handle(img.Image)
		if err != nil {
			return err
		}
		cli.Printf(p.Stdout, "Loaded image ID: %s\n", id)
	}
	for _, name := range img.Names {
		cli.Printf(p.Stdout, "Loaded image: %s\n", store.Familiar(name))
	}
	return nil
}
