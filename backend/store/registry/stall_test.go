package registry_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/registry"
)

// half answers a request for a blob with half of it, and then hangs until the client goes.
func half(s *server, w http.ResponseWriter, r *http.Request) {
	resp, err := http.Get("http://" + s.host + r.URL.Path + "?whole")
	if err != nil {
		return
	}
	defer resp.Body.Close()
	w.Header().Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
	io.CopyN(w, resp.Body, resp.ContentLength/2)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func isBlob(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") && r.URL.RawQuery == ""
}

// stalled pulls or pushes where nothing moves for long, and gives how long that took.
func stalled(t *testing.T, idle time.Duration, do func(context.Context, *registry.Client) error) (time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	err := do(ctx, registry.New(registry.Options{Idle: idle}))
	return time.Since(start), err
}

// A registry that hangs is asked again, and then left: the error names it and the layer.
func TestStalled(t *testing.T) {
	const idle = 300 * time.Millisecond
	srv, empty, full := serve(t), serve(t), open(t)
	srv.multi(t, "app:1")
	if _, err := pull(t, full, srv.host+"/app:1", registry.AllPlatforms); err != nil {
		t.Fatal(err)
	}
	pulls := func(ctx context.Context, c *registry.Client) error {
		_, err := c.Pull(ctx, open(t), srv.host+"/app:1", "linux/amd64")
		return err
	}
	pushes := func(ctx context.Context, c *registry.Client) error {
		return pushBy(ctx, c, full, srv.host+"/app:1", empty.host+"/copy:1")
	}
	over := make(chan struct{})
	defer close(over) // a server does not see that a client goes whose body it has not read
	silent := func(http.ResponseWriter, *http.Request) { <-over }
	uploads := func(method string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == method && strings.Contains(r.URL.Path, "/uploads/") }
	}
	for name, c := range map[string]struct {
		when  func(*http.Request) bool
		hang  func(http.ResponseWriter, *http.Request)
		do    func(context.Context, *registry.Client) error
		words []string
	}{
		"a layer in the middle": {isBlob, func(w http.ResponseWriter, r *http.Request) { half(srv, w, r) }, pulls, []string{"layer sha256:", "was pulled"}},
		"a layer, no answer":    {isBlob, silent, pulls, []string{"sha256:", "was pulled"}},
		"no answer at all":      {func(r *http.Request) bool { return r.URL.RawQuery == "" }, silent, pulls, nil},
		"a manifest": {func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/")
		}, silent, pulls, []string{"manifest sha256:"}},
		"push: the upload is not begun": {uploads(http.MethodPost), silent, pushes, []string{"sha256:", "was pushed"}},
		"push: nothing is taken":        {uploads(http.MethodPut), silent, pushes, []string{"sha256:", "was pushed"}},
	} {
		t.Run(name, func(t *testing.T) {
			hang := func(w http.ResponseWriter, r *http.Request) bool {
				if c.when(r) {
					c.hang(w, r)
					return true
				}
				return false
			}
			srv.misbehave(hang)
			empty.misbehave(hang)
			took, err := stalled(t, idle, c.do)
			check(t, err, "registry-stalled", append(c.words, "registry 127.0.0.1:", idle.String())...)
			if took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// What hangs once is asked for again, where it stopped.
func TestStalledOnce(t *testing.T) {
	srv := serve(t)
	index := srv.multi(t, "app:1")
	want, _ := index.Digest()
	var stalls, ranges atomic.Int32
	srv.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Range") != "" && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-") {
			ranges.Add(1)
		}
		if isBlob(r) && stalls.Add(1) <= 2 {
			half(srv, w, r)
			return true
		}
		return false
	})
	s := open(t)
	_, err := stalled(t, time.Second, func(ctx context.Context, c *registry.Client) error {
		got, err := c.Pull(ctx, s, srv.host+"/app:1", registry.AllPlatforms)
		if err == nil && got.Digest.String() != want.String() {
			t.Errorf("%+v", got)
		}
		return err
	})
	if err != nil || stalls.Load() < 3 {
		t.Errorf("%v after %d requests", err, stalls.Load())
	}
	if ranges.Load() == 0 {
		t.Error("it started again from the beginning")
	}
}

// What is slow does not hang, in both directions.
func TestSlow(t *testing.T) {
	srv, s := serve(t), open(t)
	srv.multi(t, "app:1")
	const idle, pause = 3 * time.Second, 200 * time.Millisecond // a blob has 17 pauses, longer than idle
	slow := func(to io.Writer, from io.Reader) {
		buf := make([]byte, 6000)
		for {
			n, err := from.Read(buf)
			to.Write(buf[:n])
			if f, ok := to.(http.Flusher); ok {
				f.Flush()
			}
			if err != nil {
				return
			}
			time.Sleep(pause)
		}
	}
	srv.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if !isBlob(r) {
			return false
		}
		resp, err := http.Get("http://" + srv.host + r.URL.Path + "?whole")
		if err != nil {
			return true
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
		slow(w, resp.Body)
		return true
	})
	took, err := stalled(t, idle, func(ctx context.Context, c *registry.Client) error {
		_, err := c.Pull(ctx, s, srv.host+"/app:1", "linux/amd64")
		return err
	})
	if err != nil || took < idle {
		t.Errorf("%v after %v", err, took)
	}
	empty := serve(t)
	empty.misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/uploads/") {
			pr, pw := io.Pipe()
			body := r.Body
			go func() { defer pw.Close(); slow(pw, body) }()
			r.Body = pr
		}
		return false
	})
	took, err = stalled(t, idle, func(ctx context.Context, c *registry.Client) error {
		return pushBy(ctx, c, s, srv.host+"/app:1", empty.host+"/copy:1")
	})
	if err != nil || took < idle {
		t.Errorf("%v after %v", err, took)
	}
}

func pushBy(ctx context.Context, c *registry.Client, s *store.Store, name, to string) error {
	img, err := s.Find(name)
	if err == nil {
		_, err = c.Push(ctx, s, img, to, "")
	}
	return err
}
