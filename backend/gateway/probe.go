package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
)

// maxProbe is how many bytes of a file of an image are read.
const maxProbe = 1 << 20

// Prober is a pass that looks into images. Probe gives it the means, before Run.
type Prober interface {
	ir.Pass
	Probe(Images)
}

// Images looks into what the last stage of a module makes, as the build of a source
// sees it.
type Images struct {
	// Config gives the image config, as JSON.
	Config func(ctx context.Context, m *ir.Module) (json.RawMessage, error)
	// File reads a file, up to 1 MiB; the error is fs.ErrNotExist when it is not there.
	File func(ctx context.Context, m *ir.Module, path string) ([]byte, error)
}

// probe offers the pass a look into images.
func (b *build) probe() {
	if p, ok := b.src.Pass.(Prober); ok {
		p.Probe(Images{Config: b.config, File: b.file})
	}
}

func (b *build) compile(ctx context.Context, m *ir.Module) (*llb.Result, error) {
	o := b.src.LLB(0)
	o.Resolver, o.Local, o.Target = b.gateway, b.opt.Local, ""
	return llb.CompileModule(ctx, m, o)
}

func (b *build) config(ctx context.Context, m *ir.Module) (json.RawMessage, error) {
	r, err := b.compile(ctx, m)
	if err != nil {
		return nil, err
	}
	return r.Config()
}

func (b *build) file(ctx context.Context, m *ir.Module, path string) ([]byte, error) {
	r, err := b.compile(ctx, m)
	if err != nil {
		return nil, err
	}
	ref, err := b.solve(ctx, r.State, nil)
	if err != nil {
		return nil, err
	}
	if ref == nil { // scratch
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	stat, err := ref.StatFile(ctx, client.StatRequest{Path: path})
	switch {
	case err != nil && strings.Contains(err.Error(), "no such file or directory"): // the daemon's text is all there is
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	case err != nil:
		return nil, err
	case stat.Size > maxProbe:
		return nil, fmt.Errorf("%s has %d bytes, more than %d", path, stat.Size, maxProbe)
	}
	return ref.ReadFile(ctx, client.ReadRequest{Filename: path})
}
