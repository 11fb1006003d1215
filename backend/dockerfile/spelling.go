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
			out[at] = place{lead: lead}
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

// owned are the instructions that ops of a module stand for by themselves, and not as something
// that a plugin has made of them.
func owned(m *ir.Module) map[source.Span]bool {
	out := map[source.Span]bool{}
	own := func(list []*ir.Op) {
		for _, op := range list {
			if op != nil && op.Origin != nil {
				out[op.Origin.Span] = true
			}
		}
	}
	own(m.Args)
	for _, s := range m.Stages {
		if s != nil {
			own(s.Ops)
		}
	}
	return out
}

// source gives the spelling of the instruction that an origin is of. What a plugin has made of one
// instruction may still be what it was, in another place.
func (k *maker) source(o *ir.Origin) place {
	for o != nil && o.Span.IsZero() && len(o.From) == 1 {
		o = o.From[0]
	}
	return k.place(o)
}

// place is the instruction of an origin of a source file.
func (k *maker) place(o *ir.Origin) place {
	if o == nil || o.Span.IsZero() || int(o.Span.File) >= len(k.sources) {
		return place{}
	}
	return k.sources[o.Span.File][o.Span]
}

// lead gives the comments and blank lines above the instructions that an op comes from, each once.
func (k *maker) lead(of *ir.Origin) (lead []string) {
	seen := map[*ir.Origin]bool{}
	var walk func(o *ir.Origin)
	walk = func(o *ir.Origin) {
		if o == nil || seen[o] {
			return
		}
		seen[o] = true
		for _, from := range o.From {
			walk(from)
		}
		p := k.place(o)
		if _, from := p.node.(*lang.From); from || k.led[o.Span] || o != of && k.own[o.Span] {
			return
		}
		k.led[o.Span] = true
		first := len(lead) == 0
		for _, line := range p.lead {
			if first || line != "" {
				lead = append(lead, line)
			}
		}
	}
	walk(of)
	return lead
}

// op gives the spelling of an op that the source still stands for.
func (p place) op(op *ir.Op) (text string, ok bool) {
	if _, from := p.node.(*lang.From); p.node == nil || from {
		return "", false
	}
	body, diags := ir.BuildBody(p.node)
	if diags.HasErrors() || !ir.Equal(body, op.Body) {
		return "", false
	}
	return p.text, !tooLong(p.text)
}

// stage gives the spelling of a stage that the source still stands for.
func (p place) stage(s *ir.Stage) (text string, lead []string, ok bool) {
	from, ok := p.node.(*lang.From)
	if !ok || !ir.SameStage(from, s) {
		return "", nil, false
	}
	return p.text, p.lead, !tooLong(p.text)
}
