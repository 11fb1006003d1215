package shell_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// TestWalk holds that nodes come in the order of syntax.Walk, whichever of them are passed over.
func TestWalk(t *testing.T) {
	for _, text := range []string{
		"a && b 'c' \"d $e\" >f 2>&1 | g || ! h &",
		"# one\na # two\nb\n# three",
		"x=1 y+=(2 3) z[4]=5; w=6 cmd <<E\n$(date) text\nE\n",
		"if a; then b; else c; fi; for i in 1 2; do echo ${i:-x} $((i+1)); done; f() { case $1 in a*) b;; esac; }",
		"(a; b) && { c; } && [[ -f d ]] && export e=f && diff <(g) `h`",
	} {
		file, err := syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
		if err != nil {
			t.Fatal(err)
		}
		for skip := range 6 {
			nodes := func(walk func(syntax.Node, func(syntax.Node) bool)) (list []string) {
				walk(file, func(n syntax.Node) bool {
					if list = append(list, fmt.Sprintf("%T", n)); n != nil {
						list[len(list)-1] += n.Pos().String() + n.End().String()
					}
					return skip == 0 || len(list)%(skip+2) != 0
				})
				return list
			}
			if got, want := nodes(shell.Walk), nodes(syntax.Walk); !slices.Equal(got, want) {
				t.Errorf("%s: without each %d: %v\nand not %v", text, skip+2, got, want)
			}
		}
	}
}
