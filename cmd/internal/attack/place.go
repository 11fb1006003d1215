//go:build linux

package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// place is where attacks are made: a column of the table.
type place struct {
	name   string
	id     int    // of the user and the group
	nested bool   // in a user namespace in which the kernel gives no more of them
	cannot string // why no attack can be made there
	unused string // why only suites that go to places themselves go there
}

// The columns. plugins/host has names of its own for them, see column.
const (
	asRoot    = "as root"
	asUser    = "as a user"
	noSpaces  = "without user namespaces"
	noCgroups = "without cgroups"
)

// nobody is the user without rights.
const nobody = 65534

func places() []place {
	id := os.Geteuid()
	list := []place{
		{name: asRoot, id: id},
		{name: asUser, id: nobody},
		{name: noSpaces, id: id, nested: true},
		{name: noCgroups, id: id, unused: "uses none"},
	}
	if id != 0 {
		list[0].cannot, list[1].id = "not tried: you are not root", id
	}
	return list
}

// column is the column of a place of plugins/host.
func column(name string) string {
	switch name {
	case "root":
		return asRoot
	case "user":
		return asUser
	case "root without namespaces", "user without namespaces":
		return noSpaces
	case "root without cgroups", "user without cgroups":
		return noCgroups
	}
	return name
}

// command is a command in the place.
func (p place) command(ctx context.Context, args []string) *exec.Cmd {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if p.id != os.Geteuid() {
		attr.Credential = &syscall.Credential{Uid: uint32(p.id), Gid: uint32(p.id)}
	}
	if p.nested {
		args = append([]string{"/bin/sh", "-c", `echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"`, "sh"}, args...)
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: p.id, HostID: p.id, Size: 1}}
		attr.GidMappings = attr.UidMappings
		attr.AmbientCaps = []uintptr{unix.CAP_SYS_RESOURCE} // to set the limit, in the namespace
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.SysProcAttr = attr
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}
