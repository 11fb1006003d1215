package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// A shown command is one of a page, with the output that stands below it.
type shown struct {
	command string
	output  []string
}

var (
	callLine   = regexp.MustCompile(`^(?:\$ )?((?:bin/)?strake .*)$`)
	inlineCall = regexp.MustCompile("`(bin/strake [^`]+)`")
)

// commandsOf gives the commands of a page: those of its code blocks, indented or
// fenced, and those in its text that are written with bin/.
func commandsOf(page string) []shown {
	var list []shown
	fenced, after := false, false
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced, after = !fenced, false
			continue
		}
		code, indented := strings.CutPrefix(line, "    ")
		if !indented && !fenced {
			after = after && line == ""
			continue
		}
		if m := callLine.FindStringSubmatch(code); m != nil {
			list, after = append(list, shown{command: m[1]}), true
		} else if after && strings.TrimSpace(code) != "" {
			list[len(list)-1].output = append(list[len(list)-1].output, code)
		}
	}
	for _, m := range inlineCall.FindAllStringSubmatch(page, -1) {
		list = append(list, shown{command: strings.Join(strings.Fields(m[1]), " ")})
	}
	return list
}

// TestREADME runs the commands of the README as they are written, one after the other, in
// a copy of the repository. In Docker Hub's place there is a registry behind a proxy; dot
// and buildctl are programs that look whether they get what they take.
func TestREADME(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds an example")
	}
	hub := testbed.StartRegistry(t, testbed.Debian, testbed.Golang, testbed.Node)
	daemon := testbed.StartDaemon(t, hub)
	dir, env := workingCopy(t), dockerHub(t, hub)
	env = append(env, "BUILDKIT_HOST="+daemon.Addr, "PATH="+standIns(t)+":"+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"),
		"HOME="+t.TempDir(), "STRAKE_HOME="+t.TempDir(), "DOCKER_CONFIG="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
	page, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	list := commandsOf(string(page))
	if len(list) < 15 {
		t.Fatalf("only %d commands were found", len(list))
	}
	for _, c := range list {
		start := time.Now()
		cmd := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", c.command)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: %v\n%s%s", c.command, err, &stdout, &stderr)
			continue
		}
		t.Logf("%s: %.1f s, %d bytes", c.command, time.Since(start).Seconds(), stdout.Len())
		if strings.HasPrefix(c.command, "strake expand") { // the others depend on the time
			c.compare(t, stdout.String())
		}
	}
	if svg, err := os.ReadFile(filepath.Join(dir, "build.svg")); err != nil || len(svg) == 0 {
		t.Errorf("build.svg: %v", err)
	}
}

// compare fails when the page shows another output: … stands for what it leaves out.
func (c shown) compare(t *testing.T, got string) {
	t.Helper()
	lines := strings.Split(strings.TrimRight(got, "\n"), "\n")
	if len(lines) != len(c.output) {
		t.Errorf("%s: the page shows %d lines of %d:\n%s", c.command, len(c.output), len(lines), got)
		return
	}
	for i, want := range c.output {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*")
		if ok, _ := regexp.MatchString("^"+pattern+"$", lines[i]); !ok {
			t.Errorf("%s: the page shows\n%s\nand it is\n%s", c.command, want, lines[i])
		}
	}
}

// workingCopy copies what is or would be committed, and puts bin/strake there, as make does.
func workingCopy(t *testing.T) string {
	t.Helper()
	root, dir := filepath.Join("..", ".."), t.TempDir()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("this is no git repository: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // it is deleted, but not yet committed
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	link(t, "strake", filepath.Join(dir, "bin", "strake"))
	return dir
}

// link makes a link to a program that TestMain has put into PATH.
func link(t *testing.T, program, name string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o777)
	}
	if err == nil {
		err = os.Symlink(path, name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// standIns is a directory of programs that a fresh machine need not have.
func standIns(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	link(t, "buildctl", filepath.Join(dir, "real", "buildctl"))
	for name, script := range map[string]string{
		"dot":         `in=$(cat); case "$1 $2 $in" in "-Tsvg -o digraph "*) echo '<svg/>' >"$3" ;; *) echo "not for dot: $*" >&2; exit 1 ;; esac`,
		"docker":      `case $1 in load) tar t >/dev/null ;; save) exec strake save hello ;; *) exit 1 ;; esac`,
		"jq":          `in=$(cat) && [ -n "$in" ]`,
		"debootstrap": `mkdir -p "$3/bin"`,
		"buildctl":    `[ "$1 $2" = "build --local" ] && [ -d "${3#context=}" ] && exec "` + dir + `/real/buildctl" debug dump-llb`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// dockerHub gives variables with which programs take a registry for Docker Hub's: a proxy
// leads all connections to a server in front of it, whose certificate is for all names.
func dockerHub(t *testing.T, hub *testbed.Registry) []string {
	t.Helper()
	cert, file := certificate(t, "index.docker.io", "registry-1.docker.io", "registry.example.com")
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: hub.Host}))
	front.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	front.StartTLS()
	t.Cleanup(front.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "only TLS", http.StatusMethodNotAllowed)
			return
		}
		up, err := net.Dial("tcp", front.Listener.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer up.Close()
		down, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer down.Close()
		fmt.Fprint(down, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(up, buffered); up.Close() }()
		io.Copy(down, up)
	}))
	t.Cleanup(proxy.Close)
	return []string{"HTTPS_PROXY=" + proxy.URL, "https_proxy=" + proxy.URL, "SSL_CERT_FILE=" + file}
}

// certificate makes one for some hosts, signed by itself, and gives it as a file as well.
func certificate(t *testing.T, hosts ...string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: hosts, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o666); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, name
}
