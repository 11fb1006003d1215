package eval

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// Account is a user of the image.
type Account struct {
	UID, GID int
	Home     string
}

// accounts makes a table of users.
func accounts(users map[string]Account) (t *table[Account]) {
	for name, a := range users {
		t = t.with(name, a)
	}
	return t
}

// addUsers learns of users that a RUN makes with a number.
func (s *State) addUsers(run *ir.Run) {
	if !mentions(run, "useradd", "adduser") {
		return
	}
	script, err := shell.Parse(run, s.Shell)
	if err != nil {
		return
	}
	for _, c := range script.Find("useradd", "adduser") {
		if name, a, ok := newAccount(c); ok {
			s.users = s.users.with(name, a)
		}
	}
}

// mentions is a cheap look before a script is parsed.
func mentions(run *ir.Run, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(run.Command.Line, p) {
			return true
		}
		for _, a := range run.Command.Args {
			if strings.Contains(a, p) {
				return true
			}
		}
		for _, d := range run.Heredocs {
			if strings.Contains(d.Data, p) {
				return true
			}
		}
	}
	return false
}

// newAccount reads the options of useradd(8) of passwd 4.13, of adduser(8) 3.134 of Debian,
// and of BusyBox's adduser (not checked against a manual). Without a number for the group it
// is that of the user, which all make by default, but for adduser's system users and -N.
func newAccount(c *shell.Command) (string, Account, bool) {
	a := Account{UID: -1, GID: -1}
	name, base := "", "/home"
	for i := 0; i < len(c.Args); i++ {
		option, value, joined := strings.Cut(c.Arg(i), "=")
		if !joined {
			value = c.Arg(i + 1)
		}
		takes := true
		switch {
		case option == "-u" || option == "--uid":
			a.UID = number(value)
		case option == "-g" || option == "--gid" || option == "-G" && c.Name == "adduser" || option == "--ingroup":
			a.GID = number(value)
		case option == "-d" && c.Name == "useradd" || option == "--home" || option == "--home-dir" || option == "-h" && c.Name == "adduser":
			a.Home = value
		case option == "--base-dir" || option == "-b" && c.Name == "useradd":
			base = value
		case slices.Contains([]string{"-s", "-c", "-G", "-k", "-K", "-p", "-e", "-f", "-Z", "--shell", "--comment", "--gecos", "--groups", "--password", "--skel",
			"--key", "--expiredate", "--inactive", "--selinux-user", "--firstuid", "--lastuid", "--firstgid", "--lastgid", "--conf"}, option):
		case c.Name == "useradd" && slices.Contains([]string{"-R", "--root", "-P", "--prefix", "-D", "--defaults"}, option):
			return "", a, false // of another root, or nobody
		case strings.HasPrefix(option, "-") && len(option) > 2 && !strings.HasPrefix(option, "--") && strings.HasSuffix(option, "u"):
			a.UID = number(value) // -mu 1000
		case strings.HasPrefix(option, "-"):
			takes = false
		default:
			takes = false
			if name = c.Arg(i); !c.Args[i].Known {
				return "", a, false
			}
		}
		if takes && !joined {
			i++
		}
	}
	system := c.Name == "adduser" && c.Has("-S", "--system")
	if a.Home == "" && !system { // which Debian gives /nonexistent, and BusyBox not
		a.Home = path.Join(base, name)
	}
	if a.GID < 0 && (!system || c.Has("--group")) && !c.Has("-g", "--gid", "-G", "--ingroup", "-N", "--no-user-group") {
		a.GID = a.UID
	}
	return name, a, name != "" && a.UID >= 0 && a.GID >= 0
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
