package optimize

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/lang/regular"
)

// ofCommits is a replay of two or more commits, which come with the newest first: the oldest is
// the first state. The .dockerignore is the one of now, as the Dockerfile is.
func ofCommits(ctx context.Context, dir string, commits []Commit, to string) (*Replay, error) {
	g := git{dir}
	r := &Replay{dir: to, now: map[string]entry{}}
	for i, c := range slices.Backward(commits) {
		if i < len(commits)-1 {
			r.Edits = append(r.Edits, c.Short())
		}
	}
	ignore, err := regular.Read(filepath.Join(dir, ignoreName), maxIgnore)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, c := range slices.Backward(commits) {
		out, err := g.output(ctx, nil, "ls-tree", "-r", "-z", "-l", c.ID)
		if err != nil {
			return nil, err
		}
		state, err := parseTree(string(out))
		if err != nil {
			return nil, err
		}
		delete(state, ignoreName)
		if ignore != nil {
			state[ignoreName] = entry{mode: 0o644, id: fmt.Sprintf("%x", sha256.Sum256(ignore)), size: int64(len(ignore))}
		}
		r.states = append(r.states, state)
	}
	if err := bounded(r.states); err != nil {
		return nil, err
	}
	blobs, err := g.blobs(ctx)
	if err != nil {
		return nil, err
	}
	r.key, r.close = keyOf(r.states), blobs.Close
	r.read = func(ctx context.Context, list map[string]entry, write func(string, []byte) error) error {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			data := ignore
			if name != ignoreName {
				if data, err = blobs.read(ctx, list[name].id); err != nil {
					return err
				}
			}
			if err := write(name, data); err != nil {
				return err
			}
		}
		return nil
	}
	return r, nil
}

const (
	ignoreName = ".dockerignore"
	maxIgnore  = 1 << 20
)

// parseTree reads what git ls-tree -r -z -l prints. Submodules have no files in it.
func parseTree(text string) (map[string]entry, error) {
	state := map[string]entry{}
	for line := range strings.SplitSeq(text, "\x00") {
		head, name, ok := strings.Cut(line, "\t")
		if !ok {
			continue
		}
		f := strings.Fields(head) // mode, type, id, size
		if len(f) != 4 {
			return nil, fmt.Errorf("git ls-tree prints %q", line)
		}
		if f[1] != "blob" {
			continue
		}
		c := entry{mode: 0o644, id: f[2]}
		switch f[0] {
		case "100755":
			c.mode = 0o755
		case "120000":
			c.mode = fs.ModeSymlink | 0o777
		}
		var err error
		if c.size, err = strconv.ParseInt(f[3], 10, 64); err != nil {
			return nil, fmt.Errorf("git ls-tree prints %q", line)
		}
		state[name] = c
	}
	return state, nil
}

// blobs reads objects of a repository, as they are: filters and line endings are not applied.
type blobs struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (g git) blobs(ctx context.Context) (*blobs, error) {
	b := &blobs{cmd: g.command(ctx, "cat-file", "--batch")}
	var err error
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewReader(out)
	return b, b.cmd.Start()
}

func (b *blobs) read(ctx context.Context, id string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if _, err := fmt.Fprintln(b.in, id); err != nil {
		return nil, err
	}
	head, err := b.out.ReadString('\n')
	if err != nil {
		return nil, err
	}
	f := strings.Fields(head) // id, type, size
	if len(f) != 3 || f[1] != "blob" {
		return nil, fmt.Errorf("git cat-file: %s", strings.TrimSpace(head))
	}
	n, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil || n > maxContext {
		return nil, fmt.Errorf("git cat-file: %s", strings.TrimSpace(head))
	}
	data := make([]byte, n+1) // a line ending follows
	_, err = io.ReadFull(b.out, data)
	return data[:n], err
}

// Close ends git.
func (b *blobs) Close() error {
	b.in.Close()
	return b.cmd.Wait()
}
