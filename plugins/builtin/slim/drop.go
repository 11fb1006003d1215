package slim

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// drop is a leftover of a RUN.
type drop struct {
	effects.Leftover
	by       *shell.Command // the last that leaves it, nil of an archive
	at       int            // its place in the script
	patterns []string       // of Paths, without "~", those that are not removed as it is
}

// slim gives a RUN that removes what it leaves, and says what that is; nil when nothing changes.
func (j *job) slim(stage, op int, run *ir.Run) (*ir.Run, string) {
	at := j.states.Stage(stage)[op]
	script, err := j.States.Script(run, at.Shell)
	if err != nil {
		return nil, "" // nobody knows what it leaves
	}
	self, edit := j.Module.Stages[stage].Ops[op], script.Edit()
	patterns := j.patterns(stage, op, run, script)
	tools := j.purged(stage, op, script)
	if len(patterns)+len(tools) > 0 {
		if e, why := ending(script, at); why != nil {
			j.say(self, why.code, strings.Join(append(patterns, tools...), " ")+" stays: "+why.text)
			patterns, tools = nil, nil
		} else {
			e.remove(edit, patterns, tools)
		}
	}
	fewer := j.config.Recommends == "drop" && only(edit, script)
	if !edit.Changed() {
		return nil, ""
	}
	body, err := edit.Run()
	if err == nil {
		_, err = shell.Parse(body, at.Shell)
	}
	if err != nil {
		j.say(self, "form", "all stays: "+err.Error())
		return nil, ""
	}
	for i, name := range tools {
		tools[i] = manager + ":" + name
	}
	if patterns = append(patterns, tools...); len(patterns) > 0 {
		j.say(self, "dropped", strings.Join(patterns, " ")+" goes")
	}
	if fewer {
		j.say(self, "recommends", "packages that are only recommended are not installed")
	}
	return body, declare(patterns, fewer)
}

// only has apt install what is asked for and what that depends on, see apt-get(8) 2.6.
func only(edit *shell.Editor, script *shell.Script) (fewer bool) {
	for _, c := range script.Commands {
		t, ok := effects.TaskOf(c)
		if !ok || !slices.Contains([]string{"apt", "apt-get"}, c.Name) || t.Command != "install" || strings.Contains(c.Text, "ecommends") {
			continue
		}
		i := slices.IndexFunc(c.Args, func(w shell.Word) bool { return w.Known && w.Text == t.Command && w.Start >= 0 })
		if i >= 0 {
			edit.Insert(c.Args[i].End, " --no-install-recommends")
			fewer = true
		}
	}
	return fewer
}

// patterns are those of a RUN's leftovers that go.
func (j *job) patterns(stage, op int, run *ir.Run, script *shell.Script) (patterns []string) {
	var left stays
	for _, d := range append(j.leftovers(script), j.archives(stage, op, script)...) {
		why := j.locate(stage, op, d, script)
		if len(d.patterns) == 0 && why == nil {
			continue // it is gone already
		}
		if why == nil {
			why = j.kept(stage, op, run, d, script)
		}
		if why != nil {
			left.add(*why, d.Paths)
		} else {
			patterns = append(patterns, slices.DeleteFunc(d.patterns, func(p string) bool { return slices.Contains(patterns, p) })...)
		}
	}
	for _, s := range left {
		j.say(j.Module.Stages[stage].Ops[op], s.code, strings.Join(s.paths, " ")+" stays: "+s.text)
	}
	return patterns
}

// stays are what stays, by the reasons.
type stays []stay

type stay struct {
	reason
	paths []string
}

func (s *stays) add(why reason, paths []string) {
	i := slices.IndexFunc(*s, func(x stay) bool { return x.reason == why })
	if i < 0 {
		i = len(*s)
		*s = append(*s, stay{reason: why})
	}
	(*s)[i].paths = append((*s)[i].paths, paths...)
}

// leftovers are those of the kinds that are asked for, each with the last command that leaves it.
func (j *job) leftovers(script *shell.Script) (list []*drop) {
	for n, c := range script.Commands {
		if c.Apart {
			continue // in another root, or with another environment
		}
		for _, l := range effects.LeftoversOf(c) {
			if !slices.Contains(j.config.Drop, l.Kind) {
				continue
			}
			i := slices.IndexFunc(list, func(d *drop) bool { return slices.Equal(d.Paths, l.Paths) })
			if i < 0 {
				i, list = len(list), append(list, &drop{Leftover: l})
			}
			list[i].by, list[i].at = c, n
		}
	}
	return list
}

// archives are those that the script fetches and unpacks.
func (j *job) archives(stage, op int, script *shell.Script) (list []*drop) {
	fetches := func(c *shell.Command) bool { _, ok := effects.Downloads(c); return ok }
	if slices.Contains(j.config.Drop, effects.Archives) && slices.ContainsFunc(script.Commands, fetches) {
		for _, name := range j.step(stage, op).Unpacked() {
			list = append(list, &drop{Leftover: effects.Leftover{Kind: effects.Archives, Paths: []string{name}}, at: -1})
		}
	}
	return list
}

// locate finds out where a leftover is, and what of it the script does not remove itself.
func (j *job) locate(stage, op int, d *drop, script *shell.Script) *reason {
	at := j.states.Stage(stage)[op]
	if d.Hook != "" && j.hooked(stage, op, d.Hook) {
		return nil
	}
	if slices.ContainsFunc(script.Commands[d.at+1:], d.ClearedBy) {
		return nil
	}
	for _, name := range d.Moved() {
		if _, set, _ := at.Var(name); set || script.Assigns(name) {
			return because("moved", "%s is set, which may put it elsewhere", name)
		}
	}
	for _, p := range d.Paths {
		if rest, below := strings.CutPrefix(p, "~"); below {
			dir, known := at.Lookup("HOME")
			if script.Assigns("HOME") {
				return because("moved", "HOME is set, which may put it elsewhere")
			}
			if !known || !path.IsAbs(dir) || dir == "/" || strings.ContainsAny(dir, " *?[$'\"\\`;&|<>(){}~#,") {
				return because("home", "nobody knows the home directory of who runs it")
			}
			p = path.Clean(dir) + rest
		}
		if !slices.ContainsFunc(script.Commands[d.at+1:], func(c *shell.Command) bool { return removes(c, p) }) {
			d.patterns = append(d.patterns, p)
		}
	}
	return nil
}

// removes tells whether a command is an rm of what a pattern stands for.
func removes(c *shell.Command, pattern string) bool {
	return c.Name == "rm" && slices.ContainsFunc(c.Operands(), func(w shell.Word) bool {
		if !w.Known || !path.IsAbs(w.Text) {
			return false
		}
		mine, theirs := strings.Split(path.Clean(w.Text), "/"), strings.Split(pattern, "/")
		if len(mine) > len(theirs) {
			return false
		}
		for i, name := range mine {
			if match, err := path.Match(name, theirs[i]); name != theirs[i] && (!match || err != nil) {
				return false
			}
		}
		return true
	})
}

// hooked tells whether the base image is one whose own settings have a program leave nothing, as
// those of Debian and Ubuntu and all official images that start from them have.
func (j *job) hooked(stage, op int, hook string) bool {
	ref, known := distro.BaseImage(j.Module, stage)
	if _, official := distro.Official(ref); !known || !official {
		return false
	}
	for i := stage; i >= 0; i = j.states.Parent(i) {
		for k, o := range j.Module.Stages[i].Ops {
			text := ir.Format(o.Body, j.Module.Escape)
			if (i != stage || k <= op) && (strings.Contains(text, hook) || strings.Contains(text, "apt.conf") || strings.Contains(strings.ToLower(text), "keep-downloaded")) {
				return false
			}
		}
	}
	return true
}

// kept is why a leftover has to stay, nil when it need not.
func (j *job) kept(stage, op int, run *ir.Run, d *drop, script *shell.Script) *reason {
	at := j.states.Stage(stage)[op]
	if why := mayRemove(at, d); why != nil {
		return why
	}
	for _, m := range run.Mounts {
		if why := j.mounted(at, m, d); why != nil {
			return why
		}
	}
	if why := j.linked(stage, op, d); why != nil {
		return why
	}
	return j.needed(stage, op, d)
}

// mayRemove tells whether who runs the script may remove a leftover: root all, others what is in
// their home.
func mayRemove(at *eval.State, d *drop) *reason {
	if d.by != nil && d.by.User != "" && (d.by.User != "root" || !at.Root()) {
		return because("user", "`%s` makes it as another user than that of the script", d.by.Text)
	}
	account, known := at.Account()
	own := known && account.Home != "" && !slices.ContainsFunc(d.patterns, func(p string) bool { return !strings.HasPrefix(p, account.Home+"/") })
	if !at.Root() && !own {
		return because("user", "the RUN may not be run as root, and others may not remove it")
	}
	return nil
}

// mounted tells whether what a RUN mounts is at the place of a leftover: it is in no layer then, and
// to remove it would be to empty a cache of all.
func (j *job) mounted(at *eval.State, m ir.Mount, d *drop) *reason {
	if kind, _ := m.Option("type"); kind == "secret" || kind == "ssh" {
		return nil // files of their own
	}
	target, _ := m.Option("target")
	for _, key := range []string{"dst", "destination"} {
		if t, ok := m.Option(key); ok {
			target = t
		}
	}
	target, known := at.Expand(target, j.Module.Escape)
	if !path.IsAbs(target) {
		known = known && at.Workdir != ""
		target = path.Join(at.Workdir, target)
	}
	if !known {
		return because("mounted", "the RUN mounts something, and nobody knows where")
	}
	here := effects.Paths{List: []effects.Path{{Name: path.Clean(target), Tree: true}}}
	if slices.ContainsFunc(d.patterns, here.Overlap) {
		return because("mounted", "the RUN mounts %s, which is in no layer", target)
	}
	return nil
}

// linked tells whether a command of the stage, up to an op, has put a link or another directory in
// the place of one that a leftover is in.
func (j *job) linked(stage, op int, d *drop) *reason {
	for i := stage; i >= 0; i = j.states.Parent(i) {
		for k, o := range j.Module.Stages[i].Ops {
			run, ok := o.Body.(*ir.Run)
			if i == stage && k > op {
				break
			}
			if !ok || !j.links(i, k, run) {
				continue
			}
			for _, c := range j.step(i, k).Commands {
				if moves(c.Name) && len(c.Effects.Unknown) == 0 && slices.ContainsFunc(d.patterns, func(p string) bool { return within(c.Effects.Writes, p) }) {
					return because("linked", "`%s` may have put another directory there", c.Text)
				}
			}
		}
	}
	return nil
}

func moves(name string) bool { return slices.Contains([]string{"ln", "mv", "mount"}, name) }

// links tells whether a RUN has a command that may put a directory in the place of another.
func (j *job) links(stage, op int, run *ir.Run) bool {
	script, err := j.States.Script(run, j.states.Stage(stage)[op].Shell)
	return err == nil && slices.ContainsFunc(commands(script), func(c *shell.Command) bool { return moves(c.Name) })
}

// within tells whether paths have one that a pattern is in.
func within(paths effects.Paths, pattern string) bool {
	for dir := path.Dir(pattern); dir != "/"; dir = path.Dir(dir) {
		if paths.Covers(dir) {
			return true
		}
	}
	return false
}
