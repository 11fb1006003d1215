package include_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
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
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	memory "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/include"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

const fragment = "# a file\nRUN x\n"

var sum = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(fragment)))

// fetch reads a reference and tells what it is, or the error.
func fetch(ctx context.Context, t *testing.T, n include.Network, text string) string {
	t.Helper()
	ref, err := include.ParseRef(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	data, err := n.Fetch(ctx, ref)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// web is a server with files of all kinds.
func web(t *testing.T) *httptest.Server {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, fragment) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/file", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/plain", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL, http.StatusFound) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		for block := bytes.Repeat([]byte("#"), 1<<16); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	srv := httptest.NewTLSServer(mux)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(srv.Close)
	return srv
}

func TestHTTPS(t *testing.T) {
	srv := web(t)
	n := include.Network{Transport: srv.Client().Transport}
	for path, want := range map[string]string{
		"/file": fragment, "/moved": fragment, "/round": "sent on more than 5 times", "/plain": "not https",
		"/large": "more than 1048576 bytes", "/none": "404 Not Found",
	} {
		if got := fetch(t.Context(), t, n, srv.URL+path); !strings.Contains(got, want) {
			t.Errorf("%s: %.200q", path, got)
		}
	}
	if got := fetch(t.Context(), t, include.Network{}, srv.URL+"/file"); !strings.Contains(got, "certificate") {
		t.Errorf("a server without a certificate: %q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := fetch(ctx, t, n, srv.URL+"/slow"); !strings.Contains(got, "deadline") {
		t.Errorf("a slow server: %q", got)
	}
}

// TestPinning holds that what is not pinned is refused, with a fix that pins it.
func TestPinning(t *testing.T) {
	srv := web(t)
	p := include.New(include.Network{Transport: srv.Client().Transport})
	run := func(text string) *plugins.Output {
		return plugintest.Run(t, plugins.Step{Plugin: p}, text, nil)
	}
	text := "FROM debian\ninclude \\\n  " + srv.URL + "/file\n"
	out := run(text)
	if len(out.Diags) != 1 || out.Diags[0].Code != "include/not-pinned" || len(out.Diags[0].Fixes) != 1 || !out.Diags[0].Fixes[0].Safe {
		t.Fatalf("got %v", out.Diags)
	}
	text, err := diag.Apply(text, out.Diags[0].Fixes[0].Edits)
	if err != nil || !strings.Contains(text, "--checksum="+sum) {
		t.Fatalf("%v: %s", err, text)
	}
	if out = run(text); len(out.Diags) > 0 || plugintest.Print(out.Module) != "FROM debian\nRUN x\n" {
		t.Errorf("fixed: %v\n%s", out.Diags, plugintest.Print(out.Module))
	}
	out = run("FROM debian\nINCLUDE --checksum=sha256:" + strings.Repeat("0", 64) + " " + srv.URL + "/file\n")
	if len(out.Diags) != 1 || out.Diags[0].Code != "include/checksum" || !strings.Contains(out.Diags[0].Message, sum) {
		t.Errorf("another checksum: %v", out.Diags)
	}
}

// repository serves a git repository, and gives its URL, a commit, and the environment in
// which git trusts the server.
func repository(t *testing.T) (url, commit string, env []string) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	root := t.TempDir()
	work := filepath.Join(root, "repo.git")
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", work, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.MkdirAll(filepath.Join(work, "d"), 0o777); err != nil {
		t.Fatal(err)
	}
	git("init", "--quiet", "-b", "main")
	for name, data := range map[string]string{"d/file": fragment, "large": strings.Repeat("#", include.MaxSize+1)} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	git("add", ".")
	git("commit", "--quiet", "-m", "x")
	commit = git("rev-parse", "HEAD")
	git("commit", "--quiet", "--allow-empty", "-m", "y")
	where, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewTLSServer(&cgi.Handler{Path: filepath.Join(strings.TrimSpace(string(where)), "git-http-backend"),
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"}, InheritEnv: []string{"PATH"}, Stderr: io.Discard})
	t.Cleanup(srv.Close)
	ca := filepath.Join(root, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o666); err != nil {
		t.Fatal(err)
	}
	return srv.URL + "/repo.git", commit, []string{"GIT_SSL_CAINFO=" + ca, "no_proxy=127.0.0.1"}
}

func TestGit(t *testing.T) {
	url, commit, env := repository(t)
	n := include.Network{Env: env}
	for at, want := range map[string]string{
		"#main:d/file": fragment, "#" + commit + ":d/file": fragment,
		"#main:none": "there is no file none", "#main:large": "more than 1048576 bytes", "#other:d/file": "git fetch: ",
		"#" + strings.Repeat("0", 40) + ":d/file": "git fetch: ",
	} {
		if got := fetch(t.Context(), t, n, url+at); !strings.Contains(got, want) {
			t.Errorf("%s: %.200q", at, got)
		}
	}
	p := include.New(n)
	out := plugintest.Run(t, plugins.Step{Plugin: p}, "FROM debian\nINCLUDE "+url+"#"+commit+":d/file\n", nil)
	if len(out.Diags) > 0 || plugintest.Print(out.Module) != "FROM debian\nRUN x\n" {
		t.Errorf("%v\n%s", out.Diags, plugintest.Print(out.Module))
	}
	out = plugintest.Run(t, plugins.Step{Plugin: p}, "FROM debian\nINCLUDE "+url+"#main:d/file\n", nil)
	if len(out.Diags) != 1 || out.Diags[0].Code != "include/not-pinned" {
		t.Errorf("a branch: %v", out.Diags)
	}
}

func TestArtifact(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	srv := httptest.NewServer(memory.New(memory.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	file := static.NewLayer([]byte(fragment), "text/plain")
	push := func(repo string, layers ...v1.Layer) string {
		image, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layers...)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := name.ParseReference(host + "/" + repo)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(ref, image); err != nil {
			t.Fatal(err)
		}
		digest, err := image.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return "oci://" + host + "/" + repo + "@" + digest.String()
	}
	good := push("a/file:1", file)
	for ref, want := range map[string]string{
		good:                          fragment,
		"oci://" + host + "/a/file:1": fragment,
		"oci://" + host + "/a/none:1": "UNKNOWN",
		push("a/two:1", file, static.NewLayer([]byte("x"), "text/plain")):                                   "2 layers",
		push("a/tar:1", static.NewLayer([]byte(fragment), types.OCILayer)):                                  "not a file",
		push("a/large:1", static.NewLayer(bytes.Repeat([]byte("#"), include.MaxSize+1), "text/plain")):      "more than 1048576 bytes",
		"oci://" + host + "/a/file@sha256:0000000000000000000000000000000000000000000000000000000000000000": "UNKNOWN",
	} {
		if got := fetch(t.Context(), t, include.Network{}, ref); !strings.Contains(got, want) {
			t.Errorf("%s: %.200q", ref, got)
		}
	}
	p := include.New(include.Network{})
	out := plugintest.Run(t, plugins.Step{Plugin: p}, "FROM debian\nINCLUDE "+good+"\n", nil)
	if len(out.Diags) > 0 || plugintest.Print(out.Module) != "FROM debian\nRUN x\n" {
		t.Errorf("%v\n%s", out.Diags, plugintest.Print(out.Module))
	}
}
