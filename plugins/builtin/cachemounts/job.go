package cachemounts

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// job is one RUN.
type job struct {
	*stage
	*reader
	op          int
	run         *ir.Run
	editor      *shell.Editor
	uses        []*use
	body        *ir.Run // what becomes of the RUN
	mounts      []ir.Mount
	names       []string
	dropped     []string // patterns of what the image lacks then
	hooks       answer   // see hooked
	aboutMounts answer   // see speaksOfMounts
	made        []link   // see links
}

// use is a package manager in a RUN.
type use struct {
	*manager
	commands []*shell.Command
	targets  []target
	edits    []func(*shell.Editor)
	mounted  bool // the author has mounted its cache
	refused  bool
}

// target is a directory to mount.
type target struct {
	dir
	at string // an absolute path
}

// why is the reason for people, and for who compares the images.
func (j *job) why() string {
	why := "keeps the downloads of " + strings.Join(j.names, ", ") + " from build to build"
	if len(j.dropped) > 0 {
		slices.Sort(j.dropped)
		why += ", " + explain.Drops(slices.Compact(j.dropped))
	}
	return why
}

// find looks for package managers.
func (j *job) find() {
	for i := range managers {
		m := &managers[i]
		if !j.config.wants(m.config) {
			continue
		}
		var commands []*shell.Command
		for _, c := range j.script.Commands {
			if m.uses(c) {
				commands = append(commands, c)
			}
		}
		if len(commands) > 0 {
			u := &use{manager: m, commands: commands}
			u.refused = !j.locate(u)
			j.uses = append(j.uses, u)
		}
	}
}

// locate finds the directories of a manager's caches, and tells whether they can be
// mounted.
func (j *job) locate(u *use) bool {
	for _, d := range u.dirs {
		if at, ok := j.place(d); ok {
			u.targets = append(u.targets, target{d, at})
			u.mounted = u.mounted || j.hasMount(at)
		}
	}
	return len(u.targets) == len(u.dirs) && !j.ownMount(u) && j.mayUse(u) && !j.hooked() && !j.gitHooked() && !j.moves(u) && !j.seen(u)
}

// place is where a directory is. It is false when that is not known.
func (j *job) place(d dir) (string, bool) {
	if d.variable != "" {
		if value, set, known := j.state.Var(d.variable); set {
			return path.Join(value, d.below), known && path.IsAbs(value)
		}
	}
	if d.path == "" {
		return "", false
	}
	return j.fromHome(d.path)
}

// fromHome puts HOME in the place of a tilde.
func (j *job) fromHome(p string) (string, bool) {
	if p[0] != '~' {
		return p, true
	}
	home, ok := j.state.Lookup("HOME")
	return path.Join(home, p[1:]), ok && path.IsAbs(home)
}

// mayUse tells whether the user in force is one that the caches can be mounted for: root,
// or for a directory of ours one whose numbers are known.
func (j *job) mayUse(u *use) bool {
	for _, c := range u.commands {
		if c.User != "" && (!u.system || c.User != "root") {
			return false
		}
	}
	switch {
	case u.system:
		return j.state.Root() || !j.state.UserKnown || u.commands[0].User == "root"
	case !u.led():
		return j.state.Root()
	}
	_, ok := j.state.Account()
	return ok
}

// led tells whether commands are led to directories of ours.
func (m *manager) led() bool { return strings.HasPrefix(m.dirs[0].path, ownDir) }

// ownMount tells whether the author has mounted something at, over or below a directory of
// a manager, or may have.
func (j *job) ownMount(u *use) bool {
	if u.mounted {
		return true
	}
	for _, m := range j.run.Mounts {
		if kind, _ := m.Option("type"); kind == "secret" || kind == "ssh" {
			continue // files
		}
		if _, ok := j.mountPoint(m); !ok {
			return true
		}
	}
	own := u.own
	if u.name == "apt" {
		own = []string{"/var/cache/apt", "/var/lib/apt"}
	}
	return slices.ContainsFunc(own, func(p string) bool {
		at, ok := j.fromHome(p)
		return len(j.run.Mounts) > 0 && (!ok || j.hasMount(at))
	})
}

// mountPoint is where a mount is. It is false when that is not known.
func (j *job) mountPoint(m ir.Mount) (string, bool) {
	at, ok := m.Option("target")
	at, known := j.state.Expand(at, j.call.Module.Escape)
	if !path.IsAbs(at) {
		known = known && j.state.Workdir != ""
		at = path.Join(j.state.Workdir, at)
	}
	return path.Clean(at), ok && known
}

// hasMount tells whether the author has mounted a directory, or one that it is in or
// that is in it.
func (j *job) hasMount(dir string) bool {
	return slices.ContainsFunc(j.run.Mounts, func(m ir.Mount) bool {
		at, ok := j.mountPoint(m)
		return ok && (within(at, dir) || within(dir, at))
	})
}

// within tells whether a path is a directory or below it.
func within(p, dir string) bool {
	p, dir = path.Clean(p), path.Clean(dir)
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// apply makes the changes of a manager.
func (j *job) apply(u *use) {
	if u.refused || u.native && j.release == "" {
		return
	}
	nested := slices.ContainsFunc(u.commands, func(c *shell.Command) bool { return c.Nested })
	if u.lead != nil {
		if nested || !u.lead(j, u) {
			return
		}
		for _, edit := range u.edits {
			edit(j.editor)
		}
	}
	for _, t := range u.targets {
		j.mounts = append(j.mounts, j.mount(u, t))
	}
	j.dropped = append(j.dropped, j.drops(u)...)
	if !slices.Contains(j.names, u.config) {
		j.names = append(j.names, u.config)
	}
}

// mount writes a --mount.
func (j *job) mount(u *use, t target) ir.Mount {
	if t.scratch {
		return ir.Mount{option("type", "tmpfs"), option("target", t.at)}
	}
	id := j.config.IDPrefix + "-" + u.name + t.id
	if u.native {
		id += "-" + j.release
	}
	m := ir.Mount{option("type", "cache"), option("id", id), option("target", t.at)}
	if u.name == "apk" { // BuildKit has a cache of its own for each image and platform that one starts from
		m = append(m, option("from", j.base), option("source", "/etc/apk"))
	}
	if u.locked {
		m = append(m, option("sharing", "locked"))
	}
	if a, _ := j.state.Account(); !u.system && !j.state.Root() {
		m = append(m, option("uid", fmt.Sprint(a.UID)), option("gid", fmt.Sprint(a.GID)))
	}
	return m
}

func option(key, value string) ir.MountOption {
	return ir.MountOption{Key: key, Value: value, HasValue: true}
}

// finish makes the body.
func (j *job) finish() {
	if len(j.mounts) == 0 {
		return
	}
	body, err := j.editor.Run()
	if err != nil {
		j.mounts = nil // a script that is in no text cannot be changed
		return
	}
	body.Mounts = append(slices.Clone(body.Mounts), j.mounts...)
	j.body = body
}
