package host

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"os/exec"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/remote"
	"github.com/seed-e0495807/strake/plugins/internal/sandbox"
)

// maxFrame is the longest message of gRPC that is read: four frames.
const maxFrame = 4 << 20

// handshake is what a program is to answer to.
var handshake = plugin.HandshakeConfig{ProtocolVersion: remote.Version, MagicCookieKey: remote.CookieName, MagicCookieValue: remote.CookieValue}

// config is what go-plugin is to do. The digest was checked already: go-plugin would
// check that of the sandbox's helper. The certificates are those of its AutoMTLS, of
// another kind of keys: making its own takes longer than starting a program.
func (p *Program) config() (*plugin.ClientConfig, error) {
	cert, err := remote.NewCertificate()
	if err != nil {
		return nil, err
	}
	return &plugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          plugin.PluginSet{"strake": none{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		TLSConfig:        &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, ServerName: "localhost"},
		SkipHostEnv:      true,
		StartTimeout:     p.options.StartTimeout,
		Logger:           hclog.NewNullLogger(),
		Stderr:           p.process.log,
		SyncStderr:       p.process.log,
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxFrame)),
			grpc.WithInitialWindowSize(remote.Window), grpc.WithInitialConnWindowSize(remote.Window),
			grpc.WithStreamInterceptor(noBroker), grpc.WithUnaryInterceptor(noShutdown),
		},
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: p.dir},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, shared string) (runner.Runner, error) {
			own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
			return p.process, p.prepare(append(spec.Env, "PLUGIN_CLIENT_CERT="+string(own)), shared)
		},
	}, nil
}

// noBroker spares a program the stream of go-plugin's broker: there are no other connections.
func noBroker(ctx context.Context, d *grpc.StreamDesc, c *grpc.ClientConn, method string, next grpc.Streamer, o ...grpc.CallOption) (grpc.ClientStream, error) {
	if strings.HasPrefix(method, "/plugin.GRPCBroker/") {
		return nil, status.Error(codes.Unimplemented, "there is no broker")
	}
	return next(ctx, d, c, method, o...)
}

// noShutdown spares a program the question to end, to which nobody waits for an answer.
func noShutdown(ctx context.Context, method string, req, reply any, c *grpc.ClientConn, next grpc.UnaryInvoker, o ...grpc.CallOption) error {
	if strings.HasPrefix(method, "/plugin.GRPCController/") {
		return status.Error(codes.Unimplemented, "it is killed")
	}
	return next(ctx, method, req, reply, c, o...)
}

// none stands for the plugins that go-plugin would dispense: its connection is all
// that is used.
type none struct{ plugin.NetRPCUnsupportedPlugin }

func (none) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (none) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// prepare makes the command of the process. The directory is for its socket; in a full sandbox,
// which has a directory of its own for that, it is where the root is mounted.
func (p *Program) prepare(env []string, shared string) error {
	root, level := shared, p.process.level
	if level == sandbox.Full {
		shared = sandbox.Temp
		env = append(env, plugin.EnvUnixSocketDir+"="+shared) // the last one counts
	}
	o := p.options
	limits := sandbox.Limits{Memory: o.Memory, Files: int64(o.MaxMessage), Threads: o.Threads, CPU: o.CPUTime}
	box, err := sandbox.New(o.Helper, sandbox.Spec{
		Program: o.Path, Args: o.Args, Root: root, Shared: shared, Reads: o.Reads,
		Network: slices.Contains(o.Grants, plugins.GrantNetwork), Limits: limits, Level: level,
	})
	if err != nil {
		return err
	}
	box.Env = environment(append(env, o.Env...), "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR="+shared)
	p.process.box, p.process.limits, p.process.shared = box, limits, shared
	return nil
}

// environment adds defaults of variables that are not set.
func environment(env []string, defaults ...string) []string {
	for _, d := range defaults {
		name, _, _ := strings.Cut(d, "=")
		if !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") }) {
			env = append(env, d)
		}
	}
	return env
}
