//go:build linux

package container

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/lang/diag"
)

// code is that of the diagnostic of an error, "" for none.
func code(err error) string {
	var d diag.Diagnostic
	errors.As(err, &d)
	return d.Code
}

// TestExecLeaves has commands leave something behind that holds their output. They end, as
// docker's do, with all that they wrote themselves.
func TestExecLeaves(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{}, "sleep 1000")
		defer c.Kill(p.t.Context())
		for name, test := range map[string]struct {
			e      ExecConfig
			script string
			want   string
		}{
			"quiet":    {script: "sleep 1000 & echo out", want: "out\n"},
			"loud":     {script: "while :; do echo more; sleep 0.01; done & echo out", want: "*out\n*"},
			"input":    {e: ExecConfig{Stdin: true}, script: "sleep 1000 & cat; echo out", want: "inout\n"},
			"much":     {script: "sleep 1000 & seq 30000", want: "*\n30000\n"},
			"terminal": {e: ExecConfig{TTY: true}, script: "sleep 1000 & echo out", want: "out\r\n"},
		} {
			p.sub(name, func(p *place) {
				test.e.Args = []string{"sh", "-c", test.script}
				var out bytes.Buffer
				begun := time.Now()
				code, err := p.Exec(p.t.Context(), c, test.e, Streams{In: strings.NewReader("in"), Out: &out}, false)
				if took := time.Since(begun); err != nil || code != 0 || !matches(out.String(), test.want) || took > 20*time.Second {
					p.t.Errorf("%d, %v, %v\n%q", code, err, took, cut(out.String()))
				}
			})
		}
	})
}

// beExec runs a command in a container until it is killed.
func beExec(home, runtime, id string) error {
	r := newRunner(home, runtime)
	c, err := r.Set.Find(id)
	if err == nil {
		_, err = r.Exec(context.Background(), c, ExecConfig{Args: []string{"sleep", "1000"}}, Streams{}, false)
	}
	return err
}

// TestExecKilled kills who waits for a command in a container. The next one cleans what is left of it,
// and nothing of one that goes on.
func TestExecKilled(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{}, "sleep 1000")
		defer p.end(c)
		dirs := func() int {
			names, err := filepath.Glob(c.path("exec-*"))
			p.check(err)
			return len(names)
		}
		start := func() *exec.Cmd {
			before := dirs()
			cmd := exec.CommandContext(p.t.Context(), os.Args[0], execArg, p.Monitor[2], p.Runtime, c.ID)
			p.check(cmd.Start())
			p.until("the command", func() bool { return dirs() > before })
			return cmd
		}
		goesOn, killed := start(), start()
		p.check(killed.Process.Kill())
		killed.Wait()
		if n := dirs(); n != 2 {
			p.t.Errorf("%d directories", n)
		}
		if code, err := p.Exec(p.t.Context(), c, ExecConfig{Args: []string{"true"}}, Streams{}, false); code != 0 || err != nil {
			p.t.Errorf("%d, %v", code, err)
		}
		if n := dirs(); n != 1 {
			p.t.Errorf("%d directories are left", n)
		}
		p.check(goesOn.Process.Kill())
		goesOn.Wait()
	})
}

// end kills a container, and takes note of the ends of its processes that are children of this one, such as
// one that did not start: the kernel waits for that.
func (p *place) end(c *Container) {
	p.t.Helper()
	killed := make(chan error, 1)
	go func() { killed <- c.Kill(p.t.Context()) }()
	p.until("the end", func() bool {
		syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		select {
		case err := <-killed:
			p.check(err)
			return true
		default:
			return false
		}
	})
}

// TestExecDetached has a command run on when who has started it is gone, with a terminal or without.
func TestExecDetached(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{}, "sleep 1000")
		defer p.end(c)
		text := func(file string) string {
			var out bytes.Buffer
			_, err := p.Exec(p.t.Context(), c, ExecConfig{Args: []string{"sh", "-c", "cat " + file}}, Streams{Out: &out}, false)
			p.check(err)
			return out.String()
		}
		for name, test := range map[string]struct {
			e    ExecConfig
			want string
		}{
			"alone":    {ExecConfig{Stdin: true}, "not a tty\n/dev/null\nend\n"},
			"terminal": {ExecConfig{Stdin: true, TTY: true}, "/dev/pts/0\n/dev/pts/0\nend\n"},
		} {
			p.sub(name, func(p *place) {
				test.e.Args = []string{"sh", "-c", "exec 3>/" + name + "; tty >&3; readlink /proc/$$/fd/1 | cat >&3; while [ ! -e /go ]; do sleep 0.01; done; seq 10000; echo end >&3"}
				ended := make(chan error)
				go func() {
					_, err := p.Exec(p.t.Context(), c, test.e, Streams{In: strings.NewReader(""), Out: io.Discard}, true)
					ended <- err
				}()
				select {
				case err := <-ended:
					p.check(err)
				case <-time.After(20 * time.Second):
					p.t.Error("it is waited for")
				}
				text("/dev/null; touch /go")
				p.until("its end", func() bool { return strings.HasSuffix(text("/"+name), "end\n") })
				if got := text("/" + name + "; rm /go"); got != test.want {
					p.t.Errorf("%q", got)
				}
			})
		}
	})
}

// TestMuch has what is not text, and much of it, go through a container as it is.
func TestMuch(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{}, "sleep 1000")
		defer c.Kill(p.t.Context())
		e := ExecConfig{Args: []string{"cat"}, Stdin: true}
		for name, test := range map[string]struct {
			size int64
			run  func(Streams) (int, error)
		}{
			"run":  {16 << 20, func(s Streams) (int, error) { return p.Run(p.t.Context(), p.make(Config{Stdin: true}, "cat"), s, nil) }},
			"exec": {64 << 20, func(s Streams) (int, error) { return p.Exec(p.t.Context(), c, e, s, false) }},
		} {
			p.sub(name, func(p *place) {
				in, out := sha256.New(), sha256.New()
				code, err := test.run(Streams{In: io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{1}), test.size), in), Out: out})
				if sum := func(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)) }; err != nil || code != 0 || sum(in) != sum(out) {
					p.t.Errorf("%d, %v: what went in is not what came out", code, err)
				}
			})
		}
	})
}

// TestDestroy damages the files of a container that runs. The others stay, and it can be
// removed with all that it has.
func TestDestroy(t *testing.T) {
	withRuntimes(t, func(p *place) {
		other := p.detach(Config{Name: "other"}, "sleep 1000")
		defer other.Kill(p.t.Context())
		for _, name := range []string{configFile, stateFile} {
			for _, text := range []string{"", "{", "[]", "null", `{"id":5,"status":"x"}`} {
				p.sub(name+" "+text, func(p *place) {
					c := p.detach(Config{}, "sleep 1000")
					p.check(os.WriteFile(c.path(name), []byte(text), 0o600))
					if list, err := p.Set.List(); err != nil || len(list) != 2 {
						p.t.Errorf("%v, %v", list, err)
					}
					if _, err := p.Set.Find(c.ID); code(err) != "damaged-container" {
						p.t.Errorf("%v", err)
					}
					damaged, err := p.Set.FindAny(c.ID[:12])
					p.check(err)
					p.check(p.Destroy(p.t.Context(), damaged))
					if !c.Gone() || c.State.Process.Alive() {
						p.t.Errorf("it is left: %+v", c.State)
					}
					p.until("the end of its monitor", func() bool { return !c.Monitor.Alive() })
				})
			}
		}
		if _, err := p.Set.Find("other"); err != nil || !other.State.Process.Alive() {
			p.t.Errorf("the other container: %v", err)
		}
	})
}

// TestOthersPid has another process have the number of a container's by now, after a crash or
// in another life of the machine. Nothing is done to it.
func TestOthersPid(t *testing.T) {
	withRuntimes(t, func(p *place) {
		cmd := exec.Command("sleep", "1000")
		p.check(cmd.Start())
		defer cmd.Wait()
		defer cmd.Process.Kill()
		here := process(cmd.Process.Pid)
		for name, s := range map[string]State{
			"pid":    {Process: Process{here.Pid, here.Start + 1}, Boot: rootfs.Boot()},
			"reboot": {Process: here, Boot: "another"},
		} {
			p.sub(name, func(p *place) {
				c := p.make(Config{}, "true")
				s.Status, s.Monitor = Running, s.Process
				p.check(writeJSON(c.path(stateFile), s))
				p.check(c.Refresh())
				p.check(c.Signal("KILL"))
				c.Release()
				p.check(c.Refresh())
				if c.Status != Dead || c.Namespace() != 0 {
					p.t.Errorf("%+v", c.State)
				}
				p.check(p.Clean(p.t.Context(), c))
				if c.Status != Exited || !here.Alive() {
					p.t.Errorf("%+v", c.State)
				}
				p.check(p.Set.Remove(p.t.Context(), c))
			})
		}
	})
}

// small moves the containers of a place to a disk of 2 MB, and gives what fills it, to so many bytes.
func (p *place) small() (fill func(free int64)) {
	p.t.Helper()
	dir := p.t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		p.t.Skipf("no tmpfs here: %v", err)
	}
	p.t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	p.Runner = &Runner{Set: Open(filepath.Join(dir, "containers")), Layers: p.Layers, Runtime: p.Runtime, Init: p.Init, Note: p.Note}
	return func(free int64) {
		f, err := os.Create(filepath.Join(dir, "full"))
		p.check(err)
		defer f.Close()
		size, err := io.Copy(f, rand.NewChaCha8([32]byte{}))
		if !errors.Is(err, syscall.ENOSPC) {
			p.t.Fatal(err)
		}
		p.check(f.Truncate(size - free))
	}
}

// TestDiskFull fills the disk of the containers at each point.
func TestDiskFull(t *testing.T) {
	withRuntimes(t, func(p *place) {
		p.sub("created", func(p *place) {
			p.check(os.MkdirAll(p.Set.dir, 0o700))
			p.small()(0)
			if _, err := p.Set.Create(p.t.Context(), Config{}); code(err) != diskFull {
				p.t.Errorf("%v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(p.Set.dir, ".?*")); len(left) > 0 {
				p.t.Errorf("left: %s", left)
			}
		})
		for _, free := range []int64{0, 16 << 10, 32 << 10, 40 << 10, 48 << 10, 64 << 10} { // a runtime has words for some
			p.sub(fmt.Sprint("started ", free), func(p *place) {
				fill := p.small()
				c := p.make(Config{}, "true")
				fill(free)
				_, err := p.Run(p.t.Context(), c, Streams{}, nil)
				if err == nil && free == 0 || err != nil && (code(err) != diskFull || !strings.Contains(err.Error(), p.Set.dir)) {
					p.t.Errorf("%v", err)
				}
				p.check(c.Refresh())
				if free == 0 && c.Status != Dead {
					p.t.Errorf("%+v", c.State)
				}
				p.check(p.Set.Remove(p.t.Context(), c))
			})
		}
		p.sub("inside", func(p *place) {
			p.small()
			var errs bytes.Buffer
			c := p.make(Config{}, "cat /dev/zero >/full; echo $? >&2")
			n, err := p.Run(p.t.Context(), c, Streams{Err: &errs}, nil)
			if n != 0 || err != nil && code(err) != diskFull || !matches(errs.String(), "*No space left on device\n1\n") {
				p.t.Errorf("%d, %v, %s", n, err, &errs)
			}
			p.check(p.Set.Remove(p.t.Context(), c))
		})
	})
}

// TestBrokenRuntime has a runtime that does not do what it should. With one that does, what is
// left can be removed.
func TestBrokenRuntime(t *testing.T) {
	withRuntimes(t, func(p *place) {
		real := p.Runtime
		for name, script := range map[string]string{
			"missing":              "",
			"fails":                "exit 77",
			"nonsense":             "echo '{\"level\":'; head -c 4096 /dev/urandom >&2; exit 1",
			"does nothing":         "exit 0",
			"killed":               "kill -9 $$",
			"no number":            "case \"$*\" in *delete*) exit 0;; esac; echo x >pid",
			"groups are not there": specWait + `exec unshare -m sh -c 'umount -l /sys/fs/cgroup; exec ` + real + ` "$@"' runtime "$@"`,
			"groups are read-only": specWait + `exec unshare -m sh -c 'awk "/cgroup/{print \$2}" /proc/mounts | while read m; do mount -o remount,bind,ro $m; done; exec ` + real + ` "$@"' runtime "$@"`,
		} {
			p.sub(name, func(p *place) {
				broken := *newRunner(filepath.Dir(p.Set.dir), filepath.Join(p.t.TempDir(), "runtime"))
				if script != "" {
					p.check(os.WriteFile(broken.Runtime, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
				}
				c := p.make(Config{Env: large()}, "true")
				n, err := broken.Run(p.t.Context(), c, Streams{}, nil)
				var d diag.Diagnostic
				if n != CodeFailed && n != 0 || !errors.As(err, &d) || d.Hint == "" {
					p.t.Errorf("%d, %v", n, err)
				}
				p.check(c.Refresh())
				p.check(p.Clean(p.t.Context(), c))
				if c.Status != Exited {
					p.t.Errorf("%+v", c.State)
				}
				p.check(p.Set.Remove(p.t.Context(), c))
			})
		}
	})
}

// atOnce does something n times at once.
func atOnce(n int, do func(int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errs
}

// TestAtOnce makes and removes the same containers many times at once.
func TestAtOnce(t *testing.T) {
	s := Open(t.TempDir())
	errs := atOnce(10, func(i int) error {
		c, err := s.Create(t.Context(), Config{Name: fmt.Sprint("same", i%3)})
		if err == nil {
			c.Release()
		}
		return err
	})
	refused := 0
	for _, err := range errs {
		if code(err) == "name-in-use" {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if list, err := s.List(); err != nil || len(list) != 3 || refused != 7 {
		t.Errorf("%d were refused, %v, %v", refused, list, err)
	}
	c, err := s.Find("same0")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range atOnce(4, func(int) error { own := *c; return s.Remove(t.Context(), &own) }) {
		if err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "*"+c.ID)); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}

// TestRemoveDuringStop kills and removes a container while another one waits for its end.
func TestRemoveDuringStop(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{}, "trap '' TERM; while :; do sleep 0.05; done")
		for _, err := range atOnce(3, func(i int) error {
			own := *c
			if i == 0 {
				return own.Stop(p.t.Context(), 15*time.Second)
			}
			return errors.Join(own.Kill(p.t.Context()), p.Set.Remove(p.t.Context(), &own))
		}) {
			if err != nil {
				p.t.Error(err)
			}
		}
		if !c.Gone() || c.State.Process.Alive() {
			p.t.Errorf("%+v", c.State)
		}
	})
}

// TestEndDuringStart kills and stops containers that have no process yet, with a runtime that takes its time.
func TestEndDuringStart(t *testing.T) {
	withRuntimes(t, func(p *place) {
		slow := *newRunner(filepath.Dir(p.Set.dir), filepath.Join(p.t.TempDir(), "runtime"))
		p.check(os.WriteFile(slow.Runtime, []byte("#!/bin/sh\nsleep 0.5\nexec "+p.Runtime+` "$@"`+"\n"), 0o755))
		for name, end := range map[string]func(*Container) error{
			"kill":         func(c *Container) error { return c.Kill(p.t.Context()) },
			"stop":         func(c *Container) error { return c.Stop(p.t.Context(), time.Second) },
			"stop at once": func(c *Container) error { return c.Stop(p.t.Context(), 0) },
		} {
			p.sub(name, func(p *place) {
				c := p.make(Config{}, "sleep 30") // a first process hears no TERM
				own := *c
				own.hold = nil
				for _, err := range atOnce(2, func(i int) error {
					if i == 0 {
						_, err := slow.Run(p.t.Context(), c, Streams{}, nil)
						return err
					}
					begun := time.Now()
					err := end(&own)
					if took := time.Since(begun); took > killWait/2 {
						p.t.Errorf("it took %v", took)
					}
					return err
				}) {
					if err != nil {
						p.t.Error(err)
					}
				}
				if c.Status != Exited || c.ExitCode != 137 {
					p.t.Errorf("%+v", c.State)
				}
				p.check(p.Set.Remove(p.t.Context(), c))
			})
		}
	})
}
