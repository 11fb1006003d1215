package store

import (
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// IsAttestation tells whether a manifest of an index is about another one, as the
// provenance that BuildKit makes.
func IsAttestation(desc ocispecs.Descriptor) bool {
	p := desc.Platform
	return desc.Annotations["vnd.docker.reference.type"] != "" ||
		p != nil && p.OS == "unknown" && p.Architecture == "unknown"
}

// Variant chooses the image for a platform, like "linux/arm64", and for no other that
// would do. Without one it is that of this machine, or else the first.
func (i Image) Variant(platform string) (Variant, error) {
	if err := i.usable(); err != nil {
		return Variant{}, err
	}
	match := platforms.Default()
	if platform != "" {
		p, err := platforms.Parse(platform)
		if err != nil {
			return Variant{}, fail("invalid-platform", "write it like linux/arm64", "%q is not a platform: %v", platform, err)
		}
		match = platforms.OnlyStrict(p)
	}
	v, ok := i.best(match)
	switch {
	case ok:
		return v, nil
	case platform != "":
		return v, i.notFor(platform, "choose one of its platforms with --platform")
	}
	return i.Variants[0], nil
}

// For chooses the image that a build for a platform is based on, as a Docker Engine
// does: the nearest one that runs there, see Fits. A manifest in an index is for the
// platform that the index tells, any other for that of its config.
func (i Image) For(want ocispecs.Platform) (Variant, error) {
	if err := i.usable(); err != nil {
		return Variant{}, err
	}
	if v, ok := i.best(platforms.Only(want)); ok {
		return v, nil
	}
	if v := i.Variants[0]; images.IsManifestType(i.Descriptor.MediaType) && Fits(want, v.Config.Platform) {
		return v, nil
	}
	name, platform := i.title(), FormatPlatform(want)
	return Variant{}, i.notFor(platform, "build for a platform that it is for with --platform, or fetch the other one: strake pull --platform "+platform+" "+name)
}

// Fits tells whether an image with a config for one platform runs on another. These
// are containerd's rules (386 on amd64, arm/v6 on arm/v7), with a Docker Engine's
// exception: older tools write no CPU variant, so a config without one is for every
// variant of its architecture. What tells no architecture is for none.
func Fits(want, have ocispecs.Platform) bool {
	if platforms.Only(want).Match(have) {
		return true
	}
	if have.Variant != "" {
		return false
	}
	want, have = platforms.Normalize(want), platforms.Normalize(have)
	want.Variant, have.Variant = "", ""
	return platforms.OnlyStrict(want).Match(have)
}

// FormatPlatform writes a platform as --platform takes it.
func FormatPlatform(p ocispecs.Platform) string {
	if p.Architecture == "" {
		return "an unknown architecture"
	}
	return platforms.FormatAll(platforms.Normalize(p))
}

func (i Image) usable() error {
	switch {
	case i.Err != nil:
		return fail("damaged-image", "build, load or pull it again, or drop it with `strake fsck --repair`",
			"image %s cannot be used: %v", i.title(), i.Err)
	case len(i.Variants) == 0:
		return fail("no-such-platform", "choose another image", "image %s is for no platform", i.title())
	}
	return nil
}

// best gives the variant that comes first among those that match.
func (i Image) best(match platforms.MatchComparer) (best Variant, ok bool) {
	for _, v := range i.Variants {
		if match.Match(*v.Desc.Platform) && (!ok || match.Less(*v.Desc.Platform, *best.Desc.Platform)) {
			best, ok = v, true
		}
	}
	return best, ok
}

func (i Image) notFor(platform, hint string) error {
	var have []string
	for _, v := range i.Variants {
		if p := FormatPlatform(*v.Desc.Platform); !slices.Contains(have, p) {
			have = append(have, p)
		}
	}
	return fail("no-such-platform", hint, "image %s is not for %s, it is for %s", i.title(), platform, strings.Join(have, ", "))
}
