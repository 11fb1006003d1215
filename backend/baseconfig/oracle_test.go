package baseconfig_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/moby/buildkit/client/llb/imagemetaresolver"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"

	"github.com/seed-e0495807/strake/backend/baseconfig"
)

// TestEqualsBuildKit asks BuildKit's own resolver and ours the same questions,
// over all pairs of an index and a platform.
func TestEqualsBuildKit(t *testing.T) {
	s := newServer(t)
	indexes := [][]string{
		{"linux/amd64"},
		{"linux/386", "linux/amd64"},
		{"linux/386", "linux/arm/v6"},
		{"linux/amd64/v3", "linux/amd64", "linux/amd64/v2"},
		{"linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64"},
		{"linux/arm64/v9", "linux/arm64", "linux/arm/v8"},
		{"linux/arm", "linux/arm/v7"},
		{"windows(10.0.17763.1)/amd64", "windows(10.0.20348.1)/amd64", "linux/amd64"},
		{"linux/amd64", "linux/amd64"},
		{"", "linux/amd64"},
		{"", "linux/s390x"},
		{"linux/s390x"},
	}
	refs := []string{}
	for i, plats := range indexes {
		s.index("base", fmt.Sprint(i), plats...)
		refs = append(refs, s.ref(fmt.Sprintf("base:%d", i)))
	}
	// A nested index, an attestation beside the image, a plain image.
	inner := s.index("base", "inner", "linux/arm/v7", "linux/amd64")
	att := s.image("base", "", config("linux/amd64", "att"))
	att.Platform = &ocispecs.Platform{OS: "unknown", Architecture: "unknown"}
	amd := s.image("base", "plain", config("linux/amd64", "plain"))
	amd.Platform = &ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	s.indexOf("base", "nested", inner, att)
	s.indexOf("base", "att", att, amd)
	s.indexOf("base", "none")
	for _, tag := range []string{"nested", "att", "none", "plain", "gone", "plain@" + amd.Digest.String()} {
		refs = append(refs, s.ref("base:"+tag))
	}

	logrus.SetOutput(io.Discard) // containerd logs every failure
	t.Cleanup(func() { logrus.SetOutput(os.Stderr) })
	ours := baseconfig.New(options(t))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, platform := range []string{
		"", "linux/amd64", "linux/amd64/v2", "linux/amd64/v4", "linux/386", "linux/arm", "linux/arm/v5", "linux/arm/v6",
		"linux/arm/v8", "linux/arm64", "linux/arm64/v9", "linux/s390x", "windows/amd64", "windows(10.0.20348.9)/amd64",
	} {
		for _, ref := range refs {
			// BuildKit's answer for a platform may depend on what it has fetched
			// for another, so every question goes to a new resolver.
			wantRef, wantDigest, wantConfig, wantErr := imagemetaresolver.New().ResolveImageConfig(ctx, ref, opt(platform, ""))
			gotRef, gotDigest, gotConfig, gotErr := ours.ResolveImageConfig(ctx, ref, opt(platform, ""))
			if (wantErr == nil) != (gotErr == nil) {
				t.Errorf("%s for %q: got error %v, want %v", ref, platform, gotErr, wantErr)
				continue
			}
			if gotRef != wantRef || gotDigest != wantDigest || string(gotConfig) != string(wantConfig) {
				t.Errorf("%s for %q:\n got %s %s %s\nwant %s %s %s", ref, platform,
					gotRef, gotDigest, gotConfig, wantRef, wantDigest, wantConfig)
			}
			if gotErr != nil && !errors.Is(gotErr, baseconfig.NoPlatform) && !errors.Is(gotErr, baseconfig.NotFound) {
				t.Errorf("%s for %q: %v", ref, platform, gotErr)
			}
		}
	}
}
