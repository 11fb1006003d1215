package build

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/buildkit/util/urlutil"

	"github.com/seed-e0495807/strake/lang/redact"
)

// gitTimeout bounds what a build spends on git.
const gitTimeout = 2 * time.Second

// revision tells which commit of which repository the context is, for the
// provenance: the options that buildx sets. BUILDX_GIT_INFO=false turns it off. A
// context that is in no repository has none, nor a machine without git.
func revision(ctx context.Context, locals map[string]string, env func(string) (string, bool)) map[string]string {
	dir, ok := locals["context"]
	if off, set := env("BUILDX_GIT_INFO"); !ok || set && !isTrue(off) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	lines := git(ctx, dir, "rev-parse", "--show-toplevel", "HEAD")
	if len(lines) != 2 {
		return nil
	}
	root, commit := lines[0], lines[1]
	out := map[string]string{"vcs:revision": commit}
	if remote := git(ctx, dir, "config", "--get", "remote.origin.url"); len(remote) == 1 {
		out["vcs:source"] = redact.Remote(urlutil.RedactCredentials(remote[0])) // it goes into images
	}
	for name, path := range locals {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err != nil {
			continue
		}
		if rel, err := filepath.Rel(root, real); err == nil && !strings.HasPrefix(rel, "..") {
			out["vcs:localdir:"+name] = rel
		}
	}
	return out
}

// git gives the lines that a command of git prints, none when it fails.
func git(ctx context.Context, dir string, args ...string) []string {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	return strings.Split(string(bytes.TrimSpace(out)), "\n")
}
