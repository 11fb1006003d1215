//go:build linux

package engine

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

const userNamespaceHint = "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, where there is such a setting; " +
	"in a container: run it with --privileged; or give BUILDKIT_HOST the address of a BuildKit"

// checkRoot tells whether root is as mighty here as it is outside of containers.
func checkRoot() error {
	var caps [2]unix.CapUserData
	err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &caps[0])
	if err == nil && caps[0].Effective&(1<<unix.CAP_SYS_ADMIN) == 0 {
		return noNamespaces()
	}
	return nil
}

func noNamespaces() error {
	return fail("no-namespaces", "in a container: run it with --privileged; or give BUILDKIT_HOST the address of a BuildKit",
		"no namespaces may be made here, though strake runs as root")
}

// checkRootless says all that is missing to run steps and containers without privileges.
func (o *Options) checkRootless() diag.List {
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
	if o.look("newuidmap") == "" || o.look("newgidmap") == "" {
		lack("no-uidmap", "as root: apt-get install uidmap", "newuidmap and newgidmap")
	}
	name, uid := o.getenv("USER"), strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if !o.hasSubIDs("/etc/subuid", name, uid) || !o.hasSubIDs("/etc/subgid", name, uid, "-g") {
		lack("no-subids", "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "+name,
			"ranges of user and group numbers for %s in /etc/subuid and /etc/subgid", name)
	}
	return list
}

// checkRootlessEngine is checkRootless with what only the engine needs.
func (o *Options) checkRootlessEngine() diag.List {
	list := o.checkRootless()
	if _, err := o.program("rootlesskit"); err != nil {
		list.Add(err.(diag.Diagnostic))
	}
	return list
}

// hasSubIDs tells whether a user has subordinate numbers, in a file or elsewhere.
func (o *Options) hasSubIDs(file, name, uid string, flags ...string) bool {
	ranges, err := subid.ParseSubIDFileFilter(file, func(s subid.SubID) bool {
		return (s.Name == name || s.Name == uid) && s.Count > 0
	})
	if err == nil && len(ranges) > 0 {
		return true
	}
	tool := o.look("getsubids") // asks a directory service
	return tool != "" && exec.Command(tool, append(flags, name)...).Run() == nil
}
