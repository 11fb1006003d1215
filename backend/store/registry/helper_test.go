package registry_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	memory "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/lang/diag"
)

// server is a registry that counts requests and can be told to misbehave.
type server struct {
	host  string
	inner http.Handler
	front atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // true: it answered

	mu    sync.Mutex
	count map[string]int // by method, and "upload"
}

func serve(t *testing.T) *server {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	return front(t, memory.New(memory.Logger(log.New(io.Discard, "", 0))))
}

// again is another server with the same images, which behaves.
func (s *server) again(t *testing.T) *server { return front(t, s.inner) }

func front(t *testing.T, inner http.Handler) *server {
	t.Helper()
	s := &server{inner: inner, count: map[string]int{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.count[r.Method]++
		s.mu.Unlock()
		if f := s.front.Load(); f != nil && (*f)(w, r) {
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s.host = strings.TrimPrefix(srv.URL, "http://")
	return s
}

func (s *server) misbehave(f func(http.ResponseWriter, *http.Request) bool) { s.front.Store(&f) }

func (s *server) requests(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[method]
}

// multi makes an index for two platforms with random layers, and pushes it.
func (s *server) multi(t *testing.T, repo string) v1.ImageIndex {
	t.Helper()
	index := v1.ImageIndex(empty.Index)
	for _, arch := range []string{"amd64", "arm64"} {
		img, err := random.Image(100_000, 3)
		if err != nil {
			t.Fatal(err)
		}
		img, err = mutate.ConfigFile(img, config(t, img, arch))
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	ref, err := name.ParseReference(s.host + "/" + repo)
	if err == nil {
		err = remote.WriteIndex(ref, index)
	}
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// layer gives the digest of a layer of an index's first image.
func layer(t *testing.T, index v1.ImageIndex) string {
	t.Helper()
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	img, err := index.Image(m.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	d, err := layers[1].Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

// single pushes an image whose platform only its config tells, as it is and, as
// NAME-in-index, as the one entry of an index.
func (s *server) single(t *testing.T, repo, arch string) {
	t.Helper()
	img, err := random.Image(1000, 3)
	if err == nil {
		img, err = mutate.ConfigFile(img, config(t, img, arch))
	}
	if err != nil {
		t.Fatal(err)
	}
	for as, push := range map[string]func(name.Reference) error{
		repo: func(r name.Reference) error { return remote.Write(r, img) },
		repo + "-in-index": func(r name.Reference) error {
			return remote.WriteIndex(r, mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img}))
		},
	} {
		ref, err := name.ParseReference(s.host + "/" + as)
		if err == nil {
			err = push(ref)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func config(t *testing.T, img v1.Image, arch string) *v1.ConfigFile {
	t.Helper()
	c, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c.OS, c.Architecture = "linux", arch
	return c
}

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r, err := s.Check(context.Background())
		if err != nil || len(r.Problems) > 0 {
			t.Errorf("the store is damaged: %v %v", r.Problems, err)
		}
	})
	return s
}

func pull(t *testing.T, s *store.Store, ref, platform string) (registry.Pulled, error) {
	t.Helper()
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	return registry.New(registry.Options{}).Pull(t.Context(), s, ref, platform)
}

func push(t *testing.T, s *store.Store, img, ref string) error {
	t.Helper()
	release, err := s.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	found, err := s.Find(img)
	if err != nil {
		t.Fatal(err)
	}
	_, err = registry.New(registry.Options{}).Push(t.Context(), s, found, ref, "")
	return err
}

// check fails unless an error has a code, and a hint.
func check(t *testing.T, err error, code string, words ...string) {
	t.Helper()
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != code || d.Hint == "" {
		t.Errorf("%v, want %s", err, code)
	}
	for _, word := range words {
		if !strings.Contains(d.Error(), word) {
			t.Errorf("%v, want %q in it", d, word)
		}
	}
}

// trusting is a transport that knows an authority, if there is one.
func trusting(t *testing.T, ca string) http.RoundTripper {
	t.Helper()
	tr := http.DefaultTransport.(*http.Transport).Clone()
	if ca == "" {
		return tr
	}
	data, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(data)
	tr.TLSClientConfig = &tls.Config{RootCAs: pool}
	return tr
}

// login writes docker's config.
func login(t *testing.T, host, user, password string) {
	t.Helper()
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	text := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, auth)
	if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
