package build

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/lang/diag"
)

const (
	// moby is the exporter into the image store of the Docker Engine that the
	// BuildKit is a part of.
	moby = "moby"

	dockerEngine = "docker-engine" // the code for what that one cannot do
)

// classic tells a Docker Engine with an image store of its own kind: its BuildKit
// has the exporter moby, and those for files.
func (j *job) classic() bool {
	return j.Engine.Kind == engine.Docker && !j.Engine.Docker.ContainerdStore()
}

// exportInDocker sets an exporter of images up for a classic Docker Engine.
func (j *job) exportInDocker(o Output, e client.ExportEntry) (client.ExportEntry, delivery, error) {
	loads := o.Type == client.ExporterDocker && o.Dest == "" || o.Type == client.ExporterImage && !isTrue(o.Attrs["push"])
	if !loads && o.Type != Store {
		what := "an image of type=" + o.Type
		if isTrue(o.Attrs["push"]) {
			what = "an image to a registry"
		}
		return e, nil, inDocker("the BuildKit inside this Docker Engine cannot write " + what)
	}
	delete(e.Attrs, "push") // it is false
	// The exporter passes over what it does not know.
	for _, name := range slices.Sorted(maps.Keys(e.Attrs)) {
		if strings.HasPrefix(name, "annotation") {
			return e, nil, inDocker("the image store of this Docker Engine keeps no annotations")
		} else if name != "name" {
			return e, nil, inDocker(fmt.Sprintf("the image store of this Docker Engine does not know %s=%s", name, e.Attrs[name]))
		}
	}
	e.Type = moby
	names, err := imageNames(e.Attrs["name"])
	if loads {
		return e, &inEngine{names: names}, err
	}
	return e, &outOfDocker{names: names}, err
}

func inDocker(message string) error {
	return diag.Diagnostic{Code: dockerEngine, Message: message, Hint: "build with strake's own engine: " + ownEngine}
}

// outOfDocker takes an image from the Docker Engine to the local store.
type outOfDocker struct{ names []string }

func (outOfDocker) abandon() {}

func (o outOfDocker) finish(ctx context.Context, j *job, resp map[string]string) error {
	archive, err := j.Engine.Docker.API.ImageSave(ctx, []string{imageID(resp)}) // a name may stand for another one by now
	if err != nil {
		return err
	}
	defer archive.Close()
	loaded, err := tarball.Load(ctx, j.Images, archive)
	if err != nil || len(loaded) == 0 {
		return err
	}
	desc := loaded[0].Image.Descriptor
	desc.Annotations = map[string]string{store.AnnotationSource: store.SourceBuild}
	return j.Images.Put(ctx, desc, o.names, j.record())
}
