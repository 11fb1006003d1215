package baseconfig

import (
	"encoding/json"
	"testing"

	"github.com/containerd/platforms"
)

// FuzzDocument reads whatever a registry may send as a manifest or an index.
func FuzzDocument(f *testing.F) {
	const digest = `"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":7`
	f.Add(`{"schemaVersion":2,"config":{"mediaType":"`+mtDockerConfig+`",`+digest+`},"layers":[]}`, "")
	f.Add(`{"schemaVersion":2,"manifests":[{`+digest+`,"platform":{"os":"linux","architecture":"amd64"}},{"platform":{}},{"platform":null}]}`, mtDockerIndex)
	f.Add(`{"manifests":[],"config":{}}`, mtDockerManifest)
	f.Add(`{"schemaVersion":1,"fsLayers":[]}`, "")
	f.Add("null", "text/html")
	match := platforms.Only(platforms.MustParse("linux/arm/v7"))
	f.Fuzz(func(t *testing.T, text, mediaType string) {
		d, err := parseDocument([]byte(text), mediaType)
		if err != nil {
			return
		}
		if d.isIndex() {
			if c := choose(d.Manifests, match); c != nil && c.Platform != nil && !match.Match(*c.Platform) {
				t.Errorf("%s for arm: %+v", text, c)
			}
			offered(d.Manifests)
			return
		}
		if d.Manifests != nil {
			t.Error("a manifest that is an index, too")
		}
		if err := checkConfig(*d.Config); err != nil {
			return
		}
		if _, err := json.Marshal(d.Config); err != nil {
			t.Error(err)
		}
	})
}
