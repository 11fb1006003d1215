package optimize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// gitTimeout bounds each call of git.
const gitTimeout = time.Minute

// Why there is no history.
var (
	errNoGit        = errors.New("git is not installed")
	errNoRepository = errors.New("the build context is in no git repository")
)

// git reads the repository of a directory. What is in that may be anybody's: nothing that it
// can name as a program is run, no hook, filter, pager, monitor or checker of signatures, and
// objects that are not here are not fetched.
type git struct{ dir string }

func (g git) command(ctx context.Context, args ...string) *exec.Cmd {
	fixed := []string{"--no-pager", "-C", g.dir, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
		"-c", "log.showSignature=false", "-c", "protocol.allow=never", "-c", "safe.bareRepository=explicit", "-c", "core.quotePath=false"}
	cmd := exec.CommandContext(ctx, "git", append(fixed, args...)...)
	for _, v := range os.Environ() { // that of a hook would name another repository
		if !strings.HasPrefix(v, "GIT_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1")
	return cmd
}

// output is what a call prints. The error says what git said.
func (g git) output(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	cmd := g.command(ctx, args...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &said
	switch err := cmd.Run(); {
	case err == nil:
		return out.Bytes(), nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, errNoGit
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case strings.Contains(said.String(), "not a git repository"):
		return nil, errNoRepository
	default:
		line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return nil, fmt.Errorf("git %s: %s (%w)", args[0], line, err)
	}
}

// Commit is one of the history, with the files of the build context that it touched.
type Commit struct {
	ID      string   `json:"id"`
	Subject string   `json:"subject"`
	Files   []string `json:"files,omitempty"` // paths in the context, with slashes
}

// Short is the beginning of the ID, and the subject.
func (c Commit) Short() string { return strings.TrimSpace(c.ID[:min(12, len(c.ID))] + " " + c.Subject) }

// Marks in the output of git log. No name of a file has them: git quotes those.
const commitMark, fieldMark = "\x1e", "\x1f"

// history gives the last commits that touched a directory, the newest first. A merge counts as
// what it brought in.
func history(ctx context.Context, dir string, n int) ([]Commit, error) {
	out, err := git{dir}.output(ctx, nil, "log", "-m", "--first-parent", "--no-renames", "--no-ext-diff", "--no-textconv", "--name-only", "--relative",
		fmt.Sprintf("--max-count=%d", n), "--format="+commitMark+"%H"+fieldMark+"%s", "--", ".")
	if err != nil {
		return nil, err
	}
	return parseLog(string(out)), nil
}

// parseLog reads what git log prints.
func parseLog(text string) (list []Commit) {
	for _, part := range strings.Split(text, commitMark)[1:] {
		head, files, _ := strings.Cut(part, "\n")
		id, subject, _ := strings.Cut(head, fieldMark)
		c := Commit{ID: id, Subject: subject}
		for name := range strings.SplitSeq(files, "\n") {
			if name != "" && name[0] != '"' {
				c.Files = append(c.Files, name)
			}
		}
		list = append(list, c)
	}
	return list
}
