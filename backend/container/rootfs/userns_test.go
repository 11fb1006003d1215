//go:build linux

package rootfs

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// usernsEnv is set in the process that a test starts in a user namespace.
const usernsEnv = "STRAKE_TEST_USERNS"

// inUserNS runs a test once more, in a user namespace of its own, as rootless containers are
// run, and tells whether this is that run. Its temporary directory is one of that user's. More
// namespaces are its own by flags.
func inUserNS(t *testing.T, more uintptr) bool {
	t.Helper()
	if os.Getenv(usernsEnv) != "" {
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("only root maps all users that the files of a layer belong to")
	}
	const first = 100000
	dir, err := os.MkdirTemp("", "userns-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chown(dir, first, first); err != nil {
		t.Fatal(err)
	}
	mapping := []syscall.SysProcIDMap{{ContainerID: 0, HostID: first, Size: 65536}}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), usernsEnv+"=1", "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | more, UidMappings: mapping, GidMappings: mapping,
		Credential: &syscall.Credential{}, GidMappingsEnableSetgroups: true,
	}
	out, err := cmd.CombinedOutput()
	switch {
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	case err != nil && len(out) == 0:
		t.Skipf("no user namespace here: %v", err)
	case err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("in a user namespace: %v\n%s", err, out)
	}
	return false
}

// Who has entered the user namespace of a container alone finds its layers.
func TestUserNSAlone(t *testing.T) {
	if inUserNS(t, 0) {
		i := base(t)
		l, _ := layersAt(t, t.TempDir(), i)
		if kind := l.kind(); !strings.HasPrefix(kind, "overlay-") {
			t.Error(kind)
		}
	}
}
