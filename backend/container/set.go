package container

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// Set is the containers of a directory, which any number of processes share.
type Set struct{ dir string }

// Open opens the containers in a directory, which need not be there.
func Open(dir string) *Set { return &Set{dir} }

// Dir is the directory of the containers.
func (s *Set) Dir() string { return s.dir }

const (
	lockWait = time.Minute // for what is held for milliseconds
	lockPoll = 5 * time.Millisecond
)

// lock takes a lock, which a process that ends gives back.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(name)
	if _, err := l.TryLockContext(wait, lockPoll); err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, context.DeadlineExceeded):
			return nil, fail("container-busy", "try again; if no other strake runs, look who has the file open with `fuser -v "+name+"`",
				"another process has held %s for more than %v", name, lockWait)
		}
		return nil, explain(filepath.Dir(name), err)
	}
	return func() { l.Close() }, nil
}

// Lock takes the container's lock, for who changes its state or its files.
func (c *Container) Lock(ctx context.Context) (unlock func(), err error) {
	return lock(ctx, c.path(lockFile))
}

// List gives all containers, the newest first.
func (s *Set) List() ([]*Container, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, explain(s.dir, err)
	}
	var list []*Container
	for _, e := range entries {
		if !isID(e.Name()) {
			continue
		}
		if c := load(filepath.Join(s.dir, e.Name())); c.Err == nil || !c.Gone() {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *Container) int { return b.Created.Compare(a.Created) })
	return list, nil
}

const idDigits = 64

func isID(name string) bool {
	_, err := hex.DecodeString(name)
	return err == nil && len(name) == idDigits
}

// ErrNotFound is what errors.Is finds in the error for a name that no container has.
var ErrNotFound = errors.New("no such container")

// notFound is a diagnostic that programs can tell from others.
type notFound struct{ diag.Diagnostic }

func (e notFound) Unwrap() error        { return e.Diagnostic }
func (e notFound) Is(target error) bool { return target == ErrNotFound }

// Find gives the container that an id, a name or a unique prefix of an id stands for, in
// this order. One that is damaged is an error.
func (s *Set) Find(name string) (*Container, error) {
	c, err := s.FindAny(name)
	if err != nil {
		return nil, err
	}
	return c, c.usable()
}

// FindAny is Find, and gives damaged ones, too.
func (s *Set) FindAny(name string) (*Container, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	var found []*Container
	for _, c := range list {
		switch {
		case c.ID == name, c.Name == strings.TrimPrefix(name, "/") && c.Name != "":
			return c, nil
		case name != "" && strings.HasPrefix(c.ID, name):
			found = append(found, c)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, unknown(list, name)
	}
	return nil, fail("ambiguous-id", "give more digits", "%d containers have an id that starts with %s", len(found), name)
}

func (c *Container) usable() error {
	if c.Err == nil {
		return nil
	}
	return fail("damaged-container", "remove it with `strake rm -f "+c.ShortID()+"`", "container %s is damaged: %v", c.ShortID(), c.Err)
}

func unknown(list []*Container, name string) error {
	d := diag.Diagnostic{Code: "no-such-container", Message: "no such container: " + name, Hint: "list the containers with `strake ps -a`"}
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	if near := diag.Suggest(name, names); near != "" {
		d.Hint = "did you mean `" + near + "`?"
	}
	return notFound{d}
}

var validName = late.Regexp(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)

// Create makes a container, with an id and, when it has none, a name. The caller is its
// monitor, until Release or the end of the process.
func (s *Set) Create(ctx context.Context, cfg Config) (*Container, error) {
	if cfg.Name != "" && !validName().MatchString(cfg.Name) {
		return nil, fail("bad-name", "use letters, digits and _.-, the first a letter or a digit", "invalid container name %q", cfg.Name)
	}
	c, err := s.create(ctx, cfg, State{Status: Created, Monitor: self()}, func(string) error { return nil })
	if err != nil {
		return nil, explain(s.dir, err)
	}
	return c, nil
}

// Keep makes a container that has ended with an exit code, as one that another program ran. Fill
// makes, in its directory, what it changed: see rootfs.Layers.Fill. After an error nothing is
// there of it.
func (s *Set) Keep(ctx context.Context, cfg Config, code int, fill func(dir string) error) (*Container, error) {
	c, err := s.create(ctx, cfg, State{Status: Exited, Finished: time.Now(), ExitCode: code}, fill)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	c.Release()
	return c, nil
}

// create makes a container, which appears whole or not at all.
func (s *Set) create(ctx context.Context, cfg Config, state State, fill func(dir string) error) (_ *Container, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	var id [idDigits / 2]byte
	rand.Read(id[:]) // never fails
	cfg.ID, cfg.Created = hex.EncodeToString(id[:]), time.Now()
	state.Boot = rootfs.Boot()
	c := &Container{Config: cfg, State: state, dir: filepath.Join(s.dir, unfinished+cfg.ID)}
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return nil, err
	}
	temp := c.dir
	defer func() {
		if err != nil {
			c.Release()
			removeAll(temp)
		}
	}()
	if c.hold, err = holdLock(c.path(monitorFile)); err != nil {
		return nil, err
	}
	if err := fill(c.dir); err != nil {
		return nil, err
	}
	return c, s.enter(ctx, c)
}

// enter gives a new container its name, and its place among the others.
func (s *Set) enter(ctx context.Context, c *Container) error {
	unlock, err := lock(ctx, filepath.Join(s.dir, lockFile))
	if err != nil {
		return err
	}
	defer unlock()
	taken, err := s.names()
	if err != nil {
		return err
	}
	if c.Hostname == "" {
		c.Hostname = c.ID[:12]
	}
	if c.Name == "" {
		c.Name = freeName(c.ID, taken)
	} else if other := taken[c.Name]; other != "" {
		return fail("name-in-use", "remove that container with `strake rm "+c.Name+"`, or choose another name",
			"the container name %q is already in use by container %s", c.Name, other[:12])
	}
	for name, v := range map[string]any{configFile: c.Config, stateFile: c.State} {
		data, err := json.Marshal(v)
		if err == nil {
			err = os.WriteFile(c.path(name), data, 0o600) // they appear with the directory
		}
		if err != nil {
			return err
		}
	}
	temp := c.dir
	c.dir = filepath.Join(s.dir, c.ID)
	return os.Rename(temp, c.dir)
}

// names gives the ids of the containers by their names.
func (s *Set) names() (map[string]string, error) {
	entries, err := os.ReadDir(s.dir)
	names := map[string]string{}
	for _, e := range entries {
		var cfg Config
		if isID(e.Name()) && readJSON(filepath.Join(s.dir, e.Name(), configFile), &cfg) == nil {
			names[cfg.Name] = e.Name()
		}
	}
	return names, err
}

// unfinished begins the names of directories of containers that are being made or removed.
const unfinished = "."

// Release ends the caller's being the monitor of a container.
func (c *Container) Release() {
	if c.hold != nil {
		c.hold.Close()
		c.hold = nil
	}
}

// Remove deletes the files of a container that does not run.
func (s *Set) Remove(ctx context.Context, c *Container) error {
	unlock, err := c.Lock(ctx)
	if err != nil {
		if c.Gone() {
			return nil
		}
		return err
	}
	defer unlock()
	if err := c.Refresh(); err == nil && c.Status != Exited && c.Status != Dead && c.hold == nil {
		return fail("container-running", "stop it with `strake stop "+c.Name+"`, or remove it with -f",
			"container %s is %s", c.Name, c.Status)
	}
	gone := filepath.Join(s.dir, unfinished+c.ID)
	if err := os.Rename(c.dir, gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(s.dir, err)
	}
	c.Release()
	return explain(s.dir, removeAll(gone))
}

// removeAll removes a directory whose directories may forbid to write.
func removeAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if e != nil && e.IsDir() {
			os.Chmod(name, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
