package graph

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// moved are the sources of a COPY or ADD, wherever they are, and where they go.
func moved(body ir.Body) (sources []string, dest string) {
	switch b := body.(type) {
	case *ir.Copy:
		return b.Sources, b.Dest
	case *ir.Add:
		return b.Sources, b.Dest
	}
	return nil, ""
}

// copied are the sources of a COPY or ADD of files of the build context, and where they go.
func copied(body ir.Body) (sources []string, dest string, ok bool) {
	switch b := body.(type) {
	case *ir.Copy:
		return b.Sources, b.Dest, b.From == "" && len(b.Sources) > 0
	case *ir.Add:
		for _, s := range b.Sources {
			if !strings.Contains(s, "://") && !strings.HasPrefix(s, "git@") {
				sources = append(sources, s)
			}
		}
		return sources, b.Dest, len(sources) > 0
	}
	return nil, "", false
}

// wholeContext tells whether a source is all of the build context.
func wholeContext(source string) bool {
	return slices.Contains([]string{".", "./", "/", "/.", "*", "./*"}, source)
}

// absolute is where a word of a step leads to. It is false when that is not known.
func absolute(s *lint.Step, word string) (string, bool) {
	text, ok := s.Expand(word)
	if !ok || text == "" {
		return "", false
	}
	if !strings.HasPrefix(text, "/") {
		dir := s.State().Workdir
		if dir == "" {
			return "", false
		}
		return path.Join(dir, text), true
	}
	return path.Clean(text), true
}

// isBelow tells whether a path is another, or below it.
func isBelow(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}

// sure are the paths of some that are known, and no patterns.
func sure(list effects.Paths) (out []effects.Path) {
	for _, p := range list.List {
		if p.Grade == effects.Precise && !p.Glob && strings.HasPrefix(p.Name, "/") {
			out = append(out, p)
		}
	}
	return out
}

// name of an image without its registry's defaults, tag and digest; "" where a variable is in it.
func imageName(ref string) string {
	if strings.Contains(ref, "$") {
		return ""
	}
	ref, _, _ = strings.Cut(ref, "@")
	ref = strings.TrimPrefix(strings.TrimPrefix(ref, "docker.io/"), "library/")
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		ref = ref[:i]
	}
	return ref
}

// secretName tells the name of a variable that surely holds a secret.
var secretNames = late.Regexp(`(?i)(?:^|_)(?:api_?key|credentials?|passw(?:or)?d|pwd|secret|token|access_key|private_key|auth)(?:$|_)`)

// notSecret are words by which such a name is of something else.
var notSecret = late.Regexp(`(?i)(?:^|_)(?:public|file|path|dir|version|url|host|user|id|name|type|expir[a-z]*|length|ttl|lifetime)(?:$|_)`)

func secretName(name string) bool {
	return secretNames().MatchString(name) && !notSecret().MatchString(name)
}

// given tells whether a variable comes from an ARG or ENV of the file.
func given(s *lint.Step, name string) bool {
	_, set, _ := s.State().Var(name)
	return set
}

// last is the command that a script ends with, on its own level: nothing of the script sees what
// it leaves.
func last(s *lint.Script) *shell.Command {
	if s.Tree() == nil || len(s.Tree().Stmts) == 0 {
		return nil
	}
	stmt := s.Tree().Stmts[len(s.Tree().Stmts)-1]
	for {
		if b, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.AndStmt || b.Op == syntax.OrStmt) {
			stmt = b.Y
			continue
		}
		break
	}
	for _, c := range s.Commands {
		if !c.Nested && c.Stmt() == stmt {
			return c
		}
	}
	return nil
}

// uses tells which stages others start from, copy from, or mount.
func uses(v *lint.View) map[*lint.Stage]bool {
	used, done := map[*lint.Stage]bool{}, map[string]int{} // how many of a name are
	find := func(at *lint.Stage, from string) {
		called := at.Called(from)
		for _, s := range called[min(done[from], len(called)):] {
			used[s] = true
		}
		done[from] = max(done[from], len(called))
	}
	for _, stage := range v.Stages {
		if stage.Parent != nil {
			used[stage.Parent] = true
		}
		for _, s := range stage.Steps {
			switch b := s.Body.(type) {
			case *ir.Copy:
				find(stage, b.From)
			case *ir.Run:
				for _, m := range b.Mounts {
					from, _ := m.Option("from")
					find(stage, from)
				}
			}
		}
	}
	return used
}

// found are the commands of a step that have a name, and stand in the file.
func found(s *lint.Step, name string) (list []*shell.Command) {
	for _, c := range s.Commands() {
		if c.Name == name && !c.Nested {
			list = append(list, c)
		}
	}
	return list
}
