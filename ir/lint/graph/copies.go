package graph

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

func chownAfterCopy() lint.Rule {
	r := rule("chown-after-copy", diag.Warning, "size", "A file whose owner is changed is in a second layer, too: give COPY the owner with --chown")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if o := changedCopy(s, c); o != nil && !owned(o) {
			r.Command(s, c, "what line "+line(o)+" copies is in this layer a second time: copy it with --chown there")
		}
	}, "chown", "chgrp")
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
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if o := changedCopy(s, c); o != nil {
			r.Command(s, c, "what line "+line(o)+" copies is in this layer a second time: copy it with --chmod there")
		}
	}, "chmod")
	return r
}

// changedCopy is the COPY or ADD of the stage whose files a command changes.
func changedCopy(s *lint.Script, c *shell.Command) *lint.Step {
	if s.Step.Onbuild || c.Nested || !s.Step.Stage.Shipped() {
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
		for o := range s.Step.Above() {
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
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		sources, dest, ok := copied(s.Body)
		if !ok || s.Onbuild || len(sources) != 1 || strings.ContainsAny(sources[0], "*?[$") {
			return
		}
		target, ok := target(s, sources[0], dest)
		if !ok {
			return
		}
		as := plainly(s.Body)
		for o := range s.Above() {
			if _, run := o.Body.(*ir.Run); run {
				return
			}
			first, to, ok := copied(o.Body)
			if !ok || len(first) != 1 || as == nil || !slices.Contains([]string{".", "./", "/"}, first[0]) || !slices.Equal(plainly(o.Body), as) {
				continue
			}
			if dir, known := absolute(o, to); known && path.Join(dir, sources[0]) == target {
				r.Step(s, "line "+line(o)+" has copied this already: leave it out")
				return
			}
		}
	}, "COPY", "ADD")
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
	r.View = lint.OnScript(func(s *lint.Script, r *lint.Report) {
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
	}, "mkdir")
	return r
}
