package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// pluginBuilds builds with plugins on a real BuildKit.
type pluginBuilds struct {
	strake string
	daemon *testbed.Daemon
	home   string
}

func newPluginBuilds(t *testing.T) *pluginBuilds {
	t.Helper()
	if testing.Short() {
		t.Skip("takes minutes")
	}
	return &pluginBuilds{testbed.Strake(t), testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian)), t.TempDir()}
}

// run builds the directory of files. The error has the log.
func (b *pluginBuilds) run(t *testing.T, files map[string]string, args ...string) (v1.Image, string, error) {
	t.Helper()
	dir, dest := t.TempDir(), filepath.Join(t.TempDir(), "image.tar")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	args = append(append([]string{"build", "--addr", b.daemon.Addr, "-o", "type=oci,dest=" + dest}, testbed.ProxyFlags()...), args...)
	cmd := exec.CommandContext(ctx, b.strake, append(args, ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "STRAKE_HOME="+b.home, "DOCKER_CONFIG="+b.home)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return nil, stderr.String(), fmt.Errorf("%w\n%s", err, &stderr)
	}
	return testbed.LoadImage(t, dest), stderr.String(), nil
}

func (b *pluginBuilds) image(t *testing.T, files map[string]string) v1.Image {
	t.Helper()
	img, _, err := b.run(t, files)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// sshTest is an image with a server, and who logs in.
type sshTest struct {
	addr, user string
	key        ssh.Signer
}

func signer(t *testing.T, seed string) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%32s", seed))))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// login runs a command over ssh, and gives what it prints and the host key.
func (s *sshTest) login(user, command string, auth ...ssh.AuthMethod) (string, string, error) {
	host := ""
	client, err := ssh.Dial("tcp", s.addr, &ssh.ClientConfig{
		User: user, Auth: auth, Timeout: soon,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			host = string(key.Marshal())
			return nil
		},
	})
	if err != nil {
		return "", host, err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return "", host, err
	}
	out, err := session.Output(command)
	return string(out), host, err
}

// check starts a container, logs in as one should, fails to as one should not, and
// gives the host key.
func (s *sshTest) check(t *testing.T, img v1.Image, command, want string) (host string) {
	t.Helper()
	t.Run("container", func(t *testing.T) { // which ends with the subtest
		c := testbed.Unpack(t, img)
		for _, baked := range []string{"etc/ssh/ssh_host_*", "var/lib/ssh-server/*"} {
			if found, _ := filepath.Glob(filepath.Join(c.Rootfs, baked)); len(found) > 0 {
				t.Errorf("the image has %q", found)
			}
		}
		var got string
		c.Serve(t, func() (err error) {
			got, host, err = s.login(s.user, command, ssh.PublicKeys(s.key))
			return err
		})
		if got != want {
			t.Errorf("over ssh: %q, want %q", got, want)
		}
		for what, auth := range map[string]ssh.AuthMethod{"another key": ssh.PublicKeys(signer(t, "another")), "no password": ssh.Password("")} {
			if _, _, err := s.login(s.user, "true", auth); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
				t.Errorf("with %s: %v", what, err)
			}
		}
		if _, _, err := s.login("daemon", "true", ssh.PublicKeys(s.key)); err == nil {
			t.Error("another user can log in")
		}
	})
	return host
}

// TestSSHServer adds an SSH server to images, runs them, and logs in.
func TestSSHServer(t *testing.T) {
	b := newPluginBuilds(t)
	config := func(s *sshTest, more string) string {
		_, port, _ := strings.Cut(s.addr, ":")
		return fmt.Sprintf("version: 1\nplugins:\n  - use: ssh-server\n    grants: [images, context]\n    config:\n      port: %s\n%s", port, more)
	}
	t.Run("root", func(t *testing.T) {
		s := &sshTest{freeAddr(t), "root", signer(t, "root")}
		img := b.image(t, map[string]string{
			"strake.yaml": config(s, "      authorized-keys-file: keys\n"),
			"keys":        "# those of the team\n" + string(ssh.MarshalAuthorizedKey(s.key.PublicKey())),
			"Dockerfile":  "FROM debian:12\nENV GREETING=hello\nENTRYPOINT [\"/bin/sh\", \"-c\"]\nCMD [\"echo $GREETING >/up; exec sleep 1000\"]\n",
		})
		const command = `cat /up; tr '\0' ' ' </proc/1/cmdline; id -un`
		first := s.check(t, img, command, "hello\nsleep 1000 root\n")
		if second := s.check(t, img, command, "hello\nsleep 1000 root\n"); first == second || first == "" {
			t.Error("two containers have the same host key")
		}
	})
	t.Run("user", func(t *testing.T) {
		s := &sshTest{freeAddr(t), "app", signer(t, "user")}
		img := b.image(t, map[string]string{
			"strake.yaml": config(s, "      authorized-keys: ["+strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.key.PublicKey())))+"]\n"),
			"Dockerfile":  "FROM debian:12\nRUN useradd -m app\nUSER app\nCMD sleep 1000\n",
		})
		s.check(t, img, "id -un; touch ~/mine && echo written", "app\nwritten\n")
	})
	t.Run("another", func(t *testing.T) {
		s := &sshTest{freeAddr(t), "dev", signer(t, "dev")}
		img := b.image(t, map[string]string{
			"strake.yaml": config(s, "      user: dev\n      authorized-keys: ["+strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.key.PublicKey())))+"]\n"),
			"Dockerfile":  "FROM debian:12\nENTRYPOINT []\nCMD []\n",
		})
		s.check(t, img, "id -un; pwd", "dev\n/home/dev\n")
	})
}

// TestSeedStory builds the tutorial's image with the plugins of its strake.yaml, and logs in.
func TestSeedStory(t *testing.T) {
	b := newPluginBuilds(t)
	s := &sshTest{freeAddr(t), "root", signer(t, "root")}
	files := map[string]string{"authorized_keys": string(ssh.MarshalAuthorizedKey(s.key.PublicKey()))}
	for _, name := range []string{"Dockerfile", "strake.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "examples", "ubuntu-with-ssh", name))
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := strings.Cut(s.addr, ":")
		files[name] = strings.ReplaceAll(string(data), "2222", port)
	}
	img := b.image(t, files)
	s.check(t, img, "vim --version | head -c 3; ls /var/lib/apt/lists; cat /proc/1/comm", "VIMsleep\n")
	layers, err := img.Layers()
	if err != nil || len(layers) != 6 { // the base, two merged RUNs, and three COPYs
		t.Errorf("%d layers, %v", len(layers), err)
	}
}

// TestPluginBuilds builds with the other plugins, and looks at what comes out.
func TestPluginBuilds(t *testing.T) {
	b := newPluginBuilds(t)
	yaml := func(plugins string) string { return "version: 1\nplugins: [" + plugins + "]\n" }
	t.Run("packages", func(t *testing.T) {
		img := b.image(t, map[string]string{
			"strake.yaml": yaml("{use: packages, grants: [images]}, {use: merge-run}, {use: cache-mounts}"),
			"Dockerfile":  "FROM debian:12\nRUN useradd app\nUSER app\nPACKAGES tree=2.*\nCMD tree --version && id -un && ls /var/lib/apt/lists\n",
		})
		r := testbed.Unpack(t, img).Run(t)
		if lines := strings.Split(r.Stdout, "\n"); r.Code != 0 || len(lines) != 3 || !strings.HasPrefix(lines[0], "tree v2") || lines[1] != "app" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("include", func(t *testing.T) {
		img := b.image(t, map[string]string{
			"strake.yaml":     yaml("{use: include, grants: [context]}"),
			"Dockerfile":      "FROM ./base.Dockerfile#tools\nINCLUDE --arg=WHO=strake part\n",
			"base.Dockerfile": "FROM debian:12 AS tools\nRUN echo tools >/tools\nFROM tools AS more\nRUN false\n",
			"part":            "ARG WHO=world\nRUN echo \"hello $WHO\" >/hello\nCMD cat /tools /hello\n",
		})
		if r := testbed.Unpack(t, img).Run(t); r.Stdout != "tools\nhello strake\n" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("failed include", func(t *testing.T) {
		_, _, err := b.run(t, map[string]string{
			"strake.yaml": yaml("{use: include, grants: [context]}"),
			"Dockerfile":  "FROM debian:12\nINCLUDE part\n",
			"part":        "RUN echo here\nRUN cat /missing-file\n",
		})
		if err == nil || !strings.Contains(err.Error(), "part:2:1: error: the command failed with exit code 1 [run-failed]") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("policy", func(t *testing.T) {
		files := map[string]string{
			"strake.yaml": yaml("{use: policy, grants: [images], config: {use: [no-root]}, severity: {no-root: error}}"),
			"Dockerfile":  "FROM debian:12\nCMD id -un\n",
		}
		if _, _, err := b.run(t, files); err == nil || !strings.Contains(err.Error(), "[policy/no-root]") {
			t.Errorf("an image that runs as root: %v", err)
		}
		files["Dockerfile"] = "FROM debian:12\nUSER daemon\nCMD id -un\n"
		if r := testbed.Unpack(t, b.image(t, files)).Run(t); r.Stdout != "daemon\n" {
			t.Errorf("%+v", r)
		}
	})
}
