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

// dropping is a proxy that breaks so many connections and no more, each after some bytes.
// It counts those that it broke.
func dropping(t *testing.T, to string, drops int64) (addr string, broken *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	broken = &atomic.Int64{}
	var left atomic.Int64
	left.Store(drops)
	cut := func(dst, src net.Conn) {
		defer dst.Close()
		defer src.Close()
		// More than what a handshake takes, less than a layer.
		most := 20_000 + rand.Int64N(60_000)
		if n, _ := io.CopyN(dst, src, most); n == most && left.Add(-1) >= 0 {
			broken.Add(1)
			return
		}
		io.Copy(dst, src)
	}
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
			go cut(c, up)
			go cut(up, c)
		}
	}()
	return l.Addr().String(), broken
}

// A blob is tried five times, so that four broken connections are survived, whichever
// blobs they hit.
func TestDropped(t *testing.T) {
	const drops = 4
	srv, s := serve(t), open(t)
	srv.multi(t, "app:1")
	shaky, broken := dropping(t, srv.host, drops)
	if _, err := pull(t, s, shaky+"/app:1", registry.AllPlatforms); err != nil || broken.Load() == 0 {
		t.Errorf("pull: %v, %d connections broke", err, broken.Load())
	}
	shaky, broken = dropping(t, serve(t).host, drops)
	if err := push(t, s, shakyName(t, s), shaky+"/copy:1"); err != nil || broken.Load() == 0 {
		t.Errorf("push: %v, %d connections broke", err, broken.Load())
	}
	// When it never works, that is said, and the store is as before.
	dead, _ := dropping(t, srv.host, 1_000_000)
	_, err := pull(t, open(t), dead+"/app:1", registry.AllPlatforms)
	check(t, err, "registry-unreachable", dead, "layer sha256:", "was pulled")
}

func shakyName(t *testing.T, s *store.Store) string {
	t.Helper()
	list, err := s.Images()
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	return list[0].ID.String()
}

// A blob is tried five times, also by a registry that cannot go on in the middle of one, and
// when it is always the same that breaks.
func TestDroppedBlob(t *testing.T) {
	for breaks, code := range map[int32]string{4: "", 5: "registry-unreachable"} {
		srv := serve(t)
		bad := layer(t, srv.multi(t, "app:1"))
		var broken, refused atomic.Int32
		srv.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case !isBlob(r) || !strings.HasSuffix(r.URL.Path, bad):
				return false
			case r.Header.Get("Range") != "":
				refused.Add(1)
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return true
			case broken.Add(1) > breaks:
				return false
			}
			part(srv, w, r)
			panic(http.ErrAbortHandler)
		})
		_, err := pull(t, open(t), srv.host+"/app:1", registry.AllPlatforms)
		if code == "" && err != nil {
			t.Errorf("%d breaks: %v", breaks, err)
		} else if code != "" {
			check(t, err, code, "layer "+bad, "was pulled")
		}
		if refused.Load() == 0 {
			t.Error("it did not try to go on in the middle")
		}
	}
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
	if err == nil || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
