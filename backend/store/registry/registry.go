// Package registry moves images between the store and registries. The protocol is
// containerd's, which BuildKit uses as well; here are the choice of the platform,
// the credentials of docker's config, retries, and errors that say what to do.
package registry

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/plugins/credentials"
)

const (
	dockerHub    = "docker.io"
	dockerHubAPI = "registry-1.docker.io"

	parallel   = 4 // blobs at once; docker has 3 for pulls and 5 for pushes
	retries    = 4
	retryDelay = 200 * time.Millisecond // doubles with every retry

	// Without a byte, or an answer: a registry may take long to check what it was sent.
	defaultIdle  = time.Minute
	stallRetries = 2 // who waits for minutes should be told before long
)

// State is what became of a blob.
type State int

// The states of a blob.
const (
	Planned State = iota // it is to be moved
	Moved                // some more bytes of it were
	Done                 // all of it was
	Present              // it was there before
)

// Options say how registries are talked to. The zero value is fine.
type Options struct {
	Keychain  authn.Keychain    // finds the credentials; nil is that of package credentials
	Transport http.RoundTripper // nil is Go's
	// Idle is how long a registry may do nothing in the middle of a transfer, before it is
	// asked again; 0 is a minute.
	Idle time.Duration
	// Report is told of the blobs. It is called by several goroutines.
	Report func(blob ocispecs.Descriptor, state State, bytes int64)
}

// Client talks to registries. It is safe for concurrent use.
type Client struct {
	keychain authn.Keychain
	client   *http.Client // of hosts that must speak HTTPS
	local    *http.Client // of this machine's
	report   func(ocispecs.Descriptor, State, int64)
	idle     time.Duration
}

// New makes a client.
func New(o Options) *Client {
	c := &Client{keychain: o.Keychain, report: o.Report}
	if c.keychain == nil {
		c.keychain = credentials.Keychain(os.LookupEnv)
	}
	if c.report == nil {
		c.report = func(ocispecs.Descriptor, State, int64) {}
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	c.idle = cmp.Or(o.Idle, defaultIdle)
	guarded := baseconfig.Guard(stallGuard{o.Transport, c.idle})
	c.client = &http.Client{Transport: guarded, CheckRedirect: baseconfig.CheckRedirect}
	c.local = &http.Client{Transport: docker.NewHTTPFallback(guarded), CheckRedirect: baseconfig.CheckRedirect}
	return c
}

// resolver is for one pull or push: it keeps tokens, which are bound to those.
func (c *Client) resolver(ctx context.Context) remotes.Resolver {
	return docker.NewResolver(docker.ResolverOptions{Hosts: func(host string) ([]docker.RegistryHost, error) {
		h := docker.RegistryHost{
			Client: c.client, Host: host, Scheme: "https", Path: "/v2",
			Capabilities: docker.HostCapabilityPull | docker.HostCapabilityResolve | docker.HostCapabilityPush,
		}
		switch {
		case host == dockerHub:
			h.Host = dockerHubAPI
		case baseconfig.IsLoopback(host):
			h.Client = c.local
		}
		h.Authorizer = docker.NewDockerAuthorizer(docker.WithAuthClient(h.Client), docker.WithAuthCreds(func(string) (string, string, error) {
			return c.credentials(ctx, host)
		}))
		return []docker.RegistryHost{h}, nil
	}})
}

// credentialError is a failure to read the user's credentials.
type credentialError struct{ error }

// credentials finds the user and the secret for a registry. Without a user, the
// secret is an identity token.
func (c *Client) credentials(ctx context.Context, host string) (user, secret string, err error) {
	reg, err := name.NewRegistry(host)
	if err != nil {
		return "", "", err
	}
	auth, err := authn.Resolve(ctx, c.keychain, reg)
	if err != nil {
		return "", "", credentialError{err}
	}
	conf, err := authn.Authorization(ctx, auth)
	switch {
	case err != nil:
		return "", "", credentialError{err}
	case conf.IdentityToken != "":
		return "", conf.IdentityToken, nil
	}
	return conf.Username, conf.Password, nil
}

// retry calls fn again after a failure that a broken connection or a busy server
// can explain.
func retry(ctx context.Context, fn func() error) error {
	stalls := 0
	for n := 0; ; n++ {
		err := fn()
		if err == nil || n == retries || ctx.Err() != nil || !temporary(err) {
			return err
		}
		if errors.Is(err, errStalled) {
			if stalls++; stalls > stallRetries {
				return err
			}
		}
		select {
		case <-time.After(retryDelay << n):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func temporary(err error) bool {
	var (
		status  remoteerrors.ErrUnexpectedStatus
		timeout net.Error
	)
	if errors.As(err, &status) {
		return status.StatusCode >= 500 || status.StatusCode == http.StatusRequestTimeout
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || errors.Is(err, errStalled) ||
		errors.As(err, &timeout) && timeout.Timeout()
}
