package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/containerd/platforms"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestForManifest asks for a platform an image whose config alone tells its own. What an
// image without an index is for is decided as in a Docker Engine.
func TestForManifest(t *testing.T) {
	for _, c := range []struct {
		config string // platform in the config, as JSON
		fits   string
		not    string
	}{
		{`"os":"linux","architecture":"amd64"`, "linux/amd64 linux/amd64/v2 linux/x86_64", "linux/arm64 linux/386 linux/arm/v7 windows/amd64 darwin/amd64 linux/riscv64"},
		{`"os":"linux","architecture":"amd64","variant":"v3"`, "linux/amd64/v3 linux/amd64/v4", "linux/amd64 linux/amd64/v2 linux/arm64"},
		{`"os":"linux","architecture":"386"`, "linux/386 linux/i386 linux/amd64", "linux/arm64 linux/arm/v7"},
		{`"os":"linux","architecture":"arm64"`, "linux/arm64 linux/arm64/v8 linux/aarch64", "linux/amd64 linux/arm/v7 linux/arm"},
		{`"os":"linux","architecture":"arm64","variant":"v8"`, "linux/arm64", "linux/amd64 linux/arm/v7"},
		{`"os":"linux","architecture":"arm","variant":"v6"`, "linux/arm/v6 linux/arm/v7 linux/arm", "linux/arm/v5 linux/amd64"},
		{`"os":"linux","architecture":"arm","variant":"v7"`, "linux/arm/v7 linux/arm linux/arm64", "linux/arm/v6 linux/arm/v5 linux/amd64"},
		{`"os":"linux","architecture":"arm"`, "linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm", "linux/amd64 linux/386"},
		{`"os":"windows","architecture":"amd64"`, "windows/amd64", "linux/amd64 windows/arm64"},
		{`"os":"linux","architecture":"ppc64le"`, "linux/ppc64le", "linux/ppc64 linux/s390x linux/amd64"},
		{`"os":"linux"`, "", "linux/amd64 linux/arm64 linux/386"},
		{`"os":"","architecture":""`, "", "linux/amd64 linux/arm64"},
	} {
		s := open(t)
		m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest}
		m.SchemaVersion = 2
		m.Config = write(t, s, ocispecs.MediaTypeImageConfig, json.RawMessage(`{`+c.config+`,"rootfs":{"type":"layers"}}`))
		img := put(t, s, write(t, s, m.MediaType, m), "app")
		for _, p := range strings.Fields(c.fits) {
			if v, err := img.For(platforms.MustParse(p)); err != nil || v.Manifest.Config.Digest != m.Config.Digest {
				t.Errorf("%s for %s: %v", c.config, p, err)
			}
		}
		for _, p := range strings.Fields(c.not) {
			_, err := img.For(platforms.MustParse(p))
			var d diag.Diagnostic
			if !errors.As(err, &d) || d.Code != "no-such-platform" || !strings.Contains(d.Message, "app:latest is not for") || !strings.Contains(d.Hint, "strake pull --platform") {
				t.Errorf("%s for %s: %v", c.config, p, err)
			}
		}
	}
}

// TestForIndex chooses out of an index, which tells the platforms; an entry that does
// not is for that of its config.
func TestForIndex(t *testing.T) {
	s := open(t)
	amd, arm := manifest(t, s, "amd64", "x"), manifest(t, s, "arm64", "x")
	i386, untold := manifest(t, s, "386", "x"), manifest(t, s, "s390x", "x")
	untold.Platform = nil
	img := put(t, s, index(t, s, i386, amd, untold, index(t, s, arm, attestation(t, s, arm))), "all")
	for platform, want := range map[string]digest.Digest{
		"linux/amd64": amd.Digest, "linux/amd64/v2": amd.Digest, "linux/386": i386.Digest,
		"linux/arm64": arm.Digest, "linux/s390x": untold.Digest, "linux/arm/v7": "", "unknown/unknown": "",
	} {
		v, err := img.For(platforms.MustParse(platform))
		if want == "" && err == nil || want != "" && (err != nil || v.Desc.Digest != want) {
			t.Errorf("%s: %s %v, want %s", platform, v.Desc.Digest, err, want)
		}
	}
	_, err := img.For(platforms.MustParse("linux/arm/v7"))
	if err == nil || !strings.Contains(err.Error(), "it is for linux/386, linux/amd64, linux/s390x, linux/arm64") {
		t.Errorf("%v", err)
	}
}

// TestForDamaged: what cannot be read is for no platform.
func TestForDamaged(t *testing.T) {
	for _, img := range []store.Image{{ID: digest.FromString("x"), Err: errors.New("gone")}, {ID: digest.FromString("x")}} {
		if v, err := img.For(platforms.MustParse("linux/amd64")); err == nil {
			t.Errorf("%v: %+v", img.Err, v)
		}
	}
}
