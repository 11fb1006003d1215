package optimize

import (
	"math"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// profiled is how many commits tell how often files change.
const profiled = 50

// shares says how often the sources of each COPY and ADD from the build context change: by
// pattern, the share of commits that touched it. One that copies all of the context is split
// into what is at its top, so that its share is not taken for that of each file in it. Nil is
// for no commits, and for a module that copies nothing.
func shares(m *ir.Module, commits []Commit) map[string]float64 {
	if len(commits) == 0 {
		return nil
	}
	out := map[string]float64{}
	for _, source := range sources(m) {
		if source != "" {
			out[source] = 0
			continue
		}
		for _, c := range commits {
			for _, f := range c.Files {
				top, _, _ := strings.Cut(f, "/")
				out[top] = 0
			}
		}
	}
	for pattern := range out {
		n := 0
		for _, c := range commits {
			if slices.ContainsFunc(c.Files, func(f string) bool { return f == pattern || strings.HasPrefix(f, pattern+"/") }) {
				n++
			}
		}
		out[pattern] = math.Round(100*float64(n)/float64(len(commits))) / 100
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// sources are the paths of the context that a module copies, "" for all of it. One with a
// variable or a wildcard may be any below the directory in front of that.
func sources(m *ir.Module) (list []string) {
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			var from []string
			switch b := op.Body.(type) {
			case *ir.Copy:
				if b.From == "" {
					from = b.Sources
				}
			case *ir.Add:
				from = b.Sources
			}
			for _, name := range from {
				if strings.Contains(name, "://") || strings.HasPrefix(name, "git@") {
					continue
				}
				if i := strings.IndexAny(name, "$*?["); i >= 0 {
					name = path.Dir("/" + name[:i] + "x")
				}
				list = append(list, path.Clean("/" + name)[1:])
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
