// Package explain has built-in plugins tell what they made of an instruction, and why they left
// others alone: in the log, or, for who asks for it, as hints in the source. It may import lang, ir
// and plugins.
package explain

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// Teller is a plugin at work.
type Teller struct {
	Host  plugins.Host
	Hints bool       // tell in the source
	Page  string     // of the plugin; each code has a heading there
	Diags *diag.List // that hints go to
}

// Say tells something of an instruction, which has an origin and a text of one line.
func (t Teller) Say(ctx context.Context, code string, at *ir.Origin, instruction, what string) {
	if !t.Hints {
		t.Host.Log(ctx, fmt.Sprintf("%.80q: %s (%s)", instruction, what, code))
		return
	}
	var span source.Span
	if spans := at.Spans(); len(spans) > 0 {
		span = spans[0]
	}
	d := t.Diags.Hintf(span, code, "%s", what)
	d.URL = t.Page + "#" + code
}

// Short is an instruction in a sentence, cut where it is long.
func Short(op *ir.Op) string {
	text := []rune(strings.ToValidUTF8(op.Text(), "?"))
	if len(text) > 60 {
		return string(text[:57]) + "…"
	}
	return string(text)
}
