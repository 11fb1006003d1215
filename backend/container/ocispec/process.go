//go:build linux

package ocispec

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/pkg/cap"
	"github.com/moby/sys/user"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Command is a process of a container, before its user is looked up.
type Command struct {
	Args            []string
	Env             []string // NAME=VALUE
	User            string   // USER[:GROUP]
	Cwd             string   // "" is the root directory
	TTY             bool
	Hostname        string
	CapAdd, CapDrop []string // like CAP_NET_ADMIN, or ALL
}

// NewProcess makes the process of a container. Its user is looked up in the root
// file system, which may be that of a running container.
func NewProcess(c Command, root *Root) (*specs.Process, error) {
	who, err := root.User(c.User)
	if err != nil {
		return nil, err
	}
	p := &specs.Process{
		Terminal: c.TTY, Args: c.Args, Cwd: c.Cwd, Env: slices.Clone(c.Env),
		User: specs.User{UID: uint32(who.Uid), GID: uint32(who.Gid)},
	}
	for _, gid := range who.Sgids {
		p.User.AdditionalGids = append(p.User.AdditionalGids, uint32(gid))
	}
	if p.Cwd == "" {
		p.Cwd = "/"
	}
	if !path.IsAbs(p.Cwd) {
		return nil, diag.Diagnostic{Code: "bad-workdir", Message: "the working directory " + p.Cwd + " is no absolute path", Hint: "choose another one with -w"}
	}
	for _, item := range []string{"HOSTNAME=" + c.Hostname, "HOME=" + who.Home, "TERM=xterm"} {
		name, _, _ := strings.Cut(item, "=")
		if !has(p.Env, name) && (name != "TERM" || c.TTY) {
			p.Env = append(p.Env, item)
		}
	}
	list, err := capabilities(c.CapAdd, c.CapDrop)
	if err != nil {
		return nil, err
	}
	p.Capabilities = &specs.LinuxCapabilities{Bounding: list}
	if who.Uid == 0 {
		p.Capabilities.Effective, p.Capabilities.Permitted = list, list
	}
	return p, nil
}

func has(env []string, name string) bool {
	return slices.ContainsFunc(env, func(item string) bool { return strings.HasPrefix(item, name+"=") })
}

// usual are the capabilities of a container of Docker.
func usual() []string {
	return []string{
		"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
		"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
	}
}

// all stands for every capability.
const all = "ALL"

// capabilities are what a container has, by Docker's rules: ALL in one list with names
// in the other means all but these.
func capabilities(add, drop []string) ([]string, error) {
	have, err := cap.Current() // none can be given that is not there
	if err != nil {
		return nil, fmt.Errorf("capabilities: %w", err)
	}
	list := usual()
	switch {
	case slices.Contains(add, all):
		list = have
	case slices.Contains(drop, all):
		list = nil
	}
	for _, name := range slices.Concat(add, drop) {
		if name != all && !slices.Contains(cap.Known(), name) {
			return nil, diag.Diagnostic{Code: "bad-capability", Message: "there is no capability " + name, Hint: "capabilities(7) lists them"}
		}
	}
	for _, name := range add {
		if name != all && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	list = slices.DeleteFunc(slices.Clone(list), func(name string) bool {
		return slices.Contains(drop, name) && !slices.Contains(add, name) || !slices.Contains(have, name)
	})
	slices.Sort(list)
	return list, nil
}

// lookUp finds a user by the rules of Docker.
func lookUp(spec string, passwd, group file) (*user.ExecUser, error) {
	return user.GetExecUser(spec, &user.ExecUser{Home: "/"}, passwd, group)
}
