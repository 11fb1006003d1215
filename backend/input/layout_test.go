package input

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"
)

// FuzzLayout has the index of an OCI layout be anything: what a context is pinned to is a digest.
func FuzzLayout(f *testing.F) {
	const d = `"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`
	f.Add(`{"manifests":[{`+d+`}]}`, "")
	f.Add(`{"manifests":[{`+d+`,"annotations":{"org.opencontainers.image.ref.name":"1"}},{`+d+`,"annotations":{"io.containerd.image.name":"1"}}]}`, "1")
	f.Add(`{"manifests":[{"digest":"sha256:../../../etc/passwd"}]}`, "")
	f.Add(`{"manifests":null}`, "latest")
	f.Add("root:x:0:0", "")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, index, tag string) {
		if err := os.WriteFile(filepath.Join(dir, "index.json"), []byte(index), 0o600); err != nil {
			t.Fatal(err)
		}
		in := &Input{Options: map[string]string{}, Layouts: map[string]string{}}
		if err := in.layout("x", dir+":"+tag); err != nil {
			return
		}
		_, pin, _ := strings.Cut(in.Options["context:x"], "@")
		if _, err := digest.Parse(pin); err != nil {
			t.Errorf("%q: %v", in.Options["context:x"], err)
		}
	})
}
