package engine

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/connhelper"
	_ "github.com/moby/buildkit/client/connhelper/dockercontainer" // docker-container://
	_ "github.com/moby/buildkit/client/connhelper/kubepod"         // kube-pod://
	_ "github.com/moby/buildkit/client/connhelper/nerdctlcontainer"
	_ "github.com/moby/buildkit/client/connhelper/npipe"
	_ "github.com/moby/buildkit/client/connhelper/podmancontainer"
	_ "github.com/moby/buildkit/client/connhelper/ssh"
	"github.com/moby/buildkit/session/grpchijack"
	"github.com/moby/buildkit/util/appdefaults"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/seed-e0495807/strake/backend/engine/serve"
)

const (
	patient = 20 * time.Second // for an address that was given, perhaps behind ssh
	quick   = 5 * time.Second  // for what may be there
)

const addrForm = "an address is like unix:///run/buildkit/buildkitd.sock, tcp://HOST:PORT, ssh://USER@HOST, " +
	"docker-container://NAME, podman-container://NAME, nerdctl-container://NAME or kube-pod://POD"

// remote connects to the address that was given.
func remote(ctx context.Context, o *Options) (*Engine, error) {
	u, err := url.Parse(o.Addr)
	if err != nil || u.Scheme == "" || !strings.Contains(o.Addr, "://") {
		return nil, fail("bad-address", addrForm, "%q is no address of a BuildKit", o.Addr)
	}
	helper, err := connhelper.GetConnectionHelper(o.Addr)
	switch {
	case err != nil:
		return nil, fail("bad-address", addrForm, "bad address %s: %v", o.Addr, err)
	case helper == nil && u.Scheme != "unix" && u.Scheme != "tcp":
		return nil, fail("bad-address", addrForm, "unknown kind of address %s://", u.Scheme)
	}
	opts, err := o.TLS.options(u)
	if err != nil {
		return nil, err
	}
	e, err := connect(ctx, o.Addr, patient, nil, opts...)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, unreachable(o.Addr, o.TLS != TLS{}, err)
	}
	e.Kind = Remote
	return e, nil
}

// options are what BuildKit's client has for TLS.
func (t TLS) options(u *url.URL) ([]client.ClientOpt, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	if u.Scheme != "tcp" {
		return nil, fail("bad-address", "drop the TLS files, or give an address tcp://HOST:PORT", "TLS is for tcp:// addresses, not for %s://", u.Scheme)
	}
	name := t.ServerName
	if name == "" {
		name = u.Hostname()
	}
	opts := []client.ClientOpt{client.WithServerConfigSystem(name)}
	if t.CA != "" {
		opts[0] = client.WithServerConfig(name, t.CA)
	}
	if t.Cert != "" || t.Key != "" {
		opts = append(opts, client.WithCredentials(t.Cert, t.Key))
	}
	for _, file := range []string{t.CA, t.Cert, t.Key} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return nil, fail("no-certificate", "TLS needs the files of the CA, of the certificate and of its key", "cannot read %v", err)
		}
	}
	return opts, nil
}

// connect connects to a BuildKit and waits for an answer. Sessions come from dial, nil is
// by a call of the daemon.
func connect(ctx context.Context, addr string, timeout time.Duration, dial serve.Dial, opts ...client.ClientOpt) (*Engine, error) {
	var c *client.Client
	if dial == nil {
		dial = func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return grpchijack.Dialer(c.ControlClient())(ctx, proto, meta)
		}
	}
	session := serve.New(dial)
	c, err := client.New(ctx, addr, append(opts, client.WithSessionDialer(session.Dial))...)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info, err := c.Info(wait)
	switch {
	case grpcerrors.Code(err) == codes.Unimplemented: // BuildKit before v0.11 is there all the same
		info = &client.Info{}
	case err != nil:
		c.Close()
		return nil, err
	}
	return &Engine{Client: c, Session: session, Addr: addr, Version: info.BuildkitVersion.Version}, nil
}

// standardAddrs are where a daemon listens that was started without --addr.
func standardAddrs(o *Options) []string {
	addrs := []string{appdefaults.Address}
	if dir, _, _ := strings.Cut(o.getenv("XDG_RUNTIME_DIR"), ":"); dir != "" {
		user := "unix://" + filepath.Join(dir, "buildkit", "buildkitd.sock")
		if isRoot() {
			return append(addrs, user)
		}
		return []string{user, appdefaults.Address}
	}
	return addrs
}

// listens tells whether somebody listens on a socket. One that a dead daemon has
// left is a file, but nobody answers.
func listens(addr string) bool {
	path, ok := strings.CutPrefix(addr, "unix://")
	if !ok {
		return true // a named pipe of Windows: connecting tells
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// unreachable says what to do about an address that does not answer.
func unreachable(addr string, tls bool, err error) error {
	text := cause(err)
	hint := "is the daemon running there?"
	if tls { // a daemon may refuse a certificate without a word
		hint = "the daemon may not accept your certificate: --tlscert FILE --tlskey FILE"
	}
	for _, h := range []struct{ part, hint string }{
		{"executable file not found", "install that program: connections of this kind run it"},
		{"has exited with", "that program connects to the daemon: does it work, and is there a buildctl where it leads to?"},
		{"no such file or directory", "there is no such socket: is buildkitd running, and is the path right?"},
		{"connection refused", "nobody listens there: start buildkitd, or correct the address"},
		{"permission denied", "you may not use that socket: ask its owner, or use strake's own engine with --addr embedded"},
		{"certificate signed by unknown authority", "give the CA of the daemon: --tlscacert FILE"},
		{"certificate is valid for", "give the name in the daemon's certificate: --tlsservername NAME"},
		{"doesn't contain any IP SANs", "give the name in the daemon's certificate: --tlsservername NAME"},
		{"certificate required", "the daemon wants to know who you are: --tlscert FILE --tlskey FILE"},
		{"bad certificate", "the daemon does not accept your certificate: --tlscert FILE --tlskey FILE"},
		{"first record does not look like a TLS handshake", "the daemon does not use TLS: drop the --tls flags"},
		{"error reading server preface", "does the daemon want TLS? give --tlscacert, --tlscert and --tlskey"},
		{"no such host", "correct the name of the host"},
		{"deadline exceeded", "the host does not answer: is it up, and does a firewall stand between?"},
	} {
		if strings.Contains(text, h.part) {
			hint = h.hint
			break
		}
	}
	return fail("no-connection", hint, "no BuildKit answers at %s: %s", addr, text)
}

// cause is an error of gRPC without the words that all have.
func cause(err error) string {
	text := err.Error()
	for _, cut := range []string{"failed to call info: ", "rpc error: code = Unavailable desc = ", "rpc error: code = DeadlineExceeded desc = ",
		"connection error: desc = ", "error reading from server: ", "Unavailable: ", "DeadlineExceeded: ", "transport: Error while dialing: ", "transport: ",
		"make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: "} {
		text = strings.ReplaceAll(text, cut, "")
	}
	return strings.Trim(text, `"`)
}
