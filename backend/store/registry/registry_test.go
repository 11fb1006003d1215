package registry_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/backend/testbed"
)

func TestPullPlatforms(t *testing.T) {
	srv, s := serve(t), open(t)
	index := srv.multi(t, "team/app:1")
	digest, _ := index.Digest()
	ref := srv.host + "/team/app:1"
	for platform, variants := range map[string][]string{"linux/amd64": {"amd64"}, "linux/arm64": {"arm64"}, registry.AllPlatforms: {"amd64", "arm64"}} {
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

// TestPullUntoldPlatform asks for the platform of an image that has no index, or one that
// does not tell: its config counts, before any layer comes.
func TestPullUntoldPlatform(t *testing.T) {
	srv, s := serve(t), open(t)
	for arch, repo := range map[string]string{"amd64": "amd", "arm64": "arm", "386": "i386", "": "none"} {
		srv.single(t, repo, arch)
	}
	for _, c := range []struct {
		repo, platform, have string // have is in the error; "" is none
	}{
		{"amd", "linux/amd64", ""}, {"amd", "linux/amd64/v2", ""}, {"amd", "", ""}, {"amd", registry.AllPlatforms, ""},
		{"amd", "linux/arm64", "linux/amd64"}, {"amd", "windows/amd64", "linux/amd64"}, {"arm", "linux/amd64", "linux/arm64"},
		{"arm", "", ""}, {"i386", "linux/amd64", ""}, {"none", "linux/amd64", "an unknown architecture"}, {"none", "", ""},
		{"amd-in-index", "linux/amd64", ""}, {"amd-in-index", "linux/arm64", "linux/amd64"},
	} {
		before := srv.requests("GET")
		_, err := pull(t, s, srv.host+"/"+c.repo, c.platform)
		if c.have == "" && err != nil {
			t.Errorf("%s for %q: %v", c.repo, c.platform, err)
		} else if c.have != "" {
			check(t, err, "no-such-platform", "is not for "+c.platform+", it is for "+c.have)
			if n := srv.requests("GET") - before; n > 5 {
				t.Errorf("%s for %q: %d requests for what is not wanted", c.repo, c.platform, n)
			}
		}
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
