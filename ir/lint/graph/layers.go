package graph

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

func copyBeforeInstall() lint.Rule {
	r := rule("copy-before-install", diag.Warning, "cache", "Copy what names the dependencies, install them, then copy the rest: any change of a file has them all installed anew otherwise")
	r.Step = func(s *lint.Step, r *lint.Report) {
		sources, _, ok := copied(s.Body)
		if !ok || s.Onbuild || !slices.ContainsFunc(sources, wholeContext) {
			return
		}
		for o := range s.Before() {
			if installs(o) != "" {
				return
			}
		}
		for o := range s.After() {
			if what := installs(o); what != "" {
				r.Step(s, "each change of any file has `"+what+"` run anew: copy the files that it reads first, and the rest behind it")
				return
			}
		}
	}
	return r
}

// installs is the command of a step that installs what a project's files name and nothing else of
// the project, without a cache.
func installs(s *lint.Step) string {
	run, ok := s.Body.(*ir.Run)
	if !ok || slices.ContainsFunc(run.Mounts, func(m ir.Mount) bool { kind, _ := m.Option("type"); return kind == "cache" || kind == "bind" }) {
		return ""
	}
	for _, c := range s.Commands() {
		p, _ := effects.ProjectOf(c)
		if p == nil || len(p.Packages) > 0 || c.Nested {
			continue
		}
		switch p.Manager {
		case "npm", "yarn", "pnpm", "bundle":
			return strings.TrimSpace(c.Name + " " + p.Command)
		case "go":
			if p.Command == "mod download" {
				return "go mod download"
			}
		case "pip":
			if len(p.Files) > 0 && !c.Has("-e", ".") {
				return c.Name + " install -r " + p.Files[0].Text
			}
		}
	}
	return ""
}

func removedLater() lint.Rule {
	r := rule("removed-later", diag.Warning, "size", "What a later step removes stays in the layer that has it: remove it in the step that makes it, or do not copy it")
	r.Step = func(s *lint.Step, r *lint.Report) {
		if s.Onbuild || !mayRemove(s, found(s, "rm")) || !s.Stage.Shipped() {
			return
		}
		for _, part := range s.Effects().Commands {
			if part.Name != "rm" || part.Effects.Removes.Any {
				continue
			}
			for _, gone := range part.Effects.Removes.List {
				made, name := maker(s, gone)
				if made == nil {
					continue
				}
				if !gone.Glob {
					name = gone.Name
				}
				for _, c := range found(s, "rm") {
					if c.Text == part.Text {
						r.Command(s.Script(), c, name+" stays in the layer of line "+line(made)+", whatever is removed here: do not have it in that, or remove it there").
							Hint = weight(made, gone) + "what only a RUN needs, RUN --mount=type=bind has from the build context or from another stage, without a layer"
						return
					}
				}
			}
		}
	}
	return r
}

// mayRemove tells whether the last name in a word of a command is of a file that an earlier step
// has copied, or stands in one that may have fetched it: what each does takes its time to find out.
func mayRemove(s *lint.Step, removes []*shell.Command) bool {
	if len(removes) == 0 {
		return false
	}
	var texts, names []string // names are what those of fetched files may be made of
	fetches := false
	for o := range s.Before() {
		written := s.Stage.View.Text.File.Source.Slice(o.Outer.Span())
		switch o.Body.(type) {
		case *ir.Run:
			if len(found(o, "curl")) > 0 || len(found(o, "wget")) > 0 {
				texts, fetches = append(texts, written), true
			}
		case *ir.Copy, *ir.Add:
			texts = append(texts, lands(o)...)
		case *ir.Workdir, *ir.Env, *ir.Arg:
			names = append(names, written)
		}
	}
	if fetches {
		texts = append(texts, names...)
	}
	if len(texts) == 0 {
		return false
	}
	for _, c := range removes {
		for _, w := range c.Operands() {
			name := w.Text
			if i := strings.IndexAny(name, "*?[{"); i >= 0 {
				name = name[:i]
			}
			name = path.Base(strings.TrimRight(name, "/"))
			if !w.Known || name == "." || name == "/" || slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, name) }) {
				return true
			}
		}
	}
	return false
}

// maker is an earlier step that makes a file which is gone, and the file.
func maker(s *lint.Step, gone effects.Path) (*lint.Step, string) {
	if gone.Grade == effects.Unknown || !strings.HasPrefix(gone.Name, "/") {
		return nil, ""
	}
	for o := range s.Before() {
		for _, name := range append(lands(o), fetched(o)...) {
			if gone.Covers(name) {
				return o, name
			}
		}
	}
	return nil, ""
}

// weight says how many bytes of a layer are files of the build context that are removed later; "" where
// that is not known.
func weight(made *lint.Step, gone effects.Path) string {
	var removed []string
	if sources, _, ok := copied(made.Body); ok {
		for _, source := range sources {
			if slices.ContainsFunc(landsOf(made, source), gone.Covers) {
				removed = append(removed, source)
			}
		}
	}
	if size, known := made.Stage.View.Size(removed); known && len(removed) > 0 {
		return units.HumanSize(float64(size)) + " of the image are that; "
	}
	return ""
}

// lands are the files or directories that a COPY or ADD surely makes, if what it copies is what is
// named there by what comes later.
func lands(s *lint.Step) (list []string) {
	switch b := s.Body.(type) {
	case *ir.Copy:
		for _, source := range b.Sources {
			list = append(list, landsOf(s, source)...)
		}
	case *ir.Add:
		for _, source := range b.Sources {
			list = append(list, landsOf(s, source)...)
		}
	}
	return list
}

// landsOf are those of one source of a COPY or ADD.
func landsOf(s *lint.Step, source string) (list []string) {
	n, dest := 0, ""
	switch b := s.Body.(type) {
	case *ir.Copy:
		n, dest = len(b.Sources), b.Dest
	case *ir.Add:
		n, dest = len(b.Sources), b.Dest
	}
	at, ok := absolute(s, dest)
	if !ok {
		return nil
	}
	base := path.Base(strings.TrimRight(source, "/"))
	if !strings.ContainsAny(base, "*?[$") && base != "." && base != "/" && base != ".." {
		list = append(list, path.Join(at, base))
	}
	if !strings.HasSuffix(dest, "/") && n == 1 && at != "/" {
		list = append(list, at)
	}
	return list
}

// fetched are the files that the commands of a step fetch, and leave.
func fetched(s *lint.Step) (list []string) {
	if _, run := s.Body.(*ir.Run); !run || len(found(s, "curl")) == 0 && len(found(s, "wget")) == 0 {
		return nil
	}
	for _, part := range s.Effects().Commands {
		if part.Name == "curl" || part.Name == "wget" {
			for _, p := range sure(part.Effects.Writes) {
				if !p.Made && !p.Into && !p.Own && !s.Effects().Effects.Removes.Covers(p.Name) {
					list = append(list, p.Name)
				}
			}
		}
	}
	return list
}

// line is where a step stands.
func line(s *lint.Step) string {
	return strconv.Itoa(s.Line())
}

func cleanInLaterLayer() lint.Rule {
	r := rule("clean-in-later-layer", diag.Warning, "size", "Lists and caches of packages should be removed by the RUN that has them: a later one makes the image no smaller")
	r.Step = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if t, _ := s.Task(c); s.Step.Onbuild || c.Nested || c.Name != "rm" && !(t.System && t.Action == effects.ToClean) || !s.Step.Stage.Shipped() {
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
	})
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
	r.Step = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		t, ok := s.Task(c)
		if !ok || s.Step.Onbuild || t.Action != effects.ToUpdate || !t.System || does(s.Step, t.Manager, effects.ToInstall, effects.ToUpgrade) {
			return
		}
		for o := range s.Step.After() {
			if does(o, t.Manager, effects.ToInstall) {
				r.Command(s, c, "the RUN in line "+line(o)+" installs from lists that are as old as the cache of this step: update and install in one RUN")
				return
			}
		}
	})
	return r
}

// does tells whether a step has a manager of packages do something.
func does(s *lint.Step, manager string, actions ...effects.Action) bool {
	return slices.ContainsFunc(s.Commands(), func(c *shell.Command) bool {
		t, ok := s.Script().Task(c)
		return ok && t.Manager == manager && slices.Contains(actions, t.Action)
	})
}

func installedTwice() lint.Rule {
	r := rule("installed-twice", diag.Info, "size", "A package that an earlier step has installed need not be installed again")
	r.View = func(v *lint.View, r *lint.Report) {
		for _, stage := range v.Stages {
			for s := range stage.Own() {
				for _, c := range s.Commands() {
					for _, w := range named(s, c) {
						if o := installer(s, c, w.Text); o != nil {
							r.Word(s.Script(), c, w, w.Text+" is installed in line "+line(o)+" already: leave it out here")
						}
					}
				}
			}
		}
	}
	return r
}

// named are the packages of a distribution that a command of a step installs by names alone.
func named(s *lint.Step, c *shell.Command) (list []shell.Word) {
	if t, ok := s.Script().Task(c); ok && t.System && t.Action == effects.ToInstall && t.Tame {
		for _, w := range t.Packages {
			if w.Known && !strings.ContainsAny(w.Text, "/=*@~<>.") {
				list = append(list, w)
			}
		}
	}
	return list
}

// installer is the step that has installed a package by the manager of a command, if nothing was
// removed or upgraded since.
func installer(s *lint.Step, by *shell.Command, name string) *lint.Step {
	t, _ := s.Script().Task(by)
	var found *lint.Step
	for o := range s.Before() {
		for _, c := range o.Commands() {
			other, ok := o.Script().Task(c)
			switch {
			case !ok || other.Manager != t.Manager:
			case other.Action == effects.ToRemove:
				found = nil
			case other.Action == effects.ToInstall && slices.ContainsFunc(named(o, c), func(w shell.Word) bool { return w.Text == name }):
				found = o
			}
		}
	}
	if found == nil || does(found, t.Manager, effects.ToRemove) || does(s, t.Manager, effects.ToSet) || setsSource(s) {
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

func chownAfterCopy() lint.Rule {
	r := rule("chown-after-copy", diag.Warning, "size", "A file whose owner is changed is in a second layer, too: give COPY the owner with --chown")
	r.Step = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if o := changedCopy(s, c, "chown", "chgrp"); o != nil && !owned(o) {
			r.Command(s, c, "what line "+line(o)+" copies is in this layer a second time: copy it with --chown there")
		}
	})
	return r
}

func owned(s *lint.Step) bool {
	switch b := s.Body.(type) {
	case *ir.Copy:
		return b.Chown != ""
	case *ir.Add:
		return b.Chown != ""
	}
	return false
}

func chmodAfterCopy() lint.Rule {
	r := rule("chmod-after-copy", diag.Info, "size", "A file whose mode is changed is in a second layer, too: give COPY the mode with --chmod")
	r.Step = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if o := changedCopy(s, c, "chmod"); o != nil {
			r.Command(s, c, "what line "+line(o)+" copies is in this layer a second time: copy it with --chmod there")
		}
	})
	return r
}

// changedCopy is the COPY or ADD of the stage whose files a command changes.
func changedCopy(s *lint.Script, c *shell.Command, programs ...string) *lint.Step {
	if s.Step.Onbuild || c.Nested || !slices.Contains(programs, c.Name) || !s.Step.Stage.Shipped() {
		return nil
	}
	deep := c.Has("-R", "--recursive") || slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		return w.Known && strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--") && strings.Contains(w.Text, "R")
	})
	operands := c.Operands()
	for _, w := range operands[min(1, len(operands)):] {
		text, ok := w.Value(func(name string) (string, bool) { return s.Step.State().Lookup(name) })
		if !ok || !strings.HasPrefix(text, "/") {
			continue
		}
		text = path.Clean(text)
		for _, o := range slices.Backward(s.Step.Stage.Steps) {
			if o.Onbuild || o.Index >= s.Step.Index {
				continue
			}
			if from, ok := o.Body.(*ir.Copy); !ok && o.Body.Keyword() != "ADD" || ok && from.Link {
				continue
			}
			if slices.ContainsFunc(lands(o), func(name string) bool { return name == text || deep && isBelow(name, text) }) {
				return o
			}
		}
	}
	return nil
}

func copiedTwice() lint.Rule {
	r := rule("copied-twice", diag.Info, "size", "What an earlier COPY has copied, with nothing run since, need not be copied again")
	r.Step = func(s *lint.Step, r *lint.Report) {
		sources, dest, ok := copied(s.Body)
		if !ok || s.Onbuild || len(sources) != 1 || strings.ContainsAny(sources[0], "*?[$") {
			return
		}
		target, ok := target(s, sources[0], dest)
		if !ok {
			return
		}
		for _, o := range slices.Backward(s.Stage.Steps) {
			if o.Onbuild || o.Index >= s.Index {
				continue
			}
			if _, run := o.Body.(*ir.Run); run {
				return
			}
			first, to, ok := copied(o.Body)
			if !ok || len(first) != 1 || !slices.Equal(plainly(o.Body), plainly(s.Body)) || plainly(s.Body) == nil {
				continue
			}
			dir, known := absolute(o, to)
			if known && slices.Contains([]string{".", "./", "/"}, first[0]) && path.Join(dir, sources[0]) == target {
				r.Step(s, "line "+line(o)+" has copied this already: leave it out")
				return
			}
		}
	}
	return r
}

// plainly is the owner and the mode that a COPY or ADD gives files that it brings as they are; nil when
// it does more.
func plainly(body ir.Body) []string {
	switch b := body.(type) {
	case *ir.Copy:
		if len(b.Excludes) == 0 && !b.Parents {
			return []string{b.Chown, b.Chmod}
		}
	case *ir.Add: // which unpacks archives
		if len(b.Excludes) == 0 && !slices.ContainsFunc(b.Sources, func(source string) bool {
			return strings.Contains(source, "://") || strings.Contains(source, ".t") || slices.Contains([]string{".gz", ".bz2", ".xz", ".zst", ".Z"}, path.Ext(source))
		}) {
			return []string{b.Chown, b.Chmod}
		}
	}
	return nil
}

// isFile tells a name of the context that is no directory's: it has an extension, or is known.
func isFile(name string) bool {
	return strings.Contains(name, ".") || slices.Contains([]string{"Gemfile", "Makefile", "Rakefile", "Procfile", "Pipfile", "Dockerfile", "LICENSE", "README", "gradlew", "mvnw"}, name)
}

// target is where a file or directory of the context goes, "" when nobody knows which it is.
func target(s *lint.Step, source, dest string) (string, bool) {
	at, ok := absolute(s, dest)
	switch {
	case !ok || wholeContext(source):
		return "", false
	case strings.HasSuffix(dest, "/") || dest == ".": // a directory's files go there without its name
		return path.Join(at, path.Base(source)), isFile(path.Base(source))
	}
	return at, true
}

func mkdirBeforeWorkdir() lint.Rule {
	r := rule("mkdir-before-workdir", diag.Hint, "style", "WORKDIR makes the directory: a RUN that does nothing else is not needed")
	r.Step = lint.OnScript(func(s *lint.Script, r *lint.Report) {
		if s.Step.Onbuild || len(s.Commands) != 1 || s.Commands[0].Name != "mkdir" || s.Commands[0].Nested || !s.Step.State().Root() {
			return
		}
		c := s.Commands[0]
		dirs := c.Operands()
		if len(dirs) != 1 || len(c.Args) > 2 || len(c.Args) == 2 && c.Arg(0) != "-p" {
			return
		}
		for next := range s.Step.After() {
			if dir, ok := next.Body.(*ir.Workdir); ok && dir.Path != "" && dirs[0].Known && dir.Path == dirs[0].Text && strings.HasPrefix(dir.Path, "/") {
				r.Step(s.Step, "the WORKDIR behind it makes "+dir.Path+": leave this RUN out").
					Fix("leave it out", diag.Intent, r.Text().Remove(s.Step.Node)...)
			}
			return
		}
	})
	return r
}
