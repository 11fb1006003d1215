package baseconfig_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/moby/buildkit/client/llb"

	"github.com/seed-e0495807/strake/backend/baseconfig"
)

var _ llb.ImageMetaResolver = (*baseconfig.Resolver)(nil)

func TestPlainImage(t *testing.T) {
	s := newServer(t)
	cfg := config("linux/s390x", "plain")
	want := s.image("team/app", "1", cfg)
	// A single manifest is taken for every platform, as BuildKit does.
	d, dt := resolve(t, baseconfig.New(options(t)), s.ref("team/app:1"), "linux/amd64", "")
	if d != want.Digest || dt != string(cfg) {
		t.Errorf("got %s %s", d, dt)
	}
}

func TestReferenceIsNormalised(t *testing.T) {
	s := newServer(t)
	s.image("app", "latest", config("linux/amd64", ""))
	got, _, _, err := baseconfig.New(options(t)).ResolveImageConfig(context.Background(), s.ref("app"), opt("", "default"))
	if err != nil || got != s.ref("app:latest") {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestIndex(t *testing.T) {
	s := newServer(t)
	want := s.index("base", "1", "linux/amd64", "linux/arm/v5", "linux/arm/v7", "linux/arm64", "windows/amd64")
	r := baseconfig.New(options(t))
	for platform, label := range map[string]string{
		"linux/amd64": "0", "linux/amd64/v3": "0", "linux/arm/v6": "1", "linux/arm/v7": "2",
		"linux/arm/v8": "2", "linux/arm64": "3", "windows/amd64": "4",
	} {
		d, dt := resolve(t, r, s.ref("base:1"), platform, "")
		if d != want.Digest || !strings.Contains(dt, "LABEL="+label+`"`) {
			t.Errorf("%s: got %s %s, want label %s", platform, d, dt, label)
		}
	}
	if n := s.requests("GET manifests"); n != 1+5 {
		t.Errorf("%d manifests fetched, want the index and each variant once", n)
	}
}

func TestDigestReference(t *testing.T) {
	s := newServer(t)
	want := s.index("base", "1", "linux/amd64", "linux/arm64")
	other := s.image("other", "1", config("linux/amd64", "other"))
	o := options(t)
	r := baseconfig.New(o)
	for _, ref := range []string{"base@" + want.Digest.String(), "base:gone@" + want.Digest.String()} {
		d, dt := resolve(t, r, s.ref(ref), "linux/arm64", "pull")
		if d != want.Digest || !strings.Contains(dt, "LABEL=1") {
			t.Errorf("%s: got %s %s", ref, d, dt)
		}
	}
	if n := s.requests("GET manifests"); n != 2 {
		t.Errorf("%d manifests fetched, want 2: a digest is cached for ever", n)
	}
	// That another repository has the content does not count.
	resolve(t, r, s.ref("other:1"), "linux/amd64", "")
	resolveErr(t, r, s.ref("base@"+other.Digest.String()), baseconfig.NotFound)
}

func TestDockerConfigCredentials(t *testing.T) {
	s := newServer(t)
	s.image("private", "1", config("linux/amd64", "secret"))
	s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if user, pass, _ := r.BasicAuth(); user == "ann" && pass == "pw" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(w, "{}", http.StatusUnauthorized)
		return true
	})
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("DOCKER_CONFIG", home)
	t.Setenv("REGISTRY_AUTH_FILE", "")
	t.Setenv("XDG_RUNTIME_DIR", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	ref := s.ref("private:1")
	o := options(t)
	o.Keychain = nil
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(home, "config.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	login := func(up string) string {
		return fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, s.host(), base64.StdEncoding.EncodeToString([]byte(up)))
	}
	resolveErr(t, baseconfig.New(o), ref, baseconfig.Unauthorized, ref, "docker login "+s.host())
	write(login("ann:wrong"))
	resolveErr(t, baseconfig.New(o), ref, baseconfig.Unauthorized, "docker login "+s.host())
	write(login("ann:pw"))
	if _, dt := resolve(t, baseconfig.New(o), ref, "linux/amd64", ""); !strings.Contains(dt, "LABEL=secret") {
		t.Errorf("got %s", dt)
	}
	write(fmt.Sprintf(`{"credHelpers":{%q:"strake-test-missing"}}`, s.host()))
	o.NoCache = true
	resolveErr(t, baseconfig.New(o), ref, baseconfig.Unauthorized, "docker-credential-strake-test-missing", "config.json")
}

// TestBearerToken goes the way of Docker Hub: a token service gives out a token
// for the scope.
func TestBearerToken(t *testing.T) {
	s := newServer(t)
	s.image("team/app", "1", config("linux/amd64", "token"))
	s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/token" {
			if r.URL.Query().Get("scope") != "repository:team/app:pull" {
				http.Error(w, "{}", http.StatusForbidden)
			}
			fmt.Fprint(w, `{"token":"t0k"}`)
			return true
		}
		if r.Header.Get("Authorization") == "Bearer t0k" {
			return false
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="x"`, s.URL))
		http.Error(w, "{}", http.StatusUnauthorized)
		return true
	})
	resolve(t, baseconfig.New(options(t)), s.ref("team/app:1"), "linux/amd64", "")
}

func TestTLS(t *testing.T) {
	s := prepareServer(t)
	s.StartTLS()
	t.Cleanup(s.Close)
	s.image("app", "1", config("linux/amd64", "tls"))
	o := options(t)
	resolveErr(t, baseconfig.New(o), s.ref("app:1"), baseconfig.Unreachable, "certificate")
	o.Transport = s.Client().Transport
	resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
}

// TestNoPlainHTTP: a registry in a private network is not asked without TLS.
func TestNoPlainHTTP(t *testing.T) {
	o := options(t)
	var mu sync.Mutex
	var schemes []string
	o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		schemes = append(schemes, r.URL.Scheme)
		return nil, errors.New("refused")
	})
	resolveErr(t, baseconfig.New(o), "10.0.0.1:5000/app:1", baseconfig.Unreachable)
	if len(schemes) == 0 || strings.Contains(strings.Join(schemes, " ")+" ", "http ") {
		t.Errorf("schemes tried: %v", schemes)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestLoopbackHostsMayBePlain(t *testing.T) {
	for _, host := range []string{"localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:5000", "[::1]:5000"} {
		s := httptest.NewRecorder()
		plain := false
		o := options(t)
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Scheme == "https" {
				return nil, errors.New("no TLS here")
			}
			plain = true
			http.NotFound(s, r)
			return s.Result(), nil
		})
		resolveErr(t, baseconfig.New(o), host+"/app:1", baseconfig.Unreachable)
		if !plain {
			t.Errorf("%s was not asked by http", host)
		}
	}
}

func TestConcurrentRequestsShareOneFetch(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	const callers = 20
	o := options(t)
	o.NoCache = true
	r := baseconfig.New(o)
	s.misbehave(func(_ http.ResponseWriter, req *http.Request) bool {
		if strings.Contains(req.URL.Path, "/manifests/") {
			for r.Waiters() < callers && req.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
		}
		return false
	})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			_, _, dt, err := r.ResolveImageConfig(context.Background(), s.ref("app:1"), opt("linux/amd64", ""))
			if err != nil {
				t.Error(err)
				return
			}
			clear(dt) // the answer belongs to the caller
		})
	}
	wg.Wait()
	if m, b := s.requests("GET manifests"), s.requests("GET blobs"); m != 1 || b != 1 {
		t.Errorf("%d manifests and %d blobs fetched", m, b)
	}
	// Afterwards, the next one is served afresh.
	s.misbehave(nil)
	if _, dt := resolve(t, r, s.ref("app:1"), "linux/amd64", ""); !strings.HasPrefix(dt, "{") {
		t.Errorf("got %q", dt)
	}
}

func TestKeychainOfCaller(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	o := options(t)
	o.Keychain = failingKeychain{}
	resolveErr(t, baseconfig.New(o), s.ref("app:1"), baseconfig.Unauthorized, "helper exploded")
}

type failingKeychain struct{}

func (failingKeychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	return nil, errors.New("helper exploded")
}
