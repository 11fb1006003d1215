package effects

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// expanded are the paths at which the shell of a RUN looks for what wildcards stand for. What a
// command does with the names is in its effects, and where these have the wildcard, so is the place.
func expanded(run *ir.Run, s Step) (list []Path) {
	script, err := shell.Parse(run, nil)
	if err != nil {
		return []Path{{Name: "/", Tree: true}}
	}
	for _, w := range script.Globs() {
		switch {
		case w.Text == "[" || w.Text == "[[": // the programs
		case w.Known && path.IsAbs(w.Text) && !strings.ContainsAny(w.Text, "{}()"):
			list = append(list, Path{Name: path.Clean(w.Text), Glob: true})
		case !modelled(script, w, s):
			list = append(list, Path{Name: "/", Tree: true})
		}
	}
	if s.lists || script.SetsPattern() {
		list = append(list, Path{Name: "/", Tree: true})
	}
	return list
}

// modelled tells whether the effects of the command that a word stands in have its wildcard.
func modelled(script *shell.Script, w shell.Word, s Step) bool {
	for _, c := range script.Commands {
		if w.Start < 0 || !slices.ContainsFunc(c.Args, func(a shell.Word) bool { return a.Start == w.Start && a.End == w.End }) {
			continue
		}
		return slices.ContainsFunc(s.Commands, func(d Command) bool {
			return d.Text == c.Text && slices.ContainsFunc(slices.Concat(d.Effects.Reads.List, d.Effects.Writes.List, d.Effects.Removes.List), func(p Path) bool {
				return p.Glob && strings.HasSuffix(p.Name, "/"+path.Clean(w.Text))
			})
		})
	}
	return false
}

// alters tells whether a command may change what a directory is, and not only make something in
// it: what it writes has nothing that is below.
func alters(s Step, dir Path) bool {
	return slices.ContainsFunc(s.Commands, func(c Command) bool {
		list := c.Effects.Writes.List
		return slices.Contains(list, dir) && !slices.ContainsFunc(list, func(p Path) bool {
			return strings.HasPrefix(p.Name, strings.TrimSuffix(dir.Name, "/")+"/") && p.Name != dir.Name
		})
	})
}

// mountedAt is where a RUN has a mount. It is not known when a variable, or the working directory,
// decides.
func mountedAt(m ir.Mount) (target string, known bool) {
	kind, _ := m.Option("type")
	if t, ok := m.Option("target"); ok {
		return path.Clean(t), path.IsAbs(t) && !strings.ContainsAny(t, "$\"'\\`")
	}
	return "/run", kind == "secret" || kind == "ssh" // in /run/secrets, or /run/buildkit
}

// madeFor are the directories that the engine makes for a mount, and may leave.
func madeFor(target string) (list []use) {
	for _, p := range append(parents(target, false).List, Path{Name: target, Tree: true}) {
		list = append(list, use{Path: canonical(p)})
	}
	return list
}
