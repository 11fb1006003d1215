package plugins

import (
	"slices"
	"strings"
	"unicode"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
)

// ignoreComment is "# strake: ignore=CODE,CODE reason": what these codes tell of the
// next instruction is not shown. A code may be a plugin's name, which stands for
// all of its codes. Without a reason, it ignores nothing.
var (
	ignoreComment = late.Regexp(`^\s*strake:\s*ignore=([^\s,]+(?:,[^\s,]+)*)(.*)$`)
	ignoreMeant   = late.Regexp(`(?i)^\s*strake\s*:?\s*ignor`)
)

// IsIgnore tells whether a line of a Dockerfile is a comment that ignores something.
func IsIgnore(line string) bool {
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
	return ok && ignoreComment().MatchString(text)
}

// ignore is a code of such a comment.
type ignore struct {
	code   string
	at     source.Span // of the comment
	target source.Span // the instruction
	used   bool
}

// ignored drops the diagnostics that comments of the module's files ignore, and warns of
// comments that ignore nothing, or are not written as they have to be.
func ignored(m *ir.Module, list diag.List, names []string) diag.List {
	var ignores []*ignore
	var bad diag.List
	for i, f := range m.Files {
		if strings.Contains(f.Text, "strake") {
			ignores = append(ignores, findIgnores(source.FileID(i), f, &bad)...)
		}
	}
	if len(ignores)+len(bad) == 0 {
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
		if !g.used && !g.mayConcern(m, list) {
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
	return append(list, bad...)
}

// mayConcern tells whether a finding of the code stands on the whole of an op that the
// instruction is a part of, which is at its first place: then it is about this part, too.
func (g *ignore) mayConcern(m *ir.Module, list diag.List) bool {
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			spans := op.Origin.Spans()
			if len(spans) > 1 && slices.Contains(spans, g.target) &&
				slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return g.names(d.Code) && d.Span == spans[0] }) {
				return true
			}
		}
	}
	return false
}

func (g *ignore) covers(d diag.Diagnostic) bool {
	return !d.Span.IsZero() && d.Span.File == g.target.File && g.target.Start <= d.Span.Start && d.Span.Start < g.target.End && g.names(d.Code)
}

func (g *ignore) names(code string) bool {
	return code == g.code || strings.HasPrefix(code, g.code+"/")
}

func isWordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// findIgnores finds the comments of a file, and what is wrong with them.
func findIgnores(id source.FileID, f ir.File, bad *diag.List) []*ignore {
	var set source.Set
	for range id {
		set.Add("", "")
	}
	file, _ := lang.Parse(set.Add(f.Name, f.Text))
	var all, open []*ignore
	for _, item := range file.Items {
		switch n := item.(type) {
		case *lang.Comment:
			switch g := ignoreComment().FindStringSubmatch(n.Text); {
			case g == nil && ignoreMeant().MatchString(n.Text):
				bad.Warnf(n.Span(), "bad-ignore", "nothing is ignored here: the comment is not understood").
					Hint = "it is written as `# strake: ignore=CODE,CODE reason`"
			case g == nil:
			case !strings.ContainsFunc(g[2], isWordy):
				bad.Warnf(n.Span(), "ignore-without-reason", "nothing is ignored here: the comment has no reason").
					Hint = "say why behind the code: `# strake: ignore=" + g[1] + " reason`"
			default:
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
