package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/plugins/shell"
)

// isYarnClean tells `yarn cache clean`.
func isYarnClean(c *shell.Command) bool { return c.Name == "yarn" && c.Has("cache") && c.Has("clean") }

// isGoClean makes a test for `go clean` of one cache and of nothing else.
func isGoClean(options ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		return c.Name == "go" && len(c.Args) >= 2 && c.Arg(0) == "clean" &&
			!slices.ContainsFunc(c.Args[1:], func(w shell.Word) bool { return !slices.Contains(options, w.Text) })
	}
}

// twoWords makes a test for a program with a sub-command of a sub-command.
func twoWords(program, first string, second ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		ops := c.Operands()
		return c.Name == program && len(ops) > 1 && ops[0].Text == first && slices.Contains(second, ops[1].Text)
	}
}

// adjustUv refuses what makes links into the cache: they would lead nowhere.
func adjustUv(j *job, u *use) bool {
	_, set, _ := j.state.Var("UV_LINK_MODE")
	value, _ := j.state.Lookup("UV_LINK_MODE")
	return !j.script.Assigns("UV_LINK_MODE") && (!set || value == "copy" || value == "hardlink" || value == "clone")
}

// yarnPlaces is the cache of Yarn 1, or that of a later Yarn which has node_modules: with
// Plug'n'Play, the image runs from its cache.
func yarnPlaces(j *job, u *use) []target {
	if j.berry() {
		dir := path.Join(j.state.Home(), ".yarn/berry/cache")
		config, err := j.file(".yarnrc.yml")
		if err != nil || !strings.Contains(string(config), "nodeLinker: node-modules") || !j.state.Root() || j.conflict(u, dir) {
			return nil
		}
		return []target{{dir, "-berry"}}
	}
	t, ok := j.place(u, u.caches[0])
	if !ok || t.dir != u.caches[0].absolute && !slices.ContainsFunc(u.commands, isYarn1) {
		return nil // a variable would lead away what a later Yarn has in the project
	}
	return []target{t}
}

// isYarn1 tells what only Yarn 1 has.
func isYarn1(c *shell.Command) bool {
	return c.Has("global", "--frozen-lockfile", "--pure-lockfile", "--non-interactive", "--production", "--prod", "--network-timeout", "--no-progress", "--ignore-engines")
}

// berry tells whether something in the stage speaks of a Yarn after 1.
func (j *job) berry() bool {
	for i := range j.pass.stages {
		if !j.descends(j.index, i) {
			continue
		}
		for _, op := range j.call.Module.Stages[i].Ops {
			text := op.Text()
			for _, sign := range []string{".yarnrc.yml", ".yarn/", ".yarn ", "--immutable", "yarn set version", "workspaces focus", "YARN_ENABLE_", "yarn@2", "yarn@3", "yarn@4", "yarn@stable", "yarn@berry"} {
				if strings.Contains(text, sign) {
					return true
				}
			}
		}
	}
	return false
}

// cargoTarget is where cargo builds: the target directory of the working directory.
func cargoTarget(j *job, u *use) []target {
	if _, set, _ := j.state.Var("CARGO_TARGET_DIR"); set || j.state.Workdir == "" || len(j.script.Find("cd")) > 0 {
		return nil
	}
	dir := path.Join(j.state.Workdir, "target")
	return []target{{dir, "-" + slug(strings.Trim(dir, "/"))}}
}
