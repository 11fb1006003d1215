//go:build linux

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// cutter stands before a registry, and cuts connections off.
type cutter struct {
	*testbed.Registry
	target string

	mu    sync.Mutex
	dice  *rand.Rand
	cuts  int   // how many connections are still to be cut
	after int64 // bytes at most, in both directions
	stall bool  // it lets nothing through instead
	begun int   // connections
	open  map[net.Conn]bool
}

func startCutter(t *testing.T, r *testbed.Registry, dice *rand.Rand) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cutter{Registry: &testbed.Registry{Host: l.Addr().String()}, target: r.Host, dice: dice, open: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(conn.(*net.TCPConn))
		}
	}()
	return c
}

// set says how many of the next connections are cut, within so many bytes. Those that
// are open end.
func (c *cutter) set(cuts int, after int64, stall bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts, c.after, c.stall, c.begun = cuts, after, stall, 0
	for conn := range c.open {
		conn.Close()
	}
}

// budget gives how many bytes a new connection may carry, -1 for any number, and
// whether it ends with a reset.
func (c *cutter) budget(conn net.Conn) (bytes int64, reset, stall bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun++
	c.open[conn] = true
	if c.cuts == 0 {
		return -1, false, c.stall
	}
	c.cuts--
	return c.dice.Int64N(c.after), c.dice.IntN(2) == 0, c.stall
}

func (c *cutter) serve(client *net.TCPConn) {
	left, reset, stall := c.budget(client)
	defer func() {
		client.Close()
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, client)
	}()
	if stall {
		io.Copy(io.Discard, client)
		return
	}
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	copies := func(to, from *net.TCPConn) {
		if left < 0 {
			io.Copy(to, from)
		} else if n, _ := io.CopyN(to, from, left); n == left { // there is more
			if reset {
				client.SetLinger(0)
			}
			client.Close()
			server.Close()
		}
		to.CloseWrite()
	}
	both.Go(func() { copies(server.(*net.TCPConn), client) })
	both.Go(func() { copies(client, server.(*net.TCPConn)) })
	both.Wait()
}

// TestRegistryCuts has a registry cut its connections while images come from it and
// go to it.
func TestRegistryCuts(t *testing.T) {
	t.Parallel()
	registry := testbed.StartRealRegistry(t, testbed.RealOptions{}) // which can go on in the middle of a blob
	numbers := dice(t)
	proxy := startCutter(t, registry, numbers)
	s := newSandbox(t, proxy.Registry, registry)
	busybox := testbed.Image(t, testbed.Busybox)
	noise := busybox
	for range 3 {
		layer, err := random.Layer(600<<10, types.OCILayer)
		if err == nil {
			noise, err = mutate.AppendLayers(noise, layer)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for image, content := range map[string]v1.Image{"noise": noise, "busybox": busybox} {
		ref, err := name.ParseReference(registry.Host + "/library/" + image)
		if err == nil {
			err = remote.Write(ref, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	outcomes := map[string]int{}
	for round := range faultRounds(t, 2) {
		s.must(t, "build", "-t", "mine", contextWith(t, "FROM busybox", fmt.Sprint("RUN echo ", round, "; dd if=/dev/urandom of=/data bs=100k count=10")))
		tag := fmt.Sprint(proxy.Host, "/app:", round)
		s.must(t, "tag", "mine", tag)
		for _, c := range []struct {
			name, image string // what it makes
			args        []string
		}{
			{"base", "based", []string{"build", "-t", "based", contextWith(t, "FROM noise", "COPY Dockerfile /")}},
			{"pull", proxy.Host + "/library/noise", []string{"pull", proxy.Host + "/library/noise"}},
			{"push", "", []string{"push", tag}},
			{"build and push", "", []string{"build", "--push", "-t", tag + "-pushed", contextWith(t, "FROM mine", "COPY Dockerfile /")}},
		} {
			cuts := 1 + numbers.IntN(8)
			proxy.set(cuts, 1<<(9+numbers.IntN(12)), false)
			o := s.run(t, c.args...)
			outcomes[fmt.Sprintf("%s: exit code %d", c.name, o.code)]++
			if o.code != 0 && (o.code != cli.ExitFailure || len(o.errors()) != 1 || !strings.Contains(o.stderr, "help: ")) {
				t.Errorf("round %d, %s, %d cuts: expected one error: %v", round, c.name, cuts, o)
			}
			if o.code != 0 {
				t.Logf("round %d, %s: %s", round, c.name, o.stderr[max(0, strings.LastIndex(o.stderr, "error: ")):])
			}
			s.verify(t)
			if id := ""; c.image != "" {
				if id = s.id(t, c.image); (id != "") != (o.code == 0) {
					t.Errorf("round %d, %s: exit code %d, and the image is %q", round, c.name, o.code, id)
				}
			}
			proxy.set(0, 0, false)
			s.must(t, c.args...)
			s.verify(t)
		}
		for _, pushed := range []string{tag, tag + "-pushed"} {
			direct := strings.Replace(pushed, proxy.Host, registry.Host, 1)
			s.must(t, "pull", direct)
			s.must(t, "rmi", direct)
		}
		s.must(t, "rmi", "based", proxy.Host+"/library/noise")
		s.must(t, "engine", "prune", "-a", "-f")
	}
	t.Log(outcomes)
}

// TestRegistryHangs has a registry take requests and never answer: a build waits,
// but can be interrupted, and sees that its engine is gone.
func TestRegistryHangs(t *testing.T) {
	t.Parallel()
	registry := testbed.StartRegistry(t, testbed.Busybox)
	proxy := startCutter(t, registry, dice(t))
	s := newSandbox(t, proxy.Registry)
	context := contextWith(t, "FROM busybox", "RUN true")
	s.must(t, "engine", "start")
	for _, c := range []struct {
		name string
		end  func(*started)
		code int
	}{
		{"interrupt", func(b *started) { b.Process.Signal(syscall.SIGINT) }, cli.ExitInterrupt},
		{"engine killed", func(*started) { _, pid := s.engine(); syscall.Kill(pid, syscall.SIGKILL) }, cli.ExitFailure},
		{"supervisor killed", func(*started) { pid, _ := s.engine(); syscall.Kill(pid, syscall.SIGKILL) }, cli.ExitFailure},
	} {
		proxy.set(0, 0, true)
		b := s.start(t, "build", "-t", "never", context)
		eventually(t, "the engine asks the registry", func() []string {
			proxy.mu.Lock()
			defer proxy.mu.Unlock()
			if proxy.begun == 0 {
				return []string{"no connection"}
			}
			return nil
		})
		start := time.Now()
		c.end(b)
		o := <-b.done
		t.Logf("%s: the build ends after %v", c.name, o.ended.Sub(start))
		if o.code != c.code || o.ended.Sub(start) > soon {
			t.Errorf("%s: expected exit code %d soon: %v", c.name, c.code, o)
		}
		if c.code == cli.ExitFailure && (len(o.errors()) != 1 || !strings.Contains(o.stderr, "[engine-lost]")) {
			t.Errorf("%s: expected one error engine-lost: %v", c.name, o)
		}
		proxy.set(0, 0, false)
		s.must(t, "build", "-t", "works", context)
		s.must(t, "rmi", "works")
		s.must(t, "engine", "prune", "-a", "-f")
	}
}
