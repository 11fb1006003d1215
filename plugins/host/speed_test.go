package host_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/host"
	"github.com/seed-e0495807/strake/plugins/internal/remote"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// rounds is how often two things take turns; the median of their ratios counts.
const rounds = 15

// TestSpeed holds what a program costs beside a go-plugin process without a sandbox, and
// the wire beside compiling.
func TestSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH=1")
	}
	small := options(t, "ok")
	small.Path = filepath.Join(bin, "small")
	small.SHA256, small.Notes = digest(t, small.Path), t.TempDir()
	time.Sleep(2100 * time.Millisecond) // it was built just now, and a program is read until it was left alone for so long
	t.Run("ten programs", func(t *testing.T) {
		ratio(t, "ten start, one without a sandbox", 2.5, func() { bare(t) }, func() { programs(t, small, 10) })
	})
	t.Run("one program", func(t *testing.T) {
		ratio(t, "one starts, one without a sandbox", 2.5, func() { bare(t) }, func() { programs(t, small, 1) })
	})
	text := "FROM scratch\n" + strings.Repeat("RUN --mount=type=cache,target=/c go build ./...\nCOPY a /b\n", 2500)
	m := irtest.Module(t, text)
	for _, how := range []string{"whole", "edits"} {
		t.Run(how, func(t *testing.T) {
			o := options(t, how)
			o.CallTimeout = 10 * time.Second
			p := start(t, o)
			ratio(t, "5,000 steps there and back ("+how+"), a compile", 0.4, func() { compile(t, text) }, func() {
				r, err := p.Run(t.Context(), plugins.NoHost{}, &plugins.Call{Phase: plugins.Rewrite, Module: m, Stages: []bool{true}, By: "module"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Apply(m); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func compile(t *testing.T, text string) {
	res, err := llb.Compile(t.Context(), source.NewFile("Dockerfile", text), llb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := res.State.Marshal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := res.Config(); err != nil {
		t.Fatal(err)
	}
}

// ratio fails when three of four times ours takes more than so many times as long as theirs.
func ratio(t *testing.T, what string, target float64, theirs, ours func()) {
	t.Helper()
	var a, b []time.Duration
	var ratios []float64
	for range rounds {
		x, y := measure(theirs), measure(ours)
		a, b, ratios = append(a, x), append(b, y), append(ratios, float64(y)/float64(x))
	}
	slices.Sort(a)
	slices.Sort(b)
	slices.Sort(ratios)
	mid := rounds / 2
	figure.Report(t, figure.Figure{What: "plugin programs: " + what, Ours: b[mid].String(), Theirs: a[mid].String(),
		Result: fmt.Sprintf("%.2f (%.2f to %.2f)", ratios[mid], ratios[0], ratios[rounds-1]), Target: fmt.Sprintf("<= %.2f", target), Missed: ratios[rounds/4] > target})
}

func measure(do func()) time.Duration {
	runtime.GC()
	began := time.Now()
	do()
	return time.Since(began)
}

// programs starts so many programs at once, and calls them one after the other.
func programs(t *testing.T, o host.Options, n int) {
	list := make([]*host.Program, n)
	var all sync.WaitGroup
	for i := range list {
		all.Go(func() {
			var err error
			if list[i], err = host.Start(t.Context(), o); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, p := range list {
		if _, err := pipeline(t, p, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range list {
		all.Go(func() { p.Close() })
	}
	all.Wait()
}

// bare starts a go-plugin process with what go-plugin offers, and asks it something.
func bare(t *testing.T) {
	path := filepath.Join(bin, "faults")
	c := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{ProtocolVersion: remote.Version, MagicCookieKey: remote.CookieName, MagicCookieValue: remote.CookieValue},
		Plugins:         plugin.PluginSet{"strake": none{}}, Cmd: exec.Command(path, "stock"),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, AutoMTLS: true, Logger: hclog.NewNullLogger(),
	})
	defer c.Kill()
	protocol, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pb.NewPluginClient(protocol.(*plugin.GRPCClient).Conn).Info(t.Context(), &pb.InfoRequest{}); err != nil {
		t.Fatal(err)
	}
}

type none struct{ plugin.NetRPCUnsupportedPlugin }

func (none) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (none) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}
