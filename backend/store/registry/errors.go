package registry

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/lang/diag"
)

// contentError is about a registry that answers, but not with what was asked for.
type contentError string

func (e contentError) Error() string { return string(e) }

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// explain says what the user can do about a failed pull or push. Errors of the
// store and of the context stay as they are.
func (c *Client) explain(ctx context.Context, err error, named reference.Named, verb string) error {
	var (
		d      diag.Diagnostic
		status remoteerrors.ErrUnexpectedStatus
		wrong  contentError
		creds  credentialError
		ca     x509.UnknownAuthorityError
		reach  *url.Error
		blob   blobError
	)
	what := "" // of the image it is about
	if errors.As(err, &blob) {
		what = " while " + blob.name() + " was " + verb + "ed"
	}
	host, short := reference.Domain(named), reference.FamiliarString(named)
	switch {
	case ctx.Err() != nil || errors.As(err, &d):
		return err
	case errors.As(err, &creds):
		return fail("registry-credentials", "repair credsStore and credHelpers in docker's config.json",
			"the credentials for registry %s cannot be read: %v", host, creds.error)
	case errors.As(err, &wrong):
		return fail("invalid-image", "push the image again, or choose another", "image %s cannot be used: %v", short, wrong)
	case errors.Is(err, docker.ErrInvalidAuthorization):
		return errDenied(host, short, verb)
	case errors.As(err, &status):
		return statusError(status, host, short, verb)
	case verb == "pull" && errdefs.IsNotFound(err):
		return c.missing(ctx, named)
	case errors.As(err, &ca):
		return fail("registry-certificate", "name the file with the certificate of its authority in SSL_CERT_FILE",
			"registry %s has a certificate of an authority that this machine does not know", host)
	case errors.Is(err, errStalled):
		return fail("registry-stalled", "try again later; a proxy or a firewall on the way may hold it up, too",
			"registry %s did nothing for %v%s, again and again", host, c.idle, what)
	case errors.As(err, &reach):
		return errUnreachable(host, reach.Err, what)
	case temporary(err):
		return errUnreachable(host, err, what)
	}
	return err
}

func statusError(status remoteerrors.ErrUnexpectedStatus, host, short, verb string) error {
	switch {
	case status.StatusCode == http.StatusUnauthorized || status.StatusCode == http.StatusForbidden:
		return errDenied(host, short, verb)
	case status.StatusCode == http.StatusTooManyRequests:
		return fail("registry-rate-limit", "log in with `docker login`, or wait a while", "registry %s limits the rate of requests", host)
	case status.StatusCode >= http.StatusInternalServerError:
		return fail("registry-failed", "try again later", "registry %s failed with %s", host, status.Status)
	}
	return fail("registry-refused", "check that it is a registry, and that it accepts such images",
		"registry %s does not %s %s: %s", host, verb, short, status.Status)
}

// errDenied is one sentence for several cases: registries answer the same for a
// private and for a missing image, to not disclose which there are.
func errDenied(host, short, verb string) error {
	login := "docker login " + host
	if host == dockerHub {
		login = "docker login"
	}
	hint := "log in with `" + login + "`, which writes the credentials into docker's config.json"
	if verb == "push" {
		return fail("registry-denied", hint, "registry %s does not let you push to %s", host, short)
	}
	return fail("registry-denied", hint, "registry %s denies access to %s, which is private or does not exist", host, short)
}

func errUnreachable(host string, cause error, what string) error {
	if what != "" {
		return fail("registry-unreachable", "check the network, and try again", "the connection to registry %s broke%s: %v", host, what, cause)
	}
	return fail("registry-unreachable", baseconfig.ReachHint(cause), "registry %s cannot be reached: %v", host, cause)
}

func errNoPlatform(named reference.Named, platform string, have []string) error {
	if platform == "" {
		platform = "this machine"
	}
	return fail("no-such-platform", "choose one of its platforms with --platform",
		"image %s is not for %s, it is for %s", reference.FamiliarString(named), platform, strings.Join(have, ", "))
}

// missing tells whether it is the image or the tag that a registry does not have.
func (c *Client) missing(ctx context.Context, named reference.Named) error {
	host, repo := reference.Domain(named), reference.FamiliarName(named)
	tag := ""
	if t, ok := named.(reference.Tagged); ok {
		tag = t.Tag()
	}
	tags, err := c.tags(ctx, named)
	switch {
	case err != nil || len(tags) == 0:
		return fail("no-such-image", "check the name", "registry %s has no image %s", host, reference.FamiliarString(named))
	case tag == "":
		return fail("no-such-image", "check the digest", "registry %s has no %s", host, reference.FamiliarString(named))
	}
	hint := "did you mean `" + repo + ":" + diag.Suggest(tag, tags) + "`?"
	if diag.Suggest(tag, tags) == "" {
		const most = 10
		slices.Sort(tags)
		hint = "some of its tags: " + strings.Join(tags[max(0, len(tags)-most):], ", ")
	}
	return fail("no-such-tag", hint, "registry %s has no tag %s of image %s", host, tag, repo)
}

func (c *Client) tags(ctx context.Context, named reference.Named) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var opts []name.Option
	client := c.client
	if baseconfig.IsLoopback(reference.Domain(named)) {
		opts, client = append(opts, name.Insecure), c.local
	}
	repo, err := name.NewRepository(named.Name(), opts...)
	if err != nil {
		return nil, err
	}
	return remote.List(repo, remote.WithContext(ctx), remote.WithAuthFromKeychain(c.keychain), remote.WithTransport(client.Transport))
}
