package optimize

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// maxContext bounds the copy of a build context, in bytes.
const maxContext = 4 << 30

// Replay is a series of states of a build context, of which each is one edit behind the one in
// front of it. They are made in a directory of their own.
type Replay struct {
	Edits []string // what each state but the first is: a commit, or a made edit
	Made  bool     // the edits are made ones
	Why   string   // there are no commits

	dir    string
	key    string             // equal for equal states
	states []map[string]entry // by path with slashes
	now    map[string]entry   // what is in the directory
	read   func(context.Context, map[string]entry, func(name string, data []byte) error) error
	close  func() error
}

// entry is what a path has: a kind, and an id of the bytes.
type entry struct {
	mode fs.FileMode // of a file, a link or a directory
	id   string
	size int64
}

// Dir is where the states are made.
func (r *Replay) Dir() string { return r.dir }

// To makes the directory the state of an index. What is the same stays untouched, as it does
// when one checks a commit out.
func (r *Replay) To(ctx context.Context, i int) error {
	root, err := regular.OpenRoot(r.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	want := r.states[i]
	for _, name := range slices.Sorted(maps.Keys(r.now)) {
		if want[name] == r.now[name] {
			continue
		}
		if err := root.Remove(filepath.FromSlash(name)); err != nil {
			return err
		}
		delete(r.now, name)
		for dir := path.Dir(name); dir != "." && root.Remove(filepath.FromSlash(dir)) == nil; dir = path.Dir(dir) {
		}
	}
	fetch := map[string]entry{}
	for name, c := range want {
		if _, there := r.now[name]; !there {
			fetch[name] = c
		}
	}
	return r.read(ctx, fetch, func(name string, data []byte) error {
		r.now[name] = want[name]
		return put(root, name, want[name].mode, data)
	})
}

// put writes a file or a link, with the directories that it is in.
func put(root *os.Root, name string, mode fs.FileMode, data []byte) error {
	name = filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch {
	case mode.IsDir():
		return errors.Join(root.MkdirAll(name, 0o755), root.Chmod(name, mode.Perm()|0o700))
	case mode&fs.ModeSymlink != 0:
		return root.Symlink(string(data), name)
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Chmod(mode.Perm()), f.Close())
}

// Close ends what reads the states. The directory is the caller's.
func (r *Replay) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// bounded tells of a context that is too large to be copied.
func bounded(states []map[string]entry) error {
	for _, s := range states {
		var sum int64
		for _, c := range s {
			if sum += c.size; sum > maxContext {
				return diag.Diagnostic{Code: "large-context", Message: fmt.Sprintf("the build context has more than %d GiB, which would be copied", maxContext>>30),
					Hint: "leave out by .dockerignore what the build does not need: strake context shows it"}
			}
		}
	}
	return nil
}

// keyOf is the same for the same states.
func keyOf(states []map[string]entry) string {
	h := sha256.New()
	for _, s := range states {
		for _, name := range slices.Sorted(maps.Keys(s)) {
			fmt.Fprintf(h, "%q %v %s\n", name, s[name].mode, s[name].id)
		}
		fmt.Fprintln(h)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
