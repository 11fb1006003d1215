package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-e0495807/strake/lang/diag"
)

// FuzzConfig has docker's files be anything: there is an endpoint, or an error with a code.
func FuzzConfig(f *testing.F) {
	const meta = `{"Name":"far","Endpoints":{"docker":{"Host":"tcp://far:2376","SkipTLSVerify":true}}}`
	f.Add(`{"currentContext":"far"}`, meta)
	f.Add(`{"currentContext":"far"}`, `{"Endpoints":{"docker":{}}}`)
	f.Add(`{"currentContext":"../../far"}`, meta)
	f.Add(`{"currentContext":7,"auths":{}}`, `{"Endpoints":null}`)
	f.Add(`null`, `[]`)
	dir := f.TempDir()
	sum := sha256.Sum256([]byte("far"))
	far := filepath.Join(dir, "contexts", "meta", hex.EncodeToString(sum[:]), "meta.json")
	env := environment("DOCKER_CONFIG="+dir, "HOME="+dir)
	f.Fuzz(func(t *testing.T, config, meta string) {
		for name, text := range map[string]string{filepath.Join(dir, "config.json"): config, far: meta} {
			err := os.MkdirAll(filepath.Dir(name), 0o700)
			if err == nil {
				err = os.WriteFile(name, []byte(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		ep, err := current(env)
		var d diag.Diagnostic
		if err != nil && (!errors.As(err, &d) || d.Code == "") || err == nil && ep.Host == "" {
			t.Errorf("%+v, %v", ep, err)
		}
		if err == nil {
			if c, err := ep.client(); err == nil {
				c.Close()
			}
		}
	})
}
