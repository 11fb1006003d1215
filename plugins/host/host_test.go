package host_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/host"
)

// bin is the directory of the programs of testdata.
var bin string

// binEnv names it for a test that starts itself again.
const binEnv = "STRAKE_TEST_BIN"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if bin = os.Getenv(binEnv); bin != "" { // this is a test of another one: see everywhere
		return m.Run()
	}
	var err error
	if bin, err = os.MkdirTemp("", "host"); err == nil {
		err = os.Chmod(bin, 0o755) // tests of another user have it, too
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	// Without the race detector, whose memory is more than a plugin may have.
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "./testdata/faults", "./testdata/small", "./testdata/helper")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// patience is for what should not last on a busy machine, and short for what waits for its end.
const (
	patience = 30 * time.Second
	short    = time.Second
)

// options are for the plugin faults.
func options(t testing.TB, what string) host.Options {
	t.Helper()
	path := filepath.Join(bin, "faults")
	return host.Options{
		Path: path, Args: []string{what}, SHA256: digest(t, path), Helper: helper(),
		TempDir: t.TempDir(), StartTimeout: patience, CallTimeout: patience,
	}
}

// helper is the command of the program of testdata.
func helper() []string { return []string{filepath.Join(bin, "helper"), "plugin-sandbox"} }

func digest(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return sum[:]
}

func start(t testing.TB, o host.Options) *host.Program {
	t.Helper()
	p, err := host.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func pipeline(t testing.TB, p plugins.Plugin, h plugins.Host) (*plugins.Output, error) {
	t.Helper()
	in := plugins.Input{Module: irtest.Module(t, "FROM debian\nRUN one\nRUN two\n")}
	if h != nil {
		in.Host = func(*ir.Module) plugins.Host { return h }
	}
	return (&plugins.Pipeline{Steps: []plugins.Step{{Plugin: p}}}).Run(t.Context(), in)
}

// sandboxed skips a test where the kernel has no sandbox.
func sandboxed(t testing.TB, p *host.Program) {
	t.Helper()
	if missing := p.Sandbox(); len(missing) > 0 {
		t.Skipf("this machine has no whole sandbox: %v", missing)
	}
}

func TestRun(t *testing.T) {
	for _, helper := range []bool{true, false} {
		o := options(t, "ok")
		if !helper {
			o.Helper, o.Sandbox = nil, host.None
		}
		p := start(t, o)
		if helper == (len(p.Sandbox()) > 0) {
			t.Errorf("helper %v: the sandbox lacks %v", helper, p.Sandbox())
		}
		if got := p.Info(); got.Name != "faults" || got.Version != "1.0.0" {
			t.Errorf("it is %+v", got)
		}
		for range 3 {
			out, err := pipeline(t, p, nil)
			if err != nil || len(out.Diags) != 1 || out.Diags[0].Code != "faults/seen" {
				t.Errorf("%v, %v", out.Diags, err)
			}
		}
		p.Close()
		if left, _ := os.ReadDir(o.TempDir); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
		if _, err := pipeline(t, p, nil); err == nil || !strings.Contains(err.Error(), "it was closed") {
			t.Errorf("after its end: %v", err)
		}
	}
}

// TestStartFaults holds programs that do not become plugins to an error in time.
func TestStartFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for faults")
	}
	for what, want := range map[string][]string{
		"start-crash":       {"exit status 3", "no config[31m\n", "all is lost"},
		"start-hang":        {"it was not ready within 1s", "waiting"},
		"garbage-handshake": {"hello, world"},
		"endless-handshake": {"Failed to read any lines"},
		"elsewhere":         {"its socket is not in $PLUGIN_UNIX_SOCKET_DIR"},
		"tcp":               {"it listens on tcp"},
		"garbage-grpc":      {"the connection to it broke"},
		"version":           {"Plugin version: 2, Client versions: [1]"},
		"other-service":     {"it does not speak strake.plugin.v1"},
		"capability":        {"it needs what this version of strake does not have: phase.dream"},
	} {
		t.Run(what, func(t *testing.T) {
			o := options(t, what)
			if what == "start-hang" {
				o.StartTimeout = short
			}
			began := time.Now()
			p, err := host.Start(t.Context(), o)
			took := time.Since(began)
			t.Logf("%v: %v", took, err)
			if err == nil {
				p.Close()
				t.Fatal("no error")
			}
			for _, part := range append(want, "plugin faults: cannot start ") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("it does not say %q", part)
				}
			}
			if took > patience/2 {
				t.Errorf("after %v", took)
			}
			gone(t, o)
		})
	}
}

// TestCallFaults does the same for calls.
func TestCallFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for faults")
	}
	for what, want := range map[string][]string{
		"error":    {"plugin faults: check: no idea"},
		"panic":    {"panic: assignment to entry in nil map", "main.init.func"},
		"crash":    {"exit status 7", "about to crash", "at RUN, op 1 of stage 0"},
		"go-panic": {"exit status 2", "panic: lost"},
		"hang":     {"it gave no answer within 1s", "thinking"},
		"late":     {"it gave no answer within 1s"},
		"sigterm":  {"it gave no answer within 1s"},
		"flood":    {"it wrote more than 16 MiB to its log", "all work and no play"},
		"huge":     {"it sent too much: a message of more than 32 MiB"},
		"many":     {"it sent too much: a message with more than 1048576 values"},
		"nothing":  {"it ended the call without an answer"},
		"nonsense": {"no message of the protocol"},
		"invalid":  {"plugin faults: rewrite: it makes an invalid module"},
		"memory":   {"exit status 2", "fatal error: "},
	} {
		t.Run(what, func(t *testing.T) {
			o := options(t, what)
			switch what {
			case "hang", "late", "sigterm":
				o.CallTimeout = short
			case "flood", "memory", "huge", "many":
				o.Memory = 256 << 20
			}
			p := start(t, o)
			peak := watch(t)
			began := time.Now()
			_, err := pipeline(t, p, nil)
			took := time.Since(began)
			t.Logf("%v, %d MiB: %v", took, peak()>>20, err)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("it does not say %q", part)
				}
			}
			if took > patience/2 {
				t.Errorf("after %v", took)
			}
			p.Close()
			gone(t, o)
		})
	}
}

// watch measures how much memory this process takes at most, and fails when that is more
// than 400 MiB: what is read is at most 32.
func watch(t *testing.T) func() uint64 {
	var peak, end atomic.Uint64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; end.Load() == 0; time.Sleep(2 * time.Millisecond) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
		}
	}()
	return func() uint64 {
		end.Store(1)
		<-done
		if peak.Load() > 400<<20 {
			t.Errorf("strake itself takes %d MiB", peak.Load()>>20)
		}
		return peak.Load()
	}
}

// TestUnknownPhase holds that a phase of a newer plugin, which does not insist on it, is
// left out.
func TestUnknownPhase(t *testing.T) {
	p := start(t, options(t, "nothing"))
	if got := p.Info().Phases; len(got) != 1 || got[0] != plugins.Check {
		t.Errorf("phases %v", got)
	}
}

// gone fails when a process of the test is left.
func gone(t *testing.T, o host.Options) {
	t.Helper()
	var left []string
	for range 500 {
		left = nil
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, f := range files {
			line, _ := os.ReadFile(f)
			if bytes.Contains(line, []byte(o.TempDir)) || bytes.HasPrefix(line, []byte(o.Path)) {
				left = append(left, f+" "+string(line))
			}
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("left: %q", left)
}

func TestKilled(t *testing.T) {
	o := options(t, "hang")
	p := start(t, o)
	time.AfterFunc(300*time.Millisecond, func() { syscall.Kill(p.PID(), syscall.SIGKILL) })
	began := time.Now()
	_, err := pipeline(t, p, nil)
	t.Logf("%v after the kill: %v", time.Since(began)-300*time.Millisecond, err)
	if err == nil || !strings.Contains(err.Error(), "signal: killed") || time.Since(began) > patience/2 {
		t.Errorf("%v: %v", time.Since(began), err)
	}
	gone(t, o)
}

func TestCancel(t *testing.T) {
	p := start(t, options(t, "hang"))
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(fmt.Errorf("enough")) })
	_, err := p.Run(ctx, plugins.NoHost{}, &plugins.Call{Phase: plugins.Check, Module: irtest.Module(t, "FROM a\n"), By: "faults"})
	if err == nil || !strings.Contains(err.Error(), "enough") {
		t.Error(err)
	}
	ctx, cancel2 := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel2()
	if _, err := host.Start(ctx, options(t, "start-hang")); err != context.DeadlineExceeded {
		t.Errorf("start: %v", err)
	}
}

// lines is a host that counts what is logged.
type lines struct {
	plugins.NoHost
	mu    sync.Mutex
	all   []string
	bytes int
}

func (l *lines) Log(_ context.Context, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, text, _ = strings.Cut(text, ": ") // behind the plugin's name
	l.all = append(l.all, text)
	l.bytes += len(text)
}

func TestFloodHost(t *testing.T) {
	if testing.Short() {
		t.Skip("it floods for seconds")
	}
	o := options(t, "flood-host")
	o.MaxLog, o.CallTimeout = 1<<20, 5*time.Second // it writes until its time is over
	l := &lines{}
	if _, err := pipeline(t, start(t, o), l); err == nil || l.bytes > 1<<20+100 {
		t.Errorf("%d bytes, %v", l.bytes, err)
	}
	if last := l.all[len(l.all)-1]; last != "more of the log is left out" {
		t.Errorf("the last line is %q", last)
	}
}

// TestFork starts a child: none outlives the plugin.
func TestFork(t *testing.T) {
	o := options(t, "fork")
	o.Helper, o.Sandbox, o.CallTimeout = nil, host.None, short // a sandbox lets nobody fork
	l := &lines{}
	began := time.Now()
	if _, err := pipeline(t, start(t, o), l); err == nil || !strings.Contains(err.Error(), "no answer within 1s") || time.Since(began) > patience/2 {
		t.Errorf("%v: %v", time.Since(began), err)
	}
	if len(l.all) != 1 {
		t.Fatalf("it logs %q", l.all)
	}
	pid, err := strconv.Atoi(l.all[0])
	if err != nil {
		t.Fatal(err)
	}
	gone(t, o)
	if data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !bytes.Contains(data, []byte(") Z ")) {
		t.Errorf("the child is left: %s", data)
	}
}

func TestChecksum(t *testing.T) {
	o := options(t, "ok")
	o.SHA256[0]++
	if p, err := host.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "its sha256 is not the one that was allowed") {
		p.Close()
		t.Error(err)
	}
	o.SHA256 = nil
	if _, err := host.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no checksum") {
		t.Error(err)
	}
	o = options(t, "ok")
	o.Path += "-missing"
	if _, err := host.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

// A program that was read once is not read again, and what is put in its place, of the same size
// and time, is not taken for it.
func TestAttackNotes(t *testing.T) {
	notes, o := t.TempDir(), options(t, "ok")
	data, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	o.Path, o.Notes = filepath.Join(t.TempDir(), "plugin"), notes
	if err := os.WriteFile(o.Path, data, 0o700); err != nil {
		t.Fatal(err)
	}
	list := func() int {
		list, err := os.ReadDir(notes)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	start(t, o).Close()
	if n := list(); n != 0 {
		t.Errorf("%d notes of a file that was written just now", n)
	}
	time.Sleep(2100 * time.Millisecond) // until its stamp counts
	start(t, o).Close()
	if n := list(); n != 1 && runtime.GOOS == "linux" {
		t.Errorf("%d notes", n)
	}
	start(t, o).Close() // by the note
	info, err := os.Stat(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string) {
		t.Helper()
		if p, err := host.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "its sha256 is not the one that was allowed") {
			p.Close()
			t.Errorf("%s: %v", what, err)
		}
	}
	data[len(data)-1]++
	put := func(how int) {
		t.Helper()
		f, err := os.OpenFile(o.Path, how|os.O_CREATE|os.O_WRONLY, 0o700)
		if err == nil {
			_, err = f.Write(data)
			f.Close()
		}
		if err := errors.Join(err, os.Chtimes(o.Path, info.ModTime(), info.ModTime())); err != nil {
			t.Fatal(err)
		}
	}
	put(0)
	refused("the file written over")
	time.Sleep(2100 * time.Millisecond)
	refused("the file written over, and left alone")
	if err := os.Remove(o.Path); err != nil {
		t.Fatal(err)
	}
	put(os.O_EXCL)
	refused("another file")
	data[len(data)-1]--
	put(0)
	start(t, o).Close() // whatever the note says
}
