//go:build linux

package engine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// testUser is a user without privileges, who exists in the mount namespace of a
// test only.
const testUser = 54321

// becomeUser runs this program as the user: DIR MASK ARG...
func becomeUser(args []string) error {
	dir, mask := args[0], args[1]
	for _, name := range []string{"passwd", "subuid", "subgid"} {
		if err := syscall.Mount(filepath.Join(dir, name), filepath.Join("/etc", name), "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	if mask != "" {
		if err := syscall.Mount("/dev/null", mask, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(testUser), syscall.Setuid(testUser), os.Chdir(dir)); err != nil {
		return err
	}
	env := []string{"PATH=/usr/bin:/bin", "HOME=" + filepath.Join(dir, "home"), "USER=strakedev",
		"STRAKE_BUILDKITD=" + filepath.Join(dir, "buildkitd"), "STRAKE_ROOTLESSKIT=" + filepath.Join(dir, "rootlesskit")}
	self := filepath.Join(dir, "strake")
	return syscall.Exec(self, append([]string{self}, args[2:]...), env)
}

// asUser makes what the user needs. The result runs a client, and gives its output.
func asUser(t *testing.T, mask string) (home string, client func(command string) (string, error)) {
	t.Helper()
	needNamespaces(t)
	needBusybox(t)
	for _, name := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("needs " + name + ": apt-get install uidmap")
		}
	}
	dir, err := os.MkdirTemp("", "rl") // t.TempDir is closed to other users
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	home = filepath.Join(dir, "home")
	buildkitd := testbed.Buildkitd(t)
	for name, path := range map[string]string{"strake": os.Args[0], "buildkitd": buildkitd, "rootlesskit": rootlesskit(t, buildkitd)} {
		path, err := filepath.Abs(path)
		if err == nil {
			err = exec.Command("cp", path, filepath.Join(dir, name)).Run()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ids := fmt.Sprintf("strakedev:%d:65536\n", 700000)
	for name, text := range map[string]string{
		"passwd": fmt.Sprintf("root:x:0:0::/root:/bin/sh\nstrakedev:x:%d:%[1]d::%s:/bin/sh\n", testUser, home), "subuid": ids, "subgid": ids,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(home, 0o755), os.Chown(home, testUser, testUser)); err != nil {
		t.Fatal(err)
	}
	return home, func(command string) (string, error) {
		cmd := exec.Command(os.Args[0], "as-user", dir, mask, "client", filepath.Join(home, "engine"), command)
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// rootlesskit is beside buildkitd, or in PATH.
func rootlesskit(t *testing.T, buildkitd string) string {
	t.Helper()
	beside := filepath.Join(filepath.Dir(buildkitd), "rootlesskit")
	if _, err := os.Stat(beside); err == nil {
		return beside
	}
	path, err := exec.LookPath("rootlesskit")
	if err != nil {
		t.Skip("needs rootlesskit: run `make engine`")
	}
	return path
}

// A user without privileges builds, also where a container engine hides parts of
// /proc. However the engine ends, nothing is left.
func TestRootless(t *testing.T) {
	for _, c := range []struct{ name, mask, mode string }{
		{"sandbox", "", "process-mode:sandbox"},
		{"masked", "/proc/interrupts", "process-mode:no-sandbox"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			home, client := asUser(t, c.mask)
			o := Options{Dir: filepath.Join(home, "engine")}
			out, err := client("test $(cat /file) = text && test $(id -u) = 0")
			if err != nil && strings.Contains(out, "no-user-namespaces") {
				t.Skip(out)
			}
			log, _ := os.ReadFile(LogFile(o.Dir))
			if err != nil || !strings.Contains(string(log), c.mode) {
				t.Fatalf("%v: %s\n%s", err, out, log)
			}
			if out, err := client("stop"); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if left := leftovers(o); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if out, err := client("exit 0"); err != nil { // again, at once
				t.Fatalf("%v: %s", err, out)
			}
			for _, p := range processes(o.Dir) {
				if strings.Contains(p, "rootlesskit --state-dir") {
					pid, _ := strconv.Atoi(strings.Split(p, "/")[2])
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			wait(t, "all processes end", func() bool { return len(processes(o.Dir)) == 0 })
			if out, err := client("exit 0"); err != nil { // after a crash
				t.Fatalf("%v: %s", err, out)
			}
			if out, err := client("stop"); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if left := append(leftovers(o), (place{run: o.Dir}).rootless()...); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// All that is missing is said at once.
func TestRootlessLacks(t *testing.T) {
	o := Options{Env: environment([]string{"PATH=/nowhere", "STRAKE_ROOTLESSKIT=/nowhere"})}
	list := o.checkRootlessEngine()
	codes := map[string]string{}
	for _, d := range list {
		codes[d.Code] = d.Hint
	}
	if !strings.Contains(codes["no-uidmap"], "apt-get install uidmap") || codes["no-rootlesskit"] == "" {
		t.Errorf("got %v", list)
	}
}
