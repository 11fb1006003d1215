// Package engine finds the BuildKit that does the work of a build, or starts one
// of its own: an unmodified buildkitd in the background, which concurrent commands
// share and which stops when nobody uses it. It may import lang and the other
// backends.
package engine

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/moby/buildkit/worker/label"
	"google.golang.org/grpc/codes"

	"github.com/seed-e0495807/strake/backend/docker"
	"github.com/seed-e0495807/strake/backend/engine/serve"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Kind is where a BuildKit was found.
type Kind string

// The kinds, in the order in which they are looked for. Embedded and Docker are
// addresses, too: Find then looks nowhere else.
const (
	Remote   Kind = "remote"    // at the address that was given
	Daemon   Kind = "buildkitd" // a daemon on its standard socket
	Docker   Kind = "docker"    // part of a Docker Engine
	Embedded Kind = "embedded"  // started by this package
)

// Options says where to look for BuildKit.
type Options struct {
	Addr string // like "unix:///run/buildkit/buildkitd.sock"; "" looks everywhere
	TLS  TLS    // for an address tcp://

	// Of the embedded engine:
	Dir    string // its state, an absolute path
	Config string // a buildkitd.toml of the user; "" is $STRAKE_BUILDKITD_CONFIG or none

	Env func(string) (string, bool)
	Say func(string) // tells the user of what takes long, from any goroutine; may be nil
}

// TLS are files in PEM form that secure a connection. Without CA, the certificates
// of the system count. Without Cert and Key, only the daemon proves who it is.
type TLS struct {
	CA, Cert, Key string
	ServerName    string // in the certificate of the daemon; "" is the host of the address
}

// DefaultIdle is how long the embedded engine waits for another client, unless
// $STRAKE_ENGINE_IDLE says otherwise.
const DefaultIdle = 10 * time.Minute

func (o *Options) getenv(name string) string {
	v, _ := o.Env(name)
	return v
}

func (o *Options) say(text string) {
	if o.Say != nil {
		o.Say(text)
	}
}

// Engine is a connection to a BuildKit that has answered.
type Engine struct {
	Client  *client.Client
	Session *serve.Session // to attach to the session of a build, one at a time
	Kind    Kind
	Addr    string
	Version string         // of BuildKit, like "v0.34.2"; "" before v0.11
	Docker  *docker.Engine // of kind Docker

	local *session // of kind Embedded
}

// Find connects to a BuildKit, and starts the embedded one when there is no other.
// An address that was given has to answer; of the rest, what does not answer is
// passed over. An error that the user can fix is a diag.Diagnostic.
func Find(ctx context.Context, o Options) (*Engine, error) {
	switch Kind(o.Addr) {
	case "":
		if e := running(ctx, &o); e != nil {
			return e, nil
		}
		return embedded(ctx, &o)
	case Embedded:
		return embedded(ctx, &o)
	case Docker:
		return inDocker(ctx, &o)
	}
	return remote(ctx, &o)
}

// running gives a BuildKit that somebody else has started, or nil.
func running(ctx context.Context, o *Options) *Engine {
	for _, addr := range standardAddrs(o) {
		if !listens(addr) {
			continue
		}
		if e, err := connect(ctx, addr, quick, nil); err == nil {
			e.Kind = Daemon
			return e
		}
	}
	e, err := inDocker(ctx, o)
	if err != nil {
		return nil
	}
	return e
}

// inDocker connects to the BuildKit of a Docker Engine.
func inDocker(ctx context.Context, o *Options) (*Engine, error) {
	d, err := docker.Connect(ctx, o.Env)
	if err != nil {
		return nil, err
	}
	e, err := connect(ctx, "", quick, d.DialSession, client.WithContextDialer(d.Dial))
	if err != nil {
		d.Close()
		return nil, fail("no-buildkit", "it may be Podman, or older than Docker 18.09; leave --addr away to use strake's own engine",
			"the Docker Engine at %s has no BuildKit: %v", d.Host, cause(err))
	}
	e.Kind, e.Addr, e.Docker = Docker, d.Host, d
	return e, nil
}

// Close disconnects. The embedded engine stops when nobody has been connected for
// long enough.
func (e *Engine) Close() error {
	err := e.Client.Close()
	if e.Docker != nil {
		e.Docker.Close()
	}
	if e.local != nil {
		e.local.release()
	}
	return err
}

// Attests tells whether the engine can attach attestations to images: BuildKit
// does since v0.11, but not into the image store that Docker had before containerd's.
func (e *Engine) Attests(context.Context) (bool, error) {
	return e.Version != "" && (e.Docker == nil || e.Docker.ContainerdStore()), nil
}

// KeepsImages tells whether an image that is built, and sent nowhere, stays in an image
// store of the daemon: that of Docker, or of the containerd that BuildKit works with.
// Any other daemon has it in its cache, where it has no name.
func (e *Engine) KeepsImages(ctx context.Context) (bool, error) {
	if e.Kind == Docker || e.Kind == Embedded {
		return e.Kind == Docker, nil
	}
	workers, err := e.Client.ListWorkers(ctx)
	return len(workers) > 0 && workers[0].Labels[label.Executor] == "containerd", err
}

// Prune deletes what is in the cache, as BuildKit's client does, also on a disk that
// is full.
func (e *Engine) Prune(ctx context.Context, deleted chan client.UsageInfo, opts ...client.PruneOption) error {
	prune := func() error { return e.Client.Prune(ctx, deleted, opts...) }
	if e.local == nil {
		return prune()
	}
	return e.local.relieved(prune)
}

// Explain makes one clear error of the many that come up when the engine ends in
// the middle of a build. Any other error is given back as it is.
func (e *Engine) Explain(err error) error {
	if lost := e.Lost(err); lost != nil {
		return lost
	}
	return err
}

// Lost is the error for an engine that has ended in the middle of a build, nil when err
// comes of something else.
func (e *Engine) Lost(err error) error {
	if err == nil {
		return nil
	}
	gone := broken(err) && !e.answers()
	switch {
	case e.local != nil:
		if reason, ended := e.local.ended(gone); ended {
			return fail("engine-lost", "the next command starts it again; `strake engine logs` shows what it wrote",
				"the build engine stopped while building: %s", reason)
		}
	case gone:
		return fail("engine-lost", "look at the log of that BuildKit, and try again",
			"the connection to BuildKit at %s was lost while building: %v", e.Addr, cause(err))
	}
	return nil
}

// answers tells whether the engine does. A broken connection fails at once.
func (e *Engine) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := e.Client.Info(ctx)
	return grpcerrors.Code(err) != codes.Unavailable
}

// broken tells whether an error is about a connection, perhaps that to a registry.
func broken(err error) bool {
	text := err.Error()
	for _, part := range []string{"error reading from server", "connection error", "transport", "connection reset", "EOF"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// isRoot tells whether this process may do all.
func isRoot() bool { return os.Geteuid() == 0 }
