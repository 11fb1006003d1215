package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxPiped is how many commands a script may have for its pipes to be followed: each end
// of a long one knows all others.
const maxPiped = 500

// Pipes calls a function for each two commands of which one writes to the other.
func (s *Script) Pipes(each func(from, to *Command)) {
	if len(s.Commands) > maxPiped || len(s.trees) == 1 && !strings.Contains(s.Text, "|") {
		return
	}
	calls := s.Calls()
	for _, tree := range s.trees {
		Walk(tree, func(n syntax.Node) bool {
			b, ok := n.(*syntax.BinaryCmd)
			if !ok || b.Op != syntax.Pipe && b.Op != syntax.PipeAll {
				return true
			}
			to := under(b.Y, calls)
			for _, x := range under(b.X, calls) {
				for _, y := range to {
					each(x, y)
				}
			}
			return true
		})
	}
}

// under are the commands of one side of a pipe, without those of substitutions: what
// these print goes elsewhere.
func under(n syntax.Node, calls map[syntax.Command]*Command) (list []*Command) {
	Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			return false
		case *syntax.CallExpr:
			if c := calls[n]; c != nil {
				list = append(list, c)
			}
		}
		return true
	})
	return list
}
