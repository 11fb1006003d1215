package testbed

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"golang.org/x/sync/errgroup"
)

// TestRun runs something in base images.
func TestRun(t *testing.T) {
	for _, b := range []struct {
		base    Base
		command string
		want    string
	}{
		{Busybox, "id -u && ls /bin/vi", "0\n/bin/vi\n"},
		{Debian, ". /etc/os-release && echo $ID && test ! -e /usr/share/doc/bash", "debian\n"},
	} {
		t.Run(string(b.base), func(t *testing.T) {
			t.Parallel()
			c := Unpack(t, Image(t, b.base))
			c.Args = []string{"sh", "-c", b.command + "; exit 3"}
			if r := c.Run(t); r.Code != 3 || r.Stdout != b.want {
				t.Errorf("%+v, want exit code 3 and %q", r, b.want)
			}
		})
	}
}

// TestDaemon builds from a base image, and leaves no process behind.
func TestDaemon(t *testing.T) {
	d := StartDaemon(t, StartRegistry(t, Busybox))
	dest := t.TempDir()
	build := func(ctx context.Context) error {
		state := llb.Image("docker.io/library/busybox:latest").Run(llb.Shlex(`sh -c "cat /etc/passwd > /out/passwd"`)).AddMount("/out", llb.Scratch())
		def, err := state.Marshal(ctx)
		if err != nil {
			return err
		}
		c, err := client.New(ctx, d.Addr)
		if err != nil {
			return err
		}
		defer c.Close()
		progress := make(chan *client.SolveStatus)
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			for range progress {
			}
			return nil
		})
		g.Go(func() error {
			_, err := c.Solve(ctx, def, client.SolveOpt{
				Exports: []client.ExportEntry{{Type: client.ExporterLocal, OutputDir: dest}},
			}, progress)
			return err
		})
		return g.Wait()
	}
	if err := build(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dest, "passwd"))
	if err != nil || !strings.HasPrefix(string(got), "root:") {
		t.Errorf("%q, %v", got, err)
	}
	d.Kill()
	if err := build(t.Context()); err == nil {
		t.Error("a killed daemon builds")
	}
}

// TestRegistries pushes to every kind of registry, and reads it back.
func TestRegistries(t *testing.T) {
	img := Image(t, Busybox)
	want, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for kind, r := range map[string]*Registry{
		"own":   StartRegistry(t),
		"plain": StartRealRegistry(t, RealOptions{}),
		"tls":   StartRealRegistry(t, RealOptions{User: "me", Password: "secret", TLS: true}),
	} {
		ref, err := name.ParseReference(r.Host + "/some/image:1")
		if err != nil {
			t.Fatal(err)
		}
		with := []remote.Option{remote.WithContext(t.Context()), remote.WithTransport(r.Transport(t))}
		if r.User != "" {
			if err := remote.Write(ref, img, with...); err == nil {
				t.Errorf("%s: a push without a login", kind)
			}
			with = append(with, remote.WithAuth(&authn.Basic{Username: r.User, Password: r.Password}))
		}
		if err := remote.Write(ref, img, with...); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		back, err := remote.Image(ref, with...)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if got, err := back.Digest(); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", kind, got, err, want)
		}
	}
}

// TestCurrent changes a module in all ways after its program is built.
func TestCurrent(t *testing.T) {
	built := time.Now().Add(-time.Hour)
	age := func(name string, d time.Duration) {
		if err := os.Chtimes(name, built.Add(d), built.Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change func(repo string)
		want   bool
	}{
		"nothing":             {func(string) {}, true},
		"something of bin":    {func(repo string) { os.WriteFile(filepath.Join(repo, "bin", "x"), nil, 0o600) }, true},
		"a file":              {func(repo string) { age(filepath.Join(repo, "dir", "a.go"), time.Second) }, false},
		"a file, meanwhile":   {func(repo string) { age(filepath.Join(repo, "dir", "a.go"), 0) }, false},
		"a file is removed":   {func(repo string) { os.Remove(filepath.Join(repo, "dir", "a.go")) }, false},
		"the program is gone": {func(repo string) { os.Remove(filepath.Join(repo, "bin", "program")) }, false},
		"a bin of another": {func(repo string) {
			other := filepath.Join(t.TempDir(), "bin")
			os.Rename(filepath.Join(repo, "bin"), other)
			os.Symlink(other, filepath.Join(repo, "bin"))
		}, false},
	} {
		repo := t.TempDir()
		for _, dir := range []string{"bin", "dir", ".git"} {
			if err := os.Mkdir(filepath.Join(repo, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range []string{"bin/program", "dir/a.go"} {
			if err := os.WriteFile(filepath.Join(repo, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		age(filepath.Join(repo, "bin/program"), 0)
		for _, name := range []string{"dir/a.go", "dir"} {
			age(filepath.Join(repo, name), -time.Second)
		}
		c.change(repo)
		if got := current(filepath.Join(repo, "bin/program"), repo); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestStatic tells a program that a container can run from one of this machine alone.
func TestStatic(t *testing.T) {
	for path, want := range map[string]bool{Light(t): true, "/bin/sh": false} {
		if static, err := isStatic(path); err != nil || static != want {
			t.Errorf("%s: %v, %v", path, static, err)
		}
	}
}
