package registry_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	memory "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/lang/diag"
)

// server is a registry that counts requests and can be told to misbehave.
type server struct {
	host  string
	front atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // true: it answered

	mu    sync.Mutex
	count map[string]int // by method, and "upload"
}

func serve(t *testing.T) *server {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	s := &server{count: map[string]int{}}
	inner := memory.New(memory.Logger(log.New(io.Discard, "", 0)))
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

func TestPullPlatforms(t *testing.T) {
	srv, s := serve(t), open(t)
	index := srv.multi(t, "team/app:1")
	digest, _ := index.Digest()
	ref := srv.host + "/team/app:1"
	for platform, variants := range map[string][]string{"": {"amd64"}, "linux/arm64": {"arm64"}, registry.AllPlatforms: {"amd64", "arm64"}} {
		if platform == "" {
			platform = "linux/amd64"
		}
		got, err := pull(t, s, ref, platform)
		if err != nil || !got.New || got.Digest.String() != digest.String() || got.Name != ref {
			t.Errorf("%q: %+v %v", platform, got, err)
		}
		img, err := s.Find(ref)
		if err != nil {
			t.Fatal(err)
		}
		var archs []string
		for _, v := range img.Variants {
			archs = append(archs, v.Desc.Platform.Architecture)
		}
		if !slices.Equal(archs, variants) || !slices.Equal(img.Digests, []string{srv.host + "/team/app@" + digest.String()}) {
			t.Errorf("%q: %v %v", platform, archs, img.Digests)
		}
		if again, err := s.Find(srv.host + "/team/app@" + digest.String()); err != nil || again.ID != img.ID {
			t.Errorf("by digest: %v", err)
		}
	}
	_, err := pull(t, s, ref, "windows/amd64")
	check(t, err, "no-such-platform", "linux/amd64, linux/arm64")
	got, err := pull(t, s, srv.host+"/team/app@"+digest.String(), "linux/amd64")
	if err != nil || got.Digest.String() != digest.String() {
		t.Errorf("%+v %v", got, err)
	}
}

// What is there is not fetched again.
func TestPullAgain(t *testing.T) {
	srv, s := serve(t), open(t)
	srv.multi(t, "app:1")
	if _, err := pull(t, s, srv.host+"/app:1", registry.AllPlatforms); err != nil {
		t.Fatal(err)
	}
	before := srv.requests("GET")
	got, err := pull(t, s, srv.host+"/app:1", registry.AllPlatforms)
	if n := srv.requests("GET") - before; err != nil || got.New || n > 0 {
		t.Errorf("%+v %v, %d requests", got, err, n)
	}
}

// An image goes from registry to registry as it is, and only once.
func TestPush(t *testing.T) {
	srv, s := serve(t), open(t)
	index := srv.multi(t, "app:1")
	want, _ := index.Digest()
	if _, err := pull(t, s, srv.host+"/app:1", registry.AllPlatforms); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find(srv.host + "/app:1")
	if err != nil {
		t.Fatal(err)
	}
	provenance(t, s, img, "wrapped:1")
	other := serve(t)
	for _, name := range []string{srv.host + "/app:1", "wrapped:1"} {
		to := other.host + "/copy/" + strings.TrimPrefix(name, srv.host+"/")
		if err := push(t, s, name, to); err != nil {
			t.Fatal(err)
		}
		before := other.requests("PUT") + other.requests("POST") + other.requests("PATCH")
		if err := push(t, s, name, to); err != nil {
			t.Fatal(err)
		}
		if n := other.requests("PUT") + other.requests("POST") + other.requests("PATCH") - before; n > 0 {
			t.Errorf("%d requests that write", n)
		}
		img, err := s.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "wrapped:1" && img.Descriptor.Digest.String() != want.String() {
			t.Errorf("%s", img.Descriptor.Digest)
		}
		back, err := pull(t, open(t), to, registry.AllPlatforms)
		if err != nil || back.Digest != img.Descriptor.Digest {
			t.Errorf("%+v %v", back, err)
		}
	}
	_, err = registry.New(registry.Options{}).Push(t.Context(), s, img, other.host+"/one:1", "linux/arm64")
	if err != nil {
		t.Fatal(err)
	}
	fresh := open(t)
	if _, err := pull(t, fresh, other.host+"/one:1", registry.AllPlatforms); err != nil {
		t.Fatal(err)
	}
	if one, err := fresh.Find(other.host + "/one:1"); err != nil || one.Variants[0].Desc.Platform.Architecture != "arm64" {
		t.Errorf("%+v %v", one, err)
	}
}

// provenance wraps an image as BuildKit does.
func provenance(t *testing.T, s *store.Store, img store.Image, name string) {
	t.Helper()
	write := func(mediaType string, v any) ocispecs.Descriptor {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.Write(t.Context(), mediaType, data)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest}
	m.SchemaVersion = 2
	m.Config = write(ocispecs.MediaTypeImageConfig, map[string]string{"architecture": "unknown"})
	m.Layers = []ocispecs.Descriptor{write("application/vnd.in-toto+json", map[string]string{"x": "y"})}
	a := write(m.MediaType, m)
	a.Platform = &ocispecs.Platform{OS: "unknown", Architecture: "unknown"}
	a.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": img.Variants[0].Desc.Digest.String()}
	index := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex, Manifests: []ocispecs.Descriptor{img.Variants[0].Desc, a}}
	index.SchemaVersion = 2
	if err := s.Put(t.Context(), write(index.MediaType, index), []string{name}, nil); err != nil {
		t.Fatal(err)
	}
}

func TestErrors(t *testing.T) {
	srv, s := serve(t), open(t)
	srv.multi(t, "app:latest")
	_, err := pull(t, s, srv.host+"/app:latets", "")
	check(t, err, "no-such-tag", "did you mean `"+srv.host+"/app:latest`?")
	_, err = pull(t, s, srv.host+"/app:none", "")
	check(t, err, "no-such-tag", "some of its tags: latest")
	_, err = pull(t, s, srv.host+"/other", "")
	check(t, err, "no-such-image", "has no image "+srv.host+"/other:latest")
	_, err = pull(t, s, srv.host+"/app@sha256:"+strings.Repeat("0", 64), "")
	check(t, err, "no-such-image")
	_, err = pull(t, s, "UPPER", "")
	check(t, err, "invalid-reference")
	_, err = pull(t, s, srv.host+"/app:latest", "no/such/platform/there")
	check(t, err, "invalid-platform")

	closed := httptest.NewServer(nil)
	closed.Close()
	_, err = pull(t, s, strings.TrimPrefix(closed.URL, "http://")+"/app", "")
	check(t, err, "registry-unreachable", "connection refused")

	for status, code := range map[int]string{401: "registry-denied", 403: "registry-denied", 429: "registry-rate-limit", 500: "registry-failed", 418: "registry-refused"} {
		srv.misbehave(func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			return true
		})
		_, err := pull(t, s, srv.host+"/app:latest", "linux/amd64")
		check(t, err, code)
	}
	// What is sent is not what was asked for.
	srv.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
			return false
		}
		io.WriteString(w, strings.Repeat("x", 1000))
		return true
	})
	_, err = pull(t, s, srv.host+"/app:latest", "linux/amd64")
	check(t, err, "invalid-image")
	// Nothing of all that has a name.
	if list, err := s.Images(); err != nil || len(list) > 0 {
		t.Errorf("%v %v", list, err)
	}
}

// Plain HTTP is for this machine only.
func TestPlainHTTP(t *testing.T) {
	srv, s := serve(t), open(t)
	asked := make(chan string, 9)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, srv.host)
	}
	transport.Proxy = func(r *http.Request) (*url.URL, error) {
		asked <- r.URL.Scheme
		return nil, nil
	}
	_, err := registry.New(registry.Options{Transport: transport}).Pull(t.Context(), s, "registry.example.com/app", "")
	check(t, err, "registry-unreachable")
	close(asked)
	for scheme := range asked {
		if scheme != "https" {
			t.Errorf("it spoke %s", scheme)
		}
	}
}

// dropping is a proxy whose connections break after some bytes, the first ones at
// least.
func dropping(t *testing.T, to string, drops int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var left atomic.Int64
	left.Store(drops)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				continue
			}
			cut := func(dst, src net.Conn) {
				defer dst.Close()
				defer src.Close()
				if left.Load() > 0 {
					// More than what a handshake takes, less than a layer.
					if n, _ := io.CopyN(dst, src, 20_000+rand.Int64N(60_000)); n >= 20_000 {
						left.Add(-1)
						return
					}
				}
				io.Copy(dst, src)
			}
			go cut(c, up)
			go cut(up, c)
		}
	}()
	return l.Addr().String()
}

func TestDropped(t *testing.T) {
	srv, s := serve(t), open(t)
	srv.multi(t, "app:1")
	shaky := dropping(t, srv.host, 6)
	if _, err := pull(t, s, shaky+"/app:1", registry.AllPlatforms); err != nil {
		t.Errorf("pull: %v", err)
	}
	shaky = dropping(t, srv.host, 6)
	if err := push(t, s, shakyName(t, s), shaky+"/copy:1"); err != nil {
		t.Errorf("push: %v", err)
	}
	// When it never works, that is said, and the store is as before.
	dead := dropping(t, srv.host, 1_000_000)
	_, err := pull(t, open(t), dead+"/app:1", registry.AllPlatforms)
	check(t, err, "registry-unreachable")
}

func shakyName(t *testing.T, s *store.Store) string {
	t.Helper()
	list, err := s.Images()
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	return list[0].ID.String()
}

// An interrupt ends a pull from a registry that hangs.
func TestInterrupted(t *testing.T) {
	srv, s := serve(t), open(t)
	srv.multi(t, "app:1")
	hang := make(chan struct{})
	srv.misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/blobs/") {
			<-hang
		}
		return false
	})
	defer close(hang)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := registry.New(registry.Options{}).Pull(ctx, s, srv.host+"/app:1", "linux/amd64")
	if err == nil || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// Debian's registry, with a password and TLS.
func TestRealRegistry(t *testing.T) {
	srv := serve(t)
	srv.multi(t, "app:1")
	for _, o := range []testbed.RealOptions{{}, {User: "me", Password: "secret"}, {TLS: true}, {User: "me", Password: "secret", TLS: true}} {
		t.Run(fmt.Sprintf("login=%v,tls=%v", o.User != "", o.TLS), func(t *testing.T) {
			real := testbed.StartRealRegistry(t, o)
			s := open(t)
			if _, err := pull(t, s, srv.host+"/app:1", registry.AllPlatforms); err != nil {
				t.Fatal(err)
			}
			to := real.Host + "/team/app:1"
			if o.TLS {
				check(t, push(t, s, srv.host+"/app:1", to), "registry-certificate", "SSL_CERT_FILE")
			}
			c := registry.New(registry.Options{Transport: trusting(t, real.CA)})
			img, err := s.Find(srv.host + "/app:1")
			if err != nil {
				t.Fatal(err)
			}
			if o.User != "" {
				_, err = c.Push(t.Context(), s, img, to, "")
				check(t, err, "registry-denied", "docker login "+real.Host)
				login(t, real.Host, real.User, "wrong")
				_, err = c.Push(t.Context(), s, img, to, "")
				check(t, err, "registry-denied")
				login(t, real.Host, real.User, real.Password)
			}
			if _, err := c.Push(t.Context(), s, img, to, ""); err != nil {
				t.Fatal(err)
			}
			fresh := open(t)
			if got, err := c.Pull(t.Context(), fresh, to, registry.AllPlatforms); err != nil || got.Digest != img.Descriptor.Digest {
				t.Errorf("%+v %v", got, err)
			}
			_, err = c.Pull(t.Context(), fresh, real.Host+"/team/app:2", "")
			check(t, err, "no-such-tag")
		})
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
