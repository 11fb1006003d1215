//go:build linux

package programs

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"

	subid "github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Usable finds the program that runs containers, for who has the privileges to use it or can
// get them in a user namespace. The error says what is missing.
func (f Finder) Usable() (string, error) {
	path, err := f.Runtime()
	switch {
	case err != nil:
		return "", err
	case os.Geteuid() == 0:
		return path, CheckRoot()
	}
	list := f.CheckRootless()
	return path, list.Err()
}

// CheckRoot tells whether root is as mighty here as it is outside of containers.
func CheckRoot() error {
	var caps [2]unix.CapUserData
	err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &caps[0])
	if err == nil && caps[0].Effective&(1<<unix.CAP_SYS_ADMIN) == 0 {
		return NoNamespaces()
	}
	return nil
}

// NoNamespaces is the error of root who may make no namespaces.
func NoNamespaces() error {
	return fail("no-namespaces", "in a container: run it with --privileged; or give BUILDKIT_HOST the address of a BuildKit",
		"no namespaces may be made here, though strake runs as root")
}

// CheckRootless says all that is missing to run steps and containers without privileges.
func (f Finder) CheckRootless() diag.List {
	var list diag.List
	lack := func(code, hint, format string, args ...any) {
		list.Add(fail(code, hint, "without root, steps and containers need "+format, args...).(diag.Diagnostic))
	}
	for _, knob := range []struct{ file, name, value string }{
		{"/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", "28633"},
		{"/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "1"},
	} {
		if data, err := os.ReadFile(knob.file); err == nil && strings.TrimSpace(string(data)) == "0" {
			lack("no-user-namespaces", "as root: sysctl -w "+knob.name+"="+knob.value, "user namespaces, and %s forbids them", knob.name)
		}
	}
	if f.Look("newuidmap") == "" || f.Look("newgidmap") == "" {
		lack("no-uidmap", "as root: apt-get install uidmap", "newuidmap and newgidmap")
	}
	name, uid := f.getenv("USER"), strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if !f.hasSubIDs("/etc/subuid", name, uid) || !f.hasSubIDs("/etc/subgid", name, uid, "-g") {
		lack("no-subids", "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "+name,
			"ranges of user and group numbers for %s in /etc/subuid and /etc/subgid", name)
	}
	return list
}

// hasSubIDs tells whether a user has subordinate numbers, in a file or elsewhere.
func (f Finder) hasSubIDs(file, name, uid string, flags ...string) bool {
	ranges, err := subid.ParseSubIDFileFilter(file, func(s subid.SubID) bool {
		return (s.Name == name || s.Name == uid) && s.Count > 0
	})
	if err == nil && len(ranges) > 0 {
		return true
	}
	tool := f.Look("getsubids") // asks a directory service
	return tool != "" && exec.Command(tool, append(flags, name)...).Run() == nil
}
