package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// ownEngine gives a user the parts of a build engine of the user's own, which ends with the test.
func (c *captor) ownEngine() {
	c.Helper()
	parts := filepath.Dir(testbed.Buildkitd(c.T))
	for _, name := range []string{"buildkitd", "rootlesskit"} {
		if out, err := exec.Command("cp", filepath.Join(parts, name), c.dir).CombinedOutput(); err != nil {
			c.Skipf("make engine builds it: %s", out)
		}
		c.env = append(c.env, "STRAKE_"+strings.ToUpper(name)+"="+filepath.Join(c.dir, name))
	}
	c.Cleanup(func() {
		c.command("engine", "prune", "-a", "-f").Run() // files of subordinate users
		c.command("engine", "stop").Run()
	})
}

// TestDebugOfUser holds that what a user without privileges changes in the shell of a build is kept, as that
// of root is, and that commit --dockerfile makes the lines of it; and all of it goes again.
func TestDebugOfUser(t *testing.T) {
	c := unprivileged(t)
	c.ownEngine()
	file := "FROM scratch\nADD busybox.tar /\nWORKDIR /work\nRUN grep 80 /etc/app.conf\n"
	if err := os.WriteFile(filepath.Join(c.dir, "Dockerfile"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := c.command("build", "--debug", ".")
	cmd.Stdin = strings.NewReader("mkdir -p /etc\necho 'port = 80' >/etc/app.conf\nchown 1000:1000 /work\nstep && exit 3\n")
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	name := regexp.MustCompile(`kept as container (\S+):`).FindSubmatch(out)
	if name == nil || !strings.Contains(string(out), "\nport = 80\n") {
		t.Fatalf("nothing is kept: %s", out)
	}
	kept := string(name[1])
	if got := c.says(0, "ps", "-a", "--format", "{{.Names}} {{.Status}}"); !strings.HasPrefix(got, kept+" Exited (3)") {
		t.Errorf("containers: %s", got)
	}
	if got := c.says(0, "commit", "--dockerfile", "-q", "-o", "made", kept); !strings.Contains(got, "\nequal") {
		t.Errorf("it is not equal: %s", got)
	}
	made, err := os.ReadFile(filepath.Join(c.dir, "made", "Dockerfile"))
	for _, want := range []string{"FROM strake-debug:", "in front of line 4 of Dockerfile", "COPY <<'EOF' /etc/app.conf\nport = 80\n", "chown 1000:1000 /work"} {
		if err != nil || !strings.Contains(string(made), want) {
			t.Errorf("the lines have no %q: %v: %s", want, err, made)
		}
	}
	c.says(0, "rm", kept)
	if got := c.says(0, "images"); strings.Contains(got, "strake-debug") {
		t.Errorf("the image stays: %s", got)
	}
}
