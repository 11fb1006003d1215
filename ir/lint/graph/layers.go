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
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
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
	}, "COPY", "ADD")
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
	r.View = lint.OnScript(func(script *lint.Script, r *lint.Report) {
		s := script.Step
		if s.Onbuild || !s.Stage.Shipped() {
			return
		}
		removes := found(s, "rm")
		before := makers(s, removes)
		if len(before) == 0 || !mayRemove(removes, before) {
			return
		}
		for _, part := range s.Effects().Commands {
			if part.Name != "rm" || part.Effects.Removes.Any {
				continue
			}
			for _, gone := range part.Effects.Removes.List {
				made, name := maker(before, gone)
				if made == nil {
					continue
				}
				if !gone.Glob {
					name = gone.Name
				}
				for _, c := range found(s, "rm") {
					if c.Text == part.Text {
						r.Command(script, c, name+" stays in the layer of line "+line(made)+", whatever is removed here: do not have it in that, or remove it there").
							Hint = weight(made, gone) + "what only a RUN needs, RUN --mount=type=bind has from the build context or from another stage, without a layer"
						return
					}
				}
			}
		}
	}, "rm")
	return r
}

// makers are the earlier steps that copy a file with a part of a name that is removed in its own, or
// may fetch one whose name is made of a text with it: what each does takes its time to find out.
func makers(s *lint.Step, removes []*shell.Command) (list []*lint.Step) {
	var parts []string
	for _, c := range removes {
		for _, w := range c.Operands() {
			parts = append(parts, partOfName(w))
		}
	}
	has := func(text string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
	}
	set := false // what is set has one
	for o := range s.Before() {
		set = set || has(tracesOf(o).sets)
	}
	for o := range s.Before() {
		if t := tracesOf(o); slices.ContainsFunc(t.files, has) || t.fetches != "" && (set || has(t.fetches)) {
			list = append(list, o)
		}
	}
	return list
}

// mayRemove tells whether a file that one of some steps makes may be gone by one of some commands of rm:
// what these do takes longer to find out.
func mayRemove(removes []*shell.Command, before []*lint.Step) bool {
	return slices.ContainsFunc(removes, func(c *shell.Command) bool {
		return len(c.Via) > 0 || slices.ContainsFunc(c.Operands(), func(w shell.Word) bool {
			if !w.Known || !strings.HasPrefix(w.Text, "/") {
				return true
			}
			front, more := path.Clean(w.Text), strings.IndexAny(w.Text, "*?[{\\")
			if more >= 0 {
				front = w.Text[:more]
			}
			return strings.Contains(front, "//") || strings.Contains(front, "/.") || slices.ContainsFunc(before, func(o *lint.Step) bool {
				return slices.ContainsFunc(made(o), func(name string) bool { return strings.HasPrefix(name, front) })
			})
		})
	})
}

type madeKey struct{}

// made are the files that a step copies or fetches, found out once.
func made(s *lint.Step) []string {
	return s.Share(madeKey{}, func() any { return append(lands(s), fetched(s)...) }).([]string)
}

// partOfName is what surely is a part of the last name in a path; "" is where nothing is known of it.
func partOfName(w shell.Word) string {
	last := func(text string) string {
		if i := strings.IndexAny(text, "*?[{"); i >= 0 {
			text = text[:i]
		}
		text = strings.TrimRight(text, "/")
		return strings.TrimLeft(text[strings.LastIndexByte(text, '/')+1:], ".")
	}
	head, tail := w.Ends()
	if known := last(tail); strings.Contains(strings.TrimRight(tail, "/"), "/") || len(known) > len(last(head)) {
		return known
	}
	return last(head)
}

// traces are the texts of a step that names of files come from.
type traces struct {
	files   []string // that it copies
	fetches string   // with commands that may fetch files
	sets    string   // with variables, or a directory
}

type tracesKey struct{}

// tracesOf are those of a step, found out once: all later steps ask for them.
func tracesOf(s *lint.Step) *traces {
	return s.Share(tracesKey{}, func() any {
		t := &traces{}
		switch s.Body.(type) {
		case *ir.Run:
			if len(found(s, "curl")) > 0 || len(found(s, "wget")) > 0 {
				t.fetches = withoutRemoved(s.Script())
			}
		case *ir.Copy, *ir.Add:
			t.files = lands(s)
		case *ir.Workdir, *ir.Env, *ir.Arg:
			t.sets = s.Stage.View.Text.File.Source.Slice(s.Outer.Span())
		}
		return t
	}).(*traces)
}

// withoutRemoved is the text of a script without what it removes, which has no name that comes of that.
func withoutRemoved(s *lint.Script) string {
	var b strings.Builder
	rest := 0
	for _, c := range s.Commands {
		if c.Name != "rm" || c.Nested || len(c.Args) == 0 || slices.ContainsFunc(c.Args, func(w shell.Word) bool { return !w.Known || w.Start < rest }) {
			continue
		}
		b.WriteString(s.Text[rest:c.Args[0].Start])
		rest = c.Args[len(c.Args)-1].End
	}
	b.WriteString(s.Text[rest:])
	return b.String()
}

// maker is a step of some that makes a file which is gone, and the file.
func maker(before []*lint.Step, gone effects.Path) (*lint.Step, string) {
	if gone.Grade == effects.Unknown || !strings.HasPrefix(gone.Name, "/") {
		return nil, ""
	}
	for _, o := range before {
		for _, name := range made(o) {
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
	sources, _ := moved(s.Body)
	for _, source := range sources {
		list = append(list, landsOf(s, source)...)
	}
	return list
}

// landsOf are those of one source of a COPY or ADD.
func landsOf(s *lint.Step, source string) (list []string) {
	sources, dest := moved(s.Body)
	at, ok := absolute(s, dest)
	if !ok {
		return nil
	}
	base := path.Base(strings.TrimRight(source, "/"))
	if !strings.ContainsAny(base, "*?[$") && base != "." && base != "/" && base != ".." {
		list = append(list, path.Join(at, base))
	}
	if !strings.HasSuffix(dest, "/") && len(sources) == 1 && at != "/" {
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
