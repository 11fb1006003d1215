package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// matches tells whether the shell may put a mount of a manager, or what is in it, in the
// place of a wildcard, from wherever the RUN is.
func (j *job) matches(places []string) bool {
	dirs := j.cwds()
	if slices.ContainsFunc(dirs, func(d string) bool { return within(d, "/proc") || within(d, "/sys") }) {
		return true // they tell of mounts
	}
	shown := func(pattern string, known bool) bool {
		return slices.ContainsFunc(places, func(at string) bool { return j.shows(pattern, known, at, dirs) })
	}
	for _, c := range j.script.Commands { // wildcards that come out of variables
		for _, w := range c.Args {
			if _, quoted, _ := w.Variable(); w.Known || quoted {
				continue
			}
			if slices.ContainsFunc(slices.Concat(j.variants([]shell.Word{w})...), func(w shell.Word) bool { return w.Known && shown(w.Text, true) }) {
				return true
			}
		}
	}
	for _, w := range j.script.Globs() {
		if shown(w.Pattern(j.lookup)) {
			return true
		}
	}
	return false
}

// shows tells whether a pattern can be a mount, or something in it. What is above was there
// before, save for what is made for the mount.
func (j *job) shows(pattern string, known bool, at string, dirs []string) bool {
	if !known || pattern[0] == '~' || pattern[0] == '{' { // it may start anywhere, so that its last name counts
		name := path.Base(pattern)
		return slices.ContainsFunc(strings.Split(at[1:], "/")[1:], func(part string) bool { return nameMatches(name, part) })
	}
	if path.IsAbs(pattern) {
		dirs = []string{"/"}
	}
	return slices.ContainsFunc(dirs, func(d string) bool {
		full := path.Join(d, pattern)
		return strings.Count(full, "/") > 1 && onOneWay(full, at) && !hides(full, at)
	})
}

// hides tells whether a wildcard of a pattern would have to be a leading dot.
func hides(pattern, at string) bool {
	names := strings.Split(at[1:], "/")
	for i, part := range strings.Split(pattern[1:], "/") {
		if i < len(names) && strings.HasPrefix(names[i], ".") && !strings.HasPrefix(part, ".") && !strings.HasPrefix(part, "{") {
			return true
		}
	}
	return false
}

// nameMatches tells whether a pattern can be a name.
func nameMatches(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") {
		return false
	}
	ok, err := path.Match(unbraced(pattern), name)
	return ok || err != nil
}
