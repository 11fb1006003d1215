package cachemounts

import (
	"path"
	"slices"
	"strings"
)

// matches tells whether the shell may put a mount of a manager, or what is in it, in the
// place of a wildcard, from wherever the RUN is.
func (j *job) matches(u *use) bool {
	dirs := j.workdirs()
	if slices.ContainsFunc(dirs, func(d string) bool { return within(d, "/proc") || within(d, "/sys") }) {
		return true // they tell of mounts
	}
	lookup := func(name string) (string, bool) {
		if j.script.Assigns(name) {
			return "", false
		}
		return j.state.Lookup(name)
	}
	for _, w := range j.script.Globs() {
		pattern, known := w.Pattern(lookup)
		for _, t := range u.targets {
			if j.shows(pattern, known, t.at, dirs) {
				return true
			}
		}
	}
	return false
}

// shows tells whether a pattern can be a mount, or something in it. What is above was there
// before, save for what is made for the mount.
func (j *job) shows(pattern string, known bool, at string, dirs []string) bool {
	if !known { // it may start anywhere, so that its last name counts
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
	ok, err := path.Match(braces.ReplaceAllString(pattern, "*"), name)
	return ok || err != nil
}
