package baseconfig_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/baseconfig"
)

func wantErr(t *testing.T, err error, kind baseconfig.Kind, texts ...string) *baseconfig.Error {
	t.Helper()
	var e *baseconfig.Error
	if !errors.As(err, &e) || !errors.Is(err, kind) {
		t.Fatalf("got error %v, want kind %q", err, kind)
	}
	for _, text := range append(texts, e.Ref) {
		if !strings.Contains(err.Error()+": "+e.Hint(), text) {
			t.Errorf("error %q with hint %q lacks %q", err, e.Hint(), text)
		}
	}
	if e.Hint() != "" && strings.Contains(err.Error(), e.Hint()) {
		t.Errorf("error %q has its hint in it", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q has several lines", err)
	}
	return e
}

func TestNotFound(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	for _, ref := range []string{s.ref("app:2"), s.ref("nosuch:1")} {
		e := resolveErr(t, baseconfig.New(options(t)), ref, baseconfig.NotFound, "--image-config "+ref+"=FILE", s.host())
		if e.Ref != ref {
			t.Errorf("Ref is %s", e.Ref)
		}
	}
	if n := s.requests("GET manifests"); n != 2 {
		t.Errorf("%d requests: a missing image was retried", n)
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		status   int
		kind     baseconfig.Kind
		text     string
		requests int
	}{
		{http.StatusUnauthorized, baseconfig.Unauthorized, "docker login", 1},
		{http.StatusForbidden, baseconfig.Unauthorized, "docker login", 1},
		{http.StatusTooManyRequests, baseconfig.Unreachable, "limits the rate", 1},
		{http.StatusTeapot, baseconfig.Unreachable, "teapot", 1},
		{http.StatusServiceUnavailable, baseconfig.Unreachable, "503", 3},
	} {
		s := newServer(t)
		s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/manifests/") {
				return false
			}
			http.Error(w, "<html>\n"+strings.Repeat("a teapot\n", 1000), c.status)
			return true
		})
		e := resolveErr(t, baseconfig.New(options(t)), s.ref("app:1"), c.kind, c.text)
		if n := s.requests("GET manifests"); n != c.requests {
			t.Errorf("%d: %d requests, want %d", c.status, n, c.requests)
		}
		if len(e.Error()) > 800 {
			t.Errorf("%d: the message repeats the page: %s", c.status, e)
		}
	}
}

func TestNotARegistry(t *testing.T) {
	s := newServer(t)
	s.misbehave(func(w http.ResponseWriter, r *http.Request) bool { http.NotFound(w, r); return true })
	resolveErr(t, baseconfig.New(options(t)), s.ref("app:1"), baseconfig.Unreachable, s.host())
}

func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // a reset instead of a clean end
	}
	conn.Close()
}

func TestDroppedConnection(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	var drops atomic.Int32
	drops.Store(1 << 30)
	s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if s.requests("GET manifests") == 0 || drops.Add(-1) < 0 {
			return false
		}
		drop(w)
		return true
	})
	o := options(t)
	o.Transport = &http.Transport{DisableKeepAlives: true} // net/http retries on kept connections
	resolveErr(t, baseconfig.New(o), s.ref("app:1"), baseconfig.Unreachable)
	if n := s.requests("GET manifests"); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
	drops.Store(2)
	resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
}

func TestTruncatedBodyIsRetried(t *testing.T) {
	s := newServer(t)
	cfg := config("linux/amd64", "whole")
	s.image("app", "1", cfg)
	var truncated atomic.Bool
	s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/blobs/") || truncated.Swap(true) {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(cfg)))
		w.Write(cfg[:10])
		return true
	})
	if _, dt := resolve(t, baseconfig.New(options(t)), s.ref("app:1"), "linux/amd64", ""); dt != string(cfg) {
		t.Errorf("got %s", dt)
	}
}

func TestNothingListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	resolveErr(t, baseconfig.New(options(t)), l.Addr().String()+"/app:1", baseconfig.Unreachable, "refused", "check the network")
}

func TestNoPlatform(t *testing.T) {
	s := newServer(t)
	d := s.image("base", "", config("linux/arm64", ""))
	d.Platform = &ocispecs.Platform{OS: "unknown", Architecture: "unknown"} // an attestation
	arm := d
	arm.Platform = &ocispecs.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
	win := d
	win.Platform = &ocispecs.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.1"}
	s.indexOf("base", "1", arm, arm, d, win)
	e := resolveErr(t, baseconfig.New(options(t)), s.ref("base:1"), baseconfig.NoPlatform, "for linux/amd64,", "--platform")
	if want := []string{"linux/arm/v7", "windows(10.0.1)/amd64"}; !slices.Equal(e.Platforms, want) {
		t.Errorf("platforms %q, want %q", e.Platforms, want)
	}
	s.index("untold", "1", "") // the index tells no platform, the config does
	resolveErr(t, baseconfig.New(options(t)), s.ref("untold:1"), baseconfig.NoPlatform, "it has linux/arm64")
}

func TestInvalidContent(t *testing.T) {
	s := newServer(t)
	cfg := s.blob("app", "application/vnd.cncf.helm.config.v1+json", []byte(`{}`))
	s.manifest("app", "chart", ocispecs.MediaTypeImageManifest, map[string]any{"schemaVersion": 2, "config": cfg, "layers": []any{}})
	s.manifest("app", "schema1", "application/vnd.docker.distribution.manifest.v1+prettyjws", map[string]any{"schemaVersion": 1, "fsLayers": []any{}})
	s.manifest("app", "empty", ocispecs.MediaTypeImageManifest, map[string]any{"schemaVersion": 2})
	s.manifest("app", "huge", ocispecs.MediaTypeImageManifest, map[string]any{"pad": strings.Repeat("x", 4<<20)})
	s.manifest("app", "both", ocispecs.MediaTypeImageManifest, map[string]any{"config": cfg, "manifests": []any{}})
	cfg.MediaType = ocispecs.MediaTypeImageConfig
	cfg.Digest = "sha256:../../../etc/passwd"
	s.manifest("app", "path", "application/x-strange", map[string]any{"config": cfg})
	big := s.blob("app", ocispecs.MediaTypeImageConfig, []byte(strings.Repeat("x", 8<<20+1)))
	big.Size = 1 // a lie
	s.manifest("app", "big", ocispecs.MediaTypeImageManifest, map[string]any{"config": big})
	for tag, text := range map[string]string{
		"chart": "helm", "schema1": "schema 1", "empty": "neither", "huge": "4 MiB", "both": "index too", "path": "digest", "big": "larger than",
	} {
		resolveErr(t, baseconfig.New(options(t)), s.ref("app:"+tag), baseconfig.Invalid, text)
	}
}

func TestForgedContent(t *testing.T) {
	s := newServer(t)
	d := s.image("app", "1", config("linux/amd64", ""))
	for _, kind := range []string{"/manifests/", "/blobs/"} {
		s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, kind) {
				fmt.Fprint(w, `{"os":"forged"}`)
				return true
			}
			return false
		})
		o := options(t)
		resolveErr(t, baseconfig.New(o), s.ref("app@"+d.Digest.String()), baseconfig.Invalid, "instead of")
		s.misbehave(nil)
		if _, dt := resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", ""); strings.Contains(dt, "forged") {
			t.Error("forged content was cached")
		}
	}
}

func TestRedirectFromRemoteToLoopback(t *testing.T) {
	o := options(t)
	o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: 200, Body: http.NoBody, Header: http.Header{}, Request: r}
		if strings.Contains(r.URL.Path, "/manifests/") {
			resp.StatusCode = http.StatusFound
			resp.Header.Set("Location", "https://127.0.0.1/secret?Signature=s3cret")
		} else if r.URL.Path == "/secret" {
			t.Error("the redirect was followed")
		}
		return resp, nil
	})
	e := resolveErr(t, baseconfig.New(o), "example.com/app:1", baseconfig.Unreachable, "redirects to the local host")
	if strings.Contains(e.Error(), "s3cret") {
		t.Errorf("the message discloses a signature: %s", e)
	}
}
