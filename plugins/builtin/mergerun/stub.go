package mergerun

import (
	"path"
	"slices"

	"github.com/seed-e0495807/strake/ir"
)

// A mount is put on a directory, which is made with those above it where they are missing. The
// end of the RUN removes those that were not there at its start and are empty (BuildKit,
// executor/stubs.go), and what a script set of them is gone. So it counts where one RUN ends.

// baseDirs are there before any RUN (Filesystem Hierarchy Standard 3.0; apt, of which it is known by
// its own directories).
var baseDirs = []string{"/bin", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib",
	"/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/local/share", "/usr/share", "/usr/src", "/var", "/var/cache", "/var/cache/apt", "/var/lib", "/var/lib/apt", "/var/log", "/var/run", "/var/tmp"}

// stubs are directories above mounts that may be made for them only. The directory is that of the
// RUN, "" when it is not known.
func stubs(mounts []ir.Mount, dir string) (list []string) {
	for _, m := range mounts {
		targets := []string{"/run/secrets/x", "/run/buildkit/x"} // of secrets and agents, where nothing is said
		for _, o := range m {
			if o.Key == "target" || o.Key == "dst" || o.Key == "destination" {
				targets = []string{path.Join("/", dir, o.Value)}
				if path.IsAbs(o.Value) {
					targets = []string{path.Clean(o.Value)}
				}
			}
		}
		for _, target := range targets {
			for at := path.Dir(target); at != "/" && !slices.Contains(baseDirs, at) && (dir == "" || !under(dir, at)); at = path.Dir(at) {
				list = append(list, at)
			}
		}
	}
	return list
}

func becauseStub() *reason {
	return because("mounts", "a directory above a mount may be there for the mount only, and is removed with it at the end of a RUN")
}
