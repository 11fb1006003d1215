package trust

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins/internal/sums"
)

// The bounds of a plugin.
const (
	MaxBytes = 1 << 30
	MaxFiles = 50_000
)

var errTooLarge = fmt.Errorf("the plugin is larger than %d MiB", MaxBytes>>20)

// Source says where a program is and what belongs to it.
type Source struct {
	Path  string   // absolute
	Args  []string // of the program
	Root  string   // the directory that Files are in
	Files []string // files and directories with slashes, under Root

	// Keep tells of a digest whether a copy is wanted; nil is yes. Without one a repository
	// fills nobody's disk with programs that do not run.
	Keep func(digest string) bool
}

// Program is a private copy of a program.
type Program struct {
	Digest string // of the program, its arguments and its files
	SHA256 string // of the file at Path, in hex
	Path   string // absolute
	Dir    string // of the copy: Path and the files are in it, nothing else
	Args   []string
	Notes  string // the directory of the user's alone that remembers the sums of such copies
}

// Pin makes a private copy of a program, or finds the one there is.
//
// The digest of a program alone is "sha256:" and the sum of its bytes. With arguments
// or files it is "tree-sha256:" and the sum of a list of all of them: an interpreter
// must not become another program by another script. A program that is not kept has no
// Path and no Dir.
//
// The error is fs.ErrNotExist when the program or a file is not there.
func (s *Store) Pin(ctx context.Context, src Source) (*Program, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	f, err := regular.Open(src.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	alone := len(src.Args) == 0 && len(src.Files) == 0
	stamp := sums.Stamp(f)
	if alone {
		if p := s.recall(src.Path, stamp, f); p != nil {
			return p, nil
		}
	}
	temp, err := os.MkdirTemp(s.Cache, "new-")
	if err != nil {
		return nil, s.explain(err)
	}
	defer os.RemoveAll(temp)
	c := copier{ctx: ctx, dir: temp, sums: map[string]string{}}
	name := programName(src)
	if err := c.file(f, name, 0o500); err != nil {
		return nil, s.explain(err)
	}
	if err := c.files(src, name); err != nil {
		return nil, s.explain(err)
	}
	p := &Program{SHA256: c.sums[name], Digest: "sha256:" + c.sums[name], Args: slices.Clone(src.Args), Notes: s.Cache}
	if !alone {
		p.Digest = treeDigest(name, src.Args, c.sums)
	}
	if src.Keep != nil && !src.Keep(p.Digest) {
		return p, nil
	}
	if err := s.keep(p, temp, name, c.sums); err != nil {
		return nil, s.explain(err)
	}
	if alone && sums.Stamp(f) == stamp {
		sums.Notes(s.Cache).Remember(src.Path, stamp, p.SHA256)
	}
	return p, nil
}

// programName is the program's name in its copy. With files around it, it stands among
// them as it did before.
func programName(src Source) string {
	if len(src.Files) > 0 {
		if rel, err := filepath.Rel(src.Root, src.Path); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return "plugin"
}

// treeDigest is the digest of a program with arguments or files.
func treeDigest(name string, args []string, sums map[string]string) string {
	if args == nil {
		args = []string{}
	}
	list, err := json.Marshal([]any{name, args, sums}) // the keys of a map are sorted
	if err != nil {
		return "" // strings always are JSON
	}
	sum := sha256.Sum256(list)
	return "tree-sha256:" + hex.EncodeToString(sum[:])
}

// copier copies files into a directory, and notes their sums.
type copier struct {
	ctx  context.Context
	dir  string
	sums map[string]string
	size int64
}

// file copies what is left of a file and hashes it on the way.
func (c *copier) file(from *os.File, name string, mode fs.FileMode) error {
	if len(c.sums) >= MaxFiles {
		return fmt.Errorf("the plugin has more than %d files", MaxFiles)
	}
	if info, err := from.Stat(); err == nil && info.Size() > MaxBytes-c.size {
		return errTooLarge // before it is read, and written
	}
	to := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	// A process that forks while this file is open for writing would keep it so, and
	// nobody could execute it: see go.dev/issue/22315.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), &bounded{c.ctx, from, MaxBytes - c.size})
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	c.size += n
	c.sums[name] = hex.EncodeToString(h.Sum(nil))
	return nil
}

// bounded reads until its context ends, and no more than a number of bytes.
type bounded struct {
	ctx  context.Context
	from io.Reader
	left int64
}

// Read reads a part.
func (b *bounded) Read(p []byte) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// files copies the files of a source. Links are followed, but not out of the root, and
// not to directories, which could go round.
func (c *copier) files(src Source, program string) error {
	if len(src.Files) == 0 {
		return nil
	}
	root, err := regular.OpenRoot(src.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range src.Files {
		name = path.Clean(name)
		if _, err := root.Stat(name); err != nil {
			return err
		}
		err := fs.WalkDir(root.FS(), name, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || name == program || c.sums[name] != "" {
				return err
			}
			return c.fromRoot(root, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) fromRoot(root *os.Root, name string) error {
	f, err := regular.OpenAt(root, name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o400)
	if info.Mode()&0o100 != 0 {
		mode = 0o500
	}
	return c.file(f, name, mode)
}

// keep puts a copy in its place, unless there is one that is whole.
func (s *Store) keep(p *Program, temp, name string, sums map[string]string) error {
	p.Dir = s.copyDir(p.Digest)
	p.Path = filepath.Join(p.Dir, filepath.FromSlash(name))
	if whole(p.Dir, sums) {
		return nil
	}
	for range 10 {
		err := os.Rename(temp, p.Dir)
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
		if whole(p.Dir, sums) {
			return nil // somebody else was faster
		}
		// What is there is damaged. It goes away in one step, as others may do the same.
		if err := os.Rename(p.Dir, temp+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.RemoveAll(temp + ".old"); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s is in use", p.Dir)
}

// whole tells whether a copy has just the files that it should have.
func whole(dir string, want map[string]string) bool {
	n := 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		n++
		if sum, err := sums.Notes("").Of(name); err != nil || sum != want[filepath.ToSlash(rel)] {
			return fs.ErrInvalid
		}
		return nil
	})
	return err == nil && n == len(want)
}

// copyDir is the directory of the copy of a digest.
func (s *Store) copyDir(digest string) string {
	return filepath.Join(s.Cache, strings.ReplaceAll(digest, ":", "-"))
}

// recall gives the copy of a program that has not changed since it was made, or nil. When a
// note is wrong, nothing bad runs: what runs is a copy that has this digest.
func (s *Store) recall(name, stamp string, f *os.File) *Program {
	sum := sums.Notes(s.Cache).Recall(name, stamp)
	info, err := f.Stat()
	if sum == "" || err != nil {
		return nil
	}
	p := &Program{Digest: "sha256:" + sum, SHA256: sum, Notes: s.Cache}
	p.Dir = s.copyDir(p.Digest)
	p.Path = filepath.Join(p.Dir, "plugin")
	if have, err := os.Lstat(p.Path); err != nil || !have.Mode().IsRegular() || have.Size() != info.Size() {
		return nil
	}
	return p
}
