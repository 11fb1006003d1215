package plugins

import (
	"regexp"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// ignoreComment is "# strake: ignore=CODE,CODE reason": what these codes tell of the
// next instruction is not shown. A code may be a plugin's name, which stands for
// all of its codes.
var ignoreComment = regexp.MustCompile(`^\s*strake:\s*ignore=(\S+)`)

// ignore is a code of such a comment.
type ignore struct {
	code   string
	at     source.Span // of the comment
	target source.Span // the instruction
	used   bool
}

// ignored drops the diagnostics that comments of the module's files ignore, and warns of
// comments that ignore nothing.
func ignored(m *ir.Module, list diag.List, names []string) diag.List {
	var ignores []*ignore
	for i, f := range m.Files {
		if strings.Contains(f.Text, "ignore=") {
			ignores = append(ignores, findIgnores(source.FileID(i), f)...)
		}
	}
	if len(ignores) == 0 {
		return list
	}
	list = slices.DeleteFunc(list, func(d diag.Diagnostic) bool {
		found := false
		for _, g := range ignores {
			if g.covers(d) {
				g.used, found = true, true
			}
		}
		return found
	})
	for _, g := range ignores {
		if !g.used {
			d := list.Warnf(g.at, "unused-ignore", "nothing is ignored here: there is no %s below", g.code)
			d.Hint = "remove the comment"
			if plugin, _, _ := strings.Cut(g.code, "/"); !slices.Contains(names, plugin) {
				d.Hint = "no plugin in strake.yaml has that code"
				if near := diag.Suggest(plugin, names); near != "" {
					d.Hint += ": did you mean `" + near + "`?"
				}
			}
		}
	}
	return list
}

func (g *ignore) covers(d diag.Diagnostic) bool {
	return !d.Span.IsZero() && d.Span.File == g.target.File && g.target.Start <= d.Span.Start && d.Span.Start < g.target.End &&
		(d.Code == g.code || strings.HasPrefix(d.Code, g.code+"/"))
}

func findIgnores(id source.FileID, f ir.File) []*ignore {
	var set source.Set
	for range id {
		set.Add("", "")
	}
	file, _ := lang.Parse(set.Add(f.Name, f.Text))
	var all, open []*ignore
	for _, item := range file.Items {
		switch n := item.(type) {
		case *lang.Comment:
			if g := ignoreComment.FindStringSubmatch(n.Text); g != nil {
				for code := range strings.SplitSeq(g[1], ",") {
					open = append(open, &ignore{code: code, at: n.Span()})
				}
			}
		case lang.Instruction:
			for _, g := range open {
				g.target = n.Span()
			}
			all, open = append(all, open...), nil
		}
	}
	return append(all, open...)
}
