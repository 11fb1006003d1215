package main

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/dump"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/backend/tree"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
)

// form is a form of output.
type form struct {
	name     string
	suffix   string // of a file
	comment  string // starts a header, in a form that can have one
	compiles bool   // for each platform, down to LLB
	binary   bool
	whole    bool // plugins expand all stages, as it is to be a plain Dockerfile
	all      bool // stages are compiled when there is no target
	emit     emitter
}

// emitter makes the parts of a result out of a source.
type emitter func(context.Context, *compileRun, *compile.Snapshot, *result) error

func forms() []*form {
	return []*form{
		{name: "json", suffix: ".json", compiles: true, emit: lower(dump.JSON, bk.LocalUniqueID(fixedID))},
		{name: "llb", suffix: ".llb", compiles: true, binary: true, emit: lower(dump.Binary)},
		{name: "dot", suffix: ".dot", comment: "//", compiles: true, emit: lower(dump.Dot, bk.LocalUniqueID(fixedID))},
		{name: "ir", suffix: ".ir", comment: "//", emit: emitIR},
		{name: "ast", suffix: ".ast", comment: "#", emit: emitAST},
		{name: "dockerfile", suffix: ".Dockerfile", comment: "#", whole: true, emit: emitDockerfile},
	}
}

// fixedID is the id of local sources in output that is to be compared.
const fixedID = "strake"

func formOf(name string) (*form, error) {
	var names []string
	for _, f := range forms() {
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	e := &cli.UsageError{Message: "unknown form: --emit=" + name}
	if near := diag.Suggest(name, names); near != "" {
		e.Hint = "--emit=" + near
	}
	return nil, e
}

// check keeps the warnings of a list, or gives its errors.
func (r *result) check(diags diag.List) error {
	if diags.HasErrors() {
		diags.Sort()
		return diags
	}
	r.diags = append(r.diags, diags...)
	return nil
}

func emitAST(_ context.Context, _ *compileRun, src *compile.Snapshot, r *result) error {
	file, diags := src.AST()
	if err := r.check(diags); err != nil {
		return err
	}
	r.parts = []part{{data: []byte(tree.Print(file))}}
	return nil
}

// module is the module of a source, also when it has errors that only plugins have found:
// those are for the user to see beside it. What a plugin could not expand is no module.
func module(ctx context.Context, src *compile.Snapshot, r *result) (*ir.Module, error) {
	m, diags, err := src.Expanded(ctx)
	r.diags = append(r.diags, diags...)
	var found diag.List
	if m != nil && !m.HasCustom() && errors.As(err, &found) {
		r.diags, err = append(r.diags, found...), nil
	}
	return m, err
}

func emitIR(ctx context.Context, _ *compileRun, src *compile.Snapshot, r *result) error {
	m, err := module(ctx, src, r)
	if err != nil {
		return err
	}
	r.parts = []part{{data: []byte(ir.Print(m))}}
	return nil
}

func emitDockerfile(ctx context.Context, _ *compileRun, src *compile.Snapshot, r *result) error {
	m, err := module(ctx, src, r)
	if err != nil {
		return err
	}
	text, err := dockerfile.Print(m)
	if err != nil {
		return err
	}
	r.parts = []part{{data: []byte(text)}}
	return nil
}

// writer writes a definition.
type writer func(io.Writer, *bk.Definition) error

// lower compiles for each platform, and writes the definitions.
func lower(write writer, marshal ...bk.ConstraintsOpt) emitter {
	return func(ctx context.Context, c *compileRun, src *compile.Snapshot, r *result) error {
		for _, i := range src.Platforms() {
			res, err := src.LLB(ctx, i)
			if err != nil {
				return err
			}
			if i <= 0 { // they are the same for all
				r.diags = append(r.diags, res.Diags...)
			}
			p, err := newPart(ctx, res, write, marshal)
			if err != nil {
				return err
			}
			if i != compile.Default {
				p.platform = platforms.FormatAll(src.Config().Platforms[i])
			}
			r.parts = append(r.parts, p)
		}
		return nil
	}
}

func newPart(ctx context.Context, res *llb.Result, write writer, marshal []bk.ConstraintsOpt) (p part, err error) {
	def, err := res.State.Marshal(ctx, marshal...)
	if err != nil {
		return part{}, err
	}
	if p.config, err = res.Config(); err != nil {
		return part{}, err
	}
	var b bytes.Buffer
	err = write(&b, def)
	p.data = b.Bytes()
	return p, err
}
