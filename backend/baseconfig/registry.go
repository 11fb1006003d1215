package baseconfig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	dockerHub = "docker.io"

	manifestLimit = 4 << 20 // bytes, containerd's limit as well
	configLimit   = 8 << 20 // bytes

	maxRetries = 2
	retryDelay = 150 * time.Millisecond // doubles with every retry
)

// contentError is the failure of a registry that answers, but with content that
// is not what was asked for.
type contentError string

func (e contentError) Error() string { return string(e) }

func tooLarge(limit int64) error {
	return contentError(fmt.Sprintf("its manifest or config is larger than %d MiB", limit>>20))
}

// credentialError is a failure to read the user's credentials.
type credentialError struct{ error }

// registry fetches from one repository, with authentication. It is for one query
// and lives as long: a token is bound to the repository anyway, and a connection
// set up under the context of one query must not fail another.
type registry struct {
	repo   name.Repository
	client *http.Client
}

// connect finds out how the registry wants to be talked to, and logs in.
//
// It uses the transport layer of go-containerregistry and not its remote
// package, which reads manifests of up to 100 MiB, retries without regard to
// the context, and leaves unclear whether the content or the network is at
// fault.
func connect(ctx context.Context, named reference.Named, keys authn.Keychain, base http.RoundTripper) (*registry, error) {
	var opts []name.Option
	host := reference.Domain(named)
	if isLoopback(hostname(host)) {
		opts = append(opts, name.Insecure) // permits http, still prefers https
	}
	reg, err := name.NewRegistry(host, opts...)
	if err != nil {
		return nil, contentError(err.Error())
	}
	repo := reg.Repo(reference.Path(named))
	auth, err := authn.Resolve(ctx, keys, repo)
	if err != nil {
		return nil, credentialError{err}
	}
	tr, err := retry(ctx, func() (http.RoundTripper, error) {
		return transport.NewWithContext(ctx, reg, auth, base, []string{repo.Scope(transport.PullScope)})
	})
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: tr, CheckRedirect: checkRedirect}
	return &registry{repo: repo, client: client}, nil
}

// head returns the digest of a tag. It does not retry.
func (g *registry) head(ctx context.Context, tag string) (digest.Digest, error) {
	resp, err := g.do(ctx, http.MethodHead, "manifests", tag)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	return headerDigest(resp)
}

// tag returns the manifest or index of a tag, and its digest.
func (g *registry) tag(ctx context.Context, tag string) ([]byte, digest.Digest, error) {
	var dgst digest.Digest
	dt, err := g.get(ctx, "manifests", tag, manifestLimit, func(resp *http.Response, dt []byte) error {
		// The registry's digest decides, like in BuildKit: it may have another
		// algorithm than sha256.
		d, err := headerDigest(resp)
		if err != nil {
			return err
		}
		if d == "" {
			d = digest.FromBytes(dt)
		}
		dgst = d
		return verify(dt, d)
	})
	return dt, dgst, err
}

// manifest returns the manifest or index with digest d, which must be valid.
func (g *registry) manifest(ctx context.Context, d digest.Digest) ([]byte, error) {
	return g.get(ctx, "manifests", d.String(), manifestLimit, func(_ *http.Response, dt []byte) error {
		return verify(dt, d)
	})
}

// blob returns the blob with digest d, which must be valid.
func (g *registry) blob(ctx context.Context, d digest.Digest) ([]byte, error) {
	return g.get(ctx, "blobs", d.String(), configLimit, func(_ *http.Response, dt []byte) error {
		return verify(dt, d)
	})
}

// get reads the whole content that check accepts, with retries.
func (g *registry) get(ctx context.Context, kind, id string, limit int64, check func(*http.Response, []byte) error) ([]byte, error) {
	return retry(ctx, func() ([]byte, error) {
		resp, err := g.do(ctx, http.MethodGet, kind, id)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.ContentLength > limit {
			return nil, tooLarge(limit)
		}
		dt, err := readAll(resp.Body, limit)
		if err != nil {
			return nil, err
		}
		return dt, check(resp, dt)
	})
}

// do performs a request and makes an error of every status but 200.
func (g *registry) do(ctx context.Context, method, kind, id string) (*http.Response, error) {
	u := url.URL{
		Scheme: g.repo.Scheme(), // the transport replaces it by what connect found
		Host:   g.repo.RegistryStr(),
		Path:   fmt.Sprintf("/v2/%s/%s/%s", g.repo.RepositoryStr(), kind, id),
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, contentError(err.Error())
	}
	if kind == "manifests" {
		req.Header.Set("Accept", strings.Join([]string{mtDockerManifest, mtDockerIndex,
			ocispecs.MediaTypeImageManifest, ocispecs.MediaTypeImageIndex, "*/*"}, ", "))
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, withoutQuery(err)
	}
	if err := transport.CheckError(resp, http.StatusOK); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// headerDigest returns the digest that the registry announces, "" for none.
func headerDigest(resp *http.Response) (digest.Digest, error) {
	d := digest.Digest(resp.Header.Get("Docker-Content-Digest"))
	if d == "" {
		return "", nil
	}
	if err := d.Validate(); err != nil {
		return "", contentError(fmt.Sprintf("the registry announces the digest %q: %v", d, err))
	}
	return d, nil
}

func verify(dt []byte, want digest.Digest) error {
	if got := want.Algorithm().FromBytes(dt); got != want {
		return contentError(fmt.Sprintf("the registry sent %s instead of %s", got, want))
	}
	return nil
}

// retry calls fn again, at most maxRetries times, after a failure that a busy
// server or a broken connection can explain.
func retry[T any](ctx context.Context, fn func() (T, error)) (T, error) {
	for n := 0; ; n++ {
		v, err := fn()
		if err == nil || n == maxRetries || !temporary(err) {
			return v, err
		}
		select {
		case <-time.After(retryDelay << n):
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

func temporary(err error) bool {
	var status *transport.Error
	if errors.As(err, &status) {
		return status.StatusCode >= 500
	}
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// withoutQuery removes from the message of a failed redirect the signature that
// gives access to the blob.
func withoutQuery(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		if before, _, ok := strings.Cut(ue.URL, "?"); ok {
			ue.URL = before
		}
	}
	return err
}

// failure turns what a registry method returned into an *Error.
func (q *query) failure(err error) *Error {
	var (
		status  *transport.Error
		content contentError
		creds   credentialError
	)
	switch {
	case errors.As(err, &status):
		switch status.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			return errUnauthorized(q.ref, q.host, err)
		case http.StatusTooManyRequests:
			return errRateLimited(q.ref, q.host, err)
		case http.StatusNotFound:
			// Before there is a connection it is the host that is no registry.
			if q.reg != nil {
				return errNotFound(q.ref, q.host, err)
			}
		}
	case errors.As(err, &content):
		return errInvalid(q.ref, err)
	case errors.As(err, &creds):
		return errCredentials(q.ref, q.host, creds.error)
	}
	return errUnreachable(q.ref, q.host, err)
}
