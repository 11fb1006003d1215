package cachemounts

import (
	"path"
	"slices"
	"strings"
)

// drops are patterns of what the image lacks as a manager has its cache in a mount: where the cache
// is mounted in place, or, of a command that is led, what it would have left in its own directory. A
// directory that may be there for the cache alone has a slash at its end: it goes, and nothing else
// that is in it.
func (j *job) drops(u *use) (list []string) {
	dirs := u.leaves
	if u.lead == nil || !u.led() {
		for _, t := range u.targets {
			dirs = append(slices.Clip(dirs), t.at)
		}
	}
	home, _ := j.state.Lookup("HOME")
	for _, d := range dirs {
		at, known := j.fromHome(d)
		if !known || strings.ContainsAny(strings.TrimSuffix(at, "*"), " \t\n,*?[]!\\") {
			continue // it is no pattern
		}
		if list = append(list, at); strings.HasSuffix(at, "*") {
			continue
		}
		for above := path.Dir(path.Clean(at)); above != path.Clean(home) && !slices.Contains(standing, above); above = path.Dir(above) {
			list = append(list, above+"/")
		}
	}
	return list
}

// standing are directories of every image, above which no cache has any made.
var standing = []string{"/", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/local", "/usr/local/share", "/var", "/var/cache", "/var/cache/apt", "/var/cache/apt/archives"}
