package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins/credentials"
)

// TestAttackNoHome has a repository that brings a context of docker along, for those who
// build it where HOME is not set, as in a service, or is no absolute path.
func TestAttackNoHome(t *testing.T) {
	repo := t.TempDir()
	t.Chdir(repo)
	sum := sha256.Sum256([]byte("evil"))
	for name, text := range map[string]string{
		"config.json": `{"currentContext":"evil"}`,
		filepath.Join("contexts", "meta", hex.EncodeToString(sum[:]), "meta.json"): `{"Endpoints":{"docker":{"Host":"tcp://evil:2375"}}}`,
	} {
		name = filepath.Join(repo, ".docker", name)
		err := os.MkdirAll(filepath.Dir(name), 0o700)
		if err == nil {
			err = os.WriteFile(name, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, env := range [][]string{{}, {"HOME="}, {"HOME=."}, {"DOCKER_TLS=1", "DOCKER_CONTEXT=evil"}} {
		if ep, err := current(environment(env...)); err == nil && strings.Contains(ep.Host, "evil") {
			t.Errorf("%q: the repository's engine is asked: %+v", env, ep)
		}
		if dir := credentials.DockerDir(environment(env...)); !filepath.IsAbs(dir) {
			t.Errorf("%q: %s", env, dir)
		}
	}
	// Who names the directory has it.
	if ep, err := current(environment("DOCKER_CONFIG=" + filepath.Join(repo, ".docker"))); err != nil || ep.Host != "tcp://evil:2375" {
		t.Errorf("%+v %v", ep, err)
	}
}
