package input

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/redact"
)

// fetchGit reads the files that are wanted out of a git repository, without
// checking it out.
func fetchGit(ctx context.Context, address string, wanted []string) (memory, error) {
	ref, _, err := dfgitutil.ParseGitRef(address)
	if err != nil {
		return nil, gitError(address, err)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "strake-git-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	repo := repository{dir: dir, ref: ref}
	commit, err := repo.fetch(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, gitError(address, err)
	}
	files := memory{}
	for _, name := range wanted {
		data, ok, err := repo.read(ctx, commit, path.Join("/", ref.SubDir, name))
		if err != nil {
			return nil, gitError(address, err)
		}
		if ok {
			files[name] = data
		}
	}
	return files, nil
}

func gitError(address string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, exec.ErrNotFound):
		hint = "install git, or compile a local copy"
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("it took more than %v", fetchTimeout)
	}
	return fail("git", hint, "cannot read the repository %s: %v", redact.URLs(address), redact.URLs(err.Error()))
}

// repository is a bare clone in a temporary directory.
type repository struct {
	dir string
	ref *dfgitutil.GitRef
}

// fetch gets the commit, and little else when the server can do that.
func (g *repository) fetch(ctx context.Context) (commit string, err error) {
	remote := g.ref.Remote
	if g.ref.IndistinguishableFromLocal {
		remote = "https://" + remote
	}
	if _, err := g.git(ctx, "init", "--quiet", "--bare"); err != nil {
		return "", err
	}
	name := g.ref.Ref
	switch {
	case name == "" && g.ref.Checksum != "":
		name = g.ref.Checksum
	case name == "":
		name = "HEAD"
	}
	commit = "FETCH_HEAD"
	if _, err := g.git(ctx, "fetch", "--quiet", "--depth=1", "--no-tags", "--", remote, name); err != nil {
		// Part of a hash, or a server that does not serve a single commit.
		all := []string{"fetch", "--quiet", "--tags", "--", remote, "+HEAD:refs/remotes/origin/HEAD", "+refs/heads/*:refs/remotes/origin/*"}
		if _, err := g.git(ctx, all...); err != nil {
			return "", err
		}
		commit = name
		if name == "HEAD" {
			commit = "refs/remotes/origin/HEAD"
		}
	}
	hash, err := g.resolve(ctx, commit)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(hash, g.ref.Checksum) {
		return "", fmt.Errorf("%s is the commit %s, not %s", name, hash, g.ref.Checksum)
	}
	return hash, nil
}

// resolve gives the hash of a commit.
func (g *repository) resolve(ctx context.Context, name string) (string, error) {
	for _, candidate := range []string{name, "refs/remotes/origin/" + name} {
		out, err := g.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", candidate+"^{commit}")
		if err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return "", fmt.Errorf("it has no branch, tag or commit %s", name)
}

// read gives a file of a commit; ok is false when there is none. Links are
// followed, inside the repository.
func (g *repository) read(ctx context.Context, commit, name string) (data []byte, ok bool, err error) {
	cmd := g.command(ctx, "cat-file", "--batch", "--follow-symlinks")
	cmd.Stdin = strings.NewReader(commit + ":" + strings.TrimPrefix(name, "/") + "\n")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, false, err
	}
	if err := cmd.Start(); err != nil {
		return nil, false, err
	}
	defer func() {
		out.Close() // ends a git that has more to say
		cmd.Wait()
	}()
	r := bufio.NewReader(out)
	head, err := r.ReadString('\n') // "hash blob size", or "name missing"
	if err != nil {
		return nil, false, fmt.Errorf("git cat-file: %w", err)
	}
	fields := strings.Fields(head)
	if len(fields) != 3 || fields[1] != "blob" {
		return nil, false, nil
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, false, nil // the path has blanks, and there is no such file
	}
	data, err = io.ReadAll(io.LimitReader(r, min(size, lang.MaxSize+1)))
	return data, true, err
}

// git runs a command and gives its output; the error is its last line.
func (g *repository) git(ctx context.Context, args ...string) ([]byte, error) {
	cmd := g.command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil || ctx.Err() != nil {
		return out, err
	}
	if text := strings.TrimSpace(stderr.String()); text != "" {
		return out, errors.New(text[strings.LastIndexByte(text, '\n')+1:])
	}
	return out, fmt.Errorf("git %s: %w", args[0], err)
}

// command never asks on the terminal, and knows nothing of a repository that it
// is called in, as from a hook.
func (g *repository) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir=" + g.dir}, args...)...)
	cmd.WaitDelay = time.Second
	cmd.Dir = g.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_DIR=") || strings.HasPrefix(v, "GIT_WORK_TREE=") ||
			strings.HasPrefix(v, "GIT_INDEX_FILE=") || strings.HasPrefix(v, "GIT_OBJECT_DIRECTORY=")
	})
	cmd.Env = append(cmd.Env, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	if os.Getenv("GIT_SSH_COMMAND") == "" && os.Getenv("GIT_SSH") == "" {
		cmd.Env = append(cmd.Env, "GIT_SSH_COMMAND=ssh -o BatchMode=yes")
	}
	return cmd
}
