package main

import (
	"context"
	"errors"

	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/pass"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// examine looks at a Dockerfile and its context before an engine is asked.
func (b *buildRun) examine(ctx context.Context, in *input.Input, src *input.Source) error {
	if _, _, foreign := gateway.Foreign(src.Text, in.Options); foreign {
		return nil
	}
	if p, ok := src.Pass.(*pass.Pass); ok && p.Looks() {
		src.Pass = pass.Early{Pass: p}
	}
	set := &source.Set{}
	file := set.Add(src.Name, src.Text)
	_, _, err := ir.Read(ctx, file, src.Pass)
	src.AddFiles(set)
	if err == nil {
		err = lint.Directive(file)
	}
	var diags diag.List
	switch {
	case errors.As(err, &diags):
		b.report(set, diags)
		return errReported
	case err != nil:
		return err
	}
	return b.guard(ctx, src)
}
