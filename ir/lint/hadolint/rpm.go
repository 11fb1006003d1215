package hadolint

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// manager is a manager of RPM packages, as the rules on it say what they want.
type manager struct {
	names  []string // of its programs
	yes    []string // options by which it asks nothing
	add    string   // the one to add, behind the program
	clean  string   // what empties its caches, behind the program
	caches []string // where they are
	pins   string   // what a package with its version looks like
	pinned func(string) bool
}

func yum() manager {
	return manager{names: []string{"yum"}, yes: []string{"y", "yes", "assumeyes"}, add: "-y", clean: "clean all",
		caches: []string{"/var/cache/yum", "/var/cache/dnf"}, pins: "name-version", pinned: rpmVersion}
}

func dnf() manager {
	m := yum()
	m.names = []string{"dnf", "microdnf", "dnf5", "tdnf"}
	m.caches = []string{"/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/tdnf"}
	return m
}

func zypper() manager {
	return manager{names: []string{"zypper"}, yes: []string{"n", "non-interactive", "y", "no-confirm"}, add: "-n", clean: "clean",
		caches: []string{"/var/cache/zypp"}, pins: "name=version", pinned: zypperVersion}
}

// task reads a command of the manager.
func (m manager) task(s *lint.Script, c *shell.Command) (effects.Task, bool) {
	if !slices.Contains(m.names, c.Name) {
		return effects.Task{}, false
	}
	return s.Task(expanded(s, c))
}

// unattended wants of what the manager asks about that it does not ask.
func (m manager) unattended(s *lint.Script, r *lint.Report) {
	for _, c := range commands(s) {
		t, ok := m.task(s, c)
		asks := t.Action == effects.ToInstall || c.Name == "zypper" && (t.Action == effects.ToUpgrade || t.Action == effects.ToRemove)
		if !ok || !asks || slices.ContainsFunc(t.Given, m.answers) {
			continue
		}
		r.Command(s, c, c.Name+" asks before it goes on, and nobody answers in a build: add "+m.add).
			Fix("add "+m.add, diag.Intent, s.Edit(c.Prog.End, c.Prog.End, " "+m.add)...)
	}
}

func (m manager) answers(o shell.Option) bool {
	return slices.Contains(m.yes, o.Name) || o.Name == "setopt" && (o.Value.Text == "assumeyes=1" || strings.EqualFold(o.Value.Text, "assumeyes=true"))
}

// cleaned wants the caches emptied behind the last use of the manager in a script.
func (m manager) cleaned(s *lint.Script, r *lint.Report) {
	var last *shell.Command
	for _, c := range commands(s) {
		t, ok := m.task(s, c)
		switch {
		case ok && (t.Action == effects.ToInstall || t.Action == effects.ToUpgrade):
			last = c
		case isCleaning(s, c, m.caches):
			last = nil
		}
	}
	if last == nil || cached(s, m.caches...) {
		return
	}
	f := r.Command(s, last, "what "+last.Name+" fetched stays in the layer: run "+last.Name+" "+m.clean+" behind it, in the same RUN")
	before := ""
	switch {
	case slices.Equal(last.Via, []string{"sudo"}):
		before = "sudo "
	case len(last.Via) > 0:
		return
	}
	at := commandEnd(last)
	f.Fix("empty the cache", diag.Intent, s.Edit(at, at, " && "+before+last.Name+" "+m.clean)...)
}

// isCleaning tells whether a command empties the cache of a manager of packages, or removes its
// directory.
func isCleaning(s *lint.Script, c *shell.Command, caches []string) bool {
	switch c.Name {
	case "yum", "dnf", "microdnf", "dnf5", "tdnf", "zypper":
		t, ok := s.Task(expanded(s, c))
		return ok && t.Action == effects.ToClean && !c.Has("expire-cache")
	case "rm":
		return hasOption(c, "r", "R", "recursive") && slices.ContainsFunc(expanded(s, c).Args, func(w shell.Word) bool {
			dir := strings.TrimSuffix(strings.TrimSuffix(w.Text, "*"), "/") + "/"
			return slices.ContainsFunc(caches, func(cache string) bool { return dir != "/" && strings.HasPrefix(cache+"/", dir) })
		})
	}
	return false
}

// versioned wants a version of every package that is installed from a repository.
func (m manager) versioned(s *lint.Script, r *lint.Report) {
	for _, c := range commands(s) {
		t, ok := m.task(s, c)
		if !ok || t.Action != effects.ToInstall || !slices.Contains(namedInstalls, t.Command) || isPattern(t) {
			continue
		}
		var open []string
		module := strings.HasSuffix(t.Command, " install") && !strings.HasPrefix(t.Command, "group")
		for _, w := range t.Packages {
			if w.Known && !w.MayBeOption() && !m.isPinned(w.Text, module) {
				open = append(open, w.Text)
			}
		}
		want := m.pins
		if module {
			want = "name:stream"
		}
		sayUnpinned(s, c, r, open, want)
	}
}

// namedInstalls are the words in front of names of packages.
var namedInstalls = []string{"install", "in", "localinstall", "module install", "module switch-to", "source-install", "si"}

// isPattern tells a task of zypper(8) about what has no version.
func isPattern(t effects.Task) bool {
	return slices.ContainsFunc(t.Given, func(o shell.Option) bool {
		return (o.Name == "t" || o.Name == "type") && o.Value.Text != "package"
	})
}

func (m manager) isPinned(text string, module bool) bool {
	switch {
	case text == "", strings.HasSuffix(text, ".rpm"), strings.Contains(text, "://"), strings.HasPrefix(text, "@"), path.IsAbs(text), strings.HasPrefix(text, "."):
		return true // a file, or a group, which has none
	case module:
		return strings.Contains(text, ":")
	}
	return m.pinned(text)
}

// rpmVersion tells "name-version" and "name-version-release": neither of the two has a dash, and
// the last of them starts with a digit.
func rpmVersion(text string) bool {
	i := strings.LastIndexByte(text, '-')
	if i < 0 || strings.Contains(text, "=") {
		return i >= 0 || strings.Contains(text, "=")
	}
	last := strings.TrimPrefix(text[i+1:], "v")
	return last != "" && last[0] >= '0' && last[0] <= '9'
}

// zypperVersion tells a capability with a comparison.
func zypperVersion(text string) bool {
	return strings.ContainsAny(text, "=<>~") || strings.HasPrefix(text, "pattern:") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "!")
}

// distUpgrade is of a system, not of an image, whose base is upgraded by another FROM.
func distUpgrade(s *lint.Script, r *lint.Report) {
	for _, c := range commands(s) {
		if t, ok := zypper().task(s, c); ok && (t.Command == "dist-upgrade" || t.Command == "dup") {
			r.Command(s, c, "zypper "+t.Command+" makes another distribution of the base image: start from a newer one")
		}
	}
}
