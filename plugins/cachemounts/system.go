package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins/distro"
	"github.com/seed-e0495807/strake/plugins/shell"
)

var aptInstalls = []string{"install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "reinstall", "satisfy"}

// isApt makes a test for apt-get or apt with a sub-command.
func isApt(subs ...string) func(*shell.Command) bool { return sub([]string{"apt-get", "apt"}, subs...) }

// aptDir is where apt is told to keep what it downloads. The images of Debian and Ubuntu
// have a hook in apt.conf.d/docker-clean that empties /var/cache/apt after every
// installation; it knows nothing of this directory, and so can stay as it is.
const (
	aptDir   = ownDir + "apt"
	aptLists = "/var/lib/apt/lists"
)

// aptPlaces are the packages, and the lists of packages when a RUN makes them and
// removes them. Otherwise those are part of the image, for later RUNs to install from.
func aptPlaces(j *job, u *use) []target {
	if j.conflict(u, aptDir) || !j.canEdit(u) || j.wantsPackages(u) {
		return nil
	}
	list := []target{{aptDir, ""}}
	if j.ownLists(u) && !j.conflict(u, aptLists) && !j.hasMount(aptLists) {
		list = append(list, target{aptLists, "-lists"})
	}
	if j.hasMount("/var/cache/apt") {
		return []target{{"/var/cache/apt", ""}}
	}
	return list
}

// wantsPackages tells whether a RUN does something of its own with the packages: they
// have to be where it looks for them.
func (j *job) wantsPackages(u *use) bool {
	for _, c := range u.commands {
		if c.Has("-d", "-dy", "-yd", "--download-only") {
			return true
		}
	}
	return slices.ContainsFunc(j.script.Commands, func(c *shell.Command) bool {
		return c.Name != "rm" && slices.ContainsFunc(c.Args, func(w shell.Word) bool { return strings.Contains(w.Text, "/var/cache/apt") })
	})
}

// ownLists tells whether a RUN gets the lists before it installs, and removes them when
// it has.
func (j *job) ownLists(u *use) bool {
	updated, last, removed := false, -1, -1
	for i, c := range j.script.Commands {
		switch {
		case isApt("update")(c) && !c.Nested:
			updated = true
			last = i
		case slices.Contains(u.commands, c):
			if !updated {
				return false
			}
			last = i
		case c.Name == "rm" && c.CanRemove() && slices.ContainsFunc(c.Operands(), isLists):
			removed = i
		}
	}
	return removed > last && !j.leftBefore(isApt("update"), isLists)
}

// isLists tells a word that is all lists.
func isLists(w shell.Word) bool {
	text := strings.TrimSuffix(strings.TrimSuffix(w.Text, "*"), "/")
	return w.Known && text == aptLists
}

// leftBefore tells whether an earlier RUN of the stages below has run a command without
// removing what it made: a removal here is of that, too.
func (j *job) leftBefore(makes func(*shell.Command) bool, removed func(shell.Word) bool) bool {
	for i, s := range j.pass.stages {
		if !j.descends(j.index, i) {
			continue
		}
		for k, script := range s.scripts {
			if script == nil || i == j.index && k >= j.op {
				continue
			}
			made, gone := -1, -1
			for n, c := range script.Commands {
				if makes(c) {
					made = n
				}
				if c.Name == "rm" && slices.ContainsFunc(c.Operands(), removed) {
					gone = n
				}
			}
			if run := j.call.Module.Stages[i].Ops[k].Body.(*ir.Run); made > gone && !mountsAt(run, aptLists) && !mountsAt(run, apkCache) {
				return true
			}
		}
	}
	return false
}

func mountsAt(run *ir.Run, dir string) bool {
	j := &job{run: run}
	return j.hasMount(dir)
}

// adjustApt tells apt where its packages are.
func adjustApt(j *job, u *use) bool {
	for _, c := range j.script.Find("apt-get", "apt") {
		if c.Nested || len(c.Args) == 0 || slices.ContainsFunc(u.clean, func(x *shell.Command) bool { return x == c }) {
			continue
		}
		text := " -o Dir::Cache=" + aptDir
		if c.Name == "apt" {
			text += " -o APT::Keep-Downloaded-Packages=true"
		}
		j.editor.Append(c, text)
	}
	j.note("apt has them in " + aptDir + ", which no hook of the base image empties")
	return true
}

// apkCache is where apk keeps packages as soon as it is there. Without it, apk has only
// indexes, in apkIndexes.
const (
	apkCache   = "/etc/apk/cache"
	apkIndexes = "/var/cache/apk"
)

// apkPlaces is the cache. With it nothing comes to the indexes that would have to be
// removed, save for what an earlier RUN has left.
func apkPlaces(j *job, u *use) []target {
	if j.conflict(u, apkCache) {
		return nil
	}
	if !j.leftBefore(leavesIndexes, isIndexes) {
		u.stale = []string{apkIndexes + "/*"}
	}
	return []target{{apkCache, ""}}
}

func leavesIndexes(c *shell.Command) bool {
	return sub([]string{"apk"}, "update", "add", "upgrade")(c) && !c.Has("--no-cache")
}

func isIndexes(w shell.Word) bool {
	return strings.TrimSuffix(strings.TrimSuffix(w.Lit(), "*"), "/") == apkIndexes
}

// isApkClean tells what empties the cache that is mounted.
func isApkClean(c *shell.Command) bool { return c.Name == "apk" && c.Has("cache") && c.Has("clean") }

// adjustApk has apk use its cache. A package index must not be older than without it, so
// a RUN is left alone that does not get a new one, or that leaves one for others.
func adjustApk(j *job, u *use) bool {
	updated, leaves := false, false
	var options []shell.Word
	for _, c := range j.script.Commands {
		switch {
		case c.Name == "apk" && c.Has("update") && !slices.Contains(u.commands, c):
			updated, leaves = true, leaves || !c.Has("--no-cache")
		case slices.Contains(u.commands, c):
			if c.Has("--no-cache") && c.Nested {
				return false
			}
			fresh := c.Has("--no-cache", "-U", "--update", "--update-cache")
			if !fresh && !updated {
				return false
			}
			leaves = leaves || !c.Has("--no-cache")
			updated = true
			for _, w := range c.Args {
				if w.Text == "--no-cache" {
					options = append(options, w)
				}
			}
		case c.Name == "rm" && slices.ContainsFunc(c.Operands(), isIndexes):
			leaves = false
		}
	}
	if leaves && j.staleLater() || len(options) > 0 && j.config.CleanUp == "keep" {
		return false
	}
	for _, w := range options {
		j.editor.Replace(w, "--update-cache")
	}
	return true
}

// staleLater tells whether a later RUN installs with the index that this one leaves.
func (j *job) staleLater() bool {
	for i, s := range j.pass.stages {
		if !j.descends(i, j.index) {
			continue
		}
		for k, script := range s.scripts {
			if script == nil || i == j.index && k <= j.op {
				continue
			}
			fresh := false
			for _, c := range script.Find("apk") {
				fresh = fresh || c.Has("update", "--no-cache", "-U", "--update", "--update-cache")
				if c.Has("add", "upgrade") && !fresh {
					return true
				}
			}
		}
	}
	return false
}

var (
	dnfPrograms = []string{"dnf", "dnf5", "yum", "microdnf"}
	dnfInstalls = []string{"install", "update", "upgrade", "groupinstall", "group", "groups", "localinstall", "builddep", "reinstall", "downgrade",
		"swap", "distro-sync", "makecache", "module"}
)

// dnfPlaces are the directory of each program, which depends on the release: yum has
// been dnf since RHEL 8, and dnf is dnf5 since Fedora 41.
func dnfPlaces(j *job, u *use) []target {
	var list []target
	for _, c := range u.commands {
		t := target{"/var/cache/dnf", ""}
		d := j.distro
		switch {
		case c.Name == "microdnf", c.Name == "yum" && d.Manager == "yum":
			t = target{"/var/cache/yum", "-yum"}
		case d.Release == "" || d.Family != distro.RedHat:
			return nil
		case c.Name == "dnf5", d.ID == "fedora" && len(d.Release) == 2 && d.Release >= "41":
			t = target{"/var/cache/libdnf5", "-dnf5"}
		}
		if j.conflict(u, t.dir) {
			return nil
		}
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// adjustDnf has dnf keep the packages that it installs. microdnf cannot in all releases,
// and keeps its metadata only.
func adjustDnf(j *job, u *use) bool {
	if !j.canEdit(u) {
		return false
	}
	for _, c := range u.commands {
		if c.Name != "microdnf" {
			j.editor.Append(c, " --setopt=keepcache=1")
		}
	}
	return true
}
