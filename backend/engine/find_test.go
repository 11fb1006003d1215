//go:build linux

package engine

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// nothing is an environment with no BuildKit in it, and changes.
func nothing(t *testing.T, changes ...string) func(string) (string, bool) {
	return environment(append([]string{"XDG_RUNTIME_DIR=" + t.TempDir(), "DOCKER_CONFIG=" + t.TempDir(), "DOCKER_CONTEXT=",
		"DOCKER_HOST=unix:///nowhere", "STRAKE_BUILDKITD=/nowhere"}, changes...))
}

// What is found, in which order.
func TestOrder(t *testing.T) {
	daemon := testbed.StartDaemon(t)
	socket := strings.TrimPrefix(daemon.Addr, "unix://")
	if listens("unix:///run/buildkit/buildkitd.sock") {
		t.Skip("a buildkitd runs on this machine")
	}
	runtimeDir := t.TempDir()
	standard := filepath.Join(runtimeDir, "buildkit", "buildkitd.sock")
	if err := os.MkdirAll(filepath.Dir(standard), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(socket, standard); err != nil {
		t.Fatal(err)
	}
	stale := t.TempDir()
	os.Mkdir(filepath.Join(stale, "buildkit"), 0o700)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(stale, "buildkit", "buildkitd.sock")})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	docker := fakeDocker(t, socket)
	for _, c := range []struct {
		name string
		addr string
		env  []string
		kind Kind
	}{
		{"address", daemon.Addr, []string{"XDG_RUNTIME_DIR=" + runtimeDir}, Remote},
		{"standard socket", "", []string{"XDG_RUNTIME_DIR=" + runtimeDir, "DOCKER_HOST=" + docker}, Daemon},
		{"docker", "", []string{"DOCKER_HOST=" + docker}, Docker},
		{"stale socket", "", []string{"XDG_RUNTIME_DIR=" + stale, "DOCKER_HOST=" + docker}, Docker},
		{"docker asked for", "docker", []string{"XDG_RUNTIME_DIR=" + runtimeDir, "DOCKER_HOST=" + docker}, Docker},
		{"nothing", "", nil, Embedded},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Addr: c.addr, Dir: filepath.Join(t.TempDir(), "engine"), Env: nothing(t, c.env...)}
			e, err := Find(t.Context(), o)
			if c.kind == Embedded { // which cannot start here
				if err == nil || code(t, err) != "no-buildkitd" {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if e.Kind != c.kind {
				t.Errorf("kind %s, want %s", e.Kind, c.kind)
			}
			if c.kind == Docker {
				if able, err := e.Attests(t.Context()); able || err != nil {
					t.Errorf("attests: %v, %v", able, err)
				}
			}
			needBusybox(t)
			if err := build(t.Context(), e, "exit 0"); err != nil {
				t.Error(err)
			}
			if s, err := Inspect(t.Context(), o); err != nil || s.Kind != c.kind || !s.Running || s.Snapshotter == "" {
				t.Errorf("status: %+v, %v", s, err)
			}
		})
	}
}

// An engine that is not ours and goes away gives one clear error, too.
func TestLost(t *testing.T) {
	needBusybox(t)
	daemon := testbed.StartDaemon(t)
	e := find(t, Options{Addr: daemon.Addr, Env: nothing(t)})
	failed := make(chan error, 1)
	mark := "sleep 1000; : " + daemon.Root + "/"
	go func() { failed <- e.Explain(build(t.Context(), e, mark)) }()
	wait(t, "the step runs", func() bool { return runs(mark) })
	daemon.Kill()
	if err := <-failed; code(t, err) != "engine-lost" || !strings.Contains(err.Error(), daemon.Addr) {
		t.Errorf("got: %v", err)
	}
}

// An address that does not answer is an error that says why.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, c := range []struct {
		name, addr string
		tls        TLS
		code, text string
	}{
		{"no scheme", "/run/buildkit/buildkitd.sock", TLS{}, "bad-address", "no address"},
		{"unknown scheme", "http://127.0.0.1:1", TLS{}, "bad-address", "http://"},
		{"not a URL", "unix://%zz", TLS{}, "bad-address", "no address"},
		{"no socket", "unix://" + dir + "/no.sock", TLS{}, "no-connection", "no such file"},
		{"no listener", "tcp://" + closed.Addr().String(), TLS{}, "no-connection", "connection refused"},
		{"no program", "kube-pod://buildkitd", TLS{}, "no-connection", "kubectl"},
		{"TLS for a socket", "unix:///x", TLS{CA: "ca.pem"}, "bad-address", "tcp://"},
		{"no such file", "tcp://127.0.0.1:1", TLS{CA: dir + "/ca.pem"}, "no-certificate", "ca.pem"},
		{"named pipe", "npipe:////./pipe/buildkitd", TLS{}, "bad-address", "windows"},
		{"no docker", "docker", TLS{}, "no-docker", "unix:///nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Find(t.Context(), Options{Addr: c.addr, TLS: c.tls, Env: nothing(t)})
			if err == nil {
				e.Close()
				t.Fatal("there is an engine")
			}
			if code(t, err) != c.code || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s: %v", code(t, err), err)
			}
		})
	}
}

// A daemon at tcp:// that wants to know who asks.
func TestTLS(t *testing.T) {
	daemon := testbed.StartDaemon(t)
	ca := newAuthority(t)
	cert, key := ca.issue(t, "buildkit.test")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool, NextProtos: []string{"h2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go forward(c, c, strings.TrimPrefix(daemon.Addr, "unix://"))
		}
	}()
	clientCert, clientKey := ca.issue(t, "client")
	other := newAuthority(t)
	strangerCert, strangerKey := other.issue(t, "client")
	good := TLS{CA: ca.file, Cert: clientCert, Key: clientKey, ServerName: "buildkit.test"}
	for _, c := range []struct {
		name string
		tls  TLS
		hint string // "" is success
	}{
		{"right", good, ""},
		{"no client", TLS{CA: ca.file, ServerName: good.ServerName}, "--tlscert"},
		{"other CA", TLS{CA: other.file, Cert: clientCert, Key: clientKey, ServerName: good.ServerName}, "--tlscacert"},
		{"system's CAs", TLS{Cert: clientCert, Key: clientKey, ServerName: good.ServerName}, "--tlscacert"},
		{"stranger", TLS{CA: ca.file, Cert: strangerCert, Key: strangerKey, ServerName: good.ServerName}, "--tlscert"},
		{"other name", TLS{CA: ca.file, Cert: clientCert, Key: clientKey}, "--tlsservername"},
		{"no TLS", TLS{}, "--tlscacert"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Find(t.Context(), Options{Addr: "tcp://" + l.Addr().String(), TLS: c.tls, Env: nothing(t)})
			if err == nil {
				defer e.Close()
				if _, err := e.Client.DiskUsage(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if c.hint == "" && err != nil || c.hint != "" && (err == nil || !strings.Contains(err.Error(), c.hint)) {
				t.Errorf("got %v, want a hint at %q", err, c.hint)
			}
		})
	}
}

// forward connects two ends of a connection. In may have been read ahead from c.
func forward(c net.Conn, in io.Reader, socket string) {
	defer c.Close()
	to, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	go func() {
		io.Copy(to, in)
		to.(*net.UnixConn).CloseWrite()
	}()
	io.Copy(c, to)
	to.Close()
}

// fakeDocker has as much of the API of a Docker Engine as leads to the BuildKit in
// it, which is a real one.
func fakeDocker(t *testing.T, buildkit string) (host string) {
	t.Helper()
	bk, err := client.New(t.Context(), "unix://"+buildkit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bk.Close() })
	upgrade := func(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.Reader) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return nil, nil
		}
		io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: "+r.Header.Get("Upgrade")+"\r\n\r\n")
		return conn, rw.Reader
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/_ping"):
			w.Header().Set("Api-Version", "1.47")
		case strings.HasSuffix(path, "/info"):
			io.WriteString(w, `{"DriverStatus": [["Backing Filesystem", "extfs"]]}`)
		case path == "/grpc":
			if conn, in := upgrade(w, r); conn != nil {
				forward(conn, in, buildkit)
			}
		case path == "/session":
			maps.DeleteFunc(r.Header, func(name string, _ []string) bool { return !strings.HasPrefix(name, "X-Docker-") })
			session, err := bk.Dialer()(context.WithoutCancel(r.Context()), "h2c", r.Header)
			if err != nil {
				t.Error(err)
				return
			}
			if conn, in := upgrade(w, r); conn != nil {
				go io.Copy(session, in)
				io.Copy(conn, session)
				conn.Close()
			}
		default:
			http.NotFound(w, r)
		}
	})
	dir, err := os.MkdirTemp("", "dk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	t.Cleanup(func() { server.Close() })
	go server.Serve(l)
	return "unix://" + filepath.Join(dir, "sock")
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, key := sign(t, template, template, nil)
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.key, a.file = key, writePEM(t, "CERTIFICATE", der)
	a.pool.AddCert(a.cert)
	return a
}

// issue makes a certificate for a name. It gives the files of it and of its key.
func (a *authority) issue(t *testing.T, name string) (cert, key string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, private := sign(t, template, a.cert, a.key)
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, "CERTIFICATE", der), writePEM(t, "EC PRIVATE KEY", keyDER)
}

// sign makes a key, and a certificate for it; without another key it signs itself.
func sign(t *testing.T, template, parent *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "*.pem")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := pem.Encode(f, &pem.Block{Type: kind, Bytes: der}); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
