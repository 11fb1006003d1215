package build

import (
	"context"

	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/lang/diag"
)

// moby is the exporter into the image store of the Docker Engine that the BuildKit
// is a part of.
const moby = "moby"

// classic tells a Docker Engine with an image store of its own kind: its BuildKit
// has the exporter moby, and those for files.
func (j *job) classic() bool {
	return j.Engine.Kind == engine.Docker && !j.Engine.Docker.ContainerdStore()
}

// exportInDocker sets an exporter of images up for a classic Docker Engine.
func (j *job) exportInDocker(o Output, e client.ExportEntry) (client.ExportEntry, delivery, error) {
	switch {
	case o.Type == client.ExporterDocker && o.Dest == "":
		e.Type = moby
		return e, nil, nil
	case o.Type == Store:
		e.Type = moby
		return e, &outOfDocker{}, nil
	}
	return e, nil, diag.Diagnostic{
		Code: "docker-engine", Message: "the BuildKit inside this Docker Engine cannot write an image of type=" + o.Type,
		Hint: "build with strake's own engine: --addr embedded",
	}
}

// outOfDocker takes an image from the Docker Engine to the local store.
type outOfDocker struct{}

func (outOfDocker) abandon() {}

func (outOfDocker) finish(ctx context.Context, j *job, resp map[string]string) error {
	names := j.Tags
	if len(names) == 0 {
		names = []string{imageID(resp)}
	}
	archive, err := j.Engine.Docker.API.ImageSave(ctx, names)
	if err != nil {
		return err
	}
	defer archive.Close()
	loaded, err := tarball.Load(ctx, j.Images, archive)
	if err != nil || len(loaded) == 0 {
		return err
	}
	img, err := j.Images.Find(loaded[0].ID.String())
	if err != nil {
		return err
	}
	return j.Images.Put(ctx, img.Descriptor, j.Tags, j.record())
}
