package slim

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// manager is the one whose packages are purged.
const manager = "apt"

// purge has apt remove packages as if they had only come along with others, where nothing that is
// installed depends on or recommends them; and of all others that came along it removes those alone which
// are of a toolchain, too: libraries stay. It goes by apt-mark(8) and apt-get(8) 2.6.
func purge(names []string) string {
	return "apt-mark auto " + strings.Join(names, " ") + " && apt-mark showauto | sed -E '/" + effects.ToolchainPattern(manager, names...) + "/d' | xargs -r apt-mark manual" +
		" && apt-get purge -y --auto-remove -o APT::AutoRemove::SuggestsImportant=false"
}

// purged are packages of a toolchain that a RUN installs, compiles with, and can remove again: nothing
// behind it needs them.
func (j *job) purged(stage, op int, script *shell.Script) []string {
	if !slices.Contains(j.config.Drop, toolchain) || stage != j.Target || !slices.ContainsFunc(script.Commands, compiles) {
		return nil
	}
	var names []string
	for _, c := range script.Commands {
		task, manages := taskOf(c)
		if !manages || task.Manager != manager || task.Action != effects.ToInstall || c.Name == "aptitude" {
			continue
		}
		for _, p := range task.Packages {
			if name := p.Lit(); effects.Toolchain(manager, name) && task.Named && task.Tame && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 || slices.ContainsFunc(script.Commands, purges) {
		return nil // it is done
	}
	s := &split{job: j, stage: stage}
	for _, check := range []func() *reason{func() *reason { return j.fresh(stage, op, names) }, func() *reason { return j.unneeded(op) }, s.alone, s.started} {
		if why := check(); why != nil {
			j.say(j.Module.Stages[stage].Ops[op], why.code, strings.Join(names, " ")+" stays: "+why.text)
			return nil
		}
	}
	return names
}

// purges tells a command that removes packages, and what came along with them.
func purges(c *shell.Command) bool {
	task, manages := taskOf(c)
	return manages && task.System && task.Action == effects.ToRemove || c.Name == "apt-mark"
}

// fresh tells whether packages are installed by an op for the first time: the base image is that of a
// distribution, and nothing in front of the op may have installed them.
func (j *job) fresh(stage, op int, names []string) *reason {
	ref, known := distro.BaseImage(j.Module, stage)
	if image, official := distro.Official(ref); !known || !official || len(image.Cmd) == 0 {
		return because("base", "the base image may have it")
	}
	at := j.states.Stage(stage)[op]
	if !at.Root() {
		return because("user", "the RUN may not be run as root")
	}
	for i := stage; i >= 0; i = j.states.Parent(i) {
		for k, o := range j.Module.Stages[i].Ops {
			if i == stage && k >= op {
				break
			}
			switch b := o.Body.(type) {
			case *ir.Copy, *ir.Add:
				if from, ok := b.(*ir.Copy); ok && from.From != "" && slices.ContainsFunc(j.step(i, k).Effects.Writes.List, func(p effects.Path) bool { return p.Covers("/usr/bin") || p.Covers("/var/lib/dpkg") }) {
					return because("base", "`%s` may bring it", o.Text())
				}
			case *ir.Run:
				script, err := j.States.Script(b, j.states.Stage(i)[k].Shell)
				if err != nil {
					return because("base", "nobody knows whether `%.60s` installs it", o.Text())
				}
				for _, c := range script.Commands {
					task, manages := taskOf(c)
					has := func(p shell.Word) bool { return !p.Known || slices.Contains(names, p.Text) }
					if manages && task.System && slices.ContainsFunc(task.Packages, has) {
						return because("base", "`%s` installs it in front", c.Text)
					}
				}
				for _, c := range j.step(i, k).Commands {
					if len(c.Effects.Unknown) > 0 && j.config.Unknown != "drop" {
						return because("base", "nobody knows whether a RUN in front installs it: %s", c.Effects.Unknown[0])
					}
				}
			}
		}
	}
	return nil
}

// unneeded tells whether the RUNs behind an op of the stage that is built do without a toolchain.
func (j *job) unneeded(op int) *reason {
	for k, o := range j.Module.Stages[j.Target].Ops {
		run, ok := o.Body.(*ir.Run)
		if !ok || k <= op {
			continue
		}
		script, err := j.States.Script(run, j.states.Stage(j.Target)[k].Shell)
		if err != nil {
			return because("unknown", "nobody knows what `%.60s` needs", o.Text())
		}
		for _, c := range commands(script) {
			task, manages := taskOf(c)
			if c.Name == "" || uses(c) || manages && (!task.System && task.Action != effects.ToClean || task.Action == effects.ToRemove) {
				return because("needed", "`%s` needs it, or may", c.Text)
			}
		}
		if why := j.effects(j.step(j.Target, k), &drop{patterns: system}); why != nil {
			return why
		}
	}
	return nil
}

// system are patterns of what a toolchain has in the directories of packages.
var system = []string{"/usr/include/*", "/usr/lib/gcc/*", "/usr/lib/*/*.a", "/usr/libexec/gcc/*", "/usr/share/*"}

// taskOf is what a command has a manager do, whatever cache cache-mounts or the author leads apt to.
func taskOf(c *shell.Command) (effects.Task, bool) {
	plain := *c
	plain.Args = nil
	for i := 0; i < len(c.Args); i++ {
		if c.Arg(i) == "-o" && strings.HasPrefix(c.Arg(i+1), "Dir::Cache") {
			i++
			continue
		}
		plain.Args = append(plain.Args, c.Args[i])
	}
	return effects.TaskOf(&plain)
}
