package input

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDockerfiles holds which files are taken for Dockerfiles, and where they are looked for.
func TestDockerfiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"Dockerfile", "a/dockerfile", "a/Dockerfile.dev", "a/b/web.Dockerfile", "c/Containerfile", ".git/Dockerfile", ".devcontainer/Dockerfile",
		"node_modules/x/Dockerfile", "Dockerfile.dockerignore", "Dockerfile.linux-amd64.llb", "Dockerfile-old", "notes.md", "d/Dockerfile/x",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("FROM scratch\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"Dockerfile.go": "\n# of the service\narg X\nFROM $X\n", "x/dockerfile.go": "package x\n", "x/Dockerfile.py": "#!/usr/bin/env python\nfrom_ = 1\n"} {
		if err := os.MkdirAll(filepath.Join(dir, "x"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link.Dockerfile": "Dockerfile", "a/b/Dockerfile": "../Dockerfile.dev", "other": "a"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	is := func(dir string, want ...string) {
		t.Helper()
		got, err := Dockerfiles(context.Background(), dir, func(err error) { t.Error(err) })
		for i := range got {
			got[i], _ = filepath.Rel(dir, got[i])
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v", got, err)
		}
	}
	is(dir, ".devcontainer/Dockerfile", "Dockerfile", "Dockerfile.go", "a/Dockerfile.dev", "a/b/web.Dockerfile", "a/dockerfile", "c/Containerfile")
	is(filepath.Join(dir, "a/b"), "Dockerfile", "web.Dockerfile") // its own may be a link
	if _, err := Dockerfiles(context.Background(), filepath.Join(dir, "none"), nil); err == nil {
		t.Error("a directory that is not there has Dockerfiles")
	}
}

// TestDockerfilesUnread has a directory that cannot be read, also by root: its path is too long.
func TestDockerfilesUnread(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	name := strings.Repeat("long/", 20) + "z"
	name = strings.ReplaceAll(name, "long", strings.Repeat("n", 250))
	if err := root.MkdirAll(name, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := root.WriteFile("z.Dockerfile", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unread := 0
	list, err := Dockerfiles(context.Background(), dir, func(error) { unread++ })
	if err != nil || len(list) != 1 || unread != 1 {
		t.Errorf("%d files, %d unread, %v", len(list), unread, err)
	}
}
