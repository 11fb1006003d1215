package credentials_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins/credentials"
)

func environment(list ...string) credentials.Env {
	return func(name string) (string, bool) {
		for _, v := range list {
			if key, value, _ := strings.Cut(v, "="); key == name {
				return value, true
			}
		}
		return "", false
	}
}

// write writes a file with a login of a registry for a user.
func write(t *testing.T, file, registry, user string) {
	t.Helper()
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":secret"))
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = os.WriteFile(file, []byte(`{"auths": {"`+registry+`": {"auth": "`+auth+`"}}}`), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// user is who logs in to a repository.
func user(t *testing.T, env credentials.Env, repository string) string {
	t.Helper()
	repo, err := name.NewRepository(repository)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := authn.Resolve(t.Context(), credentials.Keychain(env), repo)
	if err != nil {
		t.Fatal(err)
	}
	found, err := auth.Authorization()
	if err != nil {
		t.Fatal(err)
	}
	return found.Username
}

func TestPlaces(t *testing.T) {
	home, docker, runtime, config := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	named := filepath.Join(t.TempDir(), "login")
	write(t, filepath.Join(home, ".docker/config.json"), "r.example", "home")
	write(t, filepath.Join(docker, "config.json"), "r.example", "docker")
	write(t, filepath.Join(runtime, "containers/auth.json"), "r.example", "runtime")
	write(t, filepath.Join(config, "containers/auth.json"), "r.example", "config")
	write(t, named, "r.example", "named")
	empty := t.TempDir()
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{"HOME=" + home}, "home"},
		{[]string{"HOME=" + home, "DOCKER_CONFIG=" + docker, "REGISTRY_AUTH_FILE=" + named}, "docker"},
		{[]string{"HOME=" + empty, "REGISTRY_AUTH_FILE=" + named, "XDG_RUNTIME_DIR=" + runtime}, "named"},
		{[]string{"HOME=" + empty, "XDG_RUNTIME_DIR=" + runtime, "XDG_CONFIG_HOME=" + config}, "runtime"},
		{[]string{"HOME=" + empty, "XDG_RUNTIME_DIR=" + empty, "XDG_CONFIG_HOME=" + config}, "config"},
		{[]string{"HOME=" + empty}, ""},
	} {
		if got := user(t, environment(c.env...), "r.example/app"); got != c.want {
			t.Errorf("%q: %q logs in, not %q", c.env, got, c.want)
		}
	}
}

// A repository may have credentials of its own, and Docker Hub has a key of its own.
func TestKeys(t *testing.T) {
	dir := t.TempDir()
	env := environment("DOCKER_CONFIG=" + dir)
	for _, c := range []struct{ key, repository, want string }{
		{"r.example", "r.example/team/app", "me"},
		{"r.example/team/app", "r.example/team/app", "me"},
		{"r.example/team/app", "r.example/other", "me"}, // as docker has it, whose keys are URLs, too
		{authn.DefaultAuthKey, "library/debian", "me"},
		{"s.example", "r.example/app", ""},
	} {
		write(t, filepath.Join(dir, "config.json"), c.key, "me")
		if got := user(t, env, c.repository); got != c.want {
			t.Errorf("%s for %s: %q logs in, not %q", c.key, c.repository, got, c.want)
		}
	}
}

// What a repository brings decides nothing, and a pipe is not waited for.
func TestAttackCredentials(t *testing.T) {
	repo := t.TempDir()
	t.Chdir(repo)
	for _, file := range []string{".docker/config.json", "containers/auth.json", ".config/containers/auth.json"} {
		write(t, file, "r.example", "evil")
	}
	nobody := t.TempDir()
	for _, env := range [][]string{
		{"HOME=."}, {"HOME=", "XDG_RUNTIME_DIR=", "XDG_CONFIG_HOME="},
		{"HOME=.", "XDG_RUNTIME_DIR=.", "XDG_CONFIG_HOME=."},
		{"DOCKER_CONFIG=" + nobody}, {"DOCKER_CONFIG=" + nobody, "XDG_RUNTIME_DIR=.", "XDG_CONFIG_HOME=.config"},
	} {
		if got := user(t, environment(env...), "r.example/app"); got == "evil" {
			t.Errorf("%q: the repository's credentials are taken", env)
		}
	}

	dir := t.TempDir()
	pipe := filepath.Join(dir, "config.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := credentials.Load(environment("DOCKER_CONFIG=" + dir))
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, regular.ErrKind) || !strings.Contains(err.Error(), pipe) {
			t.Errorf("a pipe: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("a pipe is waited for")
	}
}

func TestBroken(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.json")
	if err := os.WriteFile(file, []byte(`{"auths": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := credentials.Load(environment("DOCKER_CONFIG=" + dir)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("it does not say which file: %v", err)
	}
}
