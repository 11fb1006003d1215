package graph

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

func cleanInLaterLayer() lint.Rule {
	r := rule("clean-in-later-layer", diag.Warning, "size", "Lists and caches of packages should be removed by the RUN that has them: a later one makes the image no smaller")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if s.Step.Onbuild || c.Nested || !s.Step.Stage.Shipped() {
			return
		}
		if t, _ := s.Task(c); c.Name != "rm" && !(t.System && t.Action == effects.ToClean) {
			return
		}
		for o := range s.Step.Before() {
			for _, l := range stays(o) {
				if cleans(s, c, l) && !leaves(s, l) {
					r.Command(s, c, "what `"+l.by.Name+"` left is in the layer of line "+line(o)+" and stays there: clean up in that RUN")
					return
				}
			}
		}
	}, append(effects.SystemManagers(), "rm")...)
	return r
}

// leftBy is what a command leaves.
type leftBy struct {
	effects.Leftover
	by *shell.Command
}

type leftKey struct{}

// left is what the commands of a script leave, found out once.
func left(script *lint.Script) []leftBy {
	list, _ := script.Share(leftKey{}, func() any {
		var list []leftBy
		for _, c := range script.Commands {
			for _, l := range effects.LeftoversOf(c) {
				list = append(list, leftBy{l, c})
			}
		}
		return list
	}).([]leftBy)
	return list
}

type staysKey struct{}

// stays are the lists and caches that the commands of a step leave and that none of them removes,
// found out once: all later steps ask for them.
func stays(s *lint.Step) []leftBy {
	script := s.Script()
	if script == nil {
		return nil
	}
	list, _ := script.Share(staysKey{}, func() any {
		var list []leftBy
		for _, l := range left(script) {
			if (l.Kind == effects.Lists || l.Kind == effects.Caches) && l.Hook == "" &&
				!slices.ContainsFunc(script.Commands, func(c *shell.Command) bool { return cleans(script, c, l) }) {
				list = append(list, l)
			}
		}
		return list
	}).([]leftBy)
	return list
}

// leaves tells whether a script has the same left again.
func leaves(s *lint.Script, l leftBy) bool {
	return slices.ContainsFunc(left(s), func(o leftBy) bool { return slices.Equal(o.Paths, l.Paths) })
}

// cleans tells whether a command of a script removes what another one left.
func cleans(s *lint.Script, c *shell.Command, l leftBy) bool {
	if c.Name == "rm" {
		removes := removed(s, c)
		return !removes.Any && removes.Grade != effects.Unknown && slices.ContainsFunc(l.Paths, func(p string) bool { return strings.HasPrefix(p, "/") && removes.Overlap(p) })
	}
	t, ok := s.Task(c)
	return l.ClearedBy(c) || ok && t.Action == effects.ToClean && l.Kind == effects.Caches && t.Manager == effects.SystemManager(l.by.Name)
}

type removedKey struct{}

// removed is what a command of a script removes wherever that stands, found out once.
func removed(s *lint.Script, c *shell.Command) effects.Paths {
	known := s.Share(removedKey{}, func() any { return map[*shell.Command]effects.Paths{} }).(map[*shell.Command]effects.Paths)
	paths, ok := known[c]
	if !ok {
		paths = effects.OfCommand(c, effects.State{Dir: "/"}).Removes
		known[c] = paths
	}
	return paths
}

func updateApart() lint.Rule {
	r := rule("update-apart", diag.Warning, "cache", "Update the lists of packages in the RUN that installs: apart from it they come from the cache, as old as that is")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if s.Step.Onbuild {
			return
		}
		t, ok := s.Task(c)
		if !ok || t.Action != effects.ToUpdate || !t.System || does(s.Step, t.Manager, effects.ToInstall, effects.ToUpgrade) {
			return
		}
		for o := range s.Step.After() {
			if does(o, t.Manager, effects.ToInstall) {
				r.Command(s, c, "the RUN in line "+line(o)+" installs from lists that are as old as the cache of this step: update and install in one RUN")
				return
			}
		}
	}, effects.SystemManagers()...)
	return r
}

// does tells whether a step has a manager of packages do something.
func does(s *lint.Step, manager string, actions ...effects.Action) bool {
	return slices.ContainsFunc(tasksOf(s), func(t taskBy) bool { return t.Manager == manager && slices.Contains(actions, t.Action) })
}

func installedTwice() lint.Rule {
	r := rule("installed-twice", diag.Info, "size", "A package that an earlier step has installed need not be installed again")
	r.View = lint.OnScript(func(script *lint.Script, r *lint.Report) {
		if script.Step.Onbuild {
			return
		}
		for _, t := range tasksOf(script.Step) {
			for _, w := range t.names {
				if o := installer(script.Step, t.Manager, w.Text); o != nil {
					r.Word(script, t.by, w, w.Text+" is installed in line "+line(o)+" already: leave it out here")
				}
			}
		}
	}, effects.SystemManagers()...)
	return r
}

// taskBy is what a command has a manager of packages do.
type taskBy struct {
	effects.Task
	by    *shell.Command
	names []shell.Word // packages of a distribution that it installs by names alone
}

type tasksKey struct{}

// tasksOf are those of the commands of a step, found out once: all later steps ask for them.
func tasksOf(s *lint.Step) []taskBy {
	if _, run := s.Body.(*ir.Run); !run {
		return nil
	}
	return s.Share(tasksKey{}, func() any {
		var list []taskBy
		for _, c := range s.Commands() {
			if t, ok := s.Script().Task(c); ok {
				list = append(list, taskBy{t, c, named(t)})
			}
		}
		return list
	}).([]taskBy)
}

// named are the packages of a distribution that a task installs by names alone.
func named(t effects.Task) []shell.Word {
	if !t.System || t.Action != effects.ToInstall || !t.Tame {
		return nil
	}
	plain := func(w shell.Word) bool { return w.Known && !strings.ContainsAny(w.Text, "/=*@~<>.") }
	if !slices.ContainsFunc(t.Packages, func(w shell.Word) bool { return !plain(w) }) {
		return t.Packages
	}
	var list []shell.Word
	for _, w := range t.Packages {
		if plain(w) {
			list = append(list, w)
		}
	}
	return list
}

// installer is the step that has installed a package by a manager, if nothing was removed or upgraded
// since.
func installer(s *lint.Step, manager, name string) *lint.Step {
	var found *lint.Step
	for o := range s.Before() {
		for _, t := range tasksOf(o) {
			switch {
			case t.Manager != manager:
			case t.Action == effects.ToRemove:
				found = nil
			case slices.ContainsFunc(t.names, func(w shell.Word) bool { return w.Text == name }):
				found = o
			}
		}
	}
	if found == nil || does(found, manager, effects.ToRemove) || does(s, manager, effects.ToSet) || setsSource(s) {
		return nil
	}
	for o := range s.Before() {
		if o.Index > found.Index && o.Stage == s.Stage && setsSource(o) {
			return nil
		}
	}
	return found
}

// setsSource tells whether a step may give a manager other packages of the same name.
func setsSource(s *lint.Step) bool {
	e := s.Effects().Effects
	return len(e.Unknown) > 0 || e.Writes.Any || slices.ContainsFunc(e.Writes.List, func(p effects.Path) bool {
		return strings.Contains(p.Name, "sources.list") || strings.Contains(p.Name, "repositories") || strings.Contains(p.Name, "yum.repos")
	})
}
