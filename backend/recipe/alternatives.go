package recipe

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// Where update-alternatives(1) keeps which there are, and which are taken.
const (
	alternativesDir   = "/var/lib/dpkg/alternatives"
	alternativesLinks = "/etc/alternatives"
)

// alternative is a name that several programs provide.
type alternative struct {
	manual bool
	link   string
	slaves [][2]string // name, link
	paths  []string
	more   map[string][]string // of a path: priority, and the paths of the slaves
}

// readAlternative reads a file of update-alternatives.
func readAlternative(text string) (a alternative, ok bool) {
	l := strings.Split(text, "\n")
	if len(l) < 3 {
		return a, false
	}
	a = alternative{manual: l[0] == "manual", link: l[1], more: map[string][]string{}}
	l = l[2:]
	for len(l) > 1 && l[0] != "" {
		a.slaves = append(a.slaves, [2]string{l[0], l[1]})
		l = l[2:]
	}
	if len(l) > 0 {
		l = l[1:]
	}
	n := 2 + len(a.slaves)
	for ; len(l) >= n && l[0] != ""; l = l[n:] {
		a.paths = append(a.paths, l[0])
		a.more[l[0]] = l[1:n]
	}
	return a, true
}

// choices makes the step of update-alternatives.
func choices(ctx context.Context, r *reading) error {
	names := map[string]bool{}
	for p := range r.changes {
		if dir := path.Dir(p); dir == alternativesDir || dir == alternativesLinks {
			names[path.Base(p)] = true
		}
	}
	if len(names) == 0 || !r.program("update-alternatives") {
		return nil
	}
	var commands, explains []string
	for _, name := range sorted(names) {
		text, err := r.file(ctx, r.after, path.Join(alternativesDir, name))
		if err != nil {
			return err
		}
		before, err := r.file(ctx, r.ground, path.Join(alternativesDir, name))
		if err != nil {
			return err
		}
		now, ok := readAlternative(text)
		if !ok {
			continue // a slave, or one that is gone
		}
		old, _ := readAlternative(before)
		more := now.since(old, name, r.target(r.after, name), r.target(r.ground, name))
		commands = append(commands, more...)
		if len(more) == 0 {
			continue
		}
		explains = append(explains, path.Join(alternativesDir, name))
		for _, s := range append([][2]string{{name, now.link}}, now.slaves...) {
			explains = append(explains, path.Join(alternativesLinks, s[0]), r.real(s[1]))
		}
	}
	if len(commands) == 0 {
		return nil
	}
	explains = slices.DeleteFunc(explains, func(p string) bool { return r.changes[p] == nil })
	r.step(Step{Kind: Refresh, Group: "alternatives", Comment: r.from("alternatives", func(t typed) bool { return t.is([]string{"update-alternatives"}) }),
		Instruction: "RUN " + chain(commands), Explains: explains})
	return nil
}

// target is what a name stands for.
func (r *reading) target(t *validate.Tree, name string) string {
	if n := t.At(path.Join(alternativesLinks, name)); n != nil && n.Kind == validate.Symlink {
		return n.Target
	}
	return ""
}

// since are the commands that make one state of another.
func (a alternative) since(old alternative, name, target, oldTarget string) (commands []string) {
	for _, p := range a.paths {
		if slices.Equal(old.more[p], a.more[p]) {
			continue
		}
		words := []string{"update-alternatives --install", quote(a.link), quote(name), quote(p), a.more[p][0]}
		for i, s := range a.slaves {
			if to := a.more[p][i+1]; to != "" {
				words = append(words, "--slave", quote(s[1]), quote(s[0]), quote(to))
			}
		}
		commands = append(commands, strings.Join(words, " "))
	}
	for _, p := range old.paths {
		if a.more[p] == nil {
			commands = append(commands, "update-alternatives --remove "+quote(name)+" "+quote(p))
		}
	}
	switch {
	case a.manual && (target != oldTarget || !old.manual):
		commands = append(commands, "update-alternatives --set "+quote(name)+" "+quote(target))
	case !a.manual && old.manual:
		commands = append(commands, "update-alternatives --auto "+quote(name))
	}
	return commands
}
