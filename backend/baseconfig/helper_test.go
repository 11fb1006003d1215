package baseconfig_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/baseconfig"
)

// server is a registry on a loopback port that counts requests and can be told
// to misbehave.
type server struct {
	*httptest.Server
	t     *testing.T
	store http.Handler

	mu    sync.Mutex
	count map[string]int
	front func(w http.ResponseWriter, r *http.Request) bool // true: it answered
}

func newServer(t *testing.T) *server {
	s := prepareServer(t)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func prepareServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, count: map[string]int{}}
	s.store = registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	for _, kind := range []string{"manifests", "blobs"} {
		if strings.Contains(r.URL.Path, "/"+kind+"/") {
			s.count[r.Method+" "+kind]++
		}
	}
	s.count["all"]++
	front := s.front
	s.mu.Unlock()
	if front != nil && front(w, r) {
		return
	}
	s.store.ServeHTTP(w, r)
}

// misbehave installs f in front of the registry and resets the counters.
func (s *server) misbehave(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.front = f
	clear(s.count)
}

func (s *server) requests(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[kind]
}

func (s *server) host() string { return s.Listener.Addr().String() }

func (s *server) ref(name string) string { return s.host() + "/" + name }

// put stores content past the HTTP server, so that it is not counted and is not
// subject to what front does.
func (s *server) put(method, path, mediaType string, dt []byte) {
	s.t.Helper()
	req := httptest.NewRequest(method, path, bytes.NewReader(dt))
	req.Header.Set("Content-Type", mediaType)
	w := httptest.NewRecorder()
	s.store.ServeHTTP(w, req)
	if w.Code != http.StatusCreated {
		s.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

func (s *server) blob(repo, mediaType string, dt []byte) ocispecs.Descriptor {
	s.t.Helper()
	d := digest.FromBytes(dt)
	s.put("POST", "/v2/"+repo+"/blobs/uploads/?digest="+d.String(), "application/octet-stream", dt)
	return ocispecs.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(dt))}
}

func (s *server) manifest(repo, tag, mediaType string, v any) ocispecs.Descriptor {
	s.t.Helper()
	dt, err := json.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	d := digest.FromBytes(dt)
	if tag == "" {
		tag = d.String()
	}
	s.put("PUT", "/v2/"+repo+"/manifests/"+tag, mediaType, dt)
	return ocispecs.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(dt))}
}

// config is the config of an image for a platform; label makes it unique.
func config(platform, label string) []byte {
	p := platforms.MustParse(platform)
	return fmt.Appendf(nil, `{"architecture":%q,"os":%q,"variant":%q,"config":{"Env":["LABEL=%s"]},"rootfs":{"type":"layers","diff_ids":[]}}`,
		p.Architecture, p.OS, p.Variant, label)
}

// image stores an image and returns the descriptor of its manifest.
func (s *server) image(repo, tag string, cfg []byte) ocispecs.Descriptor {
	s.t.Helper()
	return s.manifest(repo, tag, ocispecs.MediaTypeImageManifest, ocispecs.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispecs.MediaTypeImageManifest,
		Config:    s.blob(repo, ocispecs.MediaTypeImageConfig, cfg),
		Layers:    []ocispecs.Descriptor{},
	})
}

// index stores an index of images for platforms, "" being a descriptor without
// a platform whose config is for linux/arm64. Labels are the positions.
func (s *server) index(repo, tag string, plats ...string) ocispecs.Descriptor {
	s.t.Helper()
	var descs []ocispecs.Descriptor
	for i, text := range plats {
		of := text
		if of == "" {
			of = "linux/arm64"
		}
		d := s.image(repo, "", config(of, fmt.Sprint(i)))
		if text != "" {
			p := platforms.MustParse(text)
			d.Platform = &p
		}
		descs = append(descs, d)
	}
	return s.indexOf(repo, tag, descs...)
}

func (s *server) indexOf(repo, tag string, descs ...ocispecs.Descriptor) ocispecs.Descriptor {
	s.t.Helper()
	return s.manifest(repo, tag, ocispecs.MediaTypeImageIndex, ocispecs.Index{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispecs.MediaTypeImageIndex,
		Manifests: descs,
	})
}

// options never touch the files of the user who runs the tests.
func options(t *testing.T) baseconfig.Options {
	t.Helper()
	return baseconfig.Options{CacheDir: t.TempDir(), Keychain: authn.NewMultiKeychain()}
}

func opt(platform, mode string) sourceresolver.Opt {
	o := sourceresolver.Opt{ImageOpt: &sourceresolver.ResolveImageOpt{ResolveMode: mode}}
	if platform != "" {
		p := platforms.MustParse(platform)
		o.ImageOpt.Platform = &p
	}
	return o
}

// resolve fails the test if the resolution fails.
func resolve(t *testing.T, r *baseconfig.Resolver, ref, platform, mode string) (digest.Digest, string) {
	t.Helper()
	got, d, dt, err := r.ResolveImageConfig(context.Background(), ref, opt(platform, mode))
	if err != nil {
		t.Fatal(err)
	}
	if got != ref {
		t.Errorf("the reference became %s, want %s", got, ref)
	}
	return d, string(dt)
}

// resolveErr fails the test if the resolution does not fail with the kind, in one
// line that has all of the texts.
func resolveErr(t *testing.T, r *baseconfig.Resolver, ref string, kind baseconfig.Kind, texts ...string) *baseconfig.Error {
	t.Helper()
	_, _, _, err := r.ResolveImageConfig(context.Background(), ref, opt("linux/amd64", ""))
	return wantErr(t, err, kind, texts...)
}
