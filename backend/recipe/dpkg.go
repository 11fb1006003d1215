package recipe

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/control"
)

// Where dpkg and apt keep what is installed: deb(5), dpkg(1), apt-mark(8).
const (
	dpkgDir    = "/var/lib/dpkg"
	dpkgStatus = dpkgDir + "/status"
	dpkgInfo   = dpkgDir + "/info"
	aptStates  = "/var/lib/apt/extended_states"
	aptLists   = "/var/lib/apt/lists"
)

// deb is a package of dpkg's status.
type deb struct {
	name, arch, version      string
	state                    string // install ok installed
	needs, recommends, gives []string
	essential                bool
	auto                     bool // it came along with another one
}

// installed tells whether it is, in whatever way it is wanted.
func (d *deb) installed() bool { return d != nil && strings.HasSuffix(d.state, " installed") }

// debs reads what dpkg of an image has, by name, with the architecture if it is another one
// than dpkg's own. It is nil for an image without dpkg.
func (r *reading) debs(ctx context.Context, t *validate.Tree) (map[string]*deb, error) {
	status, err := r.file(ctx, t, dpkgStatus)
	if err != nil || status == "" {
		return nil, err
	}
	states, err := r.file(ctx, t, aptStates)
	if err != nil {
		return nil, err
	}
	return readDebs(status, states), nil
}

func readDebs(status, states string) map[string]*deb {
	var all []*deb
	native := ""
	for _, s := range control.Stanzas(status) {
		f := control.Fields(s)
		if f["Package"] == "" {
			continue
		}
		d := &deb{name: f["Package"], arch: f["Architecture"], version: f["Version"], state: f["Status"], essential: f["Essential"] == "yes" || f["Protected"] == "yes",
			needs: append(control.Names(f["Pre-Depends"]), control.Names(f["Depends"])...), recommends: control.Names(f["Recommends"]), gives: control.Names(f["Provides"])}
		if d.name == "dpkg" {
			native = d.arch
		}
		all = append(all, d)
	}
	debs := map[string]*deb{}
	for _, d := range all {
		if d.arch != native && d.arch != "all" {
			d.name += ":" + d.arch
		}
		debs[d.name] = d
	}
	for _, s := range control.Stanzas(states) {
		f := control.Fields(s)
		for _, name := range []string{f["Package"], f["Package"] + ":" + f["Architecture"]} {
			if d := debs[name]; d != nil && f["Auto-Installed"] == "1" && (d.arch == f["Architecture"] || d.arch == "all") {
				d.auto = true
			}
		}
	}
	return debs
}

// apt is what was done with packages of Debian.
type apt struct {
	before, after                map[string]*deb
	asked, along                 []string // new packages: asked for, and that came along
	changed, removed, purged     []string
	plain, recommending, further []string // of asked: without and with recommended ones; of along: what nothing needs
}

// dpkgs makes the step of apt.
func dpkgs(ctx context.Context, r *reading) error {
	before, err := r.debs(ctx, r.base)
	if err != nil || before == nil {
		return err
	}
	after, err := r.debs(ctx, r.after)
	if err != nil || after == nil {
		return err
	}
	a := newApt(before, after)
	if local := r.local(); len(local) > 0 {
		mine := func(name string) bool { return local[name] }
		a.asked = slices.DeleteFunc(a.asked, mine)
		a.plain = slices.DeleteFunc(a.plain, mine)
		a.recommending = slices.DeleteFunc(a.recommending, mine)
	}
	r.aptSteps(a)
	if r.in.Installed != nil {
		return nil
	}
	return r.claimDebs(ctx, a)
}

func newApt(before, after map[string]*deb) *apt {
	a := &apt{before: before, after: after}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		old, now := before[name], after[name]
		switch {
		case now.installed() && !old.installed() && now.auto:
			a.along = append(a.along, name)
		case now.installed() && !old.installed():
			a.asked = append(a.asked, name)
		case now.installed() && old.version != now.version:
			a.changed = append(a.changed, name)
		case old.installed() && !now.installed():
			a.removed = append(a.removed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if before[name].installed() && after[name] == nil {
			a.purged = append(a.purged, name)
		}
	}
	a.decide()
	return a
}

// decide finds out which packages were installed with what they recommend.
func (a *apt) decide() {
	needed := a.closure(a.asked, false)
	var extra []string
	for _, name := range a.along {
		if !needed[name] {
			extra = append(extra, name)
		}
	}
	explained := map[string]bool{}
	for _, name := range a.asked {
		brings := a.closure([]string{name}, true)
		if slices.ContainsFunc(extra, func(e string) bool { return brings[e] }) {
			a.recommending = append(a.recommending, name)
			maps.Copy(explained, brings)
		} else {
			a.plain = append(a.plain, name)
		}
	}
	for _, name := range extra {
		if !explained[name] {
			a.further = append(a.further, name)
		}
	}
}

// closure are the packages that some need, and what those need; and recommend, if that counts.
func (a *apt) closure(names []string, recommends bool) map[string]bool {
	givers := map[string][]string{}
	for name, d := range a.after {
		for _, g := range d.gives {
			givers[g] = append(givers[g], name)
		}
	}
	seen := map[string]bool{}
	todo := slices.Clone(names)
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		d := a.after[name]
		if seen[name] || !d.installed() {
			continue
		}
		seen[name] = true
		wants := d.needs
		if recommends {
			wants = slices.Concat(wants, d.recommends)
		}
		for _, w := range wants {
			todo = append(append(todo, w), givers[w]...)
		}
	}
	return seen
}

// local are packages that were installed out of files, which no source of packages has.
func (r *reading) local() map[string]bool {
	m := map[string]bool{}
	for _, name := range r.in.Unavailable {
		m[name] = true
	}
	for _, t := range r.typed {
		if !t.is([]string{"dpkg"}, "-i", "--install") && !t.is(aptPrograms(), "install") {
			continue
		}
		for _, w := range t.words[1:] {
			if path.Ext(w) == ".deb" {
				name, _, _ := strings.Cut(base(w), "_")
				m[name] = true
			}
		}
	}
	return m
}

func aptPrograms() []string { return []string{"apt", "apt-get", "aptitude"} }

// aptSteps makes the RUN of what was done.
func (r *reading) aptSteps(a *apt) {
	var commands []string
	upgrades := slices.IndexFunc(r.typed, func(t typed) bool { return t.is(aptPrograms(), "upgrade", "dist-upgrade", "full-upgrade") })
	if upgrades >= 0 && len(a.changed) > 0 {
		command := "upgrade"
		if t := r.typed[upgrades]; !t.is(aptPrograms(), "upgrade") {
			command = "dist-upgrade"
		}
		commands = append(commands, "DEBIAN_FRONTEND=noninteractive apt-get "+command+" -y")
	} else if len(a.changed) > 0 && len(a.asked)+len(a.along) == 0 {
		commands = append(commands, "DEBIAN_FRONTEND=noninteractive apt-get install -y --only-upgrade"+list(r.versions(a, a.changed)))
	}
	if names := slices.Concat(a.plain, a.further); len(names) > 0 {
		slices.Sort(names)
		commands = append(commands, aptInstall+" --no-install-recommends"+list(r.versions(a, names)))
	}
	if len(a.recommending) > 0 {
		commands = append(commands, aptInstall+list(r.versions(a, a.recommending)))
	}
	if len(a.further) > 0 {
		commands = append(commands, "apt-mark auto"+list(a.further)+" >/dev/null")
	}
	var comment []string
	if len(commands) > 0 {
		commands = append([]string{"apt-get update"}, commands...)
		if !r.hasLists() {
			commands = append(commands, "rm -rf "+aptLists+"/*")
		}
		asked := slices.Concat(a.asked, a.changed)
		comment = r.from("packages that were installed", func(t typed) bool {
			return t.is(aptPrograms(), "install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep") && (t.is(aptPrograms(), "upgrade", "dist-upgrade", "full-upgrade", "build-dep") ||
				slices.ContainsFunc(t.words, func(w string) bool { return slices.Contains(asked, packageName(w)) }))
		})
		r.step(Step{Kind: Packages, Comment: comment, Instruction: "RUN " + chain(commands), Installs: true})
	}
	r.aptRemoves(a)
}

// aptRemoves makes the RUN that removes packages of the base.
func (r *reading) aptRemoves(a *apt) {
	var commands []string
	for _, part := range []struct {
		command string
		names   []string
	}{{"purge", a.purged}, {"remove", a.removed}} {
		if len(part.names) == 0 {
			continue
		}
		command := "apt-get " + part.command + " -y"
		if slices.ContainsFunc(part.names, func(name string) bool { return a.before[name].essential }) {
			command += " --allow-remove-essential"
		}
		commands = append(commands, "DEBIAN_FRONTEND=noninteractive "+command+list(part.names))
	}
	if len(commands) == 0 {
		return
	}
	comment := r.from("packages that were removed", func(t typed) bool {
		return t.is(append(aptPrograms(), "dpkg"), "remove", "purge", "autoremove", "-r", "-P", "--purge", "--remove")
	})
	r.step(Step{Kind: Packages, Group: "removed packages", Comment: comment, Instruction: "RUN " + chain(commands), Installs: true})
}

const aptInstall = "DEBIAN_FRONTEND=noninteractive apt-get install -y"

// aptInstall are the commands that install a few packages.
func (r *reading) aptInstall(recommends bool, names []string) []string {
	install := aptInstall
	if !recommends {
		install += " --no-install-recommends"
	}
	commands := []string{"apt-get update", install + list(names)}
	if !r.hasLists() {
		commands = append(commands, "rm -rf "+aptLists+"/*")
	}
	return commands
}

// hasLists tells whether the base comes with lists of packages, which then stay.
func (r *reading) hasLists() (has bool) {
	r.base.Walk(func(n *validate.Node) {
		if n.Kind == validate.Regular && n.Size > 0 && path.Dir(n.Path()) == aptLists {
			has = true
		}
	})
	return has
}

// packageName is the package that a word of a command names, like vim=9.1 or vim/stable.
func packageName(word string) string {
	name, _, _ := strings.Cut(word, "=")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// versions are names as apt-get takes them, with the versions that are wanted.
func (r *reading) versions(a *apt, names []string) (list []string) {
	for _, name := range names {
		full := name
		if r.in.Pin {
			full = name + "=" + a.after[name].version
		} else {
			for _, t := range r.typed {
				if i := slices.IndexFunc(t.words, func(w string) bool { return w != name && packageName(w) == name && !strings.HasPrefix(w, "-") }); i > 0 && t.is(aptPrograms(), "install") {
					full = t.words[i]
				}
			}
		}
		list = append(list, full)
	}
	return list
}

// claimDebs takes what is known of packages to be by them, where nothing was built that tells.
func (r *reading) claimDebs(ctx context.Context, a *apt) error {
	if len(a.asked)+len(a.along)+len(a.changed)+len(a.removed)+len(a.purged) == 0 {
		return nil
	}
	owned, err := r.owned(ctx)
	if err != nil {
		return err
	}
	for name := range r.changes {
		if owned[name] || under(name, dpkgDir) || name == aptStates || name == "/etc/ld.so.cache" {
			r.explained(name)
		}
	}
	return nil
}
