package trust

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins"
)

// Store is what a user trusts.
type Store struct {
	Config string // directory of the allow list: $XDG_CONFIG_HOME/strake
	Cache  string // directory of private copies: $XDG_CACHE_HOME/strake/plugins
	Given  Given  // what is allowed for this one run
}

// Given is what a flag or STRAKE_ALLOW_PLUGINS allows, in place of the allow list.
type Given struct {
	Locked  bool     // all that strake.lock pins
	Digests []string // these, whatever they are granted
	Sandbox Sandbox  // the least that programs may run in
}

// Sandbox is the least sandbox that a user lets a program run in. It is never taken from a
// repository.
type Sandbox string

// The sandboxes.
const (
	Full Sandbox = ""     // all that Linux has
	Weak Sandbox = "weak" // without namespaces
	None Sandbox = "none" // none at all
)

// Allowed is an entry of the allow list.
type Allowed struct {
	Digest string          `json:"digest"`
	Name   string          `json:"name"` // when it was allowed; for people
	Grants []plugins.Grant `json:"grants,omitempty"`

	Sandbox Sandbox `json:"sandbox,omitempty"`
}

// allowFile is the allow list on disk.
type allowFile struct {
	Version int       `json:"version"`
	Plugins []Allowed `json:"plugins"`
}

var digestForm = late.Regexp(`^(tree-)?sha256:[0-9a-f]{64}$`)

// ParseGiven reads the value of STRAKE_ALLOW_PLUGINS: "locked", or digests with commas
// between them, and with "weak-sandbox" or "no-sandbox" what they may do without. The empty
// text allows nothing. There is no word for any program: one that strake.lock does not pin
// never runs.
func ParseGiven(text string) (Given, error) {
	var g Given
	for word := range strings.SplitSeq(text, ",") {
		switch word = strings.TrimSpace(word); {
		case word == "":
		case word == "locked":
			g.Locked = true
		case word == "weak-sandbox" && g.Sandbox != None:
			g.Sandbox = Weak
		case word == "no-sandbox":
			g.Sandbox = None
		case digestForm().MatchString(word):
			g.Digests = append(g.Digests, word)
		default:
			return Given{}, fail("allow-plugins", "write digests of strake.lock with commas between them, or `locked` for all that it pins",
				"%q is no plugin that could be allowed", word)
		}
	}
	return g, nil
}

// Check tells why a plugin may not run: nil when it may, in a sandbox that is no less than
// the one given back. Root is the directory that the repository begins at.
func (s *Store) Check(name, digest string, grants []plugins.Grant, root string) (Sandbox, error) {
	if s.Given.Locked || slices.Contains(s.Given.Digests, digest) {
		return s.Given.Sandbox, nil
	}
	hint := "if you trust it, run `strake plugin allow " + name + "`; in CI, set STRAKE_ALLOW_PLUGINS"
	list, err := s.List(root)
	if err != nil {
		return Full, err
	}
	for _, a := range list {
		if a.Digest != digest {
			continue
		}
		for _, g := range grants {
			if !slices.Contains(a.Grants, g) {
				return Full, fail("plugin-not-allowed", hint, "you have allowed the plugin %s, but without the grant %s", name, g)
			}
		}
		if s.Given.Sandbox != Full {
			return s.Given.Sandbox, nil
		}
		return a.Sandbox, nil
	}
	return Full, fail("plugin-not-allowed", hint, "you have not allowed the plugin %s to run", name)
}

// List reads the allow list, sorted by digest. One that others can change is an error,
// and one inside of the repository, too: it would come with what it allows.
func (s *Store) List(root string) ([]Allowed, error) {
	name := filepath.Join(s.Config, "allowed.json")
	f, err := regular.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fail("allow-list", "", "the list of allowed plugins cannot be read: %v", err)
	}
	defer f.Close()
	if root != "" && inside(name, root) {
		return nil, fail("allow-list", "set XDG_CONFIG_HOME to a directory elsewhere, or use STRAKE_ALLOW_PLUGINS",
			"the list of allowed plugins, %s, is inside of the repository", name)
	}
	info, err := f.Stat()
	if err == nil {
		err = private(info, name)
	}
	if err != nil {
		return nil, fail("allow-list", "make it yours with mode 600", "the list of allowed plugins cannot be trusted: %v", err)
	}
	if err := s.held(name); err != nil {
		return nil, err
	}
	var file allowFile
	if err := json.NewDecoder(io.LimitReader(f, maxList)).Decode(&file); err != nil {
		return nil, fail("allow-list", "repair or remove it", "the list of allowed plugins, %s, is damaged: %v", name, err)
	}
	if file.Version != 1 {
		return nil, fail("allow-list", "use a newer strake", "the list of allowed plugins, %s, has version %d", name, file.Version)
	}
	return file.Plugins, nil
}

// held gives an error when somebody else could put another list in the place of this one.
func (s *Store) held(name string) error {
	err := heldBy(name)
	var open *openError
	switch {
	case errors.As(err, &open):
		return fail("allow-list", open.hint, "the list of allowed plugins, %s, cannot be trusted: %v", name, err)
	case err != nil:
		return fail("allow-list", "", "the list of allowed plugins cannot be read: %v", err)
	}
	return nil
}

// inside tells whether a file is in a directory, links followed.
func inside(name, dir string) bool {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}

// Allow puts a plugin on the allow list, or changes its grants.
func (s *Store) Allow(a Allowed) error {
	return s.change(func(list []Allowed) []Allowed {
		return append(slices.DeleteFunc(list, func(b Allowed) bool { return b.Digest == a.Digest }), a)
	})
}

// Revoke takes a plugin off the allow list.
func (s *Store) Revoke(digest string) error {
	return s.change(func(list []Allowed) []Allowed {
		return slices.DeleteFunc(list, func(b Allowed) bool { return b.Digest == digest })
	})
}

// change rewrites the allow list. Only one process does at a time.
func (s *Store) change(edit func([]Allowed) []Allowed) error {
	cannot := func(err error) error {
		return fail("allow-list", "", "the list of allowed plugins cannot be written: %v", err)
	}
	if s.Config == "" {
		return cannot(errors.New("there is no place for it: neither XDG_CONFIG_HOME nor HOME is set"))
	}
	if err := os.MkdirAll(s.Config, 0o700); err != nil {
		return cannot(err)
	}
	if err := s.held(filepath.Join(s.Config, "allowed.json")); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(s.Config, "allowed.lock"), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return cannot(err)
	}
	defer lock.Close()
	list, err := s.List("")
	if err != nil {
		return err
	}
	list = edit(list)
	slices.SortFunc(list, func(a, b Allowed) int { return strings.Compare(a.Digest, b.Digest) })
	data, err := json.MarshalIndent(allowFile{1, list}, "", "  ")
	if err == nil {
		err = writeFile(filepath.Join(s.Config, "allowed.json"), append(data, '\n'), 0o600)
	}
	if err != nil {
		return cannot(err)
	}
	return nil
}

// ready makes the directory of the copies.
func (s *Store) ready() error {
	if s.Cache == "" {
		return fail("plugin-cache", "set XDG_CACHE_HOME to a directory of yours", "there is no place for copies of plugins: neither XDG_CACHE_HOME nor HOME is set")
	}
	if err := privateDir(s.Cache); err != nil {
		return fail("plugin-cache", "set XDG_CACHE_HOME to a directory of yours", "no copy of the plugin can be made: %v", err)
	}
	return nil
}

// explain adds what the copies are for to an error that is not about the source.
func (s *Store) explain(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	if errors.As(err, &link) || errors.As(err, &path) && strings.HasPrefix(path.Path, s.Cache) {
		return fail("plugin-cache", "set XDG_CACHE_HOME to a directory of yours", "no copy of the plugin can be made: %v", err)
	}
	return err
}
