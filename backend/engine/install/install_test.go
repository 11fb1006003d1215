package install

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const script = "#!/bin/sh\necho buildkitd "

// entry is a file of an archive.
type entry struct {
	name, text string
	kind       byte
	size       int64 // more than there is
}

func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	gz := gzip.NewWriter(&out)
	w := tar.NewWriter(gz)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o600, Size: int64(len(e.text)), Typeflag: e.kind}
		if e.kind == tar.TypeSymlink || e.kind == tar.TypeLink {
			h.Linkname, h.Size = e.text, 0
		}
		if e.size > 0 {
			h.Size = e.size
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			io.WriteString(w, e.text)
		}
	}
	w.Flush() // what was promised may not be there
	gz.Close()
	return out.Bytes()
}

func good(t *testing.T) []byte {
	return archive(t, entry{name: "bin/", kind: tar.TypeDir}, entry{name: "bin/buildctl", text: "x"},
		entry{name: "bin/buildkitd", text: script + "1"}, entry{name: "bin/buildkit-runc", text: script + "runc"})
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

func keep(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "archive.tar.gz")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// put installs, and gives the programs by their names.
func put(t *testing.T, o *Options) (map[string]string, error) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "programs")
	}
	_, err := Install(t.Context(), *o)
	got := map[string]string{}
	files, _ := filepath.Glob(filepath.Join(o.Dir, "*"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		got[filepath.Base(file)] = strings.TrimPrefix(string(text), script)
		if info, _ := os.Stat(file); info.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s cannot be run", file)
		}
	}
	return got, err
}

// left fails for files beside the programs.
func left(t *testing.T, dir string, want int) {
	t.Helper()
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "*-*")); len(rest) != want {
		t.Errorf("left: %v", rest)
	}
}

func check(t *testing.T, got map[string]string, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// Programs come out of a file or a directory; what is there stays, what is new replaces it.
func TestSources(t *testing.T) {
	o := &Options{From: keep(t, good(t))}
	got, err := put(t, o)
	check(t, got, err, "map[buildkitd:1 runc:runc]")
	before := filepath.Join(o.Dir, "runc")

	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "buildkitd"), []byte(script+"2"), 0o600)
	os.WriteFile(filepath.Join(dir, "rootlesskit"), []byte("kit"), 0o600)
	o.From = dir
	got, err = put(t, o)
	check(t, got, err, "map[buildkitd:2 rootlesskit:kit runc:runc]")
	left(t, o.Dir, 1)
	if _, err := os.Stat(before); err != nil {
		t.Error("the path that an engine has is gone")
	}
	o.From, o.SHA256 = keep(t, good(t)), strings.ToUpper(sum(good(t)))
	got, err = put(t, o)
	check(t, got, err, "map[buildkitd:1 rootlesskit:kit runc:runc]")
}

// What is not in order is said, and changes nothing.
func TestRefused(t *testing.T) {
	bomb := bytes.Repeat([]byte{0}, 64<<20)
	var huge bytes.Buffer
	gz, _ := gzip.NewWriterLevel(&huge, gzip.BestSpeed)
	w := tar.NewWriter(gz)
	for i := range 17 {
		w.WriteHeader(&tar.Header{Name: fmt.Sprint("x", i), Mode: 0o600, Size: int64(len(bomb))})
		w.Write(bomb)
	}
	gz.Close()
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"no archive", "cannot unpack", []byte("<html>")},
		{"empty", "cannot unpack", nil},
		{"cut", "unexpected EOF", good(t)[:150]},
		{"nothing", "no program of the build engine", archive(t, entry{name: "README", text: "x"})},
		{"link", "no regular file", archive(t, entry{name: "bin/buildkitd", text: "/etc/passwd", kind: tar.TypeSymlink})},
		{"hard link", "no regular file", archive(t, entry{name: "bin/runc", text: "../../x", kind: tar.TypeLink})},
		{"pipe", "no regular file", archive(t, entry{name: "runc", kind: tar.TypeFifo})},
		{"twice", "two programs that could be runc", archive(t, entry{name: "a/runc", text: "1"}, entry{name: "b/buildkit-runc", text: "2"})},
		{"too large", "more than 268435456 bytes", archive(t, entry{name: "buildkitd", size: 1 << 40})},
		{"bomb", "more than 1073741824 bytes", huge.Bytes()},
		{"does not run", "does not run here", archive(t, entry{name: "buildkitd", text: "\x7fELF no"})},
		{"fails", "exit status 3 no luck", archive(t, entry{name: "buildkitd", text: "#!/bin/sh\necho no luck\nexit 3\n"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &Options{From: keep(t, good(t))}
			if _, err := put(t, o); err != nil {
				t.Fatal(err)
			}
			o.From = keep(t, c.data)
			got, err := put(t, o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			check(t, got, nil, "map[buildkitd:1 runc:runc]")
			left(t, o.Dir, 1)
		})
	}
}

// Names lead nowhere else.
func TestNames(t *testing.T) {
	o := &Options{From: keep(t, archive(t, entry{name: "../../../buildkitd", text: script + "up"}, entry{name: "/etc/runc", text: "r"},
		entry{name: "../x", text: "x"}, entry{name: "bin", text: "/etc", kind: tar.TypeSymlink}, entry{name: "bin/rootlesskit", text: "k"}))}
	got, err := put(t, o)
	check(t, got, err, "map[buildkitd:up rootlesskit:k runc:r]")
}

// What goes together is looked at before anything is done.
func TestMisuse(t *testing.T) {
	for _, c := range []struct{ from, sha, want string }{
		{"https://x.test/a.tar.gz", "", "needs its sha256"},
		{"a.tar.gz", "12", "is no sha256"},
		{t.TempDir(), sum(nil), "is for an archive"},
		{"/nowhere/a.tar.gz", "", "no such file"},
		{keep(t, good(t)), sum(nil), "has the sha256 " + sum(good(t))},
	} {
		o := &Options{From: c.from, SHA256: c.sha}
		if _, err := put(t, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.from, err, c.want)
		}
		left(t, o.Dir, 0)
	}
}

// server gives data, each time only as much as it says: -1 is all.
func server(t *testing.T, data []byte, parts ...int) (url string, asked *[]string) {
	asked = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.Header.Get("Range"))
		part := -1
		if len(*asked) <= len(parts) {
			part = parts[len(*asked)-1]
		}
		var from int
		if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); n == 1 {
			if from >= len(data) {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(data)-from))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		}
		if part < 0 {
			w.Write(data[from:])
			return
		}
		w.Write(data[from : from+part])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/a.tar.gz", asked
}

// A download goes on where it was interrupted: in one install, and in the next.
func TestResume(t *testing.T) {
	data := good(t)
	url, asked := server(t, data, 30, 40, 0, 50)
	o := &Options{From: url, SHA256: sum(data)}
	if _, err := put(t, o); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Fatalf("got %v", err)
	}
	left(t, o.Dir, 1) // what there is of it
	got, err := put(t, o)
	check(t, got, err, "map[buildkitd:1 runc:runc]")
	if want := "[ bytes=30- bytes=70- bytes=70- bytes=120-]"; fmt.Sprint(*asked) != want {
		t.Errorf("asked for %q, want %s", *asked, want)
	}
	left(t, o.Dir, 1)
}

// A wrong digest is the end of what was loaded; the next install begins anew.
func TestWrongDigest(t *testing.T) {
	url, asked := server(t, good(t))
	o := &Options{From: url, SHA256: sum(nil)}
	for range 2 {
		if _, err := put(t, o); err == nil || !strings.Contains(err.Error(), sum(good(t))) {
			t.Errorf("got %v", err)
		}
	}
	left(t, o.Dir, 0)
	if fmt.Sprint(*asked) != "[ ]" {
		t.Errorf("asked for %q", *asked)
	}
}

// A context that ends is the end of a download.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("x"))
		http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	o := Options{Dir: filepath.Join(t.TempDir(), "programs"), From: s.URL, SHA256: sum(nil)}
	if _, err := Install(ctx, o); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

// github stands for GitHub.
type github map[string]string

func (g github) RoundTrip(r *http.Request) (*http.Response, error) {
	text, ok := g[r.URL.String()]
	status := http.StatusOK
	switch {
	case !ok:
		status = http.StatusNotFound
	case text == "offline":
		return nil, fmt.Errorf("no such host")
	}
	header := http.Header{}
	if to, ok := strings.CutPrefix(text, "-> "); ok {
		status = http.StatusFound
		header.Set("Location", to)
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: header, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)), Request: r}, nil
}

// The releases come with the digests that GitHub lists.
func TestReleases(t *testing.T) {
	b, k := buildkit(), rootlesskit()
	kit := archive(t, entry{name: "rootlesskit", text: "kit"}, entry{name: "rootlessctl", text: "x"})
	listing := func(r release, data []byte) string {
		return fmt.Sprintf(`{"assets": [{"name": "other", "digest": null}, {"name": %q, "digest": "sha256:%s"}]}`, r.file, sum(data))
	}
	all := func() github {
		return github{
			b.url(): string(good(t)), b.listing(): listing(b, good(t)),
			k.url(): "-> https://objects.test/kit", k.listing(): listing(k, kit), "https://objects.test/kit": string(kit),
		}
	}
	g := all()
	got, err := put(t, &Options{Client: &http.Client{Transport: g}, Rootless: true})
	check(t, got, err, "map[buildkitd:1 rootlesskit:kit runc:runc]")
	delete(g, b.listing())
	got, err = put(t, &Options{Client: &http.Client{Transport: g}, SHA256: sum(good(t))})
	check(t, got, err, "map[buildkitd:1 runc:runc]")

	for _, c := range []struct{ at, gives, want string }{
		{b.listing(), "offline", "no such host"},
		{b.url(), "offline", "no such host"},
		{b.listing(), `{"assets": []}`, "lists no sha256 of " + b.file},
		{b.listing(), "<html>", "invalid character"},
		{b.listing(), listing(b, kit), "not " + sum(kit)},
		{b.url(), "-> http://objects.test/", "without TLS"},
		{k.listing(), "-> " + k.listing(), "too many redirects"},
	} {
		g := all()
		g[c.at] = c.gives
		got, err := put(t, &Options{Client: &http.Client{Transport: g}, Rootless: true})
		if err == nil || !strings.Contains(err.Error(), c.want) || len(got) > 0 {
			t.Errorf("%s: got %v, %v", c.want, got, err)
		}
	}
}

// The versions are those of go.mod.
func TestVersions(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join("..", "..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"github.com/moby/buildkit " + buildkitVersion, "github.com/rootless-containers/rootlesskit/v3 " + rootlesskitVersion} {
		if !strings.Contains(string(mod), want) {
			t.Errorf("go.mod does not have %s", want)
		}
	}
}
