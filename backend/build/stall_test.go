//go:build linux

package build_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestStalledExport freezes what a daemon sends in the middle of a result: the build ends,
// and says what hangs.
func TestStalledExport(t *testing.T) {
	dir := randomContext(t, 4, 10<<20)
	d := testbed.StartDaemon(t)
	for name, o := range map[string]build.Output{
		"directory": {Type: "local", Dest: filepath.Join(t.TempDir(), "out")},
		"tar":       {Type: "tar", Dest: filepath.Join(t.TempDir(), "out.tar")},
	} {
		t.Run(name, func(t *testing.T) {
			p := startProxy(t, strings.TrimPrefix(d.Addr, "unix://"))
			p.freezeAt.Store(8 << 20)
			err := buildTo(t, "unix://"+p.addr, dir, o, 2*time.Second)
			var one diag.Diagnostic
			var list *build.Failure
			if errors.As(err, &list) && len(list.Diags) == 1 {
				one = list.Diags[0]
			}
			if one.Code != "export-stalled" || !strings.Contains(one.Hint, "tar -x") {
				t.Errorf("%v", err)
			}
			if o.Type == "tar" {
				if left, _ := os.ReadDir(filepath.Dir(o.Dest)); len(left) > 0 {
					t.Errorf("%v is left", left)
				}
			}
		})
	}
}

// TestSlowExport: what moves slowly is not stalled, nor is what nobody reads.
func TestSlowExport(t *testing.T) {
	dir := randomContext(t, 4, 1<<20)
	d := testbed.StartDaemon(t)
	p := startProxy(t, strings.TrimPrefix(d.Addr, "unix://"))
	const stall = 3 * time.Second
	p.delay.Store(int64(40 * time.Millisecond)) // a chunk of 32 KiB: the whole takes longer than a stall
	out := filepath.Join(t.TempDir(), "out")
	if err := buildTo(t, "unix://"+p.addr, dir, build.Output{Type: "local", Dest: out}, stall); err != nil {
		t.Error(err)
	}
	sameFiles(t, dir, out)
	p.delay.Store(0)
	if err := buildTo(t, "unix://"+p.addr, dir, build.Output{Type: "tar", Dest: "-"}, stall); err != nil {
		t.Error(err)
	}
}

// TestExportsUnderLoad builds into directories, again and again, while a processor is busy:
// every build ends, with all files. These are more than a daemon keeps requests for, which
// is what moby/buildkit#2950 takes; see the package serve.
func TestExportsUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	d := testbed.StartDaemon(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for ctx.Err() == nil {
		}
	}()
	dir := randomContext(t, 8000, 8100)
	for n := range 5 {
		out := filepath.Join(t.TempDir(), "out")
		if err := buildTo(t, d.Addr, dir, build.Output{Type: "local", Dest: out}, time.Minute); err != nil {
			t.Fatalf("run %d: %v", n, err)
		}
		sameFiles(t, dir, out)
	}
}

// randomContext is a directory with files of up to a size, and a Dockerfile that copies them.
func randomContext(t *testing.T, files, size int) string {
	t.Helper()
	dir := t.TempDir()
	r := rand.NewChaCha8([32]byte{byte(files)})
	for i := range files {
		data := make([]byte, size-i)
		r.Read(data)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text := "FROM scratch\nCOPY . /\nLABEL test=" + t.Name() + "\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func sameFiles(t *testing.T, want, got string) {
	t.Helper()
	list, err := os.ReadDir(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		a, err := os.ReadFile(filepath.Join(want, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(got, e.Name())); err != nil || string(a) != string(b) {
			t.Errorf("%s differs: %d bytes, %v", e.Name(), len(b), err)
		}
	}
}

// buildTo builds a directory on the daemon at an address.
func buildTo(t *testing.T, addr, dir string, o build.Output, stall time.Duration) error {
	t.Helper()
	env := func(string) (string, bool) { return "", false }
	e, err := engine.Find(t.Context(), engine.Options{Addr: addr, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	in, err := input.Find(t.Context(), input.Request{Path: dir, Options: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	images, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	progress, err := build.NewProgress(io.Discard, "plain")
	if err != nil {
		t.Fatal(err)
	}
	_, err = build.Run(t.Context(), build.Request{Input: in, Engine: e, Images: images, Outputs: []build.Output{o}, Env: env,
		Progress: progress, Stall: stall, Stdout: func() (io.Writer, error) { return &lateReader{}, nil }})
	return err
}

// lateReader takes nothing for four seconds, and then all.
type lateReader struct{ late bool }

func (l *lateReader) Write(p []byte) (int, error) {
	if !l.late {
		time.Sleep(4 * time.Second)
		l.late = true
	}
	return len(p), nil
}

// proxy is between a client and a daemon. What the daemon sends it can delay, and from
// some byte on keep.
type proxy struct {
	addr            string
	delay, freezeAt atomic.Int64
	sent            atomic.Int64
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	dir, err := os.MkdirTemp("", "px") // the paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: filepath.Join(dir, "sock")}
	l, err := net.Listen("unix", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close(); os.RemoveAll(dir) })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", to)
			if err != nil {
				near.Close()
				return
			}
			go func() { io.Copy(far, near); far.Close() }()
			go func() { p.send(near, far, done); near.Close() }()
		}
	}()
	return p
}

func (p *proxy) send(to io.Writer, from io.Reader, done <-chan struct{}) {
	for buf := make([]byte, 32<<10); ; {
		n, err := from.Read(buf)
		if n > 0 {
			time.Sleep(time.Duration(p.delay.Load()))
			if at := p.freezeAt.Load(); p.sent.Add(int64(n)) > at && at > 0 {
				<-done
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
