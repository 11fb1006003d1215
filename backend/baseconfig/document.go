package baseconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	mtDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	mtDockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	mtDockerConfig   = "application/vnd.docker.container.image.v1+json"
	mtLegacyConfig   = "application/octet-stream" // of the first docker that had manifests
	mtInTotoConfig   = "application/vnd.in-toto+json"

	// maxDepth bounds indexes in indexes; one level is common, two are rare.
	maxDepth = 8
)

// document is a manifest or an index. Its media type is taken from its content:
// a document read from the cache has no Content-Type header.
type document struct {
	SchemaVersion int                   `json:"schemaVersion"`
	MediaType     string                `json:"mediaType"`
	Config        *ocispecs.Descriptor  `json:"config"`
	Layers        json.RawMessage       `json:"layers"`
	Manifests     []ocispecs.Descriptor `json:"manifests"`
	FSLayers      json.RawMessage       `json:"fsLayers"` // schema 1 only
}

func (d *document) isIndex() bool { return d.Config == nil }

// parseDocument parses and validates a manifest or an index. mediaType is what a
// descriptor says that it is, "" if there is none.
func parseDocument(dt []byte, mediaType string) (*document, error) {
	var d document
	if err := json.Unmarshal(dt, &d); err != nil {
		return nil, fmt.Errorf("its manifest is not JSON: %w", err)
	}
	// An index without entries may be written as null or left out.
	hasIndex := d.Manifests != nil || kindOf(d.MediaType) == "index"
	hasManifest := d.Config != nil || d.Layers != nil
	switch {
	case d.FSLayers != nil || d.SchemaVersion == 1:
		return nil, errors.New("its manifest has the removed schema 1: push the image again with a current docker")
	case hasIndex && hasManifest:
		// Two clients could read it in two ways, see CVE-2021-41190.
		return nil, errors.New("its manifest is an index too")
	case !hasIndex && d.Config == nil:
		return nil, errors.New("its manifest is neither a manifest nor an index")
	}
	// What the document says of itself may be missing or unknown; what its
	// descriptor says may not.
	if k := kindOf(d.MediaType); k != "" && k != d.kind() {
		return nil, fmt.Errorf("its %s says that it is %s", d.kind(), d.MediaType)
	}
	if mediaType != "" && kindOf(mediaType) != d.kind() {
		return nil, fmt.Errorf("its %s is listed as %s", d.kind(), mediaType)
	}
	return &d, nil
}

func (d *document) kind() string {
	if d.isIndex() {
		return "index"
	}
	return "manifest"
}

// kindOf names what a media type stands for, "" if for neither.
func kindOf(mediaType string) string {
	switch mediaType {
	case mtDockerManifest, ocispecs.MediaTypeImageManifest:
		return "manifest"
	case mtDockerIndex, ocispecs.MediaTypeImageIndex:
		return "index"
	}
	return ""
}

// checkConfig refuses what is not the config of an image: an index can list a
// Helm chart or a signature, too. It admits the media types that BuildKit does.
func checkConfig(d ocispecs.Descriptor) error {
	switch d.MediaType {
	case ocispecs.MediaTypeImageConfig, mtDockerConfig, mtLegacyConfig, mtInTotoConfig:
	default:
		return fmt.Errorf("it is not a container image: its config has media type %q", d.MediaType)
	}
	if d.Size > configLimit {
		return tooLarge(configLimit)
	}
	return nil
}

// choose returns the best of the descriptors for the platform, nil if none
// matches. A descriptor without a platform may match, but any other is better.
// It must stay equal to containerd's images.LimitManifests with a limit of one.
func choose(descs []ocispecs.Descriptor, m platforms.MatchComparer) *ocispecs.Descriptor {
	var found []ocispecs.Descriptor
	for _, d := range descs {
		if d.Platform == nil || m.Match(*d.Platform) {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		return nil
	}
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].Platform == nil {
			return false
		}
		if found[j].Platform == nil {
			return true
		}
		return m.Less(*found[i].Platform, *found[j].Platform)
	})
	return &found[0]
}

// offered lists the platforms of an index, for a message. The attestations that
// BuildKit adds to an index are no platform: they are listed as unknown/unknown.
func offered(descs []ocispecs.Descriptor) []string {
	var out []string
	for _, d := range descs {
		if p := d.Platform; p != nil && p.OS != "unknown" && p.Architecture != "unknown" {
			if s := platforms.FormatAll(*p); !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
