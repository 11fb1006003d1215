package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/seed-e0495807/strake/backend/frontend/ociimage"
	"github.com/seed-e0495807/strake/backend/testbed"
)

// image is the frontend as an image.
func image(t *testing.T) v1.Image {
	t.Helper()
	program := filepath.Join(t.TempDir(), "frontend")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	img, err := ociimage.Make(ociimage.Options{Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH}, Program: data})
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := ociimage.Write(&archive, img, ""); err != nil {
		t.Fatal(err)
	}
	if archive.Len() > 25<<20 {
		t.Errorf("the image has %d bytes", archive.Len())
	}
	t.Logf("the image has %.1f MB", float64(archive.Len())/1e6)
	return img
}

// TestSyntax builds with docker's buildx through "# syntax=".
func TestSyntax(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	hub := testbed.StartRegistry(t, testbed.Busybox)
	d := testbed.StartDaemon(t, hub)
	ref, err := name.ParseReference(hub.Host + "/strake/dockerfile:1")
	if err == nil {
		err = remote.Write(ref, image(t), remote.WithContext(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
	config := d.Remote(t)
	build := func(text string) (v1.Image, error) {
		dir, dest := t.TempDir(), filepath.Join(t.TempDir(), "image.tar")
		text = "# syntax=" + ref.String() + "\n" + text
		for name, data := range map[string]string{"Dockerfile": text, "greeting": "hello\n", ".dockerignore": "secret\n", "secret": "x"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
				return nil, err
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, testbed.Buildx(t), "build", "--progress=plain", "--build-arg", "WHO=world", "-o", "type=oci,dest="+dest, dir)
		cmd.Env = append(os.Environ(), "BUILDX_CONFIG="+config, "DOCKER_CONFIG="+config)
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
		return testbed.LoadImage(t, dest), nil
	}
	img, err := build("FROM busybox\nARG WHO\nCOPY . /data\nRUN ls /data >/list && echo $WHO >>/list\nCMD cat /data/greeting /list\n")
	if err != nil {
		t.Fatal(err)
	}
	if r := testbed.Unpack(t, img).Run(t); r.Stdout != "hello\nDockerfile\ngreeting\nworld\n" {
		t.Errorf("%+v", r)
	}
	_, err = build("FROM busybox\nRUNN true\n")
	if err == nil || !strings.Contains(err.Error(), "Dockerfile:3:1: unknown instruction: RUNN; did you mean `RUN`?") ||
		!strings.Contains(err.Error(), ">>> RUNN true") {
		t.Errorf("got %v", err)
	}
}
