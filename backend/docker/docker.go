// Package docker finds the container engine that this machine already has, a Docker
// Engine or Podman, to load images into it; and reaches the BuildKit inside a Docker
// Engine. It may import lang.
package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"

	"github.com/seed-e0495807/strake/lang/diag"
)

// answerTime bounds the wait for an engine that may be on another machine.
const answerTime = 5 * time.Second

// Loader is an engine that keeps images.
type Loader interface {
	// Load reads an archive of images, in docker's form; where ContainerdStore is
	// true, or in Podman, also an OCI layout.
	Load(ctx context.Context, archive io.Reader) error
	// ContainerdStore tells whether attestations and several platforms of an image
	// have a place.
	ContainerdStore() bool
}

// Find gives the engine that images are loaded into: Docker's, else Podman.
func Find(ctx context.Context, env func(string) (string, bool)) (Loader, error) {
	d, err := Connect(ctx, env)
	if err == nil {
		return d, nil
	}
	var one diag.Diagnostic
	host, _ := env(client.EnvOverrideHost)
	if name, _ := env("DOCKER_CONTEXT"); host != "" || name != "" || !errors.As(err, &one) {
		return nil, err // it was asked for
	}
	if p, ok := findPodman(); ok {
		return p, nil
	}
	one.Hint = "start Docker or install Podman; without --load the image goes to strake's own store"
	return nil, one
}

// Engine is a Docker Engine that has answered.
type Engine struct {
	Host string // like "unix:///var/run/docker.sock"
	API  *client.Client

	containerd bool
}

// Connect connects to the Docker Engine that the docker command would use.
func Connect(ctx context.Context, env func(string) (string, bool)) (*Engine, error) {
	ep, err := current(env)
	if err != nil {
		return nil, err
	}
	api, err := ep.client()
	if err != nil {
		return nil, fail("bad-docker-host", "is it like unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST?",
			"bad address of a Docker Engine %q: %v", ep.Host, err)
	}
	wait, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	info, err := api.Info(wait, client.InfoOptions{})
	if err != nil {
		api.Close()
		if op := (*net.OpError)(nil); errors.As(err, &op) {
			err = op // without the address once more
		}
		return nil, fail("no-docker", "is Docker running, and may you use it?", "no Docker Engine answers at %s: %v", ep.Host, err)
	}
	// https://docs.docker.com/engine/storage/containerd
	containerd := slices.Contains(info.Info.DriverStatus, [2]string{"driver-type", "io.containerd.snapshotter.v1"})
	return &Engine{Host: ep.Host, API: api, containerd: containerd}, nil
}

// ContainerdStore tells whether images are kept by containerd. If they are, the
// engine's BuildKit has all exporters; if not, "moby" and those for files.
func (e *Engine) ContainerdStore() bool { return e.containerd }

// Close drops idle connections.
func (e *Engine) Close() { e.API.Close() }

// Dial connects to the control API of the BuildKit inside.
func (e *Engine) Dial(ctx context.Context, _ string) (net.Conn, error) {
	return e.API.DialHijack(ctx, "/grpc", "h2c", nil)
}

// DialSession opens a session with the BuildKit inside.
func (e *Engine) DialSession(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
	return e.API.DialHijack(ctx, "/session", proto, meta)
}

// ImageID gives the id of an image by its name or id, "" when there is none.
func (e *Engine) ImageID(ctx context.Context, name string) (string, error) {
	img, err := e.API.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	return img.ID, err
}

// Load implements [Loader].
func (e *Engine) Load(ctx context.Context, archive io.Reader) error {
	resp, err := e.API.ImageLoad(ctx, archive, client.ImageLoadWithQuiet(true))
	if err != nil {
		return loadError(ctx, e.Host, err)
	}
	defer resp.Close()
	// A failure comes in the text of an answer that has begun well.
	for d := json.NewDecoder(resp); ; {
		var m jsonstream.Message
		switch err := d.Decode(&m); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return loadError(ctx, e.Host, err)
		case m.Error != nil:
			return loadError(ctx, e.Host, m.Error)
		}
	}
}

func loadError(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fail("load-failed", "is its disk full? look at its log", "%s did not take the image: %v", name, err)
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
