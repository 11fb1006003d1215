package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/plugins/shell"
)

// cleaning is what only empties the caches of a manager.
type cleaning struct {
	words    []shell.Word // of rm
	commands []*shell.Command
}

func (c cleaning) empty() bool { return len(c.words)+len(c.commands) == 0 }

// mayTidy tells whether what speaks against a cache can be taken out.
func (j *job) mayTidy(u *use, clean cleaning) bool {
	if j.config.CleanUp == "keep" && (!clean.empty() || j.switchedOff(u)) {
		return false
	}
	return j.canEdit(u) || !j.switchedOff(u) && !j.redirects(u)
}

// tidy takes it out, and leads the caches to where they are mounted.
func (j *job) tidy(u *use, clean cleaning) {
	for _, c := range clean.commands {
		j.editor.Remove(c)
	}
	for _, w := range clean.words {
		j.editor.RemoveWord(w)
	}
	for _, c := range u.commands {
		for _, w := range c.Args {
			if w.Known && slices.Contains(u.off, w.Text) {
				j.editor.RemoveWord(w)
			}
		}
		if set := j.assignments(u); set != "" {
			j.editor.Prefix(c, set)
		}
	}
	if !clean.empty() {
		j.note("its clean-up is useless now")
	}
}

// switchedOff tells whether options or variables forbid a cache.
func (j *job) switchedOff(u *use) bool {
	for _, c := range u.commands {
		if c.Has(u.off...) {
			return true
		}
	}
	return j.offVar(u) != ""
}

// offVar is the variable in force that forbids the cache, with the value that allows it.
func (j *job) offVar(u *use) string {
	name, allow, ok := strings.Cut(u.offVar, "=")
	if !ok {
		return ""
	}
	value, set, _ := j.state.Var(name)
	if !set || slices.Contains([]string{"", "0", "no", "off", "false"}, strings.ToLower(value)) && value != "" {
		return ""
	}
	return name + "=" + allow
}

// redirects tells whether a cache is led to a directory of its own.
func (j *job) redirects(u *use) bool {
	return slices.ContainsFunc(u.targets, func(t target) bool { return strings.HasPrefix(t.dir, ownDir) })
}

// assignments are the variables that the commands of a manager need.
func (j *job) assignments(u *use) string {
	var list []string
	if v := j.offVar(u); v != "" {
		list = append(list, v)
	}
	for i, c := range u.caches {
		if i < len(u.targets) && c.redirect != "" && strings.HasPrefix(u.targets[i].dir, ownDir) {
			list = append(list, strings.ReplaceAll(c.redirect, "=DIR", "="+u.targets[i].dir))
		}
	}
	return strings.Join(list, " ")
}

// cleanUp finds the commands, and the words of rm, that only empty the caches. It is
// false when one cannot be removed.
func (j *job) cleanUp(u *use) (out cleaning, ok bool) {
	for _, c := range u.clean {
		if !c.CanRemove() {
			return out, false
		}
		out.commands = append(out.commands, c)
	}
	for _, c := range j.script.Find("rm") {
		gone := j.cleaned(u, c)
		switch {
		case len(gone) == 0:
		case !c.CanRemove():
			return out, false
		case len(gone) == len(c.Operands()):
			out.commands = append(out.commands, c)
		default:
			out.words = append(out.words, gone...)
		}
	}
	return out, true
}

// cleaned are the words of an rm that are a cache, or in one.
func (j *job) cleaned(u *use, c *shell.Command) []shell.Word {
	var gone []shell.Word
	for _, w := range c.Operands() {
		p, ok := w.Value(j.state.Lookup)
		if !ok {
			continue
		}
		inCache := slices.ContainsFunc(u.targets, func(t target) bool { return within(p, t.dir) })
		if inCache && !strings.ContainsAny(p, "{,") || slices.Contains(u.useless, p) || slices.Contains(u.stale, p) {
			gone = append(gone, w)
		}
	}
	return gone
}

// destructive are programs for which a mount in what they work on makes a difference.
var destructive = []string{"rm", "rmdir", "mv", "cp", "tar", "rsync", "ln", "find", "unlink", "chown", "chmod"}

// conflict tells whether a command works on a directory above one that would be
// mounted: it would fail, or do to the cache what is meant for the image.
func (j *job) conflict(u *use, dir string) bool {
	for _, c := range j.script.Commands {
		if !slices.Contains(destructive, c.Name) {
			continue
		}
		for _, w := range c.Operands() {
			p, ok := w.Value(j.state.Lookup)
			if ok && hits(p, dir, c.Name == "rm" && !c.Nested) {
				return true
			}
		}
	}
	return false
}

// hits tells whether a path, which may have wildcards, is above a directory, or the
// directory itself, which rm may name as that is taken out.
func hits(p, dir string, rm bool) bool {
	if !path.IsAbs(p) {
		return false
	}
	if i := strings.IndexAny(p, "*?[{"); i >= 0 {
		return len(p[:i]) > 1 && strings.HasPrefix(dir, p[:i])
	}
	p = path.Clean(p)
	if p == dir {
		return !rm
	}
	return p != "/" && within(dir, p)
}
