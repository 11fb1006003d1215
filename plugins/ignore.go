package plugins

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint/ignore"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// ignored drops the diagnostics that comments of the module's files ignore, and warns of
// comments that ignore nothing, or are not written as they have to be. Codes that are no
// plugin's are left to who knows of rules.
func ignored(m *ir.Module, list diag.List, names []string) diag.List {
	var ignores []*ignore.Comment
	var bad diag.List
	for i, f := range m.Files {
		if strings.Contains(f.Text, "strake") {
			found, wrong := ignore.Read(parsed(source.FileID(i), f))
			ignores, bad = append(ignores, found...), append(bad, wrong...)
		}
	}
	if len(ignores)+len(bad) == 0 {
		return list
	}
	list = slices.DeleteFunc(list, func(d diag.Diagnostic) bool {
		found := false
		for _, g := range ignores {
			if g.Covers(d.Code, d.Span) {
				g.Used, found = true, true
			}
		}
		return found
	})
	for _, g := range ignores {
		if plugin, _, _ := strings.Cut(g.Code, "/"); !g.Used && slices.Contains(names, plugin) && !mayConcern(g, m, list) {
			list.Add(g.Unused())
		}
	}
	return append(list, bad...)
}

// mayConcern tells whether a finding of the code stands on the whole of an op that the
// instruction is a part of, which is at its first place: then it is about this part, too.
func mayConcern(g *ignore.Comment, m *ir.Module, list diag.List) bool {
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			spans := op.Origin.Spans()
			if len(spans) > 1 && slices.Contains(spans, g.Over) &&
				slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return g.Names(d.Code) && d.Span == spans[0] }) {
				return true
			}
		}
	}
	return false
}

// parsed is the tree of a file of a module.
func parsed(id source.FileID, f ir.File) *lang.File {
	var set source.Set
	for range id {
		set.Add("", "")
	}
	file, _ := lang.Parse(set.Add(f.Name, f.Text))
	return file
}
