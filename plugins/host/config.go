package host

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

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
		GRPCDialOptions:  []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxFrame))},
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: p.dir},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, shared string) (runner.Runner, error) {
			own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
			return p.process, p.prepare(append(spec.Env, "PLUGIN_CLIENT_CERT="+string(own)), shared)
		},
	}, nil
}

// none stands for the plugins that go-plugin would dispense: its connection is all
// that is used.
type none struct{ plugin.NetRPCUnsupportedPlugin }

func (none) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (none) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// prepare makes the command of the process. The directory is for its socket.
func (p *Program) prepare(env []string, shared string) error {
	root := filepath.Join(p.dir, "root")
	if err := os.Mkdir(root, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	level := p.process.level
	cmd, status, err := sandbox.Command(p.options.Helper, sandbox.Spec{
		Program: p.options.Path, Args: p.options.Args, Root: root, Shared: shared, Reads: p.options.Reads,
		Network: slices.Contains(p.options.Grants, plugins.GrantNetwork),
		Memory:  p.options.Memory, Files: int64(p.options.MaxMessage), Level: level,
	})
	if err != nil {
		return err
	}
	temp := shared
	if level == sandbox.Full {
		temp = "/tmp"
	}
	cmd.Env = environment(append(env, p.options.Env...), "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR="+temp)
	p.process.cmd, p.process.status, p.process.shared = cmd, status, shared
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

// checkAddress makes sure that a program has strake connect to itself: a socket in
// its own directory.
func checkAddress(network, address, shared string) error {
	if network != "unix" {
		return fmt.Errorf("it listens on %s: it has to use a unix socket in $%s", network, plugin.EnvUnixSocketDir)
	}
	if filepath.Dir(filepath.Clean(address)) != shared {
		return fmt.Errorf("its socket is not in $%s", plugin.EnvUnixSocketDir)
	}
	if info, err := os.Lstat(address); err != nil {
		return fmt.Errorf("its socket: %w", err)
	} else if info.Mode().Type() != os.ModeSocket {
		return errors.New("its socket is none")
	}
	return nil
}
