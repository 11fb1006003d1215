// Command faults is a plugin that does what its argument says.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/remote"
	"github.com/seed-e0495807/strake/plugins/pb"
	"github.com/seed-e0495807/strake/plugins/sdk"
)

func init() { runtime.LockOSThread() } // main is on the first thread: see leaderless

func main() {
	what := os.Args[1]
	p := &sdk.Plugin{Name: "faults", Version: "1.0.0", Summary: "does what no plugin may", Check: checks[what]}
	switch what {
	case "start-crash":
		fmt.Fprintln(os.Stderr, "no config\x1b[31m\nall is lost")
		os.Exit(3)
	case "start-hang":
		fmt.Fprintln(os.Stderr, "waiting")
		time.Sleep(time.Hour)
	case "garbage-handshake":
		fmt.Println("hello, world")
		time.Sleep(time.Hour)
	case "endless-handshake":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "elsewhere":
		fmt.Println("1|1|unix|/run/docker.sock|grpc|")
		time.Sleep(time.Hour)
	case "tcp":
		fmt.Println("1|1|tcp|127.0.0.1:1|grpc|")
		time.Sleep(time.Hour)
	case "garbage-grpc":
		garbage()
	case "version":
		h := handshake()
		h.ProtocolVersion = 2
		serve(h, &raw{})
	case "other-service":
		serve(handshake(), nil)
	case "capability":
		serve(handshake(), &raw{requires: []string{"phase.check", "phase.dream"}})
	case "huge", "many", "nothing", "nonsense":
		serve(handshake(), &raw{send: what})
	case "invalid":
		p.Check, p.Rewrite = nil, func(c *sdk.Call) error {
			c.Replace(plugins.Place{Stage: 0, Op: 0}, "to see what happens", &ir.Workdir{})
			return nil
		}
	case "whole", "edits":
		serveModule(what == "whole")
	case "sigterm":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	case "stock": // as go-plugin serves by itself
		serve(handshake(), &raw{})
	case "child":
		time.Sleep(time.Hour)
	case "leaderless": // the first thread ends, and the process does not
		go sdk.Serve(p)
		syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0)
	}
	sdk.Serve(p)
}

var checks = map[string]func(*sdk.Call) error{
	"attack":     attack,
	"shared":     takeShared,
	"zero":       takeGrowing,
	"leaderless": takeGrowing,
	"threads":    takeThreads,
	"cpu": func(*sdk.Call) error {
		for {
			runtime.KeepAlive(0)
		}
	},
	"disk":     takeDisk,
	"files":    takeFiles,
	"room":     takeRoom,
	"buffers":  takeBuffers,
	"counters": takeCounted,
	"undying":  undying,
	"ok":       func(c *sdk.Call) error { c.Warn(sdk.From(0), "seen", "seen"); return nil },
	"probe":    probe,
	"error":    func(*sdk.Call) error { return fmt.Errorf("no idea") },
	"panic":    func(*sdk.Call) error { var m map[string]int; m["x"] = 1; return nil },
	"crash": func(c *sdk.Call) error {
		fmt.Fprintln(os.Stderr, "about to crash")
		c.Expand(plugins.Place{Stage: 0, Op: 1}, "x")
		os.Exit(7)
		return nil
	},
	"go-panic": func(*sdk.Call) error { go panic("lost"); select {} },
	"hang": func(*sdk.Call) error {
		fmt.Fprintln(os.Stderr, "thinking")
		time.Sleep(time.Hour)
		return nil
	},
	"late":    func(*sdk.Call) error { time.Sleep(1500 * time.Millisecond); return nil },
	"sigterm": func(*sdk.Call) error { time.Sleep(time.Hour); return nil },
	"flood": func(*sdk.Call) error {
		line := strings.Repeat("all work and no play makes a dull plugin ", 100) + "\n"
		for {
			os.Stderr.WriteString(line)
		}
	},
	"flood-host": func(c *sdk.Call) error {
		for c.Context.Err() == nil {
			c.Log("%s", strings.Repeat("x", 1000))
		}
		return nil
	},
	"memory": func(*sdk.Call) error {
		var all [][]byte
		for {
			b := make([]byte, 64<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
		}
	},
	"fork": func(c *sdk.Call) error {
		cmd := exec.Command(os.Args[0], "child")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return err
		}
		c.Log("%d", cmd.Process.Pid)
		time.Sleep(time.Hour)
		return nil
	},
}

// serveModule drops the first op: of a module that goes back whole, or by an edit.
func serveModule(whole bool) {
	sdk.Serve(&sdk.Plugin{Name: "module", Rewrite: func(c *sdk.Call) error {
		if whole {
			next := c.Module.Copy()
			next.Stages[0].Ops = next.Stages[0].Ops[1:]
			next.Syntax = "x"
			c.Become(next)
			return nil
		}
		c.Replace(plugins.Place{}, "to go")
		return nil
	}})
	os.Exit(0)
}

// probe reports what there is in the sandbox.
func probe(c *sdk.Call) error {
	report := func(code string, err error) {
		text := "yes"
		if err != nil {
			text = err.Error()
		}
		c.Note(sdk.From(0), code, "%s", text)
	}
	_, err := os.ReadFile("/etc/passwd")
	report("read", err)
	_, err = os.ReadFile("/proc/1/environ")
	report("proc", err)
	report("write-tmp", os.WriteFile(filepath.Join(os.TempDir(), "x"), []byte("x"), 0o600))
	report("write-self", os.WriteFile(os.Args[0], nil, 0o755))
	_, err = os.ReadFile("/dev/null")
	report("null", err)
	_, err = net.DialTimeout("tcp", "127.0.0.1:1", time.Second)
	report("network", err)
	report("fork", exec.Command(os.Args[0], "child").Start())
	report("mount", syscall.Mount("x", "/tmp", "tmpfs", 0, ""))
	report("unshare", syscall.Unshare(syscall.CLONE_NEWNS))
	report("ptrace", syscall.PtraceAttach(1))
	report("pid", fmt.Errorf("%d", os.Getpid()))
	list, _ := filepath.Glob("/*")
	report("root", fmt.Errorf("%v", list))
	report("env", fmt.Errorf("%v", os.Environ()))
	dir, err := os.Getwd()
	report("dir", fmt.Errorf("%s %v", dir, err))
	_, err = os.Stdin.Read(make([]byte, 1))
	report("stdin", err)
	return nil
}

func handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{ProtocolVersion: remote.Version, MagicCookieKey: remote.CookieName, MagicCookieValue: remote.CookieValue}
}

// garbage answers the handshake, and then talks nonsense.
func garbage() {
	l, err := net.Listen("unix", filepath.Join(os.Getenv(plugin.EnvUnixSocketDir), "s"))
	if err != nil {
		os.Exit(1)
	}
	fmt.Printf("1|1|unix|%s|grpc|\n", l.Addr())
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Write([]byte("this is not TLS\r\n\r\n"))
		c.Close()
	}
}

// raw speaks the protocol badly.
type raw struct {
	pb.UnimplementedPluginServer
	requires []string
	send     string
}

func (r *raw) Info(context.Context, *pb.InfoRequest) (*pb.InfoResponse, error) {
	return &pb.InfoResponse{Minor: 99, Requires: r.requires, Info: &pb.Info{Name: "raw", Phases: []pb.Phase{pb.Phase_PHASE_CHECK, 77}}}, nil
}

func (r *raw) Run(s grpc.BidiStreamingServer[pb.Frame, pb.Frame]) error {
	data := make([]byte, 1<<20)
	switch r.send {
	case "nothing":
		return nil
	case "nonsense":
		return s.Send(&pb.Frame{Data: []byte("\xff\xff\xff\xff")})
	case "many": // a result with an empty diagnostic, over and over
		for i := range data {
			data[i] = [...]byte{0x1a, 0}[i%2]
		}
		result := append([]byte{0x1a, 0x80, 0x80, 0x80, 0x08}, data...) // PluginMessage.result of 16 MiB
		if err := s.Send(&pb.Frame{Data: result, More: true}); err != nil {
			return err
		}
		for i := range 15 {
			if err := s.Send(&pb.Frame{Data: data, More: i < 14}); err != nil {
				return err
			}
		}
		return nil
	}
	for range 1024 {
		if err := s.Send(&pb.Frame{Data: data, More: true}); err != nil {
			return err
		}
	}
	return nil
}

func serve(h plugin.HandshakeConfig, r *raw) {
	plugin.Serve(&plugin.ServeConfig{HandshakeConfig: h, Plugins: plugin.PluginSet{"strake": service{server: r}}, GRPCServer: plugin.DefaultGRPCServer})
	os.Exit(0)
}

type service struct {
	plugin.NetRPCUnsupportedPlugin
	server *raw
}

func (s service) GRPCServer(_ *plugin.GRPCBroker, to *grpc.Server) error {
	if s.server != nil {
		pb.RegisterPluginServer(to, s.server)
	}
	return nil
}

func (service) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}
