package recipe

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// The tables of users and groups: passwd(5), group(5), shadow(5), gshadow(5), subuid(5).
const (
	passwdFile  = "/etc/passwd"
	groupFile   = "/etc/group"
	shadowFile  = "/etc/shadow"
	gshadowFile = "/etc/gshadow"
)

func tables() []string {
	return []string{passwdFile, groupFile, shadowFile, gshadowFile, "/etc/subuid", "/etc/subgid"}
}

// table has the lines of a file, whose fields are separated by colons, by the first of them.
type table struct {
	names []string
	rows  map[string][]string
}

func readTable(text string) table {
	t := table{rows: map[string][]string{}}
	for line := range strings.SplitSeq(text, "\n") {
		f := strings.Split(line, ":")
		if f[0] == "" || t.rows[f[0]] != nil {
			continue
		}
		t.names = append(t.names, f[0])
		t.rows[f[0]] = f
	}
	return t
}

// field is one of a row, "" when there is none.
func (t table) field(name string, i int) string {
	if f := t.rows[name]; i < len(f) {
		return f[i]
	}
	return ""
}

// added are the names that another table has besides.
func (t table) added(now table) (names []string) {
	for _, name := range now.names {
		if t.rows[name] == nil {
			names = append(names, name)
		}
	}
	return names
}

// members reads a field like a,b.
func members(field string) []string {
	return slices.DeleteFunc(strings.Split(field, ","), func(s string) bool { return s == "" })
}

// accounts are the tables on both sides.
type accounts struct {
	old, now map[string]table // by file
	users    []string         // new ones
	groups   []string
	commands []string
	homes    []string // of new users, that are made for them
	tools    tools
}

// people makes the step of users and groups.
func people(ctx context.Context, r *reading) error {
	a := &accounts{old: map[string]table{}, now: map[string]table{}}
	changed := false
	for _, name := range tables() {
		for t, m := range map[*validate.Tree]map[string]table{r.ground: a.old, r.after: a.now} {
			text, err := r.file(ctx, t, name)
			if err != nil {
				return err
			}
			m[name] = readTable(text)
		}
		changed = changed || r.changes[name] != nil
	}
	if !changed || r.changes[passwdFile].vanished() || r.changes[groupFile].vanished() {
		return nil
	}
	r.hashes(a)
	if a.tools = r.tools(); a.tools == nil || !r.understand(a) {
		r.tableEdits(a)
		return nil
	}
	if len(a.commands) == 0 {
		r.onlyHashes(a)
		return nil
	}
	var explains []string
	for _, name := range tables() {
		if c := r.changes[name]; c != nil && c.content() {
			if c.before != nil && (c.before.Mode != c.after.Mode || c.before.UID != c.after.UID || c.before.GID != c.after.GID) {
				continue // which is more than these commands do
			}
			explains = append(explains, name)
		}
	}
	programs := []string{"useradd", "adduser", "usermod", "groupadd", "addgroup", "groupmod", "userdel", "deluser", "groupdel", "delgroup", "gpasswd", "chsh", "chfn", "newusers"}
	r.step(Step{Kind: Accounts, Comment: r.from("users and groups", func(t typed) bool { return t.is(programs) }),
		Instruction: "RUN " + chain(a.commands), Explains: explains})
	return r.skeletons(ctx, a)
}

// vanished tells whether a file is no file any more.
func (c *change) vanished() bool {
	return c != nil && (c.after == nil || c.after.Kind != validate.Regular)
}

// hashes leaves out hashes of passwords, and says whose.
func (r *reading) hashes(a *accounts) {
	for _, name := range a.now[shadowFile].names {
		hash := a.now[shadowFile].field(name, 1)
		if len(strings.Trim(hash, "!*")) > 0 && strings.TrimLeft(hash, "!") != strings.TrimLeft(a.old[shadowFile].field(name, 1), "!") {
			r.out.Left = append(r.out.Left, LeftOut{Pattern: shadowFile, Files: 1, Secret: true,
				Why: fmt.Sprintf("it holds the hash of the password of %s: set one when a container starts, or let it log in by a key", name)})
		}
	}
}

// onlyHashes explains tables of which nothing but hashes and dates differ.
func (r *reading) onlyHashes(a *accounts) {
	for _, name := range []string{shadowFile, gshadowFile} {
		if c := r.changes[name]; c != nil && !c.vanished() && alikeBut(a.old[name], a.now[name], 1, 2) {
			r.explained(name)
		}
	}
}

// alikeBut compares two tables without some fields.
func alikeBut(a, b table, but ...int) bool {
	return slices.EqualFunc(a.names, b.names, func(x, y string) bool {
		if x != y || len(a.rows[x]) != len(b.rows[y]) {
			return false
		}
		for i := range a.rows[x] {
			if a.rows[x][i] != b.rows[y][i] && !slices.Contains(but, i) {
				return false
			}
		}
		return true
	})
}

// tableEdits leaves the tables to edits, without what holds hashes: a table with one is not copied.
func (r *reading) tableEdits(a *accounts) {
	for _, name := range []string{shadowFile, gshadowFile} {
		secret := false
		for _, who := range a.now[name].names {
			secret = secret || len(strings.Trim(a.now[name].field(who, 1), "!*x")) > 0
		}
		if secret && r.changes[name] != nil && r.changes[name].content() {
			r.leave(name, "it holds hashes of passwords", true, name)
		}
	}
}

// understand finds the commands that make the tables what they are now. It is false when they
// would not: then the tables are edited as they are.
func (r *reading) understand(a *accounts) bool {
	oldUsers, users := a.old[passwdFile], a.now[passwdFile]
	oldGroups, groups := a.old[groupFile], a.now[groupFile]
	a.users, a.groups = oldUsers.added(users), oldGroups.added(groups)
	ok := true
	add := func(command string) {
		ok = ok && command != ""
		a.commands = append(a.commands, command)
	}
	for _, name := range users.added(oldUsers) {
		add(a.tools.remove("user", name))
	}
	for _, name := range groups.added(oldGroups) {
		if gone := users.added(oldUsers); !slices.Contains(gone, name) { // which goes with the user
			add(a.tools.remove("group", name))
		}
	}
	for _, name := range a.groups {
		add(a.tools.group(name, groups.field(name, 2), r.systemGroup(groups.field(name, 2))))
	}
	for _, name := range a.users {
		u := r.user(a, name)
		add(a.tools.user(u))
		if u.create {
			a.homes = append(a.homes, name)
		}
	}
	for _, name := range oldUsers.names {
		if users.rows[name] != nil {
			a.commands = append(a.commands, r.userChanges(a, name, &ok)...)
		}
	}
	for _, name := range oldGroups.names {
		if old, now := oldGroups.rows[name], groups.rows[name]; now != nil && oldGroups.field(name, 2) != groups.field(name, 2) && len(old) > 2 {
			add(a.tools.changeGroup(name, groups.field(name, 2)))
		}
	}
	r.memberships(a, &ok)
	return ok && r.agrees(a)
}

// systemGroup tells by a number whether a group is one of the system.
func (r *reading) systemGroup(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && n < 1000
}

// user is a new user, for the tools.
type user struct {
	name, uid, group, comment, home, shell, password string
	groups                                           []string
	system, create                                   bool
}

func (r *reading) user(a *accounts, name string) user {
	f := a.now[passwdFile].field
	u := user{name: name, uid: f(name, 2), group: f(name, 3), comment: f(name, 4), home: f(name, 5), shell: f(name, 6)}
	for _, g := range a.now[groupFile].names {
		if a.now[groupFile].field(g, 2) == u.group {
			u.group = g
			break
		}
	}
	for _, g := range a.now[groupFile].names {
		if slices.Contains(members(a.now[groupFile].field(g, 3)), name) {
			u.groups = append(u.groups, g)
		}
	}
	u.system = a.now[shadowFile].rows[name] != nil && a.now[shadowFile].field(name, 4) == ""
	if p := a.now[shadowFile].field(name, 1); p == "*" {
		u.password = p
	}
	n := r.after.At(u.home)
	u.create = n != nil && n.Kind == validate.Directory && r.ground.At(u.home) == nil
	return u
}

// userChanges are the commands for one that was there.
func (r *reading) userChanges(a *accounts, name string, ok *bool) (commands []string) {
	old, now := a.old[passwdFile].rows[name], a.now[passwdFile].rows[name]
	if len(old) != len(now) || len(now) < 7 {
		*ok = *ok && slices.Equal(old, now)
		return nil
	}
	if !slices.Equal(old, now) {
		command := a.tools.changeUser(name, old, now)
		*ok = *ok && command != ""
		commands = append(commands, command)
	}
	was, is := a.old[shadowFile].field(name, 1), a.now[shadowFile].field(name, 1)
	if was != is && is == "" && a.now[shadowFile].rows[name] != nil && r.program("passwd") {
		commands = append(commands, "passwd --delete "+quote(name))
	}
	return commands
}

// memberships adds users that were there to groups, and takes them out of some.
func (r *reading) memberships(a *accounts, ok *bool) {
	for _, g := range a.now[groupFile].names {
		was, is := members(a.old[groupFile].field(g, 3)), members(a.now[groupFile].field(g, 3))
		for _, u := range is {
			if !slices.Contains(was, u) && !slices.Contains(a.users, u) {
				command := a.tools.member(u, g)
				*ok = *ok && command != ""
				a.commands = append(a.commands, command)
			}
		}
		for _, u := range was {
			if !slices.Contains(is, u) && a.now[passwdFile].rows[u] != nil {
				command := a.tools.leave(u, g)
				*ok = *ok && command != ""
				a.commands = append(a.commands, command)
			}
		}
	}
}

// agrees tells whether the tables are as the commands make them: what was there in its place,
// and what is new behind it. Who is in a group, and passwords, are no part of the comparison.
func (r *reading) agrees(a *accounts) bool {
	for file, but := range map[string][]int{passwdFile: {2, 3, 4, 5, 6}, groupFile: {2, 3}, shadowFile: {1, 2, 3, 4, 5, 6, 7}, gshadowFile: {1, 2, 3}} {
		old, now := a.old[file], a.now[file]
		if len(now.names) == 0 {
			continue
		}
		expected := table{rows: map[string][]string{}}
		for _, name := range old.names {
			if now.rows[name] != nil {
				expected.names = append(expected.names, name)
				expected.rows[name] = old.rows[name]
			}
		}
		more := a.users
		if file == groupFile || file == gshadowFile {
			more = a.groups
		}
		for _, name := range more {
			expected.names = append(expected.names, name)
			expected.rows[name] = now.rows[name]
			if now.rows[name] == nil {
				return false
			}
		}
		if !alikeBut(expected, now, but...) {
			return false
		}
	}
	return r.subordinates(a)
}

// subordinates tells whether the new users have the ranges of numbers that useradd gives them.
func (r *reading) subordinates(a *accounts) bool {
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		var expected []string
		if r.ground.At(file) != nil && a.tools.ranges() {
			for _, name := range a.users {
				if !r.user(a, name).system {
					expected = append(expected, name)
				}
			}
		}
		if !slices.Equal(a.old[file].added(a.now[file]), expected) {
			return false
		}
	}
	return true
}

// skeletons takes the homes of new users for what useradd makes: copies of /etc/skel.
func (r *reading) skeletons(ctx context.Context, a *accounts) error {
	skel := map[string]*validate.Node{}
	var nodes []*validate.Node
	r.ground.Walk(func(n *validate.Node) {
		if name := n.Path(); under(name, "/etc/skel") && a.tools.skeleton() {
			skel[strings.TrimPrefix(name, "/etc/skel")] = n
			nodes = append(nodes, n)
		}
	})
	if err := r.load(ctx, nodes); err != nil {
		return err
	}
	defs, err := r.file(ctx, r.ground, "/etc/login.defs")
	if err != nil {
		return err
	}
	for _, name := range a.homes {
		u := a.now[passwdFile].rows[name]
		uid, err1 := strconv.Atoi(u[2])
		gid, err2 := strconv.Atoi(u[3])
		if err1 != nil || err2 != nil {
			continue
		}
		made := maps.Clone(skel)
		made[""] = &validate.Node{File: &validate.File{Kind: validate.Directory, Mode: a.tools.homeMode(defs)}}
		for rest, n := range made {
			r.expect(path.Join(u[5], rest), n, uid, gid, rest == "")
		}
	}
	return nil
}

// expect notes that a path is made by a command, as another one is but for its owner.
func (r *reading) expect(name string, like *validate.Node, uid, gid int, home bool) {
	f := *like.File
	f.UID, f.GID = uid, gid
	made := &validate.Node{File: &f}
	if text, ok := r.texts[like]; ok {
		r.texts[made] = text
	}
	now := r.after.At(name)
	switch {
	case now != nil && !differ(made, now):
		r.explained(name)
	case now == nil || r.changes[name] != nil:
		r.changes[name] = &change{name, made, now}
	}
}
