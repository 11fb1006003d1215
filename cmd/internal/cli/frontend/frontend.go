// Package frontend has the commands that make images for "# syntax=": strake frontend.
package frontend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/gateway/ociimage"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins/credentials"
)

// Command is strake frontend.
func Command(p *cli.Process) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "frontend COMMAND",
		Short: "Make images for \"# syntax=\"",
		Long: `With "# syntax=IMAGE" at its top, a Dockerfile is built by that image wherever docker
build runs. These commands make such images.
`,
	}, imageCommand(p))
}

// imageRun is the command that makes an image.
type imageRun struct {
	*cli.Process
	output, config, tag string
	programs            []string
	push, overridable   bool
}

func imageCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "image [OPTIONS] -o FILE | --push -t NAME",
		Short: "Make the image of strake's frontend",
		Long: `Makes an image that builds Dockerfiles as strake does: the archive of an OCI layout, with
the same bytes each time, or pushed to a registry.

With --config it is an organisation's own: it runs the plugins of that strake.yaml for every
Dockerfile that it builds. The programs among them go into the image, and have to be what
strake.lock pins. A strake.yaml in the repository that is built changes nothing then,
unless --overridable lets it take the place of the organisation's.
`,
		Example: `  strake frontend image -o frontend.tar
  strake frontend image --config strake.yaml -t registry.example.com/acme/dockerfile:1 --push
`,
	}
	flags := cmd.Flags()
	f := &imageRun{Process: p}
	flags.StringVarP(&f.output, "output", "o", "", "`FILE` Write the archive to FILE")
	flags.StringVarP(&f.tag, "tag", "t", "", "`NAME` Name of the image")
	flags.BoolVar(&f.push, "push", false, "Push the image to the registry of its name")
	flags.StringVar(&f.config, "config", "", "`FILE` Put the plugins of this strake.yaml into the image")
	flags.StringArrayVar(&f.programs, "plugin", nil, "`PATH` Put this program in the place of the plugin of its file name")
	flags.BoolVar(&f.overridable, "overridable", false, "Let a repository's strake.yaml take the place of the image's")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		switch {
		case len(args) > 0:
			return cli.Misuse("strake frontend image takes no arguments")
		case f.push && f.tag == "":
			return cli.Misuse("--push needs a name: -t registry/name:tag")
		case f.output == "" && !f.push:
			return cli.Misuse("strake frontend image needs -o FILE, or --push with -t NAME")
		case f.config == "" && (f.overridable || len(f.programs) > 0):
			return cli.Misuse("--plugin and --overridable go with --config")
		}
		return f.run(ctx)
	})
	return cmd
}

const (
	// frontendProgram is a static binary of the frontend, beside strake itself.
	frontendProgram = "strake-frontend"
	maxProgram      = 1 << 30 // bytes
)

func (f *imageRun) run(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program := filepath.Join(filepath.Dir(self), frontendProgram)
	o := ociimage.Options{Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH}}
	o.Program, err = regular.Read(program, maxProgram)
	if errors.Is(err, fs.ErrNotExist) {
		return diag.Diagnostic{Code: "no-frontend", Message: program + " is not there", Hint: "`make frontend` builds it"}
	}
	if err != nil {
		return err
	}
	if f.config != "" {
		if o.Files, o.Network, err = f.organisation(ctx); err != nil {
			return err
		}
	}
	img, err := ociimage.Make(o)
	if err != nil {
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	if f.output != "" {
		var archive bytes.Buffer
		ref := f.tag
		if ref == "" {
			ref = "latest"
		}
		if err := ociimage.Write(&archive, img, ref); err != nil {
			return err
		}
		if err := f.WriteFile(f.output, archive.Bytes()); err != nil {
			return err
		}
		cli.Printf(f.Stderr, "%s: %s\n", f.output, digest)
	}
	if f.push {
		return f.send(ctx, img, digest)
	}
	return nil
}

// send pushes the image, with the credentials that docker has.
func (f *imageRun) send(ctx context.Context, img v1.Image, digest v1.Hash) error {
	ref, err := name.ParseReference(f.tag)
	if err != nil {
		return cli.Misuse("invalid name %q: %v", f.tag, err)
	}
	if err := remote.Write(ref, img, remote.WithContext(ctx), remote.WithAuthFromKeychain(credentials.Keychain(os.LookupEnv))); err != nil {
		return diag.Diagnostic{Code: "push", Message: fmt.Sprintf("cannot push %s: %v", f.tag, err), Hint: "log in with docker login, or name another registry"}
	}
	cli.Printf(f.Stderr, "%s@%s\n", ref.Name(), digest)
	return nil
}
