package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/sys/user"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/testbed"
)

// unprivileged is where a user without privileges runs containers of busybox: who runs the test,
// or another one if that is root.
func unprivileged(t *testing.T) *captor {
	t.Helper()
	if _, err := exec.LookPath("runc"); err != nil {
		t.Skip("needs runc: apt-get install runc")
	}
	u := mappedUser(t)
	if uid := os.Geteuid(); uid != 0 && uid != u.Uid {
		me, err := user.LookupUid(uid)
		if err != nil {
			t.Skip(err)
		}
		ranges, err := user.ParseSubIDFileFilter("/etc/subuid", func(s user.SubID) bool { return s.Name == me.Name })
		if err != nil || len(ranges) == 0 {
			t.Skipf("needs a line of %s in /etc/subuid: %v", me.Name, err)
		}
		u = me
	}
	c := newCaptor(t, u)
	layers, err := testbed.Image(t, testbed.Busybox).Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers { // there is one
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err = errors.Join(err, os.WriteFile(filepath.Join(c.dir, "busybox.tar"), data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	c.says(0, "import", "busybox.tar", "busybox")
	if out, err := c.command("run", "--rm", "busybox", "true").CombinedOutput(); err != nil {
		if strings.Contains(string(out), "no-user-namespaces") {
			t.Skipf("this user may make no user namespace: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(c.nothingLeft)
	return c
}

// says runs strake, which is to end with a code, and gives what it wrote to both streams.
func (c *captor) says(code int, args ...string) string {
	c.Helper()
	out, err := c.command(args...).CombinedOutput()
	got := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		c.Fatal(err)
	}
	if got != code {
		c.Fatalf("strake %q: exit code %d, want %d: %s", args, got, code, out)
	}
	return string(out)
}

// until waits until something is so.
func (c *captor) until(what string, so func() bool) {
	c.Helper()
	for end := time.Now().Add(bounded); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			c.Fatalf("%s does not come", what)
		}
	}
}

// nothingLeft holds that no process of a container is left.
func (c *captor) nothingLeft() {
	c.says(0, "ps") // cleans
	for _, pid := range pids() {
		if line := commandLine(pid); strings.Contains(line, c.home) {
			c.Errorf("process %d is left: %s", pid, line)
		}
	}
	left, err := filepath.Glob(filepath.Join(c.home, "containers", "*", "config.json"))
	if err != nil || len(left) > 0 {
		c.Errorf("containers are left: %v, %v", left, err)
	}
	c.command("rmi", "-f", "cell", "busybox", "kept").Run() // files of subordinate users, which only strake may delete
}

// TestContainersOfUser holds that a user without privileges has all that there is for containers:
// run, exec, logs, cp, commit, stop and rm, with exit codes, and files of the user's own.
func TestContainersOfUser(t *testing.T) {
	c := unprivileged(t)
	given := filepath.Join(c.dir, "given")
	if err := errors.Join(os.Mkdir(given, 0o755), os.WriteFile(filepath.Join(c.dir, "in"), []byte("brought\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	me, err := os.Stat(c.dir)
	if err == nil && c.cred != nil {
		err = os.Chown(given, int(c.cred.Uid), int(c.cred.Gid))
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := c.says(0, "run", "--rm", "busybox", "id", "-u"); got != "0\n" {
		t.Errorf("the user in the container: %q", got)
	}
	c.says(7, "run", "--rm", "busybox", "sh", "-c", "exit 7")
	c.says(127, "run", "--rm", "busybox", "nonesuch")

	c.says(0, "run", "-d", "--name", "web", "-v", given+":/given", "busybox", "sh", "-c",
		`trap "echo bye; exit 3" TERM; echo up >/given/state; echo started; while :; do sleep 0.1; done`)
	c.until("the output", func() bool { return c.says(0, "logs", "web") == "started\n" })
	if got := c.says(0, "exec", "web", "sh", "-c", "echo made >/made; cat /given/state"); got != "up\n" {
		t.Errorf("exec: %q", got)
	}
	c.says(5, "exec", "web", "sh", "-c", "exit 5")
	c.says(125, "exec", "--env-file", "nonesuch", "web", "true")
	c.says(0, "exec", "-dit", "web", "sh", "-c", "tty >/tty; read -r never")
	c.until("a terminal", func() bool {
		return strings.HasPrefix(c.says(0, "exec", "web", "sh", "-c", "cat /tty || :"), "/dev/pts/")
	})
	c.says(0, "exec", "web", "sh", "-c", "ps | grep '[r]ead -r never'") // it goes on
	c.says(0, "cp", "in", "web:/in")
	c.says(0, "cp", "web:/made", "out")
	for name, want := range map[string]string{"out": "made\n", "given/state": "up\n"} {
		data, err := os.ReadFile(filepath.Join(c.dir, name))
		info, serr := os.Stat(filepath.Join(c.dir, name))
		if err = errors.Join(err, serr); err != nil || string(data) != want || info.Sys().(*syscall.Stat_t).Uid != me.Sys().(*syscall.Stat_t).Uid {
			t.Errorf("%s is %q, of %+v: %v", name, data, info, err)
		}
	}
	c.says(0, "commit", "web", "kept")
	if got := c.says(0, "run", "--rm", "kept", "cat", "/made", "/in"); got != "made\nbrought\n" {
		t.Errorf("the committed image: %q", got)
	}
	c.says(0, "stop", "web")
	if got := c.says(0, "inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "web"); got != "exited 3\n" {
		t.Errorf("after stop: %q", got)
	}
	if got := c.says(0, "logs", "-n", "1", "web"); got != "bye\n" {
		t.Errorf("the last line: %q", got)
	}
	c.says(0, "rm", "web")
	c.says(1, "rm", "web")
}

// TestContainersOfUserReadOnly holds that nothing writes to a read-only root.
func TestContainersOfUserReadOnly(t *testing.T) {
	c := unprivileged(t)
	if got := c.says(1, "run", "--rm", "--read-only", "busybox", "touch", "/x"); !strings.Contains(got, "Read-only file system") {
		t.Errorf("%q", got)
	}
	c.says(0, "run", "--rm", "--read-only", "--tmpfs", "/tmp", "busybox", "touch", "/tmp/x")
}

// TestContainersOfUserTerminal holds that run -it gives a terminal, and exec -it another.
func TestContainersOfUserTerminal(t *testing.T) {
	c := unprivileged(t)
	d := newDeskOf(t, c.cred, c.dir, c.env)
	d.output(bounded)
	d.types("./strake run -it --name shell -e 'PS1=$ ' busybox sh")
	if got := d.types("tty; stty size; echo $((40+2))"); got != "/dev/pts/0\n50 250\n42\n" {
		t.Errorf("in the container: %q", got)
	}
	other := newDeskOf(t, c.cred, c.dir, c.env)
	other.output(bounded)
	other.types("./strake exec -it -e 'PS1=$ ' shell sh")
	if got := other.types("tty"); !strings.HasPrefix(got, "/dev/pts/") {
		t.Errorf("exec: %q", got)
	}
	other.types("exit 4")
	if got := other.types("echo $?"); got != "4\n" {
		t.Errorf("exec ends with %q", got)
	}
	d.types("exit 6")
	if got := d.types("echo $?"); got != "6\n" {
		t.Errorf("run ends with %q", got)
	}
	c.says(0, "rm", "shell")
}

// TestContainersOfUserSignals holds that a container without a terminal, in front of one, gets each signal once:
// one of the terminal, one that somebody sends to strake, and one to all of its group.
func TestContainersOfUserSignals(t *testing.T) {
	c := unprivileged(t)
	d := newDeskOf(t, c.cred, c.dir, c.env)
	d.output(bounded)
	script := "trap 'echo int' INT; trap 'echo hup' HUP; trap 'echo quit' QUIT; trap 'echo usr' USR1; echo up; while :; do sleep 0.01; done"
	if _, err := d.pty.WriteString(`./strake run --name heard busybox sh -c "` + script + "\"\n"); err != nil {
		t.Fatal(err)
	}
	want := "up\n"
	hears := func() {
		c.until(want, func() bool {
			out, err := c.command("logs", "heard").Output()
			return err == nil && string(out) == want
		})
	}
	hears()
	pid := 0
	for _, p := range pids() {
		if strings.HasPrefix(commandLine(p), "./strake run --name heard") {
			pid = p // the other one is called by its path
		}
	}
	if pid == 0 {
		t.Fatal("no process runs it")
	}
	for _, sent := range []struct {
		to     int
		signal syscall.Signal
		heard  string
	}{
		{pid, syscall.SIGHUP, "hup\n"}, {pid, syscall.SIGQUIT, "quit\n"}, {pid, syscall.SIGUSR1, "usr\n"},
		{pid, syscall.SIGINT, "int\n"}, {-pid, syscall.SIGINT, "int\n"}, {-pid, syscall.SIGUSR1, "usr\n"},
	} {
		if err := syscall.Kill(sent.to, sent.signal); err != nil {
			t.Fatal(err)
		}
		want += sent.heard
		hears()
	}
	time.Sleep(200 * time.Millisecond)
	hears()
	if _, err := d.pty.WriteString("\x03"); err != nil { // the third interrupt kills
		t.Fatal(err)
	}
	c.until("the end", func() bool {
		return c.says(0, "inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "heard") == "exited 137\n"
	})
	c.says(0, "rm", "heard")
}

// TestContainersOfUserKilled holds that a container whose monitor was killed is cleaned by the
// next command, and can be removed.
func TestContainersOfUserKilled(t *testing.T) {
	c := unprivileged(t)
	id := strings.TrimSpace(c.says(0, "run", "-d", "--name", "lost", "busybox", "sleep", "600"))
	var s container.State
	data, err := os.ReadFile(filepath.Join(c.home, "containers", id, "state.json"))
	if err = errors.Join(err, json.Unmarshal(data, &s)); err != nil || !s.Process.Alive() || !s.Monitor.Alive() {
		t.Fatalf("%s: %v", bytes.TrimSpace(data), err)
	}
	if err := syscall.Kill(s.Monitor.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.until("the end of the container", func() bool { c.says(0, "ps"); return !s.Process.Alive() })
	if got := c.says(0, "ps", "-l", "--format", "{{.Names}} {{.State}}"); got != "lost exited\n" && got != "lost dead\n" {
		t.Errorf("after that it is %q", got)
	}
	c.says(0, "rm", "lost")
}

// TestContainersOfUserLeft kills a strake run whose container runs: it has no owner then, and the next
// command ends it.
func TestContainersOfUserLeft(t *testing.T) {
	c := unprivileged(t)
	cmd := c.command("run", "--name", "left", "busybox", "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	running := func() bool { return c.says(0, "ps", "--format", "{{.Names}}") == "left\n" }
	c.until("the start of the container", running)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	c.until("the end of the container", func() bool { return !running() })
	c.says(0, "rm", "left")
}

// TestContainersOfUserStop stops containers that do not end by themselves, all of them in the time of one.
func TestContainersOfUserStop(t *testing.T) {
	c := unprivileged(t)
	names := []string{"one", "two", "three", "four", "five"}
	for _, name := range names {
		c.says(0, "run", "-d", "--name", name, "busybox", "sleep", "600")
	}
	begin := time.Now()
	out := strings.Fields(c.says(1, append(append([]string{"stop", "-t", "3"}, names...), "none")...))
	if took := time.Since(begin); took > 12*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, name := range names {
		if !slices.Contains(out, name) {
			t.Errorf("%s is not among %q", name, out)
		}
	}
	c.says(0, append([]string{"rm"}, names...)...)
}
