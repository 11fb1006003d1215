package gateway

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
)

// Open makes the snapshot of a source that was opened with a gateway, whose images it has;
// local, which may be nil, is asked before. The config says which plugins run, and what they
// may ask for beside images. Seen is as for compile.Open.
func Open(c client.Client, src *input.Source, local LocalImages, config compile.Config, seen *compile.Snapshot) (*compile.Snapshot, error) {
	config = config.From(src)
	config.Whole = whole(c.BuildOpts().Opts["requestid"], config.Build.Target)
	config.Build.AllStages = c.BuildOpts().Opts["requestid"] == "frontend.lint" && config.Whole
	config.Build.Resolver, config.Build.Local = c, local
	config.ReadImage = func(ctx context.Context, state bk.State, path string) ([]byte, error) {
		return readImage(ctx, c, state, path)
	}
	return compile.Open(src, config, seen)
}

// whole tells whether the answer to a question, "" for a build, is about all stages, as in
// a Dockerfile that is printed.
func whole(question, target string) bool {
	if question == "frontend.lint" {
		return target == ""
	}
	o, _ := outputOf(question)
	return o.Whole
}

// maxProbe is how many bytes of a file of an image are read.
const maxProbe = 1 << 20

// readImage reads a file of what a state makes, up to 1 MiB; the error is fs.ErrNotExist when
// it is not there.
func readImage(ctx context.Context, c client.Client, state bk.State, path string) ([]byte, error) {
	ref, err := solve(ctx, c, state, nil)
	if err != nil {
		return nil, err
	}
	if ref == nil { // scratch
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	stat, err := ref.StatFile(ctx, client.StatRequest{Path: path})
	switch {
	case err != nil && strings.Contains(err.Error(), "no such file or directory"): // the daemon's text is all there is
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	case err != nil:
		return nil, err
	case stat.Size > maxProbe:
		return nil, fmt.Errorf("%s has %d bytes, more than %d", path, stat.Size, maxProbe)
	}
	return ref.ReadFile(ctx, client.ReadRequest{Filename: path})
}
