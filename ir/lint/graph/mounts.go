package graph

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// aptCaches are directories of which APT takes a lock, and fails where another has it.
var aptCaches = []string{"/var/cache/apt", "/var/cache/apt/archives", "/var/lib/apt", "/var/lib/apt/lists"}

func cacheMountNotLocked() lint.Rule {
	r := rule("cache-mount-not-locked", diag.Warning, "cache", "A cache mount of APT should have sharing=locked: two builds at a time fail for its lock otherwise")
	r.View = lint.OnBody(func(s *lint.Step, run *ir.Run, r *lint.Report) {
		for i, m := range run.Mounts {
			target, _ := m.Option("target")
			kind, _ := m.Option("type")
			if kind != "cache" || !slices.Contains(aptCaches, strings.TrimRight(target, "/")) {
				continue
			}
			sharing, is := m.Option("sharing")
			if is && sharing != "shared" {
				continue
			}
			flag, ok := mountFlag(s.Node, i)
			if !ok {
				continue
			}
			f := r.Within(s.Outer, flag.At, "builds that run at the same time share this cache, and APT fails where another one has its lock: add sharing=locked")
			if !is && !s.Onbuild && r.Text().Has(lang.Word{Text: "--mount=" + flag.Value, Place: flag.Place}) && !strings.HasSuffix(flag.Value, `"`) {
				f.Fix("add sharing=locked", diag.Files, lint.Insert(flag.At, ",sharing=locked"))
			}
		}
	})
	return r
}

// mountFlag is the flag of a mount, by its number.
func mountFlag(in lang.Instruction, n int) (lang.Flag, bool) {
	for _, f := range in.Head().Flags {
		if f.Name == "mount" {
			if n == 0 {
				return f, true
			}
			n--
		}
	}
	return lang.Flag{}, false
}

// cleaned are the directories that managers of packages empty when they clean up.
var cleaned = map[string][]string{
	"apt": {"/var/cache/apt", "/var/cache/apt/archives"},
	"yum": {"/var/cache/yum", "/var/cache/dnf"},
	"dnf": {"/var/cache/dnf", "/var/cache/libdnf5"},
	"apk": {"/var/cache/apk", "/etc/apk/cache"},
}

// uncached is the option by which pip makes no use of its cache, where that is what is mounted.
func uncached(c *shell.Command, target string) (shell.Word, bool) {
	pip := strings.HasPrefix(c.Name, "pip") || strings.HasPrefix(c.Name, "python") && c.Arg(0) == "-m" && c.Arg(1) == "pip"
	i := slices.IndexFunc(c.Args, func(w shell.Word) bool { return w.Text == "--no-cache-dir" })
	if !pip || i < 0 || !strings.HasSuffix(target, "/.cache/pip") {
		return shell.Word{}, false
	}
	return c.Args[i], true
}

func cacheMountCleaned() lint.Rule {
	r := rule("cache-mount-cleaned", diag.Warning, "cache", "A cache that is mounted is not in the image: to remove it only makes the next build slower")
	r.View = lint.OnBody(func(s *lint.Step, run *ir.Run, r *lint.Report) {
		for _, m := range run.Mounts {
			kind, _ := m.Option("type")
			target, known := m.Option("target")
			if kind != "cache" || !known || !strings.HasPrefix(target, "/") || strings.Contains(target, "$") {
				continue
			}
			target = strings.TrimRight(target, "/")
			for _, c := range found(s, "rm") {
				removes := removed(s.Script(), c)
				if !removes.Any && slices.ContainsFunc(removes.List, func(p effects.Path) bool {
					return strings.HasPrefix(p.Name, "/") && (isBelow(target, p.Name) && p.Tree || p.Name == target+"/*")
				}) {
					r.Command(s.Script(), c, target+" is a cache that is mounted, and not in the image: leave it for the next build")
				}
			}
			for _, c := range s.Commands() {
				if w, ok := uncached(c, target); ok {
					r.Word(s.Script(), c, w, "pip makes no use of the cache that is mounted: leave --no-cache-dir out")
				} else if t, ok := s.Script().Task(c); ok && t.System && t.Action == effects.ToClean && slices.Contains(cleaned[t.Manager], target) {
					r.Command(s.Script(), c, target+" is a cache that is mounted, and not in the image: leave it for the next build")
				}
			}
		}
	})
	return r
}
