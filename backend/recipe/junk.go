package recipe

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/late"
)

// trash is what no image needs: patterns as of .dockerignore, and why they are left out.
type trash struct {
	why      string
	patterns []string
	kept     []string // files that match, and are none
}

func trashes() []trash {
	return []trash{
		{"history of a shell or a program", []string{
			"**/.bash_history", "**/.ash_history", "**/.sh_history", "**/.zsh_history", "**/.histfile", "**/.python_history", "**/.node_repl_history",
			"**/.psql_history", "**/.mysql_history", "**/.sqlite_history", "**/.irb_history", "**/.rediscli_history", "**/.lesshst", "**/.viminfo",
			"**/.wget-hsts", "**/.local/share/fish/fish_history", "**/.sudo_as_admin_successful", "**/.motd_shown",
		}, nil},
		{"lists of packages, which are fetched anew", []string{"var/lib/apt/lists/**", "var/cache/apk/**", "var/lib/apk/**", "etc/apk/cache/**"}, nil},
		{"cache of a package manager", []string{
			"var/cache/apt/**", "var/cache/dnf/**", "var/cache/yum/**", "var/cache/libdnf5/**", "var/lib/dnf/repos/**", "var/cache/zypp/**", "var/cache/pacman/**", "**/.npm",
			"**/.cache", "**/.bundle/cache/**", "**/.gem/specs/**", "**/.yarn/cache/**", "usr/local/share/.cache/**",
			"**/.composer/cache/**", "**/.cargo/registry/cache/**", "**/go/pkg/mod/cache/**", "usr/local/lib/ruby/gems/*/cache/**", "var/lib/gems/*/cache/**", "var/cache/debconf/**", "var/cache/ldconfig/**", "var/cache/man/**",
		}, nil},
		{"copy that a program made before it changed a file", []string{
			"etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-", "var/lib/dpkg/*-old", "var/lib/aspell/*.old",
			"var/backups/**", "lib/apk/db/*.old", "etc/.pwd.lock", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock",
			"lib/apk/db/lock", "lib/apk/db/triggers", "var/lib/apt/daily_lock",
		}, []string{"lib/apk/db/triggers"}},
		{"log", []string{"var/log/**", "**/npm-debug.log", "**/yarn-error.log", "**/nohup.out", "**/gem_make.out", "**/mkmf.log"}, nil},
		{"temporary file", []string{"tmp/**", "var/tmp/**", "run/**", "var/run/**", "var/lib/dhcp/*.leases"}, nil},
		{"file of an editor", []string{"**/.*.sw?", "**/*~", "**/#*#", "**/.#*", "**/.vscode-server", "**/.DS_Store", "**/.nano/**"}, nil},
		{"bytecode, which Python makes anew", []string{"**/__pycache__"}, nil},
		{"made by the runtime for each container", []string{"etc/resolv.conf", "etc/hostname", "etc/hosts", "etc/mtab", ".dockerenv", "dev/**", "proc/**", "sys/**"}, nil},
		{"number of a machine, which each has of its own", []string{"etc/machine-id", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed"}, nil},
	}
}

// MountPoints are the directories that a runtime makes in front of each RUN, to mount on. No RUN can remove
// them, so that an image which has none cannot be built by RUNs.
func MountPoints() []string { return []string{"/dev", "/proc", "/sys"} }

// junk leaves out what no image needs.
func junk(_ context.Context, r *reading) error {
	for _, t := range trashes() {
		for _, p := range t.patterns {
			m, err := patternmatcher.New([]string{p})
			if err != nil {
				return err
			}
			names := r.paths(func(c *change) bool {
				name := strings.TrimPrefix(c.path, "/")
				ok, err := m.MatchesOrParentMatches(name)
				return ok && err == nil && !r.directory(c)
			})
			if len(names) > 0 {
				r.leave("/"+p, t.why, false, names...)
			}
		}
	}
	if c := r.changes[aptStates]; c != nil && c.before == nil && c.after.Size == 0 { // apt writes it on the way to its next one
		r.leave(aptStates, "list of apt that has nothing", false, aptStates)
	}
	return nil
}

// number is the host name that a container has when nobody gives it one: the first digits of its id.
var number = late.Regexp(`\b[0-9a-f]{12}\b`)

// builders are the host names that a package finds in a RUN of BuildKit: its own, and what its
// /etc/hosts says first.
func builders() []string { return []string{"buildkitsandbox", "localhost"} }

// hostNames leaves out what differs only by the host name that a package found when it was installed.
func hostNames(_ context.Context, r *reading) error {
	for _, name := range r.paths(func(c *change) bool { return c.before != nil && c.content() }) {
		c := r.changes[name]
		built, ok := r.text(c.before)
		text, known := r.text(c.after)
		if !ok || !known || !renamed(built, text) {
			continue
		}
		if c.after.Mode != c.before.Mode || c.after.UID != c.before.UID || c.after.GID != c.before.GID {
			continue
		}
		r.leave(name, "it has the host name of the container, which each has of its own", false, name)
	}
	return nil
}

// renamed tells whether a text is one of a build but for the host name.
func renamed(built, text string) bool {
	host := number().FindString(text)
	return host != "" && slices.ContainsFunc(builders(), func(name string) bool { return strings.ReplaceAll(text, host, name) == built })
}

// matches tells whether a pattern of what is left out fits a path.
func matches(pattern, name string) bool {
	if pattern == name {
		return true
	}
	m, err := patternmatcher.New([]string{strings.TrimPrefix(pattern, "/")})
	if err != nil {
		return false
	}
	ok, err := m.MatchesOrParentMatches(strings.TrimPrefix(name, "/"))
	return ok && err == nil
}

// directory tells whether a change is of a directory that was there, which is more than junk.
func (r *reading) directory(c *change) bool {
	return c.before != nil && c.before.Kind == validate.Directory && c.after != nil && c.after.Kind == validate.Directory
}

// under tells whether a path is a directory or below it.
func under(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// base is the last part of a path.
func base(name string) string { return path.Base(name) }
