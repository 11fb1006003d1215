package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/diag"
)

func environment(list ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, item := range list {
			if v, ok := strings.CutPrefix(item, name+"="); ok {
				return v, true
			}
		}
		return "", false
	}
}

// The endpoint is the one that docker would use.
func TestCurrent(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	id := func(name string) string {
		sum := sha256.Sum256([]byte(name))
		return hex.EncodeToString(sum[:])
	}
	write("config.json", `{"currentContext": "lab"}`)
	write("contexts/meta/"+id("lab")+"/meta.json", `{"Name":"lab","Endpoints":{"docker":{"Host":"ssh://me@lab","SkipTLSVerify":false}}}`)
	write("contexts/meta/"+id("tls")+"/meta.json", `{"Name":"tls","Endpoints":{"docker":{"Host":"tcp://tls:2376","SkipTLSVerify":true}}}`)
	write("contexts/tls/"+id("tls")+"/docker/ca.pem", "")
	write("contexts/meta/"+id("kube")+"/meta.json", `{"Name":"kube","Endpoints":{"kubernetes":{}}}`)
	write("contexts/meta/"+id("bad")+"/meta.json", `{`)
	config := "DOCKER_CONFIG=" + dir
	for _, c := range []struct {
		name string
		env  []string
		want endpoint
		code string
	}{
		{"DOCKER_HOST", []string{config, "DOCKER_HOST=tcp://x:1", "DOCKER_CONTEXT=tls"}, endpoint{Host: "tcp://x:1"}, ""},
		{"DOCKER_TLS_VERIFY", []string{"DOCKER_HOST=tcp://x:1", "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=/certs"}, endpoint{Host: "tcp://x:1", tls: "/certs"}, ""},
		{"DOCKER_TLS", []string{config, "DOCKER_HOST=tcp://x:1", "DOCKER_TLS=1"}, endpoint{Host: "tcp://x:1", SkipTLSVerify: true, tls: dir}, ""},
		{"current context", []string{config}, endpoint{Host: "ssh://me@lab"}, ""},
		{"home", []string{"HOME=" + dir}, endpoint{Host: "unix:///var/run/docker.sock"}, ""},
		{"DOCKER_CONTEXT", []string{config, "DOCKER_CONTEXT=tls"},
			endpoint{Host: "tcp://tls:2376", SkipTLSVerify: true, tls: filepath.Join(dir, "contexts", "tls", id("tls"), "docker")}, ""},
		{"default", []string{config, "DOCKER_CONTEXT=default"}, endpoint{Host: "unix:///var/run/docker.sock"}, ""},
		{"no such context", []string{config, "DOCKER_CONTEXT=none"}, endpoint{}, "no-docker-context"},
		{"not docker's", []string{config, "DOCKER_CONTEXT=kube"}, endpoint{}, "bad-docker-context"},
		{"damaged", []string{config, "DOCKER_CONTEXT=bad"}, endpoint{}, "bad-docker-context"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.HasPrefix(c.want.Host, "unix:") {
				t.Skip("the default is a named pipe")
			}
			got, err := current(environment(c.env...))
			if c.code != "" {
				if code(err) != c.code {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func code(err error) string {
	var d diag.Diagnostic
	errors.As(err, &d)
	return d.Code
}

// serve gives the address of an engine with as much of the API as loading needs.
func serve(t *testing.T, load func(w http.ResponseWriter, archive string)) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("Api-Version", "1.47")
		case strings.HasSuffix(r.URL.Path, "/info"):
			io.WriteString(w, `{"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}`)
		case strings.HasSuffix(r.URL.Path, "/images/load"):
			data, _ := io.ReadAll(r.Body)
			load(w, string(data))
		}
	})}
	t.Cleanup(func() { server.Close() })
	go server.Serve(l)
	return "unix://" + filepath.Join(dir, "sock")
}

func TestLoad(t *testing.T) {
	got := ""
	host := serve(t, func(w http.ResponseWriter, archive string) {
		got = archive
		io.WriteString(w, `{"stream":"Loaded image: x\n"}`+"\n")
		if archive == "bad" {
			io.WriteString(w, `{"errorDetail":{"message":"no space left"},"error":"no space left"}`+"\n")
		}
	})
	e, err := Find(t.Context(), environment("DOCKER_HOST="+host))
	if err != nil {
		t.Fatal(err)
	}
	if !e.ContainerdStore() {
		t.Error("it has containerd's store")
	}
	if err := e.Load(t.Context(), strings.NewReader("image")); err != nil || got != "image" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := e.Load(t.Context(), strings.NewReader("bad")); code(err) != "load-failed" || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Load(ctx, strings.NewReader("image")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Without Docker, the podman command takes the image.
func TestPodman(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	nowhere := "DOCKER_CONTEXT=" // the default context
	if _, err := os.Stat("/var/run/docker.sock"); err == nil {
		t.Skip("there is a Docker Engine on this machine")
	}
	t.Setenv("PATH", dir)
	if _, err := Find(t.Context(), environment(nowhere)); code(err) != "no-docker" || !strings.Contains(err.Error(), "install Podman") {
		t.Errorf("without any: %v", err)
	}
	script := "#!/bin/sh\n[ \"$*\" = 'load --quiet' ] && { read line; [ \"$line\" = image ] || { echo warning >&2; echo Error: broken >&2; exit 125; }; }\n"
	if err := os.WriteFile(filepath.Join(dir, "podman"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	e, err := Find(t.Context(), environment(nowhere))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Load(t.Context(), strings.NewReader("image\n")); err != nil || e.ContainerdStore() {
		t.Errorf("%v", err)
	}
	if err := e.Load(t.Context(), strings.NewReader("bad\n")); code(err) != "load-failed" || !strings.Contains(err.Error(), "Error: broken") {
		t.Errorf("got %v", err)
	}
	// Who has set DOCKER_HOST does not mean Podman.
	if _, err := Find(t.Context(), environment("DOCKER_HOST=unix:///nowhere")); code(err) != "no-docker" {
		t.Errorf("got %v", err)
	}
}
