package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// servers are what the scripts reach by the variables REGISTRY and PRIVATE (the
// same with a password), HTTP and GIT. DIGEST is that of REGISTRY/base:1.
type servers struct {
	registry, private, http string
	digest                  string
	git                     bool
}

func newServers(t *testing.T) *servers {
	store := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s := &servers{}
	s.registry = serve(t, store)
	s.private = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		store.ServeHTTP(w, r)
	}))
	s.images(t)
	s.http = serve(t, s.files(t))
	return s
}

// serve gives the address of a server.
func serve(t *testing.T, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

// images pushes base:1, for two platforms.
func (s *servers) images(t *testing.T) {
	index := v1.ImageIndex(empty.Index)
	for _, arch := range []string{"amd64", "arm64"} {
		img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
			OS: "linux", Architecture: arch,
			Config: v1.Config{Env: []string{"PATH=/bin", "ARCH=" + arch}, WorkingDir: "/base"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.AppendLayers(img, static.NewLayer([]byte(arch), types.OCILayer)); err != nil {
			t.Fatal(err) // an image without layers is scratch
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	ref, err := name.ParseReference(s.registry + "/base:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	s.digest = digest.String()
}

// files serves a Dockerfile, an archive and a git repository.
func (s *servers) files(t *testing.T) http.Handler {
	const text = "FROM scratch\nCOPY a b\n"
	mux := http.NewServeMux()
	mux.HandleFunc("/Dockerfile", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "FROM scratch\nCOPPY a b\n") })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for block := bytes.Repeat([]byte("#\n"), 1<<15); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/context.tar.gz", func(w http.ResponseWriter, _ *http.Request) {
		w.Write(archive(t, map[string]string{"x": "x", "./Dockerfile": text, "sub/Other": "FROM scratch\nADD c d\n"}))
	})
	mux.HandleFunc("/build.tar.gz", func(w http.ResponseWriter, _ *http.Request) {
		w.Write(archive(t, map[string]string{"a": "from the archive\n", "Dockerfile": "FROM scratch\nCOPY a /\n"}))
	})
	mux.HandleFunc("/cut.tar.gz", func(w http.ResponseWriter, _ *http.Request) {
		w.Write(archive(t, map[string]string{"x": strings.Repeat("x", 4096)})[:60])
	})
	mux.HandleFunc("/empty.tar.gz", func(w http.ResponseWriter, _ *http.Request) { w.Write(archive(t, nil)) })
	if root, ok := repository(t); ok {
		s.git = true
		mux.Handle("/git/", &cgi.Handler{
			Path: backend(), Root: "/git", InheritEnv: []string{"PATH"},
			Env:    []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"},
			Stderr: io.Discard,
		})
	}
	return mux
}

func archive(t *testing.T, files map[string]string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Error(err)
		}
		io.WriteString(w, text)
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

// backend is git's CGI program.
func backend() string {
	out, _ := exec.Command("git", "--exec-path").Output()
	return filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
}

// repository makes DIR/repo.git. It reports whether this machine can serve it.
func repository(t *testing.T) (dir string, ok bool) {
	if _, err := os.Stat(backend()); err != nil {
		return "", false
	}
	dir = t.TempDir()
	work := filepath.Join(dir, "work")
	script := `set -e
git init -q -b main ` + work + ` && cd ` + work + `
git config user.name me && git config user.email me@example.com
printf 'FROM scratch\nCOPY one /\n' > Dockerfile && touch one && git add . && git commit -qm one && git tag v1
mkdir sub && printf 'FROM scratch\nCOPY two /\n' > sub/Dockerfile && touch sub/two && ln -s Dockerfile sub/Linked
printf 'FROM scratch\nCOPPY\n' > sub/Broken
ln -s /etc/passwd sub/Outside && git add . && git commit -qm two
git clone -q --bare . ../repo.git`
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir, true
}

// setup gives a script the addresses, and directories of its own.
func (s *servers) setup(e *testscript.Env) error {
	login := filepath.Join(e.WorkDir, ".login")
	if err := os.MkdirAll(login, 0o777); err != nil {
		return err
	}
	auth := base64.StdEncoding.EncodeToString([]byte("me:secret"))
	config := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, s.private, auth)
	if err := os.WriteFile(filepath.Join(login, "config.json"), []byte(config), 0o666); err != nil {
		return err
	}
	e.Vars = append(e.Vars, "REGISTRY="+s.registry, "PRIVATE="+s.private, "DIGEST="+s.digest,
		"HTTP=http://"+s.http, "LOGIN="+login, "DOCKER_CONFIG="+filepath.Join(e.WorkDir, ".docker"),
		"XDG_CACHE_HOME="+filepath.Join(e.WorkDir, ".cache"), "GIT_CONFIG_NOSYSTEM=1")
	if s.git {
		e.Vars = append(e.Vars, "GIT=http://"+s.http+"/git/repo.git")
	}
	return nil
}
