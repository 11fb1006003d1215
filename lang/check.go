package lang

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/spec"
)

var stageName = late.Regexp(`^[a-z][a-z0-9-_.]*$`)

// check finds what the words of a node cannot mean. Its checks are those of
// BuildKit's instructions.Parse.
func (p *parser) check(in Instruction, l *lexer.Line) {
	switch n := in.(type) {
	case *From:
		if name := n.As; !name.At.IsZero() && !stageName().MatchString(strings.ToLower(name.Text)) {
			p.diags.Errorf(name.At, "invalid-stage-name", "invalid name for build stage: `%s`", name.Text).
				Expected = "a letter, then letters, digits, `-`, `_` or `.`"
		}
	case *Copy:
		p.checkPaths(&n.Paths, l)
	case *Add:
		p.checkPaths(&n.Paths, l)
	case *Env:
		p.checkNames(n.Pairs.List, l)
	case *Label:
		p.checkNames(n.Pairs.List, l)
	case *Arg:
		p.checkNames(n.Pairs.List, l)
	case *Volume:
		for _, w := range n.Paths.List {
			if strings.TrimSpace(w.Text) == "" {
				p.diags.Errorf(w.At, "blank-volume", "VOLUME specified can not be an empty string").Expected = spec.Of(l.ID).Usage
			}
		}
	}
}

func (p *parser) checkPaths(n *Paths, l *lexer.Line) {
	if _, ok := lexer.ParseHeredoc(n.Dest.Text); ok && len(n.Sources) > 0 {
		p.diags.Errorf(n.Dest.At, "heredoc-destination", "%s cannot accept a heredoc as a destination", l.ID).Expected = spec.Of(l.ID).Usage
	}
}

func (p *parser) checkNames(list []Pair, l *lexer.Line) {
	for _, pair := range list {
		if pair.HasValue && !pair.Legacy && pair.Key.Text == "" {
			p.diags.Errorf(pair.Span(), "blank-name", "%s names can not be blank", l.ID).Expected = spec.Of(l.ID).Usage
		}
	}
}
