package slim

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
)

// toolchain is the kind of what programs are built with: packages, and the base image itself.
const toolchain = effects.LeftoverKind("toolchain")

// split is a stage that is to become two: one that compiles, and one that runs, which has the same
// steps but for those that install a toolchain, and copies of what was made in the place of those
// that compile.
type split struct {
	*job
	stage    int
	instead  map[int][]*ir.Op // by op, what stands in its place in the stage that runs
	products []string
	last     int // the last op that compiles, -1 is none
	gone     []string
	static   bool // what is made needs no library
	base     string
	run      []*ir.Op // what the stage that runs starts with
}

// split gives the module with the stage that is built as two, nil when it stays one. The second value
// is for each of its stages the one of the module that it is from.
func (j *job) split() (*ir.Module, []int) {
	stage := j.Target
	if !slices.Contains(j.config.Drop, toolchain) || !j.Stages[stage] {
		return nil, nil
	}
	s := &split{job: j, stage: stage, instead: map[int][]*ir.Op{}, last: -1, static: true}
	ops := j.Module.Stages[stage].Ops
	for k, op := range ops {
		if run, ok := op.Body.(*ir.Run); ok {
			if why := s.step(k, run); why != nil {
				j.say(op, why.code, "the toolchain stays: "+why.text)
				return nil, nil
			}
		}
	}
	if s.last < 0 || len(s.products) == 0 {
		return nil, nil // nothing is compiled
	}
	at := ops[s.last]
	for _, check := range []func() *reason{s.alone, s.started, s.rebase, s.worth, s.unread} {
		if why := check(); why != nil {
			j.say(at, why.code, "the toolchain stays: "+why.text)
			return nil, nil
		}
	}
	j.say(at, "split", "what it makes is copied out of a stage of its own: "+strings.Join(s.products, " "))
	return s.module()
}

// step sorts a RUN: it compiles, or installs a toolchain, or stays.
func (s *split) step(k int, run *ir.Run) *reason {
	at := s.states.Stage(s.stage)[k]
	script, err := s.States.Script(run, at.Shell)
	if err != nil {
		return because("unknown", "nobody knows what `%.60s` does: %v", run.Command.Line, err)
	}
	if !slices.ContainsFunc(script.Commands, compiles) {
		return s.plain(k, script)
	}
	if s.last = k; !slices.ContainsFunc(script.Commands, effects.Compiles) && s.config.Unknown != "drop" {
		return because("unknown", "nobody knows all that it makes")
	}
	for _, c := range script.Commands {
		if why := s.installs(c); why != nil {
			return why
		}
		s.static = s.static && (!compiles(c) || effects.Static(c, at.Lookup))
		s.gone = append(s.gone, leavings(c, at.Lookup)...)
	}
	list, why := s.makes(k, script, at)
	if why != nil && s.config.Unknown == "drop" {
		list, why = s.guess(script, at)
	}
	if why != nil {
		return why
	}
	for _, p := range list {
		for _, m := range run.Mounts {
			if why := s.mounted(at, m, &drop{patterns: []string{p}}); why != nil {
				return why
			}
		}
	}
	s.instead[k] = make([]*ir.Op, len(list)) // see module
	s.products = append(s.products, list...)
	return nil
}

// compiles tells a program that compiles, or has others do so.
func compiles(c *shell.Command) bool { builds, _ := effects.Builder(c.Name); return builds }

// tool tells a program that may be gone with a toolchain.
func tool(name string) bool { _, along := effects.Builder(name); return along }

// installs is about what a RUN that compiles installs: nothing but a toolchain.
func (s *split) installs(c *shell.Command) *reason {
	task, manages := taskOf(c)
	if !manages || !task.System || task.Action == effects.ToUpdate || task.Action == effects.ToClean {
		return nil
	}
	for _, p := range task.Packages {
		if task.Action != effects.ToInstall || !task.Named || !task.Tame || !effects.Toolchain(task.Manager, p.Lit()) {
			return because("mixed", "`%s` stands in the RUN that compiles, and is not known to be for building only", c.Text)
		}
		s.gone = append(s.gone, task.Manager+":"+p.Lit())
	}
	return nil
}

// makes are the paths that a RUN makes, each of which is there when it has succeeded. Where one is in a
// directory of its own, that stands for it.
func (s *split) makes(k int, script *shell.Script, at *eval.State) (list []string, why *reason) {
	if !sure(script, at.Shell[1:], at.ShellKnown) {
		return nil, because("unknown", "a command of the RUN that compiles may fail, or not be run, and the RUN goes on")
	}
	var dirs []string
	for _, c := range script.Commands {
		task, manages := taskOf(c)
		switch {
		case effects.Compiles(c), manages && task.System, slices.Contains([]string{"cd", "set"}, c.Name), removes(c, "/var/lib/apt/lists/*"):
		case c.Name == "mkdir" && !c.Nested && len(c.Via) == 0 && len(script.Find("cd")) == 0:
			for _, w := range c.Operands() {
				dir := path.Join("/", at.Workdir, w.Lit())
				if path.IsAbs(w.Lit()) {
					dir = path.Clean(w.Lit())
				}
				if !w.Known || w.Lit() == "" || at.Workdir == "" || !plain(dir) || dir == "/" || !at.Root() || len(c.Args)-len(c.Operands()) > 1 || len(c.Args) > len(c.Operands()) && !c.Has("-p") {
					return nil, because("unknown", "nobody knows which directory `%s` makes", c.Text)
				}
				if !slices.Contains(standard, dir) { // else all that is in it would be copied
					dirs = append(dirs, dir)
				}
			}
		default:
			return nil, because("mixed", "`%s` stands in the RUN that compiles", c.Text)
		}
	}
	list = dirs
	for _, c := range s.does(k).Commands {
		if len(c.Effects.Unknown) > 0 {
			return nil, because("unknown", "nobody knows what it makes: %s", c.Effects.Unknown[0])
		}
		for _, p := range c.Effects.Writes.List {
			if !p.Product {
				continue
			}
			if p.Glob || p.Grade == effects.Unknown || p.Tree && (strings.Count(p.Name, "/") < 2 || !at.Root()) || !plain(p.Name) {
				return nil, because("unknown", "nobody knows what it makes: it is told to put it in %s", p.Name)
			}
			list = append(list, p.Name)
		}
	}
	return topmost(list), nil
}

// standard are directories of a distribution, which are there, or come with a file in them.
var standard = strings.Fields("/bin /etc /lib /opt /sbin /srv /tmp /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/sbin /usr/share /var /var/lib")

// topmost are the paths of a list that are in none of the others.
func topmost(list []string) []string {
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(slices.Clone(list), func(p string) bool {
		return slices.ContainsFunc(list, func(dir string) bool { return strings.HasPrefix(p, dir+"/") })
	})
}

// guess is where programs that compile by files of the project put things as a rule: in the directory
// that they stand in, and what they install in /usr/local. Other commands beside them are those that
// leave all else alone, or scripts of the same directory.
func (s *split) guess(script *shell.Script, at *eval.State) ([]string, *reason) {
	dir := at.Workdir
	if dir == "/" || !path.IsAbs(dir) || !plain(dir) || slices.Contains([]string{"/usr", "/etc", "/var", "/home", "/root", "/tmp"}, dir) {
		return nil, because("unknown", "nobody knows all that it makes, and it stands in no directory of its own")
	}
	list := []string{dir}
	for _, c := range script.Commands {
		task, manages := taskOf(c)
		elsewhere := slices.ContainsFunc(c.Args, func(w shell.Word) bool {
			return !w.Known || path.IsAbs(w.Text) || strings.Contains(w.Text, "..") || strings.Contains(w.Text, "=/") && !strings.HasSuffix(w.Text, "=/usr/local")
		})
		switch {
		case manages && task.System, removes(c, "/var/lib/apt/lists/*"), c.Name == "set":
		case elsewhere:
			return nil, because("unknown", "nobody knows where `%s` puts what it makes", c.Text)
		case compiles(c):
			if c.Has("install") && s.config.RunBase != "" && s.rebases() {
				return nil, because("unknown", "nobody knows what `%s` puts where the compiler is", c.Text)
			} else if c.Has("install") {
				list = append(list, "/usr/local")
			}
		case c.Name == "cd", c.Prog.Known && strings.HasPrefix(c.Prog.Text, "./"):
		default:
			return nil, because("mixed", "`%s` stands in the RUN that compiles", c.Text)
		}
	}
	return topmost(list), nil
}

// sure tells that each command of a script has run, and succeeded, when the script has: it is one list
// joined by &&, or `set -e` ends it.
func sure(script *shell.Script, flags []string, known bool) bool {
	tree := script.Tree()
	if tree == nil {
		return false
	}
	if always, _ := errexit(script, flags, known); len(tree.Stmts) > 1 && !always {
		return false
	}
	for _, s := range tree.Stmts {
		for _, leaf := range chain(s) {
			if _, call := leaf.Cmd.(*syntax.CallExpr); !call || leaf.Negated || leaf.Background || len(leaf.Redirs) > 0 || substitutes(leaf) {
				return false
			}
		}
	}
	return true
}

// plain tells a path that stands for itself in a COPY.
func plain(name string) bool {
	return !strings.ContainsAny(name, " \t\n*?[]$\\'\"#,<>{}!")
}

// plain sorts a RUN that does not compile: packages of a toolchain leave it.
func (s *split) plain(k int, script *shell.Script) *reason {
	op := s.Module.Stages[s.stage].Ops[k]
	at := s.states.Stage(s.stage)[k]
	edit, rest, removed := script.Edit(), false, []string(nil)
	for _, c := range script.Commands {
		task, manages := taskOf(c)
		if !manages || !task.System {
			rest = rest || !removes(c, "/var/lib/apt/lists/*")
			continue
		}
		if task.Action != effects.ToInstall {
			rest = rest || task.Action != effects.ToUpdate && task.Action != effects.ToClean
			continue
		}
		tools := 0
		for _, p := range task.Packages {
			if effects.Toolchain(task.Manager, p.Lit()) {
				tools++
			}
		}
		if tools == 0 {
			rest = true
			continue
		}
		if !task.Named || !task.Tame || c.Nested || len(c.Via) > 0 {
			return because("mixed", "nobody knows what `%s` installs", c.Text)
		}
		for _, p := range task.Packages {
			if effects.Toolchain(task.Manager, p.Lit()) {
				removed = append(removed, task.Manager+":"+p.Lit())
				if tools < len(task.Packages) {
					edit.RemoveWord(p)
				}
			}
		}
		if rest = rest || tools < len(task.Packages); tools == len(task.Packages) {
			if !c.CanRemove() {
				return because("mixed", "nobody knows what goes on when `%s` is not run", c.Text)
			}
			edit.Remove(c)
		}
	}
	if len(removed) == 0 {
		return nil
	}
	s.gone = append(s.gone, removed...)
	if !rest {
		for _, c := range script.Commands {
			s.gone = append(s.gone, leavings(c, at.Lookup)...)
		}
		s.instead[k] = []*ir.Op{}
		return nil
	}
	body, err := edit.Run()
	if err == nil {
		_, err = shell.Parse(body, at.Shell)
	}
	if err != nil {
		return because("form", "%v", err)
	}
	s.instead[k] = []*ir.Op{s.Op(body, explain.Drops(removed), op.Origin)}
	return nil
}

// does is what an op of the stage does.
func (s *split) does(k int) *effects.Step { return s.job.step(s.stage, k) }

// leavings are patterns of what a command leaves besides what it is for: what it fetched, its caches
// and logs, with the directories that these alone are in.
func leavings(c *shell.Command, lookup func(string) (string, bool)) (list []string) {
	home, _ := lookup("HOME")
	for _, l := range effects.LeftoversOf(c) {
		if l.Kind == effects.Docs || l.Kind == effects.Catalogues {
			continue // which are in packages
		}
		for _, p := range l.Paths {
			if rest, below := strings.CutPrefix(p, "~"); below {
				p = path.Join("/", home) + rest
			}
			list = append(list, p)
		}
	}
	if c.Name == "go" {
		gopath, ok := lookup("GOPATH")
		if !ok {
			gopath = path.Join("/", home, "go")
		}
		list = append(list, path.Join("/", home, ".cache"), path.Join("/", home, ".config"), path.Join(gopath, "pkg"))
	}
	return list
}

// alone tells whether no other stage, and no other image, has something of the stage.
func (s *split) alone() *reason {
	if s.stage != len(s.Module.Stages)-1 {
		return because("copied", "stages behind the one that is built would have other numbers")
	}
	for _, op := range s.Module.Stages[s.stage].Ops {
		switch op.Body.(type) {
		case *ir.Onbuild:
			return because("trigger", "an image that starts from this one may need it")
		case *ir.Volume:
			return because("mounted", "nobody knows what is in a VOLUME")
		}
	}
	return nil
}

// worth tells whether there is something to win.
func (s *split) worth() *reason {
	if s.base == "" && !slices.ContainsFunc(s.gone, func(p string) bool { return !strings.HasPrefix(p, "/") }) {
		return because("base", "it is in the base image, and run-base says none to run on")
	}
	if s.base == "" && !s.static && slices.ContainsFunc(s.gone, func(p string) bool { return strings.HasPrefix(p, "apk:") }) {
		return because("libraries", "what is not linked statically needs libraries that come with the toolchain")
	}
	return nil
}

// unread tells whether what stays does without what goes.
func (s *split) unread() *reason {
	d := &drop{patterns: append(slices.Clone(system), slices.DeleteFunc(slices.Clone(s.gone), func(p string) bool { return p[0] != '/' })...)}
	behind, less := false, s.base != "" // of a RUN that is not there; and without the toolchain
	for k, op := range s.Module.Stages[s.stage].Ops {
		run, ok := op.Body.(*ir.Run)
		if !ok {
			continue
		}
		put, changed := s.instead[k]
		less = less || changed
		if changed && (len(put) == 0 || put[0] == nil) { // it is not in the stage that runs
			behind = true
			continue
		}
		script, err := s.States.Script(run, s.states.Stage(s.stage)[k].Shell)
		if err != nil {
			return because("unknown", "nobody knows what `%.60s` needs", op.Text())
		}
		for _, c := range commands(script) {
			task, manages := taskOf(c)
			installs := manages && task.System && task.Action == effects.ToInstall
			removes := manages && task.System && task.Action == effects.ToRemove
			switch {
			case uses(c), (removes || c.Name == "") && less, manages && !task.System && task.Action != effects.ToClean && less:
				return because("needed", "`%s` needs it, or may", c.Text)
			case s.base != "" && (installs || !basic(c.Name)):
				return because("needed", "`%s` may need what only the base image has", c.Text)
			case behind && installs && !renews(script, &drop{Leftover: lists(c)}):
				return because("needed", "`%s` installs by the lists that another RUN fetches", c.Text)
			}
		}
		for _, c := range s.does(k).Commands {
			for _, p := range s.products {
				if !c.Installs() && (c.Effects.Writes.Overlap(p) || c.Effects.Removes.Overlap(p)) && s.last > k {
					return because("needed", "`%s` changes what is made, and something is compiled behind it", c.Text)
				}
			}
		}
		if why := s.effects(s.does(k), d); why != nil {
			return why
		}
	}
	return nil
}

// lists is the leftover of a manager that an install goes by.
func lists(c *shell.Command) effects.Leftover {
	update := *c
	update.Args = []shell.Word{{Text: "update", Known: true}}
	for _, l := range effects.LeftoversOf(&update) {
		if l.Kind == effects.Lists {
			return l
		}
	}
	return effects.Leftover{}
}

// basic tells a program that each image with a distribution has.
func basic(name string) bool {
	return slices.Contains([]string{"mkdir", "chmod", "chown", "chgrp", "ln", "touch", "true", "echo", "printf", "cp", "mv", "rm", "cd", "set", "test", "[", "install", "cat", ":"}, name)
}

// module puts the two stages in the place of the one.
func (s *split) module() (*ir.Module, []int) {
	out := s.Module.Copy()
	old := out.Stages[s.stage]
	build := &ir.Stage{Name: s.name(), Base: old.Base, Platform: old.Platform, Comments: old.Comments, Origin: s.Made("compiles in a stage of its own", old.Origin)}
	for _, op := range old.Ops[:s.last+1] {
		if !settles(op.Body) {
			same := *op
			build.Ops = append(build.Ops, &same)
		}
	}
	run := &ir.Stage{Name: old.Name, Base: cmp.Or(s.base, old.Base), Platform: old.Platform, Code: old.Code, Origin: old.Origin, Ops: s.run}
	if s.base != "" {
		run.Code, run.Origin = "", s.Made("runs on "+s.base, old.Origin)
	}
	slices.Sort(s.gone)
	why, next := explain.Drops(slices.Compact(s.gone)), 0
	for k, op := range old.Ops {
		put, changed := s.instead[k]
		if !changed {
			run.Ops = append(run.Ops, op)
		}
		for _, p := range put {
			if p == nil {
				name := s.products[next]
				p, next = s.Op(&ir.Copy{Sources: []string{name}, Dest: name, From: build.Name}, why, op.Origin), next+1
				why = "copies what is made"
			}
			run.Ops = append(run.Ops, p)
		}
	}
	out.Stages = slices.Replace(out.Stages, s.stage, s.stage+1, build, run)
	from := make([]int, len(out.Stages))
	for i := range from {
		from[i] = min(i, s.stage)
	}
	if s.base != "" {
		from[len(from)-1] = -1
	}
	return out, from
}

// name is that of the stage that compiles, which nothing else is called.
func (s *split) name() string {
	taken := func(name string) bool {
		return slices.ContainsFunc(s.Module.Stages, func(o *ir.Stage) bool {
			return o.Name == name || o.Base == name || slices.ContainsFunc(o.Ops, func(op *ir.Op) bool { return strings.Contains(ir.Format(op.Body, '\\'), "from="+name) })
		})
	}
	name := "build"
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("build-%d", n)
	}
	return name
}

// settles tells an instruction that only the image which is run counts for.
func settles(body ir.Body) bool {
	switch body.(type) {
	case *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck, *ir.Label, *ir.Expose, *ir.StopSignal, *ir.Maintainer:
		return true
	}
	return false
}
