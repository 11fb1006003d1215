package baseconfig

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind classifies an Error. A Kind is itself an error, so that
// errors.Is(err, image.NotFound) asks for the class of a failure.
type Kind string

// The kinds of failure of ResolveImageConfig.
const (
	NotFound     Kind = "image not found"           // the registry has no such image
	Unauthorized Kind = "registry access denied"    // missing or refused credentials
	Offline      Kind = "image not cached"          // Options.Offline and the answer is not on disk
	Unreachable  Kind = "registry unreachable"      // network failure, server failure or time-out
	NoPlatform   Kind = "no matching platform"      // the index has no variant for the platform
	Invalid      Kind = "invalid image"             // bad reference, or content that is no image
	Unsupported  Kind = "unsupported image request" // a request that only a BuildKit daemon can answer
	Canceled     Kind = "image resolution canceled" // the caller's context was cancelled
)

// Error implements error.
func (k Kind) Error() string { return string(k) }

// Error is the only error type that ResolveImageConfig returns. Its message is
// one sentence that names the reference.
type Error struct {
	Kind      Kind
	Ref       string   // the normalised reference, or the text as written if it does not parse
	Platforms []string // what the index offers, for NoPlatform
	Err       error    // the cause, may be nil
	msg       string
	hint      string
}

// Error implements error.
func (e *Error) Error() string { return e.msg }

// Hint gives the next step to take, "" when there is none.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns the cause: a cancelled request matches context.Canceled, a
// time-out context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's Kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// configHint is the way out of every failure to ask a registry.
func configHint(ref string) string { return "pass --image-config " + ref + "=FILE" }

// fail makes an error. The hint is the next step to take, "" when there is none.
func fail(kind Kind, ref string, cause error, hint, format string, args ...any) *Error {
	return &Error{Kind: kind, Ref: ref, Err: cause, hint: hint, msg: fmt.Sprintf(format, args...)}
}

func errNotFound(ref, host string, cause error) *Error {
	return fail(NotFound, ref, cause, "check the name and the tag, or "+configHint(ref),
		"image %s does not exist in registry %s", ref, host)
}

func errUnauthorized(ref, host string, cause error) *Error {
	login := "docker login " + host
	if host == dockerHub {
		login = "docker login" // without an argument docker means Docker Hub
	}
	// Registries answer the same for a private and for a missing image, to not
	// disclose which private images exist, hence both possibilities.
	return fail(Unauthorized, ref, cause, "run `"+login+"`, or "+configHint(ref),
		"registry %s denies access to %s, which is private or does not exist", host, ref)
}

func errCredentials(ref, host string, cause error) *Error {
	return fail(Unauthorized, ref, cause, "repair credsStore and credHelpers in docker's config.json, or "+configHint(ref),
		"the credentials for registry %s of image %s cannot be read (%s)", host, ref, oneLine(cause))
}

func errOffline(ref, host, platform string) *Error {
	return fail(Offline, ref, nil, "drop --offline, or "+configHint(ref),
		"the config of image %s for %s is not cached and --offline forbids asking registry %s", ref, platform, host)
}

func errRateLimited(ref, host string, cause error) *Error {
	return fail(Unreachable, ref, cause, "log in with `docker login`, wait a while, or "+configHint(ref),
		"registry %s limits the rate of requests and refused %s", host, ref)
}

func errUnreachable(ref, host string, cause error) *Error {
	return fail(Unreachable, ref, cause, ReachHint(cause)+", or "+configHint(ref),
		"registry %s cannot be reached for image %s (%s)", host, ref, oneLine(cause))
}

// ReachHint is the next step where a registry cannot be reached, for this reason.
func ReachHint(cause error) string {
	if strings.Contains(cause.Error(), "server gave HTTP response to HTTPS client") { // net/http has no name for it
		return "it speaks HTTP, which is taken of registries on this machine only: put TLS in front of it, or bring it here (ssh -L 5000:HOST:PORT, and localhost:5000)"
	}
	return "check the network and the host name"
}

func errNoPlatform(ref, platform string, have []string) *Error {
	offer := "it has " + strings.Join(have, ", ")
	if len(have) == 0 {
		offer = "its index names no platform"
	}
	e := fail(NoPlatform, ref, nil, "choose one of its platforms with --platform, or another image",
		"image %s has no variant for %s, %s", ref, platform, offer)
	e.Platforms = have
	return e
}

func errInvalid(ref string, cause error) *Error {
	return fail(Invalid, ref, cause, "choose another image, or "+configHint(ref),
		"image %s is not usable as a base (%s)", ref, oneLine(cause))
}

func errReference(ref string, cause error) *Error {
	return fail(Invalid, ref, cause, "write it as [HOST/]NAME[:TAG][@DIGEST]",
		"%q is not an image reference (%s)", ref, oneLine(cause))
}

func errUserConfig(ref string, cause error) *Error {
	return fail(Invalid, ref, cause, "write one with `crane config "+ref+"`",
		"the file given with --image-config for %s is not an image config (%s)", ref, oneLine(cause))
}

func errUnsupported(ref, what string) *Error {
	return fail(Unsupported, ref, nil, configHint(ref), "%s needs %s, which only a BuildKit daemon can evaluate", ref, what)
}

// errContext reports the end of the caller's context while ref was resolved.
func errContext(ref, host string, cause error) *Error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return fail(Unreachable, ref, cause, "try again, or "+configHint(ref), "registry %s did not answer in time for image %s", host, ref)
	}
	return fail(Canceled, ref, cause, "", "the resolution of image %s was cancelled", ref)
}

// oneLine keeps a foreign message readable inside a sentence: registries and
// proxies answer with whole HTML pages.
func oneLine(err error) string {
	const limit = 300
	s := strings.Join(strings.Fields(err.Error()), " ")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "..."
	}
	return s
}
