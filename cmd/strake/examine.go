package main

import (
	"context"

	"github.com/seed-e0495807/strake/backend/buildcontext"
	"github.com/seed-e0495807/strake/backend/frontend"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// examine looks at a Dockerfile and its context before an engine is asked.
func (b *buildRun) examine(ctx context.Context, in *buildcontext.Input, src *buildcontext.Source) error {
	if _, _, foreign := frontend.Foreign(src.Text, in.Options); foreign {
		return nil
	}
	set := &source.Set{}
	file, diags := lang.Parse(set.Add(src.Name, src.Text))
	diags = append(diags, lang.Unclaimed(file)...)
	_, more := ir.Build(file)
	if diags = append(diags, more...); diags.HasErrors() {
		diags.Sort()
		b.report(set, diags)
		return errReported
	}
	return b.guard(ctx, src)
}
