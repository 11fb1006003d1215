package image

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
// one sentence that names the reference and, where there is one, the next step.
type Error struct {
	Kind      Kind
	Ref       string   // the normalised reference, or the text as written if it does not parse
	Platforms []string // what the index offers, for NoPlatform
	Err       error    // the cause, may be nil
	msg       string
}

// Error implements error.
func (e *Error) Error() string { return e.msg }

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

func errNotFound(ref, host string, cause error) *Error {
	return &Error{Kind: NotFound, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"image %s does not exist in registry %s: check the name and the tag, or %s", ref, host, configHint(ref))}
}

func errUnauthorized(ref, host string, cause error) *Error {
	login := "docker login " + host
	if host == dockerHub {
		login = "docker login" // without an argument docker means Docker Hub
	}
	// Registries answer the same for a private and for a missing image, to not
	// disclose which private images exist, hence both possibilities.
	return &Error{Kind: Unauthorized, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"registry %s denies access to %s, which is private or does not exist: run `%s`, or %s", host, ref, login, configHint(ref))}
}

func errCredentials(ref, host string, cause error) *Error {
	return &Error{Kind: Unauthorized, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"the credentials for registry %s of image %s cannot be read (%s): repair credsStore and credHelpers in docker's config.json, or %s",
		host, ref, oneLine(cause), configHint(ref))}
}

func errOffline(ref, host, platform string) *Error {
	return &Error{Kind: Offline, Ref: ref, msg: fmt.Sprintf(
		"the config of image %s for %s is not cached and --offline forbids asking registry %s: drop --offline, or %s",
		ref, platform, host, configHint(ref))}
}

func errRateLimited(ref, host string, cause error) *Error {
	return &Error{Kind: Unreachable, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"registry %s limits the rate of requests and refused %s: log in with `docker login`, wait a while, or %s", host, ref, configHint(ref))}
}

func errUnreachable(ref, host string, cause error) *Error {
	return &Error{Kind: Unreachable, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"registry %s cannot be reached for image %s (%s): check the network and the host name, or %s",
		host, ref, oneLine(cause), configHint(ref))}
}

func errNoPlatform(ref, platform string, have []string) *Error {
	offer := "it has " + strings.Join(have, ", ")
	if len(have) == 0 {
		offer = "its index names no platform"
	}
	return &Error{Kind: NoPlatform, Ref: ref, Platforms: have, msg: fmt.Sprintf(
		"image %s has no variant for %s, %s: choose one of its platforms with --platform, or another image", ref, platform, offer)}
}

func errInvalid(ref string, cause error) *Error {
	return &Error{Kind: Invalid, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"image %s is not usable as a base (%s): choose another image, or %s", ref, oneLine(cause), configHint(ref))}
}

func errReference(ref string, cause error) *Error {
	return &Error{Kind: Invalid, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"%q is not an image reference (%s): write it as [HOST/]NAME[:TAG][@DIGEST]", ref, oneLine(cause))}
}

func errUserConfig(ref string, cause error) *Error {
	return &Error{Kind: Invalid, Ref: ref, Err: cause, msg: fmt.Sprintf(
		"the file given with --image-config for %s is not an image config (%s): write one with `crane config %s`", ref, oneLine(cause), ref)}
}

func errUnsupported(ref, what string) *Error {
	return &Error{Kind: Unsupported, Ref: ref, msg: fmt.Sprintf(
		"%s needs %s, which only a BuildKit daemon can evaluate: %s", ref, what, configHint(ref))}
}

// errContext reports the end of the caller's context while ref was resolved.
func errContext(ref, host string, cause error) *Error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return &Error{Kind: Unreachable, Ref: ref, Err: cause, msg: fmt.Sprintf(
			"registry %s did not answer in time for image %s: try again, or %s", host, ref, configHint(ref))}
	}
	return &Error{Kind: Canceled, Ref: ref, Err: cause, msg: fmt.Sprintf("the resolution of image %s was cancelled", ref)}
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
