package baseconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/regular"
)

// cache keeps manifests and configs on disk:
//
//	blobs/<algorithm>/<hex>   content by its digest, valid for ever
//	tags/<sha256 of the ref>  what digest a tag had, and when
//
// A tag maps to the digest of its index and not, per platform, to that of a
// config: the way from the index to the config is itself content-addressed, and
// so all platforms of one build see the same index.
//
// The cache only ever saves work. A failure to write is ignored, and an entry
// that cannot be read or does not verify counts as absent. The zero value is an
// empty cache that stores nothing. It is safe for concurrent use, by several
// processes too: files appear by rename, whole or not at all.
type cache struct {
	dir string
}

// openCache returns the cache that the options ask for. Without a cache
// directory on this machine (no home directory) nothing is cached.
func openCache(o Options) cache {
	if o.NoCache {
		return cache{}
	}
	if o.CacheDir != "" {
		return cache{dir: o.CacheDir}
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return cache{}
	}
	return cache{dir: filepath.Join(base, "strake", "images")}
}

func (c cache) blobPath(d digest.Digest) string {
	return filepath.Join(c.dir, "blobs", d.Algorithm().String(), d.Encoded())
}

// blob returns the content with digest d, which must be valid, of at most limit
// bytes. A corrupted file is removed so that the next fetch replaces it.
func (c cache) blob(d digest.Digest, limit int64) ([]byte, bool) {
	if c.dir == "" {
		return nil, false
	}
	path := c.blobPath(d)
	dt, err := readLimited(path, limit)
	if err != nil {
		return nil, false
	}
	if d.Algorithm().FromBytes(dt) != d {
		os.Remove(path)
		return nil, false
	}
	return dt, true
}

// putBlob stores dt, whose digest the caller has verified to be d.
func (c cache) putBlob(d digest.Digest, dt []byte) {
	if c.dir != "" {
		writeFile(c.blobPath(d), dt)
	}
}

// tagEntry is the content of a file below tags.
type tagEntry struct {
	Ref    string        `json:"ref"`
	Digest digest.Digest `json:"digest"`
	Seen   time.Time     `json:"seen"`
}

// fresh reports whether the entry is younger than maxAge. An entry from the
// future was written by another clock, so its age is not known.
func (t tagEntry) fresh(maxAge time.Duration) bool {
	age := time.Since(t.Seen)
	return age >= 0 && age < maxAge
}

func (c cache) tagPath(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return filepath.Join(c.dir, "tags", hex.EncodeToString(sum[:]))
}

// tag returns what is known about ref, a normalised reference.
func (c cache) tag(ref string) (tagEntry, bool) {
	if c.dir == "" {
		return tagEntry{}, false
	}
	path := c.tagPath(ref)
	dt, err := readLimited(path, 64<<10)
	if err != nil {
		return tagEntry{}, false
	}
	var t tagEntry
	if json.Unmarshal(dt, &t) != nil || t.Ref != ref || t.Digest.Validate() != nil {
		os.Remove(path)
		return tagEntry{}, false
	}
	return t, true
}

// putTag notes that ref has digest d now.
func (c cache) putTag(ref string, d digest.Digest) {
	if c.dir == "" {
		return
	}
	dt, err := json.Marshal(tagEntry{Ref: ref, Digest: d, Seen: time.Now()})
	if err == nil {
		writeFile(c.tagPath(ref), append(dt, '\n'))
	}
}

// readLimited reads a file but gives up on one of more than limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, limit)
}

// readAll reads r to its end, or fails with errTooLarge after limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	dt, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(dt)) > limit {
		return nil, tooLarge(limit)
	}
	return dt, nil
}

// writeFile replaces path by dt atomically; see cache for why it cannot fail.
// Configs can hold secrets of private images, so only the owner may read them.
func writeFile(path string, dt []byte) {
	dir := filepath.Dir(path)
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return
	}
	_, err = f.Write(dt)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
}
