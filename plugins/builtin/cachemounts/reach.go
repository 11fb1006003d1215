package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// mountTables are names of files that tell of mounts.
var mountTables = late.Regexp(`\bmount(info|stats)\b|/mounts\b|\bmtab\b`)

// globsRoot tells whether a word of a script can name /dev or /proc, or what is in them, by a
// wildcard. Most scripts have a slash and a wildcard somewhere, so that this is no expression.
func globsRoot(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '/' || i > 0 && !strings.ContainsRune(" \t\n\f\r\"'=(", rune(text[i-1])) {
			continue
		}
		rest := strings.TrimLeft(text[i:], "/")
		i = len(text) - len(rest) - 1
		for _, dir := range []string{"dev", "proc"} {
			n := 0
			for n < len(dir) && n < len(rest) && rest[n] == dir[n] {
				n++
			}
			if n < len(rest) && strings.IndexByte("*?[{", rest[n]) >= 0 {
				return true
			}
		}
	}
	return false
}

// special are names in /dev and /proc, and plainSpecial those that tell nothing of a mount.
// Others, like /proc/self/root/dev or /dev/fd/3, may lead anywhere.
var (
	special      = late.Regexp(`(?:^|[^\w.})\]*?$-])/+((?:dev|proc)(?:/[^\s"';|&)(<>,:]*)?)($|[^\w.-])`)
	plainSpecial = late.Regexp(`^(dev/+(null|zero|full|u?random|tty|stdin|stdout|stderr|console)|proc/+(cpuinfo|meminfo|version|loadavg|filesystems|sys/[\w/-]+|(self|1)/fd/[012]))$`)
)

// speaksOfMounts tells whether a script names /dev or /proc, or something there that may tell
// of mounts.
func speaksOfMounts(text string) bool {
	if globsRoot(text) || mountTables().MatchString(text) {
		return true
	}
	return slices.ContainsFunc(special().FindAllStringSubmatch(text, -1), func(m []string) bool { return !plainSpecial().MatchString(m[1]) })
}

// seen tells whether a command of the RUN may see the mounts of a manager, or miss what
// would be in the directory of its own. What is not known may.
func (j *job) seen(u *use) bool {
	places, ok := j.places(u)
	if !ok || j.aboutMounts.ask(func() bool { return speaksOfMounts(j.script.Text) }) || j.matches(places) {
		return true
	}
	captured := j.script.Captured()
	for _, c := range j.script.Commands {
		own := slices.Contains(u.commands, c)
		switch k := j.kindOf(c); {
		case u.keeps != nil && slices.Contains(u.keeps.also, c.Name) && !isQuestion(c):
			return true
		case k == unknown && j.config.Unknown != "mount":
			return true
		case own && captured[c]:
			return true // it tells where its cache is, and what it downloads
		case !own && u.led() && j.asks(c, u, captured[c]):
			return true
		case own:
			if j.speaksOfOwn(c, u) || u.led() && u.traced(c) {
				return true
			}
		case k == walker && j.walksInto(c, u, places), j.speaks(c, u, k):
			return true
		}
	}
	return false
}

// walksInto tells whether a walker may come to a directory of a manager.
func (j *job) walksInto(c *shell.Command, u *use, places []string) bool {
	words, sure := effects.Trees(c)
	over := func(dir string, removal bool) bool {
		if c.Fed() && !removal {
			return true
		}
		return slices.ContainsFunc(words, func(w shell.Word) bool { return j.reaches(w, dir, removal) })
	}
	if !sure {
		return true
	}
	// Nobody can remove or move / or /dev, so that a word that is not known is neither.
	gone := (c.Name == "rm" || c.Name == "mv") && u.led()
	if slices.ContainsFunc(places, func(p string) bool { return over(p, gone) }) {
		return true
	}
	if forced(c) {
		return false
	}
	return slices.ContainsFunc(u.own, func(p string) bool {
		at, ok := j.fromHome(p)
		return !ok || over(at, gone)
	})
}

// forced tells an rm that does not mind when there is nothing.
func forced(c *shell.Command) bool {
	return c.Name == "rm" && (c.Has("--force") || slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		return strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--") && strings.Contains(w.Text, "f")
	}))
}

// speaks tells whether a command speaks of the cache of a manager. That a directory of the
// author's is removed changes nothing where the cache is in another.
func (j *job) speaks(c *shell.Command, u *use, k kind) bool {
	if u.led() && (forced(c) || k == installer) {
		return k == installer && (j.speaksOfOwn(c, u) || u.traced(c)) // like `dpkg -i /var/cache/apt/archives/…`
	}
	if u.traced(c) {
		return true
	}
	if !u.led() && k == installer && j.sameProgram(c, u) && !isQuestion(c) && (c.Name != "go" || hasWord(c, func(text string) bool { return strings.Contains(text, "-modcache") })) {
		return true // like `yarn cache clean`
	}
	dirs := u.own
	if !u.led() {
		for _, t := range u.targets {
			dirs = append(dirs[:len(dirs):len(dirs)], t.at)
		}
	}
	for _, p := range dirs {
		at, ok := j.fromHome(p)
		if !ok {
			return true
		}
		for _, w := range slices.Concat(c.Args, c.Writes) {
			if k != changer && j.speaksOf(w, at, !u.led()) {
				return true
			}
		}
	}
	return false
}

// traced tells whether a command names something in a cache of the manager.
func (u *use) traced(c *shell.Command) bool {
	return slices.ContainsFunc(u.traces, func(t string) bool { return strings.Contains(c.Text, t) })
}

// asks tells whether a manager is asked for its own cache, where it is led to another: what is
// in it, or to take from it alone. That it is to be emptied changes nothing, unless what it
// says of that is captured.
func (j *job) asks(c *shell.Command, u *use, captured bool) bool {
	if !j.sameProgram(c, u) {
		return false
	}
	empties := hasWord(c, func(text string) bool { return slices.Contains([]string{"clean", "clear", "purge", "verify"}, text) })
	return subcommand(c) == "cache" && (captured || !empties) ||
		u.keeps != nil && slices.ContainsFunc(c.Args, func(w shell.Word) bool { return isOption(w, u.keeps.offline) })
}

// speaksOfOwn tells whether a word of a command is in the directory that a manager has by itself.
func (j *job) speaksOfOwn(c *shell.Command, u *use) bool {
	within := func(at string) bool {
		return slices.ContainsFunc(c.Args, func(w shell.Word) bool { return j.speaksOf(w, at, false) })
	}
	return slices.ContainsFunc(u.targets, func(t target) bool { return within(t.at) }) || slices.ContainsFunc(u.own, func(p string) bool {
		at, ok := j.fromHome(p)
		return ok && within(at)
	})
}

// sameProgram tells whether a manager is at work in a command that is no use of its cache.
func (j *job) sameProgram(c *shell.Command, u *use) bool {
	return slices.ContainsFunc(u.commands, func(x *shell.Command) bool { return x.Name == c.Name })
}

// speaksOf tells whether a word names a directory, or something in it, or, where the mount
// makes them, a directory that it is in.
func (j *job) speaksOf(w shell.Word, dir string, above bool) bool {
	text, ok := j.text(w)
	if !ok { // up to what is not known, as in /var/cache/apt/archives/x_*.deb
		text = strings.Trim(w.Text[:max(strings.IndexAny(w.Text, "$`*?[{"), 0)], `"'`)
		return path.IsAbs(text) && within(text, dir)
	}
	if text == "" || strings.HasPrefix(text, "-") {
		return false
	}
	return slices.ContainsFunc(j.absolute(text), func(p string) bool {
		return p != "/" && (within(p, dir) || above && within(dir, p))
	})
}

// reaches tells whether a walk from a word may come to a directory. A removal cannot be of
// what is not known.
func (j *job) reaches(w shell.Word, dir string, removal bool) bool {
	text, ok := j.text(w)
	if !ok {
		start := strings.IndexAny(w.Text, "$`*?[{")
		prefix := strings.Trim(w.Text[:max(start, 0)], `"'`)
		if !path.IsAbs(prefix) || strings.LastIndexByte(prefix, '/') == 0 {
			return !removal
		}
		text = prefix[:strings.LastIndexByte(prefix, '/')]
		return within(text, dir) || within(dir, text) // "/opt/$X" is below /opt
	}
	return slices.ContainsFunc(j.absolute(text), func(p string) bool { return onOneWay(p, dir) })
}

var braces = late.Regexp(`\{[^/]*\}`)

// unbraced is a pattern for all that braces stand for.
func unbraced(pattern string) string {
	if !strings.Contains(pattern, "{") {
		return pattern
	}
	return braces().ReplaceAllString(pattern, "*")
}

// onOneWay tells whether a path, which may have wildcards, can be a directory, above it or
// in it.
func onOneWay(pattern, dir string) bool {
	names := strings.Split(strings.Trim(dir, "/"), "/")
	for i, part := range strings.Split(strings.Trim(pattern, "/"), "/") {
		if i == len(names) || part == "" {
			return true
		}
		if ok, err := path.Match(unbraced(part), names[i]); !ok && err == nil {
			return false
		}
	}
	return true
}
