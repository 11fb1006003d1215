package recipe

import (
	"strconv"
	"strings"
)

// tools are the programs of an image that change users and groups. A command is "" for what they
// cannot do.
type tools interface {
	group(name, id string, system bool) string
	user(u user) string
	changeUser(name string, old, now []string) string
	changeGroup(name, id string) string
	member(user, group string) string
	leave(user, group string) string
	remove(kind, name string) string
	ranges() bool               // users get subordinate numbers
	skeleton() bool             // homes are copies of /etc/skel
	homeMode(defs string) int64 // of login.defs
}

// tools finds those of the image, nil for none.
func (r *reading) tools() tools {
	switch {
	case r.program("useradd") && r.program("groupadd") && r.program("usermod"):
		return shadowTools{}
	case r.program("adduser") && r.program("addgroup"):
		return busyboxTools{}
	}
	return nil
}

// shadowTools are those of shadow-utils: useradd(8), usermod(8), groupadd(8).
type shadowTools struct{}

func (shadowTools) group(name, id string, system bool) string {
	if system {
		return "groupadd --system --gid " + id + " " + quote(name)
	}
	return "groupadd --gid " + id + " " + quote(name)
}

func (shadowTools) user(u user) string {
	words := []string{"useradd"}
	if u.system {
		words = append(words, "--system")
	}
	words = append(words, "--uid", u.uid, "--gid", quote(u.group))
	if len(u.groups) > 0 {
		words = append(words, "--groups", quote(strings.Join(u.groups, ",")))
	}
	if u.comment != "" {
		words = append(words, "--comment", quote(u.comment))
	}
	if u.home != "/home/"+u.name {
		words = append(words, "--home-dir", quote(u.home))
	}
	if u.create {
		words = append(words, "--create-home")
	} else {
		words = append(words, "--no-create-home")
	}
	if u.password != "" {
		words = append(words, "--password", quote(u.password))
	}
	return strings.Join(append(words, "--shell", quote(u.shell), quote(u.name)), " ")
}

func (shadowTools) changeUser(name string, old, now []string) string {
	words := []string{"usermod"}
	for i, flag := range []string{"", "", "--uid", "--gid", "--comment", "--home", "--shell"} {
		if old[i] == now[i] {
			continue
		}
		if flag == "" {
			return ""
		}
		words = append(words, flag, quote(now[i]))
	}
	return strings.Join(append(words, quote(name)), " ")
}

func (shadowTools) changeGroup(name, id string) string {
	return "groupmod --gid " + id + " " + quote(name)
}
func (shadowTools) member(user, group string) string {
	return "usermod --append --groups " + quote(group) + " " + quote(user)
}
func (shadowTools) leave(user, group string) string {
	return "gpasswd --delete " + quote(user) + " " + quote(group)
}
func (shadowTools) remove(kind, name string) string { return kind + "del " + quote(name) }
func (shadowTools) ranges() bool                    { return true }
func (shadowTools) skeleton() bool                  { return true }

// homeMode is HOME_MODE of login.defs, or what UMASK leaves.
func (shadowTools) homeMode(defs string) int64 {
	mask := int64(0o022)
	for line := range strings.SplitSeq(defs, "\n") {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, err := strconv.ParseInt(f[1], 8, 32)
		switch {
		case err != nil:
		case f[0] == "HOME_MODE":
			return n
		case f[0] == "UMASK":
			mask = n
		}
	}
	return 0o777 &^ mask
}

// busyboxTools are those of Alpine.
type busyboxTools struct{}

func (busyboxTools) group(name, id string, system bool) string {
	if system {
		return "addgroup -S -g " + id + " " + quote(name)
	}
	return "addgroup -g " + id + " " + quote(name)
}

func (b busyboxTools) user(u user) string {
	words := []string{"adduser", "-D"}
	if u.system {
		words = append(words, "-S")
	}
	if !u.create {
		words = append(words, "-H")
	}
	words = append(words, "-u", u.uid, "-G", quote(u.group), "-h", quote(u.home), "-s", quote(u.shell), "-g", quote(u.comment), quote(u.name))
	command := strings.Join(words, " ")
	for _, g := range u.groups {
		if g != u.group {
			command += " && " + b.member(u.name, g)
		}
	}
	return command
}

func (busyboxTools) changeUser(string, []string, []string) string { return "" }
func (busyboxTools) changeGroup(string, string) string            { return "" }
func (busyboxTools) member(user, group string) string {
	return "addgroup " + quote(user) + " " + quote(group)
}
func (busyboxTools) leave(user, group string) string {
	return "delgroup " + quote(user) + " " + quote(group)
}
func (busyboxTools) remove(kind, name string) string { return "del" + kind + " " + quote(name) }
func (busyboxTools) ranges() bool                    { return false }
func (busyboxTools) skeleton() bool                  { return true }
func (busyboxTools) homeMode(string) int64           { return 0o2755 }
