package cachemounts

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins/shell"
)

// job is one RUN.
type job struct {
	*stage
	op       int
	run      *ir.Run
	script   *shell.Script
	state    *shell.State
	editor   *shell.Editor
	uses     []*use
	body     *ir.Run // what becomes of the RUN
	mounts   []ir.Mount
	platform string // the variable that the mounts need
	names    []string
	notes    []string
}

// use is a package manager in a RUN.
type use struct {
	*manager
	commands []*shell.Command
	clean    []*shell.Command
	targets  []target
	stale    []string // more paths that rm has nothing to do with in this RUN
	mounted  bool     // the author has mounted its cache
	refused  bool
}

// target is a directory to mount.
type target struct {
	dir string
	id  string // what tells its cache from others of the manager
}

// why is the reason for people.
func (j *job) why() string {
	text := "keeps the downloads of " + strings.Join(j.names, ", ") + " from build to build"
	for _, n := range j.notes {
		text += "; " + n
	}
	return text
}

// note adds to the reason, once.
func (j *job) note(text string) {
	if !slices.Contains(j.notes, text) {
		j.notes = append(j.notes, text)
	}
}

// find looks for package managers.
func (j *job) find() {
	for i := range managers {
		m := &managers[i]
		if !j.config.wants(m.config) || m.optIn && !j.config.CargoTarget {
			continue
		}
		u := &use{manager: m}
		for _, c := range j.script.Commands {
			switch {
			case m.uses(c):
				u.commands = append(u.commands, c)
			case m.cleans != nil && m.cleans(c):
				u.clean = append(u.clean, c)
			}
		}
		if len(u.commands) == 0 {
			continue
		}
		u.refused = !j.locate(u)
		j.uses = append(j.uses, u)
	}
}

// locate finds the directories of a manager's caches, and tells whether they can be
// mounted.
func (j *job) locate(u *use) bool {
	for _, c := range u.commands {
		if c.Sets(u.vars()...) || slices.ContainsFunc(c.Args, u.leadsAway) {
			return false
		}
	}
	if j.script.Assigns(u.vars()...) || j.script.Assigns("HOME") || !j.mayUse(u) {
		return false
	}
	if u.native && !u.root && !j.baseKnown {
		return false // what is built for one image would be used for another
	}
	if u.places != nil {
		u.targets = u.places(j, u)
	} else {
		for _, c := range u.caches {
			t, ok := j.place(u, c)
			if !ok {
				return false
			}
			u.targets = append(u.targets, t)
		}
	}
	for _, t := range u.targets {
		if j.hasMount(t.dir) {
			u.mounted = true
		}
	}
	return !u.mounted && len(u.targets) > 0
}

// mayUse tells whether the user in force is one that the caches can be mounted for.
func (j *job) mayUse(u *use) bool {
	for _, c := range u.commands {
		if c.User != "" && (!u.root || c.User != "root") {
			return false
		}
	}
	if u.root {
		return j.state.Root() || !j.state.UserKnown || u.commands[0].User == "root"
	}
	_, ok := j.state.Account()
	return ok
}

// place finds the directory of a cache: where a variable in force says, or below HOME.
// For a user other than root, what is deeper is led to a directory of its own, as the
// directories above a mount belong to root while the RUN runs.
func (j *job) place(u *use, c cache) (target, bool) {
	own := target{dir: ownDir + u.name + c.id, id: c.id}
	for _, v := range c.vars {
		value, set, known := j.state.Var(v.name)
		switch {
		case !set:
			continue
		case !known || !path.IsAbs(value):
			return own, false
		}
		return j.orOwn(u, c, path.Join(value, v.below), own)
	}
	dir := c.absolute
	if dir == "" && c.home != "" && j.state.Home() != "" {
		dir = path.Join(j.state.Home(), c.home)
	}
	return j.orOwn(u, c, dir, own)
}

// orOwn takes a directory, or where that cannot be mounted one of the cache's own.
func (j *job) orOwn(u *use, c cache, dir string, own target) (target, bool) {
	if dir != "" && j.hasMount(dir) {
		return target{dir, c.id}, true // to be seen as the author's
	}
	shallow := path.Dir(dir) == path.Clean(j.state.Home())
	if dir != "" && dir != "/" && (j.state.Root() || u.root || shallow) && !j.conflict(u, dir) {
		return target{dir, c.id}, true
	}
	return own, c.redirect != "" && j.canEdit(u) && !j.conflict(u, own.dir)
}

// canEdit tells whether all commands of a manager are in the text.
func (j *job) canEdit(u *use) bool {
	return !slices.ContainsFunc(u.commands, func(c *shell.Command) bool { return c.Nested })
}

// hasMount tells whether the author has mounted a directory, or one that it is in or
// that is in it.
func (j *job) hasMount(dir string) bool {
	return slices.ContainsFunc(j.run.Mounts, func(m ir.Mount) bool {
		at, ok := m.Option("target", "dst", "destination")
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
	if u.refused {
		return
	}
	clean, ok := j.cleanUp(u)
	if !ok || !j.mayTidy(u, clean) || u.adjust != nil && !u.adjust(j, u) {
		return
	}
	j.tidy(u, clean)
	for _, t := range u.targets {
		j.mounts = append(j.mounts, j.mount(u, t))
	}
	if !slices.Contains(j.names, u.config) {
		j.names = append(j.names, u.config)
	}
}

// mount writes a --mount.
func (j *job) mount(u *use, t target) ir.Mount {
	id := j.config.IDPrefix + "-" + u.name + t.id
	if u.native {
		id += "-" + j.release
		if j.platformVar != "" {
			id, j.platform = id+"-$"+j.platformVar, j.platformVar
		} else {
			id += "-" + j.platformText
		}
	}
	m := ir.Mount{option("type", "cache"), option("id", id), option("target", t.dir)}
	if u.locked {
		m = append(m, option("sharing", "locked"))
	}
	if a, _ := j.state.Account(); !u.root && !j.state.Root() {
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
	if err == nil {
		body.Mounts = append(slices.Clone(body.Mounts), j.mounts...)
		j.body = body
		return
	}
	j.mounts = nil // a script that is in no text cannot be changed
}
