package build

import (
	"path/filepath"

	"github.com/moby/buildkit/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/build"
)

// places checks where a build writes on this machine before anything is built.
func (b *run) places(r build.Request) error {
	names := []string{b.iidFile, b.metadataFile}
	for _, o := range r.Outputs {
		if o.Dest == "-" {
			continue
		}
		names = append(names, o.Dest)
		if o.Attrs["tar"] == "false" {
			names = append(names, layoutFiles(o.Dest)...)
		}
	}
	for _, c := range r.CacheTo {
		if c.Type == client.ExporterLocal {
			names = append(names, c.Attrs["dest"])
			names = append(names, layoutFiles(c.Attrs["dest"])...)
		}
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := b.Output(name); err != nil {
			return err
		}
	}
	return nil
}

// layoutFiles is what BuildKit's client writes by name into the directory of an image layout.
// It would follow a link there.
func layoutFiles(dir string) []string {
	if dir == "" {
		return nil
	}
	index := filepath.Join(dir, ocispecs.ImageIndexFile)
	blobs := filepath.Join(dir, ocispecs.ImageBlobsDir)
	return []string{index, index + ".lock", filepath.Join(dir, ocispecs.ImageLayoutFile), filepath.Join(dir, "ingest"), blobs, filepath.Join(blobs, "sha256")}
}
