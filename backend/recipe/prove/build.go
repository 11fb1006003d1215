package prove

import (
	"context"
	"maps"
	"path/filepath"

	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/verify"
)

// Build builds a directory with a Dockerfile into a layout, and gives what came out. The image can be
// read as long as the layout is there. No plugin runs: the Dockerfile is to hold by itself.
// The options are those of the frontend, like build-arg:HTTP_PROXY.
func Build(ctx context.Context, r build.Request, given map[string]string, dir, layout string, cold bool) (*validate.Image, error) {
	options := maps.Clone(given)
	if options == nil {
		options = map[string]string{}
	}
	if cold {
		options["no-cache"] = ""
	}
	in, err := input.Find(ctx, input.Request{Path: dir, File: filepath.Join(dir, "Dockerfile"), Options: options})
	if err != nil {
		return nil, err
	}
	r.Input, r.Compile, r.Seen, r.Pins, r.Tags = in, compile.Config{Without: "what was done by hand is built as it is written"}, nil, nil, nil
	r.Outputs = []build.Output{{Type: client.ExporterOCI, Dest: layout, Attrs: map[string]string{"tar": "false", "compression": "uncompressed"}}}
	r.Attestations = []build.Attestation{{Type: "provenance", Disabled: true}}
	result, err := build.Run(ctx, r)
	if err != nil {
		return nil, err
	}
	blobs, err := local.NewStore(layout)
	if err != nil {
		return nil, err
	}
	return verify.Image(ctx, blobs, "the Dockerfile", result)
}
