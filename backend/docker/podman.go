package docker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"time"
)

// podman is the command of that name: it needs no daemon.
type podman struct{ path string }

func findPodman() (podman, bool) {
	path, err := exec.LookPath("podman")
	return podman{path}, err == nil
}

// ContainerdStore implements [Loader].
func (podman) ContainerdStore() bool { return false }

// Load implements [Loader].
func (p podman) Load(ctx context.Context, archive io.Reader) error {
	cmd := exec.CommandContext(ctx, p.path, "load", "--quiet")
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = archive, &stderr
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	if last := lines[len(lines)-1]; last != "" {
		err = errors.New(last)
	}
	return loadError(ctx, "podman load", err)
}
