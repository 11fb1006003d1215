package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// leadBy puts options behind the name of the program.
func leadBy(options string) func(*job, *use) bool {
	return func(j *job, u *use) bool {
		for _, c := range u.commands {
			u.append(c, options)
		}
		return true
	}
}

func (u *use) edit(do func(*shell.Editor)) { u.edits = append(u.edits, do) }

// append puts options behind the name of a program.
func (u *use) append(c *shell.Command, options string) {
	u.edit(func(e *shell.Editor) { e.Append(c, options) })
}

func (u *use) replace(w shell.Word, text string) {
	u.edit(func(e *shell.Editor) { e.Replace(w, text) })
}

// aptLetters are options of one letter, together, that keep packages for later (-d) or read
// a file of settings (-c).
var aptLetters = late.Regexp(`^-[A-Za-z]*[cd][A-Za-z]*$`)

// leadApt has apt keep its packages in our directory. The images of Debian and Ubuntu have
// a hook in apt.conf.d/docker-clean that empties /var/cache/apt; it knows nothing of ours.
func leadApt(j *job, u *use) bool {
	for _, c := range u.commands {
		if slices.ContainsFunc(c.Args, func(w shell.Word) bool { return aptLetters().MatchString(w.Text) }) {
			return false
		}
		text := " -o Dir::Cache=" + ownDir + "apt -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
		if c.Name == "apt" { // which does not keep them otherwise, see apt(8)
			text += " -o APT::Keep-Downloaded-Packages=true"
		}
		u.append(c, text)
	}
	return true
}

// apkLetters and dnfLetters are letters, together, of another root (-p) and of simulations (-s),
// and of another configuration (-c) and no network (-C).
var (
	apkLetters = late.Regexp(`^-[fhqvUiVul]*[ps]`)
	dnfLetters = late.Regexp(`^-[46bhqvy]*[cC]`)
)

// leadApk has apk use our directory, with a new index. Where a command without a cache
// leaves an index in the image for later RUNs, it is left alone.
func leadApk(j *job, u *use) bool {
	if j.base == "" || j.distro.Family != distro.Alpine || j.distro.Source == distro.Commands {
		return false // whether it has the /etc/apk that its cache starts from
	}
	updated := false
	for _, c := range j.script.Commands {
		if c.Name == "apk" && c.Has("update") && !c.Has("--no-cache") {
			updated = true
		}
		if !slices.Contains(u.commands, c) {
			continue
		}
		if hasWord(c, apkLetters().MatchString) {
			return false
		}
		at := slices.IndexFunc(c.Args, func(w shell.Word) bool { return w.Text == "--no-cache" })
		switch {
		case at >= 0:
			u.replace(c.Args[at], "--update-cache")
		case updated && !c.Has("-U", "--update", "--update-cache"):
			u.append(c, " --update-cache")
		default:
			return false
		}
		u.append(c, " --cache-dir="+ownDir+"apk")
	}
	return true
}

// leadDnf has dnf keep its packages in our directory, and look at its repositories again.
// DNF 5 has a directory of its own for root.
func leadDnf(j *job, u *use) bool {
	if j.distro.Manager != "dnf" || j.distro.Release == "" || slices.ContainsFunc(u.commands, func(c *shell.Command) bool { return hasWord(c, dnfLetters().MatchString) }) { // yum of its own has no --refresh
		return false
	}
	text := " --setopt=cachedir=" + ownDir + "dnf --setopt=keepcache=1 --refresh"
	if j.distro.ID == "fedora" && len(j.distro.Release) == 2 && j.distro.Release >= "41" {
		text = " --setopt=system_cachedir=" + ownDir + "dnf" + text
	}
	return leadBy(text)(j, u)
}

// leadPip puts our directory in the place of --no-cache-dir. A pip that has its cache keeps
// that in the image, built wheels included, which a later one may install: it is left alone.
func leadPip(j *job, u *use) bool {
	option := "--cache-dir=" + ownDir + "pip"
	if j.buildsTwice(u) {
		return false
	}
	for _, c := range u.commands {
		at, _ := pipAt(c)
		off := slices.IndexFunc(c.Args, isPipOff)
		switch {
		case off >= 0:
			u.replace(c.Args[off], option)
			if slices.ContainsFunc(c.Args[off+1:], isPipOff) {
				return false
			}
		case j.pipOff(c):
			u.replace(c.Args[at], c.Args[at].Text+" "+option)
		default:
			return false
		}
	}
	return true
}

var loops = late.Regexp(`\b(for|while|until|xargs|parallel)\b`)

// pipAgain are options of pip, in full or short of their ends, by which it installs what is there
// already, puts it elsewhere, or builds it otherwise.
var pipAgain = late.Regexp(`^(--(fo|ig|ta|root$|root=|pref|conf|gl|bu|no-build)|-[a-zA-Z]*[ItC])`)

// buildsTwice tells whether a RUN may build a wheel that it has built already, in another
// environment: without a cache it would, with one it would take the first.
func (j *job) buildsTwice(u *use) bool {
	if len(u.commands) == 1 && !loops().MatchString(j.script.Text) {
		return false
	}
	again := func(name string) bool { _, set, _ := j.state.Var(name); return set }
	if slices.ContainsFunc(strings.Fields("PIP_FORCE_REINSTALL PIP_IGNORE_INSTALLED PIP_TARGET PIP_ROOT PIP_PREFIX"), again) {
		return true
	}
	if len(j.script.Sets) > 0 || slices.ContainsFunc(j.script.Commands, pip("uninstall")) {
		return true
	}
	for _, c := range u.commands {
		if c.Prog.Text != u.commands[0].Prog.Text || strings.Contains(c.Prog.Text, "/") && !path.IsAbs(c.Prog.Text) || len(c.Env) > 0 || !pip("install")(c) || hasWord(c, pipAgain().MatchString) {
			return true
		}
	}
	return false
}

func isPipOff(w shell.Word) bool { return w.Text == "--no-cache-dir" || w.Text == "--no-cache" }

// pipOff tells whether PIP_NO_CACHE_DIR surely is a truth for a command, by the words of
// pip's strtobool.
func (j *job) pipOff(c *shell.Command) bool {
	value, known := j.value(c, "PIP_NO_CACHE_DIR")
	return known && slices.Contains([]string{"1", "true", "yes", "on", "y", "t"}, strings.ToLower(value))
}

// leadGoBuild gives the go command a cache where no C is compiled.
func leadGoBuild(j *job, u *use) bool {
	if slices.ContainsFunc(j.script.Find("go"), asksForCache) {
		return false
	}
	for _, c := range u.commands {
		if value, known := j.value(c, "CGO_ENABLED"); !known || value != "0" {
			return false
		}
		u.edit(func(e *shell.Editor) { e.Prefix(c, "GOCACHE="+ownDir+"go-build") })
	}
	return true
}

// asksForCache tells a go command whose answer names the build cache, or files in it.
func asksForCache(c *shell.Command) bool {
	switch subcommand(c) {
	case "env":
		names := c.Operands()[1:]
		return len(names) == 0 || slices.ContainsFunc(names, func(w shell.Word) bool { return !w.Known || w.Text == "GOCACHE" })
	case "list":
		return hasWord(c, func(text string) bool {
			return strings.Contains(text, "-export") || strings.Contains(text, "-compiled") || strings.Contains(text, "-json")
		})
	}
	return false
}

// value is what a variable surely has for a command: what is assigned somewhere in the
// script may count or not.
func (j *job) value(c *shell.Command, name string) (string, bool) {
	value, known := j.state.Lookup(name)
	for _, v := range c.Env {
		if v.Name == name {
			value, known = v.Value.Text, v.Value.Known
		}
	}
	for _, v := range j.script.Sets {
		if v.Name == name && !c.Sets(name) {
			known = known && v.Value.Known && v.Value.Text == value
		}
	}
	return value, known
}
