package effects

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// attributes notes the variables of a script that are declared with options: what an assignment
// gives them depends on those, wherever it stands.
func (w *walker) attributes(script *syntax.File) {
	note := func(options bool, name string) {
		if name, _, _ = strings.Cut(name, "="); !options || !isName(name) {
			return
		}
		if w.odd == nil {
			w.odd = map[string]bool{}
		}
		w.odd[name] = true
	}
	shell.Walk(script, func(n syntax.Node) bool {
		options := false
		switch n := n.(type) {
		case *syntax.DeclClause:
			if n.Variant.Value == "export" || n.Variant.Value == "readonly" {
				return true
			}
			for _, a := range n.Args {
				if a.Name != nil {
					note(options, a.Name.Value)
				} else if a.Value != nil {
					options = options || isOption(a.Value.Lit())
				}
			}
		case *syntax.CallExpr:
			if len(n.Args) == 0 || !declares(n.Args[0].Lit()) {
				return true
			}
			for _, a := range n.Args[1:] {
				options = options || isOption(a.Lit())
				if len(a.Parts) == 0 {
					continue
				}
				if lit, ok := a.Parts[0].(*syntax.Lit); ok {
					note(options, lit.Value)
				}
			}
		}
		return true
	})
}

func isOption(word string) bool { return strings.HasPrefix(word, "-") || strings.HasPrefix(word, "+") }

// declares tells the builtins of bash that declare variables, as a POSIX shell reads them.
func declares(name string) bool { return name == "declare" || name == "typeset" || name == "local" }
