package optimize

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// ofEdits is a replay of made edits: each puts another small file into the context.
func ofEdits(ctx context.Context, in *input.Input, from string, n int, to string) (*Replay, error) {
	first, err := list(ctx, in, from)
	if err != nil {
		return nil, err
	}
	ignore, err := in.Ignore()
	if err != nil {
		return nil, err
	}
	name, err := seen(first, ignore)
	if err != nil {
		return nil, err
	}
	r := &Replay{Made: true, dir: to, now: map[string]entry{}, states: []map[string]entry{first}}
	for i := range n {
		text := strconv.Itoa(i + 1)
		state := maps.Clone(first)
		state[name] = entry{mode: 0o644, id: editMark + text, size: 2}
		r.states = append(r.states, state)
		r.Edits = append(r.Edits, "made edit "+text+": "+name)
	}
	if err := bounded(r.states); err != nil {
		return nil, err
	}
	r.key = keyOf(r.states)
	r.read = func(ctx context.Context, list map[string]entry, write func(string, []byte) error) error {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			c := list[name]
			text, made := strings.CutPrefix(c.id, editMark)
			data := []byte(text + "\n")
			var err error
			switch at := filepath.Join(from, filepath.FromSlash(name)); {
			case made, c.mode.IsDir():
			case c.mode&fs.ModeSymlink != 0:
				data = []byte(c.id)
			default:
				data, err = regular.Read(at, maxContext)
			}
			if err != nil {
				return err
			}
			if err := write(name, data); err != nil {
				return err
			}
		}
		return nil
	}
	return r, nil
}

// editMark begins the id of what a made edit writes.
const editMark = "edit "

// list gives what a build context has, but for what is left out.
func list(ctx context.Context, in *input.Input, from string) (map[string]entry, error) {
	ignore, err := in.Ignore()
	if err != nil {
		return nil, err
	}
	state := map[string]entry{}
	err = filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		rel, relErr := filepath.Rel(from, name)
		switch {
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case rel == ".git":
			return fs.SkipDir
		case rel == ".":
			return nil
		}
		rel = filepath.ToSlash(rel)
		if line, _ := ignore.Line(rel); line > 0 && rel != ignoreName {
			return nil // what is in a directory may be there all the same
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		c := entry{mode: info.Mode() & (fs.ModeDir | fs.ModeSymlink | fs.ModePerm), size: info.Size()}
		switch {
		case e.IsDir():
			c.size = 0
		case info.Mode()&fs.ModeSymlink != 0:
			c.id, err = os.Readlink(name)
		case info.Mode().IsRegular():
			c.id, err = digestOf(name)
		default:
			return nil // a pipe, or a socket, which no build copies
		}
		state[rel] = c
		return err
	})
	return state, err
}

// digestOf is that of a file.
func digestOf(name string) (string, error) {
	f, err := regular.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// seen is a name for a made file that is not left out of the context: at its top, or else
// beside a file that is not.
func seen(state map[string]entry, ignore *input.Ignore) (string, error) {
	dirs := []string{"."}
	for _, name := range slices.Sorted(maps.Keys(state)) {
		dirs = append(dirs, path.Dir(name))
	}
	for _, dir := range slices.Compact(dirs) {
		name := path.Join(dir, "strake-edit.txt")
		if _, there := state[name]; there {
			continue
		}
		if line, _ := ignore.Line(name); line == 0 {
			return name, nil
		}
	}
	return "", diag.Diagnostic{Code: "nothing-to-edit", Message: "no file can be put into the build context: .dockerignore leaves all out",
		Hint: "commit the context to git, so that its commits can be replayed"}
}
