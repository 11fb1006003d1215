package include

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// git reads a file of a repository: it fetches one commit, without those before it. The
// program asks nobody for passwords, and speaks HTTPS and ssh only.
func (n Network) git(ctx context.Context, ref Ref) ([]byte, error) {
	dir, remove, err := folder()
	if err != nil {
		return nil, err
	}
	defer remove()
	if _, err := n.run(ctx, dir, "init", "--quiet", "--bare"); err != nil {
		return nil, err
	}
	if _, err := n.run(ctx, dir, "fetch", "--quiet", "--depth=1", "--no-tags", "--", ref.From, ref.At); err != nil {
		return nil, err
	}
	if commit().MatchString(ref.At) {
		got, err := n.run(ctx, dir, "rev-parse", "FETCH_HEAD")
		if err == nil && strings.TrimSpace(string(got)) != ref.At {
			err = fmt.Errorf("the server gives the commit %s", bytes.TrimSpace(got))
		}
		if err != nil {
			return nil, err
		}
	}
	object := "FETCH_HEAD:" + ref.Path
	size, err := n.run(ctx, dir, "cat-file", "-s", object)
	if err != nil {
		return nil, fmt.Errorf("there is no file %s in that commit", ref.Path)
	}
	if bytes, err := strconv.Atoi(strings.TrimSpace(string(size))); err != nil || bytes > MaxSize {
		return nil, errTooLarge
	}
	return n.run(ctx, dir, "cat-file", "blob", object)
}

// run runs git in a folder. What it says about a failure is in the error.
func (n Network) run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:ssh", "GIT_DIR="+dir, "LC_ALL=C")
	if os.Getenv("GIT_SSH_COMMAND") == "" && os.Getenv("GIT_SSH") == "" {
		cmd.Env = append(cmd.Env, "GIT_SSH_COMMAND=ssh -o BatchMode=yes") // else it asks at the terminal
	}
	cmd.Env = append(cmd.Env, n.Env...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		if last := lines[len(lines)-1]; last != "" {
			return nil, fmt.Errorf("git %s: %.300s", args[0], last)
		}
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	}
	return out.Bytes(), nil
}
