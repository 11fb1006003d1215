package recipe

import (
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/backend/validate"
)

func gone(name string) layertest.Item { return layertest.File(name, "") } // with a name like etc/.wh.x

// image makes one of layers.
func image(t testing.TB, b layertest.Blobs, config ocispecs.ImageConfig, layers ...[]layertest.Item) *validate.Image {
	t.Helper()
	var blobs [][]byte
	for _, l := range layers {
		blobs = append(blobs, layertest.Tar(t, l...))
	}
	m := b.Image(t, ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Config: config}, blobs...)
	img, err := validate.FromManifest(t.Context(), b, "test", m)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// programs are what steps may need: the files of a system.
func programs() (list []layertest.Item) {
	for _, name := range []string{"sh", "rm", "ln", "cat", "sed", "chmod", "chown", "install", "setcap"} {
		list = append(list, layertest.File("bin/"+name, "").WithMode(0o755))
	}
	return append(list, layertest.File("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\n"), layertest.File("etc/group", "root:x:0:\napp:x:1000:\n"))
}

// made reads what was done to a base by one layer.
func made(t testing.TB, base, layer []layertest.Item, commands ...record.Command) *Recipe {
	t.Helper()
	b := layertest.Blobs{}
	base = append(programs(), base...)
	r, err := Read(t.Context(), Input{Before: image(t, b, ocispecs.ImageConfig{}, base), After: image(t, b, ocispecs.ImageConfig{}, base, layer),
		Name: "base", Commands: commands})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
