package bench

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// downloads keeps what was fetched by plain HTTP, as apt does, in memory: all builds get the same
// from this machine, in about the same time. It is a proxy. What is encrypted it passes through.
type downloads struct {
	mu   sync.Mutex
	kept map[string]*kept
}

// kept is an answer.
type kept struct {
	once   sync.Once
	err    error
	status int
	header http.Header
	body   []byte
}

// startDownloads starts a proxy, and gives the build arguments with which steps ask it.
func startDownloads(t testing.TB) map[string]string {
	t.Helper()
	server := httptest.NewServer(&downloads{kept: map[string]*kept{}})
	t.Cleanup(server.Close)
	args := map[string]string{}
	flags := testbed.ProxyFlags()
	for i := 1; i < len(flags); i += 2 {
		args[flags[i]] = os.Getenv(flags[i])
	}
	for _, name := range []string{"http_proxy", "HTTP_PROXY"} {
		args[name] = server.URL
	}
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		args[name] = strings.TrimPrefix(args[name]+",localhost,127.0.0.1", ",")
	}
	return args
}

// ServeHTTP implements http.Handler.
func (d *downloads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Host == "" {
		http.Error(w, "this is a proxy, for GET", http.StatusMethodNotAllowed)
		return
	}
	d.mu.Lock()
	k := d.kept[r.URL.String()]
	if k == nil {
		k = &kept{}
		d.kept[r.URL.String()] = k
	}
	d.mu.Unlock()
	k.once.Do(func() { k.fetch(r) })
	if k.err != nil || k.status != http.StatusOK {
		d.mu.Lock()
		delete(d.kept, r.URL.String()) // to be asked again
		d.mu.Unlock()
	}
	if k.err != nil {
		http.Error(w, k.err.Error(), http.StatusBadGateway)
		return
	}
	for _, name := range []string{"Content-Type", "Last-Modified", "Location"} {
		if v := k.header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	if k.status != http.StatusOK {
		w.WriteHeader(k.status)
		io.Copy(w, bytes.NewReader(k.body))
		return
	}
	modified, _ := http.ParseTime(k.header.Get("Last-Modified"))
	http.ServeContent(w, r, "", modified, bytes.NewReader(k.body))
}

// fetch asks for all of a file, whatever part the first to ask wants.
func (k *kept) fetch(r *http.Request) {
	ask, err := http.NewRequest(http.MethodGet, r.URL.String(), nil)
	if err != nil {
		k.err = err
		return
	}
	ask.Header.Set("Accept", r.Header.Get("Accept"))
	ask.Header.Set("User-Agent", r.Header.Get("User-Agent"))
	answer, err := http.DefaultTransport.RoundTrip(ask)
	if err != nil {
		k.err = err
		return
	}
	defer answer.Body.Close()
	k.status, k.header = answer.StatusCode, answer.Header
	k.body, k.err = io.ReadAll(answer.Body)
}

// Downloads are fetched once, and a part of one is of the same.
func TestDownloads(t *testing.T) {
	fetched := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetched++
		if r.URL.Path != "/a" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
		io.WriteString(w, strings.Repeat("x", 1000)+"end")
	}))
	defer server.Close()
	d := &downloads{kept: map[string]*kept{}}
	get := func(url string, header ...string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, url, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w.Result()
	}
	for range 2 {
		answer := get(server.URL + "/a")
		if body, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK || len(body) != 1003 {
			t.Error(answer.Status, len(body))
		}
		part := get(server.URL+"/a", "Range", "bytes=1000-")
		if body, _ := io.ReadAll(part.Body); part.StatusCode != http.StatusPartialContent || string(body) != "end" {
			t.Error(part.Status, string(body))
		}
		if same := get(server.URL+"/a", "If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"); same.StatusCode != http.StatusNotModified {
			t.Error(same.Status)
		}
	}
	if fetched != 1 {
		t.Error("fetched ", fetched)
	}
	for range 2 {
		if answer := get(server.URL + "/b"); answer.StatusCode != http.StatusNotFound {
			t.Error(answer.Status)
		}
	}
	if fetched != 3 {
		t.Error("what is not there is not asked for again: ", fetched)
	}
}
