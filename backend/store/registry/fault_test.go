package registry_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
)

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
