package registry_test

import (
	"bytes"
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

// part answers a request for a blob with half of it.
func part(s *server, w http.ResponseWriter, r *http.Request) {
	resp, err := http.Get("http://" + s.host + r.URL.Path + "?whole")
	if err != nil {
		return
	}
	defer resp.Body.Close()
	w.Header().Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
	io.CopyN(w, resp.Body, resp.ContentLength/2)
	w.(http.Flusher).Flush()
}

// half answers a request for a blob with half of it, and then hangs until the client goes.
func half(s *server, w http.ResponseWriter, r *http.Request) {
	part(s, w, r)
	<-r.Context().Done()
}

func isBlob(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") && r.URL.RawQuery == ""
}

// stalled pulls or pushes where nothing moves for long, and gives how long that took.
func stalled(t *testing.T, idle time.Duration, do func(context.Context, *registry.Client) error) (time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	start := time.Now()
	err := do(ctx, registry.New(registry.Options{Idle: idle}))
	return time.Since(start), err
}

// A registry that hangs is asked again, and then left: the error names it and what hung.
// All cases wait at once, and long enough that what does not hang is not taken for it on a
// machine that is busy.
func TestStalled(t *testing.T) {
	const idle = 2 * time.Second
	srv, full := serve(t), open(t)
	bad := layer(t, srv.multi(t, "app:1"))
	if _, err := pull(t, full, srv.host+"/app:1", registry.AllPlatforms); err != nil {
		t.Fatal(err)
	}
	isBad := func(r *http.Request) bool { return isBlob(r) && strings.HasSuffix(r.URL.Path, bad) }
	uploads := func(method string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == method && strings.Contains(r.URL.Path, "/uploads/") }
	}
	over := make(chan struct{}) // a server does not see that a client goes whose body it has not read
	silent := func(*server, http.ResponseWriter, *http.Request) { <-over }
	type result struct {
		took time.Duration
		err  error
	}
	cases := map[string]struct {
		when  func(*http.Request) bool
		hang  func(*server, http.ResponseWriter, *http.Request)
		push  bool
		words []string
	}{
		"a layer in the middle": {isBad, half, false, []string{"layer " + bad, "was pulled"}},
		"a layer, no answer":    {isBad, silent, false, []string{"layer " + bad, "was pulled"}},
		"no answer at all":      {func(r *http.Request) bool { return r.URL.RawQuery == "" }, silent, false, nil},
		"a manifest": {func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/")
		}, silent, false, []string{"manifest sha256:"}},
		"push: the upload is not begun": {uploads(http.MethodPost), silent, true, []string{"sha256:", "was pushed"}},
		"push: nothing is taken":        {uploads(http.MethodPut), silent, true, []string{"sha256:", "was pushed"}},
	}
	results := map[string]chan result{}
	for name, c := range cases {
		other, to := srv.again(t), open(t)
		do := func(ctx context.Context, client *registry.Client) error {
			_, err := client.Pull(ctx, to, other.host+"/app:1", "linux/amd64")
			return err
		}
		if c.push {
			other = serve(t)
			do = func(ctx context.Context, client *registry.Client) error {
				return pushBy(ctx, client, full, srv.host+"/app:1", other.host+"/copy:1")
			}
		}
		other.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			if !c.when(r) {
				return false
			}
			c.hang(other, w, r)
			return true
		})
		done := make(chan result, 1)
		results[name] = done
		go func() {
			took, err := stalled(t, idle, do)
			done <- result{took, err}
		}()
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := <-results[name]
			check(t, r.err, "registry-stalled", append(c.words, "registry 127.0.0.1:", idle.String())...)
			if r.took < 3*idle {
				t.Errorf("it was not asked again: %v", r.took)
			}
		})
	}
	close(over)
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
	_, err := stalled(t, 2*time.Second, func(ctx context.Context, c *registry.Client) error {
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
			// Taken here and not by the registry, which holds a lock while it reads a blob: what
			// the other uploads ask it then waits for as many pauses as all of them have.
			var whole bytes.Buffer
			slow(&whole, r.Body)
			r.Body = io.NopCloser(&whole)
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
