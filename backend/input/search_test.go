package input

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestDockerfiles holds which files are taken for Dockerfiles, and where they are looked for.
func TestDockerfiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"Dockerfile", "a/dockerfile", "a/Dockerfile.dev", "a/b/web.Dockerfile", "c/Containerfile", ".git/Dockerfile",
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
	if err := os.Symlink("Dockerfile", filepath.Join(dir, "link.Dockerfile")); err != nil {
		t.Fatal(err)
	}
	got, err := Dockerfiles(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i], _ = filepath.Rel(dir, got[i])
	}
	if want := []string{"Dockerfile", "a/Dockerfile.dev", "a/b/web.Dockerfile", "a/dockerfile", "c/Containerfile"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if _, err := Dockerfiles(context.Background(), filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there has Dockerfiles")
	}
}
