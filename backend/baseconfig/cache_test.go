package baseconfig_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb/sourceresolver"

	"github.com/seed-e0495807/strake/backend/baseconfig"
)

// files returns the cache's files below sub.
func files(t *testing.T, dir, sub string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(dir, sub), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCacheServesWithoutRequests(t *testing.T) {
	s := newServer(t)
	want := s.index("base", "1", "linux/amd64", "linux/arm64")
	o := options(t)
	resolve(t, baseconfig.New(o), s.ref("base:1"), "linux/amd64", "")
	s.misbehave(nil)
	d, dt := resolve(t, baseconfig.New(o), s.ref("base:1"), "linux/amd64", "")
	if d != want.Digest || !strings.Contains(dt, "LABEL=0") || s.requests("all") != 0 {
		t.Errorf("got %s %s after %d requests", d, dt, s.requests("all"))
	}
	for _, f := range files(t, o.CacheDir, "") {
		if strings.Contains(f, ".tmp-") {
			t.Errorf("%s was left", f)
		}
		if st, err := os.Stat(f); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, st.Mode(), err)
		}
	}
}

func TestTagAge(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", "old"))
	o := options(t)
	resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
	s.image("app", "1", config("linux/amd64", "new"))

	if _, dt := resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "local"); !strings.Contains(dt, "old") {
		t.Errorf("the cached tag was not believed: %s", dt)
	}
	if _, dt := resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "pull"); !strings.Contains(dt, "new") {
		t.Errorf("pull gave %s", dt)
	}
	s.image("app", "1", config("linux/amd64", "newer"))
	o.MaxAge = -1
	if _, dt := resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", ""); !strings.Contains(dt, "newer") {
		t.Errorf("an old tag was believed: %s", dt)
	}
	s.misbehave(nil)
	resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
	if h, g := s.requests("HEAD manifests"), s.requests("GET manifests")+s.requests("GET blobs"); h != 1 || g != 0 {
		t.Errorf("%d HEAD and %d GET for a tag that did not move", h, g)
	}
}

func TestNoCache(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	o := options(t)
	o.NoCache = true
	r := baseconfig.New(o)
	resolve(t, r, s.ref("app:1"), "linux/amd64", "")
	resolve(t, r, s.ref("app:1"), "linux/amd64", "")
	if n := s.requests("GET blobs"); n != 2 {
		t.Errorf("%d configs fetched, want 2", n)
	}
	if f := files(t, o.CacheDir, ""); len(f) != 0 {
		t.Errorf("files %v", f)
	}
}

func TestUnwritableCache(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	o := options(t)
	o.CacheDir = filepath.Join(o.CacheDir, "file")
	if err := os.WriteFile(o.CacheDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
}

func TestDefaultCacheDir(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	o := options(t)
	home := o.CacheDir
	o.CacheDir = ""
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", home)
	base, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
	if f := files(t, base, "strake/images/blobs"); len(f) != 2 {
		t.Errorf("files %v, want a manifest and a config", f)
	}
}

func TestOffline(t *testing.T) {
	s := newServer(t)
	want := s.index("base", "1", "linux/amd64", "linux/arm64")
	o := options(t)
	o.MaxAge = -1
	resolve(t, baseconfig.New(o), s.ref("base:1"), "linux/amd64", "")
	s.misbehave(nil)
	o.Offline = true
	off := baseconfig.New(o)
	for _, ref := range []string{"base:1", "base@" + want.Digest.String(), "base:1@" + want.Digest.String()} {
		if d, dt := resolve(t, off, s.ref(ref), "linux/amd64", "pull"); d != want.Digest || !strings.Contains(dt, "LABEL=0") {
			t.Errorf("%s: got %s %s", ref, d, dt)
		}
	}
	resolveErr(t, off, s.ref("base:2"), baseconfig.Offline, "drop --offline", "--image-config "+s.ref("base:2"))
	_, _, _, err := off.ResolveImageConfig(context.Background(), s.ref("base:1"), opt("linux/arm64", ""))
	wantErr(t, err, baseconfig.Offline, "linux/arm64")
	_, _, _, err = off.ResolveImageConfig(context.Background(), s.ref("base:1"), opt("linux/riscv64", ""))
	wantErr(t, err, baseconfig.NoPlatform, "linux/arm64")
	if n := s.requests("all"); n != 0 {
		t.Errorf("%d requests offline", n)
	}
}

func TestCorruptedCache(t *testing.T) {
	for _, sub := range []string{"blobs", "tags"} {
		for name, content := range map[string]string{"changed": `{"os":"evil"}`, "empty": "", "huge": strings.Repeat("x", 9<<20)} {
			t.Run(sub+"/"+name, func(t *testing.T) {
				s := newServer(t)
				cfg := config("linux/amd64", "right")
				want := s.image("app", "1", cfg)
				o := options(t)
				resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
				spoiled := files(t, o.CacheDir, sub)
				if len(spoiled) != 2 {
					t.Fatalf("files %v", spoiled)
				}
				for _, f := range spoiled {
					if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				o.Offline = true
				resolveErr(t, baseconfig.New(o), s.ref("app:1"), baseconfig.Offline)
				o.Offline = false
				if d, dt := resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", ""); d != want.Digest || dt != string(cfg) {
					t.Errorf("got %s %s", d, dt)
				}
				o.Offline = true // the entries were repaired
				resolve(t, baseconfig.New(o), s.ref("app:1"), "linux/amd64", "")
			})
		}
	}
}

func TestAnyImage(t *testing.T) {
	const any, one = `{"os":"linux","config":{"User":"any"}}`, `{"os":"linux","config":{"User":"one"}}`
	r := baseconfig.New(baseconfig.Options{NoCache: true, Offline: true, Configs: map[string][]byte{baseconfig.AnyImage: []byte(any), "debian:12": []byte(one)}})
	for ref, want := range map[string]string{"alpine": any, "ghcr.io/a/b@sha256:" + strings.Repeat("0", 64): any, "docker.io/library/debian:12": one} {
		if _, _, config, err := r.ResolveImageConfig(t.Context(), ref, sourceresolver.Opt{}); err != nil || string(config) != want {
			t.Errorf("%s: %s, %v; want %s", ref, config, err, want)
		}
	}
}

func TestUserConfigs(t *testing.T) {
	const sum = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	o := options(t)
	o.Offline = true
	o.Configs = map[string][]byte{
		"alpine":               []byte(`{"os":"a"}`),
		"ghcr.io/x/y:1@" + sum: []byte(`{"os":"b"}`),
		"ghcr.io/x/z:1@" + sum: []byte(`{"os":"c"}`),
		"ghcr.io/x/z:1":        []byte(`{"os":"d"}`),
	}
	r := baseconfig.New(o)
	for _, c := range []struct{ ref, want, digest string }{
		{"docker.io/library/alpine:latest", `{"os":"a"}`, ""},
		{"ghcr.io/x/y:1", `{"os":"b"}`, sum},
		{"ghcr.io/x/y:1@" + sum, `{"os":"b"}`, sum},
		{"ghcr.io/x/z:1@" + sum, `{"os":"c"}`, sum},
		{"ghcr.io/x/z:1", `{"os":"d"}`, ""},
	} {
		if d, dt := resolve(t, r, c.ref, "linux/arm64", "pull"); d.String() != c.digest || dt != c.want {
			t.Errorf("%s: got %q %s", c.ref, d, dt)
		}
	}
	resolveErr(t, r, "docker.io/library/alpine:3", baseconfig.Offline)

	for ref, dt := range map[string]string{"Bad Ref": "{}", "alpine:1": "[]", "alpine:2": "null", "alpine:3": "{"} {
		o.Configs = map[string][]byte{ref: []byte(dt)}
		_, _, _, err := baseconfig.New(o).ResolveImageConfig(context.Background(), "busybox", sourceresolver.Opt{})
		wantErr(t, err, baseconfig.Invalid, ref)
	}
}

func TestNoConfig(t *testing.T) {
	o := options(t)
	o.Offline = true
	ref, d, dt, err := baseconfig.New(o).ResolveImageConfig(context.Background(), "alpine", sourceresolver.Opt{
		ImageOpt: &sourceresolver.ResolveImageOpt{NoConfig: true}})
	if ref != "docker.io/library/alpine:latest" || d != "" || dt != nil || err != nil {
		t.Errorf("got %s %s %s %v", ref, d, dt, err)
	}
}
