package sshmount_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/sshmount"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestBuild clones a repository over ssh in a build on a real BuildKit: with the plugin
// it works, and without it does not.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is missing: apt-get install git")
	}
	buildx := testbed.Buildx(t)
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian))
	config := d.Remote(t)
	key := ed25519.NewKeyFromSeed([]byte("a key for the tests of ssh-mount"))
	addr, socket := serveGit(t, repository(t), key), testbed.StartAgent(t, key)
	text := fmt.Sprintf(`FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client
ENV GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=accept-new"
RUN git clone ssh://git@%s/repo /src
CMD ["cat", "/src/hello"]
`, addr)
	build := func(text string) (string, error) {
		dest := filepath.Join(t.TempDir(), "image.tar")
		args := append([]string{"build", "--progress=plain", "--ssh", "default=" + socket, "-o", "type=oci,dest=" + dest, "-"}, testbed.ProxyFlags()...)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, buildx, args...)
		cmd.Env = append(os.Environ(), "BUILDX_CONFIG="+config, "DOCKER_CONFIG="+config)
		cmd.Stdin = strings.NewReader(text)
		if log, err := cmd.CombinedOutput(); err != nil {
			return dest, fmt.Errorf("%w\n%s", err, log)
		}
		return dest, nil
	}
	if _, err := build(text); err == nil || !strings.Contains(err.Error(), "Permission denied (publickey)") {
		t.Fatalf("without the plugin: %v", err)
	}
	out := plugintest.Run(t, plugins.Step{Plugin: sshmount.New()}, text, nil)
	text, err := dockerfile.Print(out.Module)
	if err != nil {
		t.Fatal(err)
	}
	dest, err := build(text)
	if err != nil {
		t.Fatal(err)
	}
	c := testbed.Unpack(t, testbed.LoadImage(t, dest))
	if r := c.Run(t); r.Code != 0 || r.Stdout != "hello over ssh\n" {
		t.Errorf("%+v", r)
	}
	if left, _ := filepath.Glob(filepath.Join(c.Rootfs, "run", "buildkit", "*")); len(left) > 0 {
		t.Errorf("the image has %q", left)
	}
}

// repository makes one with a file.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hello"), []byte("hello over ssh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
	}
	return dir
}

// serveGit serves a repository over ssh to who has the key, and gives the address.
func serveGit(t *testing.T, repo string, key ed25519.PrivateKey) string {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	allowed := signer.PublicKey().Marshal()
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(k.Marshal(), allowed) {
			return nil, fmt.Errorf("another key")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go accept(l, func(conn net.Conn) {
		_, channels, requests, err := ssh.NewServerConn(conn, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for c := range channels {
			channel, requests, err := c.Accept()
			if err != nil {
				return
			}
			go session(channel, requests, repo)
		}
	})
	return l.Addr().String()
}

// session runs git-upload-pack, whatever command is asked for.
func session(channel ssh.Channel, requests <-chan *ssh.Request, repo string) {
	defer channel.Close()
	for r := range requests {
		r.Reply(r.Type == "exec" || r.Type == "env", nil)
		if r.Type != "exec" {
			continue
		}
		cmd := exec.Command("git", "upload-pack", repo)
		cmd.Stdout = channel
		in, err := cmd.StdinPipe()
		if err != nil || cmd.Start() != nil {
			return
		}
		go func() { io.Copy(in, channel); in.Close() }()
		cmd.Wait()
		channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(cmd.ProcessState.ExitCode())}))
		return
	}
}

// accept serves connections until the listener is closed.
func accept(l net.Listener, serve func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			serve(conn)
		}()
	}
}
