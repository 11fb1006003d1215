package recipe

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// attributes makes one RUN of the modes and owners that were changed of files whose content is
// still the same.
func (r *reading) attributes() {
	byKind := map[Kind][]*change{}
	for _, name := range r.paths((*change).surface) {
		if c := r.changes[name]; !r.exactly(c) {
			byKind[kindOf(name)] = append(byKind[kindOf(name)], c)
		}
	}
	if !r.program("chmod") || !r.program("chown") {
		return
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		r.modes(kind, byKind[kind])
	}
}

// modes makes the step for paths of one kind.
func (r *reading) modes(kind Kind, changes []*change) {
	var (
		owners, modes commands // in this order: a change of the owner takes setuid away
		names, caps   []string
		whole         string // directory below which everything has the owner
		belong        string
	)
	for _, c := range changes {
		names = append(names, c.path)
		moved := c.before.UID != c.after.UID || c.before.GID != c.after.GID
		if moved {
			owner := r.owner(c.after)
			if owner == "" {
				owner = "root:root"
			}
			switch {
			case whole != "" && under(c.path, whole) && owner == belong:
			case c.after.Kind == validate.Directory && r.owns(c):
				whole, belong = c.path, owner
				owners.add("chown -R "+owner, c.path)
			case c.after.Kind == validate.Symlink:
				owners.add("chown -h "+owner, c.path)
			default:
				owners.add("chown "+owner, c.path)
			}
		}
		if c.after.Kind != validate.Symlink && (c.before.Mode != c.after.Mode || moved && c.after.Mode&0o6000 != 0) {
			modes.add("chmod "+c.mode(), c.path)
		}
		if run, ok := r.setcap(c); ok {
			caps = append(caps, strings.TrimPrefix(run, "RUN "))
		}
	}
	lines := slices.Concat(owners.lines(), modes.lines(), caps)
	if len(lines) == 0 {
		return // a symbolic link's mode
	}
	r.step(Step{Kind: kind, Group: names[0], Comment: r.about("modes and owners", names...), Instruction: "RUN " + chain(lines), Explains: names})
}

// surface tells whether a path differs in nothing but modes, owners and extended attributes.
func (c *change) surface() bool {
	if c.before == nil || c.after == nil || !printable(c.path) || !differ(c.before, c.after) {
		return false
	}
	same := *c.before.File
	same.Mode, same.UID, same.GID, same.Xattrs = c.after.Mode, c.after.UID, c.after.GID, c.after.Xattrs
	return !differ(&validate.Node{File: &same}, c.after)
}

// exactly tells whether a file has to be copied to get its attributes: some that no command gives it, or
// that chown would take away.
func (r *reading) exactly(c *change) bool {
	same := maps.Equal(c.before.Xattrs, c.after.Xattrs) && (c.after.Xattrs[capability] == "" || c.before.UID == c.after.UID && c.before.GID == c.after.GID)
	return !same && !r.capable(c)
}

// mode is what chmod takes to get from one mode to the other: it leaves setuid and setgid of a directory
// as they are, unless there are five digits.
func (c *change) mode() string {
	if c.after.Kind == validate.Directory && c.before.Mode&^c.after.Mode&0o6000 != 0 {
		return fmt.Sprintf("%05o", c.after.Mode)
	}
	return mode(c.after)
}

// owns tells whether chown -R is right for a directory: everything below has its owner, something of
// that is new, and nothing else loses by it what chown takes away.
func (r *reading) owns(c *change) bool {
	if c.path == "/" {
		return false
	}
	n, all := 0, true
	r.after.Walk(func(f *validate.Node) {
		name := f.Path()
		if name == c.path || !under(name, c.path) {
			return
		}
		if r.changes[name] != nil {
			n++
		} else if f.Kind == validate.Regular {
			all = all && f.Mode&0o6000 == 0 && f.Xattrs[capability] == ""
		}
		all = all && f.UID == c.after.UID && f.GID == c.after.GID
	})
	return all && n > 0
}

// printable tells whether a path can be written in a Dockerfile.
func printable(name string) bool {
	return !strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\ufffd' })
}

const capability = "security.capability"

// capable tells whether all that a file has of extended attributes are capabilities that setcap
// can give it.
func (r *reading) capable(c *change) bool {
	if c.after.Kind != validate.Regular || len(c.after.Xattrs) != 1 || !r.program("setcap") {
		return false
	}
	_, ok := capabilities(c.after.Xattrs[capability])
	return ok
}

// setcap is the RUN that gives a file its capabilities.
func (r *reading) setcap(c *change) (string, bool) {
	if c.after == nil || !r.capable(c) {
		return "", false
	}
	text, ok := capabilities(c.after.Xattrs[capability])
	return "RUN setcap " + quote(text) + " " + quote(c.path), ok
}

func (r *reading) setcaps(files []*change) string {
	var lines []string
	for _, f := range files {
		if run, ok := r.setcap(f); ok {
			lines = append(lines, strings.TrimPrefix(run, "RUN "))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "RUN " + chain(lines)
}

// capabilityNames are those of Linux, by their number: capability.h.
const capabilityNames = "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service " +
	"net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice " +
	"sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"

// capabilities reads the attribute, struct vfs_cap_data of version 2, as setcap writes it:
// cap_net_raw=ep.
func capabilities(value string) (string, bool) {
	const version2 = 0x02000000
	if len(value) != 20 {
		return "", false
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32([]byte(value[4*i:])) }
	magic := word(0)
	if magic&0xff000000 != version2 {
		return "", false
	}
	permitted := uint64(word(1)) | uint64(word(3))<<32
	inherited := uint64(word(2)) | uint64(word(4))<<32
	sets := map[string][]string{}
	for i, name := range strings.Fields(capabilityNames) {
		flags := ""
		if magic&1 != 0 && (permitted|inherited)>>i&1 != 0 {
			flags += "e"
		}
		if inherited>>i&1 != 0 {
			flags += "i"
		}
		if permitted>>i&1 != 0 {
			flags += "p"
		}
		if flags != "" && flags != "e" {
			sets[flags] = append(sets[flags], "cap_"+name)
		}
		permitted, inherited = permitted&^(1<<i), inherited&^(1<<i)
	}
	if permitted|inherited != 0 || len(sets) == 0 {
		return "", false // newer than this list
	}
	var parts []string
	for _, flags := range slices.Sorted(maps.Keys(sets)) {
		parts = append(parts, fmt.Sprintf("%s=%s", strings.Join(sets[flags], ","), flags))
	}
	return strings.Join(parts, " "), true
}
