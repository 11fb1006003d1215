package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

var fetches = late.Regexp(`(?i)dependenc|resolve|download|fetch`)

// onlyFills tells a command that is there for what it leaves in the cache.
func onlyFills(c *shell.Command) bool {
	switch c.Name {
	case "go":
		return sub([]string{"go"}, "mod", "get", "list")(c)
	case "cargo":
		return subcommand(c) == "fetch" || subcommand(c) == "update"
	case "mvn", "mvnw", "mvnd":
		return c.Has("dependency:go-offline", "dependency:resolve", "dependency:resolve-plugins", "dependency:get") || hasWord(c, func(text string) bool { return strings.HasPrefix(text, "dependency:") })
	case "gradle", "gradlew":
		return hasWord(c, fetches().MatchString)
	}
	return false
}

// fillsFor tells whether a container of a stage may use what a use leaves in the cache. It
// is for what only fills it. What an image runs is known only where the stage says so.
func (p *pass) fillsFor(j *job, u *use) bool {
	if !slices.ContainsFunc(u.commands, onlyFills) {
		return false
	}
	for i := range p.stages {
		if p.descends(i, j.index) && p.mayStart(i) {
			return true
		}
	}
	return false
}

// mayStart tells whether a container of a stage may run a program that is not known. One
// that is built without a word of what it runs is a step on the way to another, save for
// the target.
func (p *pass) mayStart(stage int) bool {
	entry := false
	for i := stage; i >= 0; i = p.states.Parent(i) {
		for k, op := range p.call.Module.Stages[i].Ops {
			var command ir.Command
			switch b := op.Body.(type) {
			case *ir.Entrypoint:
				entry, command = true, b.Command
			case *ir.Cmd:
				command = b.Command
			case *ir.Healthcheck:
				if b.None {
					continue
				}
				command = b.Command
			case *ir.Onbuild:
				return true
			default:
				continue
			}
			script, err := shell.Parse(&ir.Run{Command: command}, p.stages[i].states[k].Shell)
			if err != nil || slices.ContainsFunc(script.Commands, func(c *shell.Command) bool {
				return !harmless(path.Base(c.Prog.Text)) || slices.Contains([]string{"npm", "yarn", "find", "xargs", "env", "tini"}, c.Name)
			}) {
				return true
			}
		}
	}
	return stage == p.call.Target && !entry
}
