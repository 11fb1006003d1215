// Package baseconfig answers what the config of a base image is, as a BuildKit
// daemon would, by asking the registry or a cache on disk.
//
// The compiler needs the config of every base image (its environment, working
// directory, user, ON BUILD triggers) and the digest to pin, and nothing else:
// no layer is ever fetched.
package baseconfig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/plugins/credentials"
)

// AnyImage is the reference, in Options.Configs, of the images that are not listed
// there: to compile without any registry.
const AnyImage = "*"

const (
	defaultMaxAge  = 10 * time.Minute
	defaultTimeout = 30 * time.Second
)

// Options of a Resolver. The zero value asks registries with the credentials of
// docker's config and caches under the user's cache directory.
type Options struct {
	// CacheDir holds the cache; "" is strake/images in os.UserCacheDir. If there
	// is no such directory, or it cannot be written, nothing is cached.
	CacheDir string
	// NoCache neither reads nor writes the cache.
	NoCache bool
	// Offline never uses the network: Configs and the cache answer, or an error
	// of kind Offline does.
	Offline bool
	// Configs holds image config JSON by reference, as the user wrote it with
	// --image-config REF=FILE; it precedes every other source and serves every
	// platform. A config has no digest, so the reference stays as it is, unless
	// REF is NAME:TAG@DIGEST: that also answers for NAME:TAG, with the digest.
	// The reference AnyImage stands for every image that has no other entry.
	Configs map[string][]byte
	// MaxAge is how long the digest of a tag is believed without asking the
	// registry: 0 is ten minutes, a negative age is never. A digest is valid for
	// ever. Offline ignores the age.
	MaxAge time.Duration
	// Timeout bounds a request whose context has no deadline; 0 is 30 seconds.
	Timeout time.Duration
	// Transport performs the requests; nil is a transport like
	// http.DefaultTransport. Give one for other TLS roots or proxies.
	Transport http.RoundTripper
	// Keychain finds the credentials; nil reads docker's config.
	Keychain authn.Keychain
}

// Resolver finds the configs of images. It is safe for concurrent use:
// simultaneous requests for the same image and platform share one fetch.
type Resolver struct {
	offline   bool
	maxAge    time.Duration
	timeout   time.Duration
	transport http.RoundTripper
	keychain  authn.Keychain
	cache     cache
	configs   map[string]answer // by normalised reference
	configErr error             // of Options.Configs; New has no error to return
	flights   flights
}

var _ sourceresolver.ImageMetaResolver = (*Resolver)(nil)

// answer is the result of a resolution.
type answer struct {
	digest digest.Digest
	config []byte
}

// New returns a Resolver. It does no I/O; a mistake in o.Configs is reported by
// every call of ResolveImageConfig.
func New(o Options) *Resolver {
	r := &Resolver{
		offline:   o.Offline,
		maxAge:    o.MaxAge,
		timeout:   o.Timeout,
		transport: guard{base: baseTransport(o.Transport)},
		keychain:  o.Keychain,
		cache:     openCache(o),
	}
	if r.maxAge == 0 {
		r.maxAge = defaultMaxAge
	}
	if r.timeout == 0 {
		r.timeout = defaultTimeout
	}
	if r.keychain == nil {
		r.keychain = credentials.Keychain(os.LookupEnv)
	}
	r.configs, r.configErr = indexConfigs(o.Configs)
	return r
}

// indexConfigs keys the user's configs by normalised reference.
func indexConfigs(configs map[string][]byte) (map[string]answer, error) {
	exact, implied := map[string]answer{}, map[string]answer{}
	for ref, dt := range configs {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(dt, &object); err != nil {
			return nil, errUserConfig(ref, err)
		}
		if object == nil {
			return nil, errUserConfig(ref, errors.New("it is null"))
		}
		a := answer{config: bytes.Clone(dt)}
		if ref == AnyImage {
			exact[ref] = a
			continue
		}
		named, err := parseRef(ref)
		if err != nil {
			return nil, err
		}
		if d, ok := named.(reference.Digested); ok {
			a.digest = d.Digest()
			if t, ok := named.(reference.Tagged); ok {
				implied[named.Name()+":"+t.Tag()] = a
			}
		}
		exact[named.String()] = a
	}
	for ref, a := range implied {
		if _, ok := exact[ref]; !ok {
			exact[ref] = a
		}
	}
	return exact, nil
}

// parseRef normalises a reference as docker does: it has a host, and a tag or a
// digest or both.
func parseRef(ref string) (reference.Named, error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return nil, errReference(ref, err)
	}
	return reference.TagNameOnly(named), nil
}

// ResolveImageConfig implements llb.ImageMetaResolver. It returns the normalised
// reference, the digest of what the reference names (of the index if it is one,
// not of the manifest for the platform), and the config of the variant for
// opt.ImageOpt.Platform; without a platform, for that of this machine. The
// resolve mode "pull" asks the registry even if the cache knows the tag.
//
// Every error is an *Error. It returns as soon as ctx is done.
func (r *Resolver) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if r.configErr != nil {
		return "", "", nil, r.configErr
	}
	named, err := parseRef(ref)
	if err != nil {
		return "", "", nil, err
	}
	norm := named.String()
	for _, key := range []string{norm, AnyImage} {
		if a, ok := r.configs[key]; ok {
			return norm, a.digest, bytes.Clone(a.config), nil
		}
	}
	q, err := r.newQuery(named, opt)
	if err != nil {
		return "", "", nil, err
	}
	if opt.ImageOpt != nil && opt.ImageOpt.NoConfig {
		return norm, "", nil, nil // as BuildKit does
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	a, err := r.flights.do(ctx, q.key(), q.run)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = errContext(norm, q.host, err)
		}
		return "", "", nil, e
	}
	return norm, a.digest, bytes.Clone(a.config), nil
}

// Given tells whether Options.Configs answers for an image.
func (r *Resolver) Given(ref string) bool {
	named, err := parseRef(ref)
	if err != nil {
		return false
	}
	_, exact := r.configs[named.String()]
	_, any := r.configs[AnyImage]
	return exact || any
}

// newQuery checks and prepares one resolution.
func (r *Resolver) newQuery(named reference.Named, opt sourceresolver.Opt) (*query, error) {
	q := &query{r: r, named: named, ref: named.String(), host: reference.Domain(named)}
	if opt.OCILayoutOpt != nil {
		return nil, errUnsupported(q.ref, "an OCI layout")
	}
	if len(opt.SourcePolicies) > 0 {
		return nil, errUnsupported(q.ref, "source policies")
	}
	platform := platforms.DefaultSpec()
	q.match = platforms.Default() // not Only: on Windows the default is more than its spec
	if o := opt.ImageOpt; o != nil {
		if o.Platform != nil {
			platform = *o.Platform
			q.match = platforms.Only(platform)
		}
		switch o.ResolveMode {
		case "", pb.AttrImageResolveModeDefault:
		case pb.AttrImageResolveModePreferLocal:
			// A BuildKit without docker's image store has nothing local to
			// prefer, and neither have we.
		case pb.AttrImageResolveModeForcePull:
			q.pull = true
		default:
			return nil, errInvalid(q.ref, errors.New("unknown resolve mode "+o.ResolveMode))
		}
	}
	q.platform = platforms.FormatAll(platforms.Normalize(platform))
	return q, nil
}
