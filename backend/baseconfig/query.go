package baseconfig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// query is one resolution: a reference for a platform.
type query struct {
	r        *Resolver
	named    reference.Named
	ref      string // named, as text
	host     string // the registry, as users write it
	match    platforms.MatchComparer
	platform string // what match wants, for messages
	pull     bool   // do not believe the cached digest of a tag
	reg      *registry
}

// key identifies the queries that have the same answer.
func (q *query) key() string {
	return fmt.Sprintf("%s %s %t", q.ref, q.platform, q.pull)
}

// run resolves the query. All its errors are of type *Error.
func (q *query) run(ctx context.Context) (answer, error) {
	root, dgst, err := q.root(ctx)
	if err != nil {
		return answer{}, err
	}
	config, err := q.config(ctx, root)
	if err != nil {
		return answer{}, err
	}
	return answer{digest: dgst, config: config}, nil
}

// root returns the manifest or index that the reference names.
func (q *query) root(ctx context.Context) ([]byte, digest.Digest, error) {
	// The cache records which digests a repository has, too: to have some
	// content does not mean that this repository has it.
	key := q.ref
	digested, pinned := q.named.(reference.Digested)
	if pinned {
		key = digestKey(q.named, digested.Digest())
	}
	known, ok := q.r.cache.tag(key)
	var dt []byte
	if ok {
		dt, ok = q.r.cache.blob(known.Digest, manifestLimit)
	}
	if ok && (pinned || q.r.offline || !q.pull && known.fresh(q.r.maxAge)) {
		return dt, known.Digest, nil
	}
	reg, err := q.registry(ctx)
	if err != nil {
		return nil, "", err
	}
	// HEAD first spares the rate limit, which counts downloads of manifests. A
	// failure is ignored because GET repeats it, with an explanation.
	if ok {
		if d, err := reg.head(ctx, tagOf(q.named)); err == nil && d == known.Digest {
			q.note(key, d)
			return dt, d, nil
		}
	}
	var dgst digest.Digest
	if pinned {
		dgst = digested.Digest()
		dt, err = reg.manifest(ctx, dgst)
	} else {
		dt, dgst, err = reg.tag(ctx, tagOf(q.named))
	}
	if err != nil {
		return nil, "", q.failure(err)
	}
	q.r.cache.putBlob(dgst, dt)
	q.note(key, dgst)
	return dt, dgst, nil
}

// note records in the cache that the registry has d under the key. What a tag
// led to can then be asked for by its digest, offline too.
func (q *query) note(key string, d digest.Digest) {
	q.r.cache.putTag(key, d)
	if pinned := digestKey(q.named, d); pinned != key {
		q.r.cache.putTag(pinned, d)
	}
}

func digestKey(named reference.Named, d digest.Digest) string {
	return named.Name() + "@" + d.String()
}

func tagOf(named reference.Named) string {
	if t, ok := named.(reference.Tagged); ok {
		return t.Tag()
	}
	return ""
}

// config follows the root to the config of the variant for the platform. It
// takes the same decisions as containerd's images.Config, on which BuildKit
// relies.
func (q *query) config(ctx context.Context, root []byte) ([]byte, error) {
	doc, err := parseDocument(root, "")
	if err != nil {
		return nil, errInvalid(q.ref, err)
	}
	var child *ocispecs.Descriptor // the one chosen last, nil if root is a manifest
	for depth := 0; doc.isIndex(); depth++ {
		if depth == maxDepth {
			return nil, errInvalid(q.ref, errors.New("its indexes are nested too deeply"))
		}
		child = choose(doc.Manifests, q.match)
		if child == nil {
			return nil, errNoPlatform(q.ref, q.platform, offered(doc.Manifests))
		}
		dt, err := q.content(ctx, child.Digest, manifestLimit, (*registry).manifest)
		if err != nil {
			return nil, err
		}
		if doc, err = parseDocument(dt, child.MediaType); err != nil {
			return nil, errInvalid(q.ref, err)
		}
	}
	if err := checkConfig(*doc.Config); err != nil {
		return nil, errInvalid(q.ref, err)
	}
	dt, err := q.content(ctx, doc.Config.Digest, configLimit, (*registry).blob)
	if err != nil {
		return nil, err
	}
	if child != nil && child.Platform == nil {
		// The index did not tell the platform, so the config must be right.
		var p ocispecs.Platform
		if err := json.Unmarshal(dt, &p); err != nil {
			return nil, errInvalid(q.ref, err)
		}
		if p = platforms.Normalize(p); !q.match.Match(p) {
			return nil, errNoPlatform(q.ref, q.platform, []string{platforms.FormatAll(p)})
		}
	}
	return dt, nil
}

// content returns the content with digest d, from the cache or else by fetch.
func (q *query) content(ctx context.Context, d digest.Digest, limit int64, fetch func(*registry, context.Context, digest.Digest) ([]byte, error)) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, errInvalid(q.ref, fmt.Errorf("digest %q: %w", d, err))
	}
	if dt, ok := q.r.cache.blob(d, limit); ok {
		return dt, nil
	}
	reg, err := q.registry(ctx)
	if err != nil {
		return nil, err
	}
	dt, err := fetch(reg, ctx, d)
	if err != nil {
		return nil, q.failure(err)
	}
	q.r.cache.putBlob(d, dt)
	return dt, nil
}

// registry connects on first use, for a cached answer needs no connection.
func (q *query) registry(ctx context.Context) (*registry, error) {
	if q.r.offline {
		return nil, errOffline(q.ref, q.host, q.platform)
	}
	if q.reg == nil {
		reg, err := connect(ctx, q.named, q.r.keychain, q.r.transport)
		if err != nil {
			return nil, q.failure(err)
		}
		q.reg = reg
	}
	return q.reg, nil
}
