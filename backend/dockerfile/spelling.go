package dockerfile

import (
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// spelled is the instructions of a source file by where they are.
type spelled map[source.Span]place

// place is an instruction as it stands in a source file. The zero place is none.
type place struct {
	node lang.Instruction
	text string
	lead []string // the comments since the instruction before, and "" for blank lines
}

// spelling reads a file for the spelling of its instructions. It has none when
// the file uses another escape character than the module.
func spelling(id int, f ir.File, escape byte) spelled {
	// A line behind the last is swallowed by an instruction that is not at its
	// end, whose span then is none that an origin could have.
	src := &source.File{ID: source.FileID(id), Name: f.Name, Text: f.Text + "\nUSER x\n"}
	tree, diags := lang.Parse(src)
	if tree.Escape != escape {
		return nil
	}
	out := spelled{}
	var lead []string
	end := uint32(0) // of the item before
	for _, item := range tree.Items {
		at := item.Span()
		if strings.Count(src.Text[end:at.Start], "\n") > 1 {
			lead = append(lead, "")
		}
		end = at.End
		switch n := item.(type) {
		case *lang.Comment:
			lead = append(lead, src.Slice(at))
			continue
		case lang.Instruction:
			if !broken(diags, at) {
				out[at] = place{n, src.Slice(at), lead}
			}
		}
		lead = nil
	}
	return out
}

// broken reports whether there is an error at a place.
func broken(diags diag.List, at source.Span) bool {
	for _, d := range diags {
		if d.Severity == diag.Error && at.Start <= d.Span.Start && d.Span.Start <= at.End {
			return true
		}
	}
	return false
}

// op gives the spelling of an op that the source still stands for.
func (p place) op(op *ir.Op) (text string, lead []string, ok bool) {
	if _, from := p.node.(*lang.From); p.node == nil || from {
		return "", nil, false
	}
	body, diags := ir.BuildBody(p.node)
	if diags.HasErrors() || !ir.Equal(body, op.Body) {
		return "", nil, false
	}
	return p.text, p.lead, !tooLong(p.text)
}

// stage gives the spelling of a stage that the source still stands for.
func (p place) stage(s *ir.Stage) (text string, lead []string, ok bool) {
	from, ok := p.node.(*lang.From)
	if !ok || !ir.SameStage(from, s) {
		return "", nil, false
	}
	return p.text, p.lead, !tooLong(p.text)
}
