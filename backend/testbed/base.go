package testbed

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Base is a base image that .ci/rootfs makes of what this machine has. It stands
// in for official images of Docker Hub.
type Base string

// The base images, and how long each takes to make on two cores.
const (
	Busybox  Base = "busybox"    // busybox:latest; 1 s
	Debian   Base = "debian"     // debian and ubuntu:24.04, this machine's release; 35 s
	Golang   Base = "golang"     // golang:1.26, Debian with this machine's Go; 15 s more
	Node     Base = "node"       // node:22, Debian with Node.js and npm, not always 22; 10 s more
	Frontend Base = "dockerfile" // docker/dockerfile:1, what "# syntax=" asks for; 60 s
)

// Bases are all of them.
func Bases() []Base { return []Base{Busybox, Debian, Golang, Node, Frontend} }

const (
	systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	bundle     = "/etc/ssl/certs/ca-certificates.crt" // of certificate authorities, where Debian has it
	script     = ".ci/rootfs"
)

// names are those of the image in Docker Hub.
func (b Base) names() []string {
	switch b {
	case Debian:
		return []string{
			"library/debian:latest", "library/debian:12", "library/debian:12-slim", "library/debian:bookworm",
			"library/debian:bookworm-slim", "library/ubuntu:24.04",
		}
	case Golang:
		return []string{"library/golang:1.26"}
	case Node:
		return []string{"library/node:22"}
	case Frontend:
		return []string{"docker/dockerfile:1"}
	}
	return []string{"library/" + string(b) + ":latest"}
}

// over is the base that it adds a layer to, "" for none.
func (b Base) over() Base {
	if b == Golang || b == Node {
		return Debian
	}
	return ""
}

// config is that of the official image, with variables that lead the tools to
// what this machine is set up to use.
func (b Base) config(t testing.TB) v1.Config {
	c := v1.Config{Env: []string{"PATH=" + systemPath}}
	switch b {
	case Busybox:
		c.Cmd = []string{"sh"}
	case Debian:
		c.Cmd = []string{"bash"}
	case Golang:
		goSettings := []string{"GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE"}
		c.WorkingDir = "/go"
		c.Cmd = []string{"bash"}
		c.Env = []string{"PATH=/go/bin:/usr/local/go/bin:" + systemPath, "GOLANG_VERSION=" + runtime.Version()[len("go"):],
			"GOTOOLCHAIN=local", "GOPATH=/go"}
		for _, name := range goSettings {
			c.Env = append(c.Env, name+"="+outputOf(t, "go", "env", name))
		}
	case Node:
		c.Env = append(c.Env, "NODE_EXTRA_CA_CERTS="+bundle)
		if _, err := exec.LookPath("npm"); err == nil {
			c.Env = append(c.Env, "npm_config_registry="+outputOf(t, "npm", "config", "get", "registry"))
		}
		c.Cmd = []string{"node"}
	case Frontend:
		c.Env = nil
		c.Entrypoint = []string{"/bin/dockerfile-frontend"}
		c.Labels = map[string]string{
			"moby.buildkit.frontend.network.none": "true",
			"moby.buildkit.frontend.caps": "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests," +
				"moby.buildkit.frontend.contexts,moby.buildkit.frontend.gitquerystring,moby.buildkit.frontend.contexts.zstd",
		}
	}
	return c
}

// Image gives a base image. The test waits when it is the first to need it, and is
// skipped when this machine lacks a program to make it.
func Image(t testing.TB, b Base) v1.Image {
	t.Helper()
	img, _ := b.stored(t)
	return img
}

// stored gives the image and its directory, an OCI layout.
func (b Base) stored(t testing.TB) (v1.Image, string) {
	t.Helper()
	b.check(t)
	dir := kept(t, string(b)+"-"+b.key(t), func(path string) error { return b.create(t, path) })
	return onlyImage(t, dir), dir
}

// check skips the test where something is missing.
func (b Base) check(t testing.TB) {
	t.Helper()
	switch b {
	case Busybox:
		needProgram(t, "busybox", "busybox-static")
	case Debian, Golang, Node:
		needRoot(t)
		needProgram(t, "debootstrap", "debootstrap")
	}
}

// key changes with what the image is made of: the script, and how the machine is
// set up.
func (b Base) key(t testing.TB) string {
	h := sha256.New()
	files := []string{filepath.Join(repository(t), script)}
	switch b {
	case Debian, Golang, Node:
		more, _ := filepath.Glob("/etc/apt/sources.list.d/*")
		files = append(append(files, "/etc/os-release", bundle, "/etc/apt/sources.list"), more...)
	case Frontend:
		files = append(files, filepath.Join(repository(t), "go.mod"))
	}
	for _, file := range files {
		data, _ := os.ReadFile(file) // none is one of the states
		h.Write(data)
		h.Write([]byte{0})
	}
	if b == Golang {
		h.Write([]byte(outputOf(t, "go", "version")))
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// create makes the image, in an OCI layout of its own.
func (b Base) create(t testing.TB, dir string) error {
	args := []string{string(b), filepath.Join(t.TempDir(), "layer.tar")}
	created := v1.Time{Time: time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)}
	img := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	if over := b.over(); over != "" {
		below, lower := over.stored(t)
		img = below
		layers, err := below.Layers()
		if err != nil {
			return err
		}
		digest, err := layers[0].Digest()
		if err != nil {
			return err
		}
		args = append(args, filepath.Join(lower, "blobs", digest.Algorithm, digest.Hex))
	}
	repo := repository(t)
	if err := command(t.Context(), repo, filepath.Join(repo, script), args...); err != nil {
		return err
	}
	layer, err := tarball.LayerFromFile(args[1], tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(1))
	if err != nil {
		return err
	}
	history := v1.History{Created: created, CreatedBy: script + " " + string(b)}
	if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: history, MediaType: types.OCILayer}); err != nil {
		return err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", runtime.GOARCH, created
	config.Config = b.config(t)
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return err
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendImage(img)
}

// outputOf gives what a program of this machine prints, on one line.
func outputOf(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}
