//go:build linux

package container

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/console"
	"golang.org/x/sys/unix"
)

// screen is a terminal and what was shown on it.
type screen struct {
	master console.Console
	user   *os.File

	mu   sync.Mutex
	text bytes.Buffer
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	master, name, err := console.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	s := &screen{master: master}
	if s.user, err = os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.user.Close() })
	go io.Copy(s, master)
	return s
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) shows(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), text)
}

func (s *screen) modes(t *testing.T) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(s.user.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

// TestTerminal types into a container, resizes its terminal, and ends it in each way. The
// user's terminal is afterwards what it was before.
func TestTerminal(t *testing.T) {
	withRuntimes(t, func(p *place) {
		for name, test := range map[string]struct {
			end  func(*screen, *Container)
			code int
		}{
			"exit": {func(s *screen, _ *Container) { s.master.Write([]byte("exit 7\n")) }, 7},
			"key": {func(s *screen, _ *Container) {
				s.master.Write([]byte("echo slee''p; sleep 100\n"))
				p.until("the sleep", func() bool { return s.shows("\nsleep") })
				for !s.shows("back 2") { // the key may come before the sleep has the terminal
					s.master.Write([]byte("\x03echo back $((1+1))\n"))
					time.Sleep(100 * time.Millisecond)
				}
				s.master.Write([]byte("exit 130\n"))
			}, 130},
			"killed":  {func(_ *screen, c *Container) { c.Refresh(); c.Signal("KILL") }, 137},
			"signal":  {func(*screen, *Container) { syscall.Kill(os.Getpid(), syscall.SIGTERM) }, -1},
			"hang up": {func(*screen, *Container) { syscall.Kill(os.Getpid(), syscall.SIGHUP) }, -1},
		} {
			p.sub(name, func(p *place) {
				s := newScreen(p.t)
				before := s.modes(p.t)
				p.check(s.master.Resize(console.WinSize{Height: 33, Width: 99}))
				c := p.make(Config{TTY: true, Stdin: true, Args: []string{"/bin/sh"}}, "")
				code := make(chan int, 1)
				go func() {
					n, err := p.Run(p.t.Context(), c, Streams{In: s.user, Out: s.user, Err: s.user}, nil)
					if err != nil {
						p.t.Error(err)
					}
					code <- n
				}()
				p.until("the prompt", func() bool { return s.shows("# ") })
				s.master.Write([]byte("tty; echo size $(stty size)\n"))
				p.until("the size", func() bool { return s.shows("size 33 99") && s.shows("/dev/pts/0") })
				p.check(s.master.Resize(console.WinSize{Height: 40, Width: 120}))
				syscall.Kill(os.Getpid(), syscall.SIGWINCH) // as this process does not belong to the terminal
				p.until("the new size", func() bool {
					s.master.Write([]byte("echo now $(stty size)\n"))
					time.Sleep(50 * time.Millisecond)
					return s.shows("now 40 120")
				})
				test.end(s, c)
				select {
				case got := <-code:
					if test.code >= 0 && got != test.code {
						p.t.Errorf("exit code %d, want %d", got, test.code)
					}
				case <-time.After(20 * time.Second):
					p.t.Error("it does not end")
					c.Refresh()
					c.Signal("KILL")
				}
				if after := s.modes(p.t); after != before {
					p.t.Errorf("the terminal has other modes: %+v, before %+v", after, before)
				}
			})
		}
	})
}

// TestPrivate reaches a container through a port of the machine.
func TestPrivate(t *testing.T) {
	if _, err := exec.LookPath(forwarderProgram); err != nil {
		t.Skip(forwarderProgram + " is not installed")
	}
	withRuntimes(t, func(p *place) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		p.check(err)
		port := uint16(l.Addr().(*net.TCPAddr).Port)
		ports := []Port{{HostIP: "127.0.0.1", Host: port, Container: 80, Protocol: "tcp"}}
		if got := p.run(Config{Network: Private, Ports: ports}, "true", ""); got.err == nil || !strings.Contains(got.err.Error(), "cannot forward port") {
			p.t.Errorf("a port in use: %v", got.err)
		}
		l.Close()
		p.until("the answer", func() bool {
			got := make(chan result, 1)
			go func() {
				got <- p.run(Config{Network: Private, Ports: ports}, "ls /sys/class/net; echo served | nc -l -p 80 -w 5", "")
			}()
			var answer []byte
			p.until("the end", func() bool {
				if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
					conn.SetReadDeadline(time.Now().Add(time.Second))
					data, _ := io.ReadAll(conn)
					answer = append(answer, data...)
					conn.Close()
				}
				select {
				case r := <-got:
					if r.err != nil || !strings.Contains(r.out, "lo\ntap0\n") {
						p.t.Errorf("%+v", r)
					}
					return true
				case <-time.After(20 * time.Millisecond):
					return false
				}
			})
			return string(answer) == "served\n"
		})
	})
}
