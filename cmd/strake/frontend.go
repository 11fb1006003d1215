package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/frontend/ociimage"
	"github.com/seed-e0495807/strake/lang/diag"
)

func frontendCommand() *command {
	return &command{
		name:  "frontend",
		usage: "COMMAND",
		short: "Make images for \"# syntax=\"",
		long: `With "# syntax=IMAGE" at its top, a Dockerfile is built by that image wherever docker
build runs. These commands make such images.
`,
		subs: []*command{frontendImageCommand()},
	}
}

func frontendImageCommand() *command {
	return &command{
		name:  "frontend image",
		usage: "-o FILE",
		short: "Make the image of strake's frontend",
		long: `Makes an image that builds Dockerfiles as strake does: the archive of an OCI layout,
with the same bytes each time. Push it with any tool for images.
`,
		examples: "  strake frontend image -o frontend.tar\n",
		setup: func(p *process, flags *pflag.FlagSet) runner {
			out := flags.StringP("output", "o", "", "`FILE` Write the archive to FILE")
			return func(_ context.Context, args []string) error {
				if len(args) > 0 || *out == "" {
					return misuse("strake frontend image takes no arguments, and needs -o FILE")
				}
				return p.frontendImage(*out)
			}
		},
	}
}

// frontendProgram is a static binary of the frontend, beside strake itself.
const frontendProgram = "strake-frontend"

func (p *process) frontendImage(out string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	name := filepath.Join(filepath.Dir(self), frontendProgram)
	program, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return diag.Diagnostic{Code: "no-frontend", Message: name + " is not there", Hint: "`make frontend` builds it"}
	}
	if err != nil {
		return err
	}
	img, err := ociimage.Make(ociimage.Options{Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH}, Program: program})
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	if err := ociimage.Write(&archive, img, "latest"); err != nil {
		return err
	}
	if err := writeFile(out, archive.Bytes()); err != nil {
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "%s: %s\n", out, digest)
	return nil
}
