package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// captor runs containers that try to get out, as root or as a user without privileges.
type captor struct {
	*testing.T
	dir  string // of the user, with strake and prober; strake is the light one, as make install has it
	home string // $STRAKE_HOME
	cred *syscall.Credential
	env  []string
}

// captors calls a test for root and for a user.
func captors(t *testing.T, test func(*captor)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("root makes these attacks, for itself and for a user")
	}
	if _, err := exec.LookPath("runc"); err != nil {
		t.Skip("needs runc: apt-get install runc")
	}
	testbed.Static(t) // the prober is this program
	t.Run("root", func(t *testing.T) { test(newCaptor(t, user.User{Name: "root", Home: "/root"})) })
	t.Run("user", func(t *testing.T) { test(newCaptor(t, mappedUser(t))) })
}

// mappedUser gives a user of the machine who has subordinate user ids.
func mappedUser(t *testing.T) user.User {
	t.Helper()
	for _, name := range []string{"newuidmap", "newgidmap", "nsenter"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("needs " + name + ": apt-get install uidmap util-linux")
		}
	}
	ranges, err := user.ParseSubIDFile("/etc/subuid")
	if err != nil {
		t.Skip(err)
	}
	for _, r := range ranges {
		if u, err := user.LookupUser(r.Name); err == nil && u.Uid != 0 {
			return u
		}
	}
	t.Skip("needs a user with a line in /etc/subuid: useradd -m tester")
	return user.User{}
}

// newCaptor makes the place of a user, who is the one that runs the test, or any if that is root.
func newCaptor(t *testing.T, u user.User) *captor {
	t.Helper()
	base, err := os.MkdirTemp("", "captor") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	dir, whole := filepath.Join(base, "bin"), filepath.Join(base, "libexec", "strake")
	if err := errors.Join(os.Chmod(base, 0o755), os.Mkdir(dir, 0o755), os.MkdirAll(whole, 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("cp", testbed.Light(t), filepath.Join(dir, "strake")).Run(); err != nil {
		t.Fatal(err)
	}
	c := &captor{T: t, dir: dir, home: filepath.Join(dir, "home")}
	if os.Geteuid() == 0 {
		c.cred = &syscall.Credential{Uid: uint32(u.Uid), Gid: uint32(u.Gid)}
	}
	for name, to := range map[string]string{"strake": whole, "prober": dir} {
		program, err := exec.LookPath(name)
		if err == nil {
			err = exec.Command("cp", program, to).Run()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chown(dir, u.Uid, u.Gid), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	c.env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir, "USER=" + u.Name, "TMPDIR=" + dir, "STRAKE_HOME=" + c.home}
	c.load("cell")
	return c
}

// load makes an image of a root directory with a link to the host's /tmp, and of what else
// is given, NAME or NAME -> TARGET.
func (c *captor) load(name string, changes ...string) {
	c.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777},
		{Name: "out", Typeflag: tar.TypeSymlink, Linkname: c.dir},
		{Name: "up", Typeflag: tar.TypeSymlink, Linkname: "../../../../../.." + c.dir},
		{Name: "file", Typeflag: tar.TypeReg, Mode: 0o644},
		{Name: "tool", Typeflag: tar.TypeReg, Mode: 0o4755},
		{Name: "etc/resolv.conf", Typeflag: tar.TypeSymlink, Linkname: c.dir + "/resolv"},
		{Name: "etc/hostname", Typeflag: tar.TypeSymlink, Linkname: "/proc/1/root" + c.dir + "/hostname"},
	} {
		if err := w.WriteHeader(h); err != nil {
			c.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		c.Fatal(err)
	}
	args := []string{"import"}
	for _, change := range changes {
		args = append(args, "-c", change)
	}
	cmd := c.command(append(args, "-", name)...)
	cmd.Stdin = &b
	if out, err := cmd.CombinedOutput(); err != nil {
		c.Fatalf("%v: %s", err, out)
	}
}

func (c *captor) command(args ...string) *exec.Cmd {
	ctx, stop := context.WithTimeout(context.WithoutCancel(c.Context()), bounded) // what cleans up calls it, too
	c.Cleanup(stop)
	cmd := exec.CommandContext(ctx, filepath.Join(c.dir, "strake"), args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred}
	return cmd
}

// probe runs the prober in a container, and gives its answers by their names. Flags of
// strake run come first, then "--".
func (c *captor) probe(args ...string) map[string]string {
	c.Helper()
	at := slices.Index(args, "--")
	flags := append([]string{"run", "--rm", "-v", filepath.Join(c.dir, "prober") + ":/prober:ro"}, args[:max(at, 0)]...)
	return c.answers(append(append(flags, "cell", "/prober"), args[at+1:]...)...)
}

func (c *captor) answers(args ...string) map[string]string {
	c.Helper()
	out, err := c.command(args...).CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "no-user-namespaces") {
			c.Skip(string(out))
		}
		c.Fatalf("strake %q: %v: %s", args, err, out)
	}
	answers := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		answers[name] = value
	}
	return answers
}

// all asks for the same answer of each.
func (c *captor) all(answers map[string]string, least int, want ...string) {
	c.Helper()
	if len(answers) < least {
		c.Errorf("there are %d answers: %v", len(answers), answers)
	}
	for name, got := range answers {
		if !slices.Contains(want, got) {
			c.Errorf("%s: %s, want %q", name, got, want)
		}
	}
}

// dockerCaps are the 14 capabilities that moby's daemon/pkg/oci/caps has as the default.
const dockerCaps = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FSETID | 1<<unix.CAP_FOWNER | 1<<unix.CAP_MKNOD | 1<<unix.CAP_NET_RAW |
	1<<unix.CAP_SETGID | 1<<unix.CAP_SETUID | 1<<unix.CAP_SETFCAP | 1<<unix.CAP_SETPCAP | 1<<unix.CAP_NET_BIND_SERVICE | 1<<unix.CAP_SYS_CHROOT |
	1<<unix.CAP_KILL | 1<<unix.CAP_AUDIT_WRITE

// TestAttackContainerRights holds that a container has docker's capabilities and filter of
// system calls, and no more; nor has another process in it, or one that is no root.
func TestAttackContainerRights(t *testing.T) {
	captors(t, func(c *captor) {
		usual, none := fmt.Sprintf("%016x", dockerCaps), strings.Repeat("0", 16)
		for _, test := range []struct {
			flags             []string
			effective, bounds string
		}{
			{nil, usual, usual},
			{[]string{"-u", "1234"}, none, usual},
			{[]string{"--init"}, usual, usual},
			{[]string{"--cap-drop", "ALL"}, none, none},
		} {
			got := c.probe(append(test.flags, "--", "status")...)
			for name, want := range map[string]string{"CapInh": none, "CapAmb": none, "CapBnd": test.bounds, "CapEff": test.effective, "CapPrm": test.effective, "Seccomp": "2", "NoNewPrivs": "0"} {
				if got[name] != want {
					c.Errorf("%v: %s is %s, want %s", test.flags, name, got[name], want)
				}
			}
		}
		got := c.probe("--", "calls")
		if got["clone3"] != "ENOSYS" || got["vsock"] != "EPERM" && got["vsock"] != "EAFNOSUPPORT" {
			c.Errorf("clone3: %s, vsock: %s", got["clone3"], got["vsock"])
		}
		delete(got, "clone3")
		delete(got, "vsock")
		c.all(got, 40, "EPERM")
	})
}

// TestAttackContainerSees holds what of /proc, /sys and /dev a container reads, writes and
// opens: what docker shows.
func TestAttackContainerSees(t *testing.T) {
	captors(t, func(c *captor) {
		masked := []string{"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
			"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"}
		thermal, _ := filepath.Glob("/sys/devices/system/cpu/cpu*/thermal_throttle")
		c.all(c.probe(append([]string{"--", "read"}, append(masked, thermal...)...)...), len(masked), "absent", "0 bytes", "0 entries")
		c.all(c.probe("--", "write", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches",
			"/proc/irq/default_smp_affinity", "/sys/power/state", "/sys/kernel/uevent_helper", "/sys/module/kernel/parameters/panic"), 8,
			"EROFS", "EACCES", "ENOENT")
		groups, _ := filepath.Glob("/sys/fs/cgroup/*/cgroup.procs")
		groups = append(groups, "/sys/fs/cgroup/cgroup.procs")
		c.all(c.probe(append([]string{"--", "write"}, groups...)...), 1, "EROFS", "EACCES", "ENOENT")

		devices := c.probe("--", "devices")
		for name, got := range devices {
			if strings.HasPrefix(name, "disk") || strings.HasPrefix(name, "/disk") {
				if got != "EPERM" && got != "EACCES" {
					c.Errorf("a node of a disk, %s: %s", name, got)
				}
				continue
			}
			if !slices.Contains(strings.Fields("console core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"), name) {
				c.Errorf("/dev has %s", name)
			}
		}
		if len(devices) < 15 {
			c.Errorf("/dev: %v", devices)
		}
	})
}

// TestAttackContainerNamespaces holds that a container shares none but the network, and
// that one only when it may.
func TestAttackContainerNamespaces(t *testing.T) {
	captors(t, func(c *captor) {
		for _, flags := range [][]string{nil, {"--network", "none"}} {
			got := c.probe(append(flags, "--", "namespaces")...)
			for _, name := range namespaceNames() {
				here, err := os.Readlink("/proc/self/ns/" + name)
				if err != nil {
					c.Fatal(err)
				}
				if shared := name == "net" && flags == nil; shared != (got[name] == here) || got[name] == "" {
					c.Errorf("%v: %s is %q, here it is %q", flags, name, got[name], here)
				}
			}
		}
	})
}

// TestAttackContainerLeaks holds that no file that strake or who calls it has open comes into
// a container, and that none serves as a working directory (CVE-2024-21626): each of 17, or every
// fourth of them, which has one of the two that the caller has open, unless STRAKE_LONG=1.
func TestAttackContainerLeaks(t *testing.T) {
	captors(t, func(c *captor) {
		mount := filepath.Join(c.dir, "prober") + ":/prober:ro"
		cmd := exec.Command("/bin/sh", "-c", `exec 7</etc 8</etc/shadow; exec "$@"`, "sh", filepath.Join(c.dir, "strake"), "run", "--rm", "-v", mount, "cell", "/prober", "fds")
		if c.cred.Uid != 0 {
			cmd.Args[2] = `exec 7</etc 8</etc/passwd; exec "$@"`
		}
		cmd.Dir, cmd.Env, cmd.SysProcAttr = c.dir, c.env, &syscall.SysProcAttr{Credential: c.cred}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			c.Errorf("files in the container: %v: %s", err, out)
		}
		id := c.start("--name", "leaks")
		for fd := 3; fd < 20; fd++ {
			if !testbed.Sample(fd+1, 4) {
				continue
			}
			dir := fmt.Sprintf("/proc/self/fd/%d", fd)
			for _, args := range [][]string{
				{"run", "--rm", "-v", mount, "-w", dir, "cell", "/prober", "where"},
				{"exec", "-w", dir, id, "/prober", "where"},
			} {
				out, err := c.command(args...).CombinedOutput()
				if err == nil {
					c.Errorf("strake %v: the working directory is %s", args, out)
				}
			}
		}
	})
}

// start starts a container that waits, and gives its id. The prober is in it.
func (c *captor) start(flags ...string) string {
	c.Helper()
	args := append([]string{"run", "-d", "-i", "-v", filepath.Join(c.dir, "prober") + ":/prober:ro"}, flags...)
	out, err := c.command(append(args, "cell", "/prober", "wait")...).Output()
	if err != nil {
		c.Fatalf("%v: %s", err, errorOf(err))
	}
	id := strings.TrimSpace(string(out))
	c.Cleanup(func() {
		cmd := exec.Command(filepath.Join(c.dir, "strake"), "rm", "-f", id)
		cmd.Env, cmd.SysProcAttr = c.env, &syscall.SysProcAttr{Credential: c.cred}
		cmd.Run()
	})
	return id
}

func errorOf(err error) string {
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}

// TestAttackContainerWrites holds that a container writes nothing of the machine but what
// it was given: not strake itself, which is its first process, nor what is mounted below a
// directory that it may only read, nor where links of its image lead.
func TestAttackContainerWrites(t *testing.T) {
	captors(t, func(c *captor) {
		self, err := os.ReadFile(filepath.Join(c.dir, "strake"))
		if err != nil {
			c.Fatal(err)
		}
		c.all(c.probe("--init", "--", "change", "/sbin/docker-init", "/proc/1/exe", "/prober", "/proc/self/exe"), 4, "EROFS", "EACCES", "EPERM")
		if now, err := os.ReadFile(filepath.Join(c.dir, "strake")); err != nil || !bytes.Equal(self, now) {
			c.Errorf("strake has changed: %v", err)
		}

		given := filepath.Join(c.dir, "given")
		for _, d := range []string{given, filepath.Join(given, "below"), filepath.Join(c.dir, "outside")} {
			if err := errors.Join(os.Mkdir(d, 0o777), os.Chmod(d, 0o777)); err != nil {
				c.Fatal(err)
			}
		}
		if err := unix.Mount("tmpfs", filepath.Join(given, "below"), "tmpfs", 0, "mode=777"); err != nil {
			c.Fatal(err)
		}
		defer unix.Unmount(filepath.Join(given, "below"), unix.MNT_DETACH)
		if err := os.Symlink(filepath.Join(c.dir, "outside"), filepath.Join(given, "link")); err != nil {
			c.Fatal(err)
		}
		c.all(c.probe("--mount", "type=bind,source="+given+",target=/given,readonly", "--", "create", "/given/x", "/given/below/x"), 2, "EROFS")
		c.all(c.probe("-v", given+":/given:ro", "--", "create", "/given/x", "/given/below/x"), 2, "EROFS")
		c.all(c.probe("--read-only", "--", "create", "/x", "/tmp/x", "/etc/x"), 3, "EROFS")
		c.all(c.probe("-v", given+":/given", "--", "create", "/given/x", "/given/below/x"), 2, "done")
		c.all(c.probe("-v", given+":/given", "--", "create", "/given/link/x"), 1, "ENOENT")

		// Targets, working directories and files of the container's own, where a link of the
		// image is in the way (CVE-2021-30465, and the like).
		for _, link := range []string{"/out", "/up"} {
			c.all(c.probe("-v", given+":"+link+"/target", "-w", link+"/work", "--", "create", link+"/target/y", "made"), 2, "done")
			c.all(c.probe("--tmpfs", link+"/tmpfs", "--", "create", link+"/tmpfs/y"), 1, "done")
		}
		for _, name := range []string{"target", "work", "tmpfs", "resolv", "hostname", "outside/x", "work/made"} {
			if _, err := os.Lstat(filepath.Join(c.dir, name)); err == nil {
				c.Errorf("%s is on the host", name)
			}
		}
	})
}

// TestAttackContainerOthers holds that other users of the machine reach nothing of a
// container: a setuid program of its image, its environment, what it wrote.
func TestAttackContainerOthers(t *testing.T) {
	captors(t, func(c *captor) {
		c.start("--name", "secrets", "-e", "TOKEN=hidden", "-u", "0:0")
		count := 0
		err := filepath.WalkDir(c.home, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return nil // it has gone
			}
			count++
			info, err := e.Info()
			if err != nil || name == c.home {
				return nil
			}
			open := &exec.Cmd{Path: "/usr/bin/test", Args: []string{"test", "-e", name}}
			if info.Mode()&fs.ModeSetuid != 0 || filepath.Base(name) == "config.json" || filepath.Base(name) == "log" {
				open.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
				if open.Run() == nil {
					c.Errorf("nobody reaches %s", name)
				}
			}
			return nil
		})
		if err != nil || count < 10 {
			c.Errorf("%d files, %v", count, err)
		}
	})
}

// TestAttackContainerConfig holds that a config with values that break other things is
// refused or taken as text.
func TestAttackContainerConfig(t *testing.T) {
	captors(t, func(c *captor) {
		for name, change := range map[string]string{
			"user": `USER ../../etc/passwd`, "none": `USER nobody-has-this`, "number": `USER 99999999999999999999`, "negative": `USER -1`,
			"workdir": `WORKDIR /file`, "above": `WORKDIR /../../../..`,
			"env": `ENV A="x\ny" LD_PRELOAD=/evil.so PATH=`, "entry": `ENTRYPOINT ["/proc/self/exe"]`, "stop": `STOPSIGNAL 99`,
		} {
			cmd := c.command("import", "-c", change, "-", name)
			var b bytes.Buffer
			w := tar.NewWriter(&b)
			w.WriteHeader(&tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o644})
			w.Close()
			cmd.Stdin = &b
			if out, err := cmd.CombinedOutput(); err != nil {
				c.Logf("%s: %v: %s", name, err, out) // it did not even become an image
				continue
			}
			out, err := c.command("run", "--rm", "-v", filepath.Join(c.dir, "prober")+":/prober:ro", "--entrypoint", "/prober", name, "status").CombinedOutput()
			code := 0
			if exit := new(exec.ExitError); errors.As(err, &exit) {
				code = exit.ExitCode()
			}
			if code != 0 && code != 125 && code != 126 && code != 127 || bytes.Contains(out, []byte("panic")) {
				c.Errorf("%s: exit code %d: %s", name, code, out)
			}
		}
		for _, name := range []string{"../x", "/etc", "a/b", "..", "a\nb", strings.Repeat("../", 20) + "tmp"} {
			if out, err := c.command("run", "--rm", "--name", name, "cell", "/prober").CombinedOutput(); err == nil || !bytes.Contains(out, []byte("bad-name")) {
				c.Errorf("the name %q: %v: %s", name, err, out)
			}
		}
		if left, _ := os.ReadDir(filepath.Join(c.home, "containers")); len(left) > 1 {
			c.Errorf("left: %v", left)
		}
	})
}

// TestAttackContainerExec holds that a container which has replaced its programs by links to
// the runtime changes nothing of it (CVE-2019-5736).
func TestAttackContainerExec(t *testing.T) {
	captors(t, func(c *captor) {
		runtime, err := exec.LookPath("runc")
		if err != nil {
			c.Fatal(err)
		}
		before, err := os.ReadFile(runtime)
		if err != nil {
			c.Fatal(err)
		}
		id := c.start("--name", "trap")
		c.all(c.answers("exec", id, "/prober", "trap", "/tmp/sh"), 1, "done")
		for range 3 {
			if out, err := c.command("exec", id, "/tmp/sh", "-c", "true").CombinedOutput(); err == nil {
				c.Errorf("the trap ran: %s", out)
			}
			c.command("exec", id, "/prober", "grab").Run()
		}
		if after, err := os.ReadFile(runtime); err != nil || !bytes.Equal(before, after) {
			c.Errorf("%s has changed: %v", runtime, err)
		}
	})
}
