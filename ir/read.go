package ir

import (
	"context"
	"slices"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Pass rewrites a module before it goes to a backend.
type Pass interface {
	// Claims are the instructions that the pass expands.
	Claims() []lang.Claim
	// Run gives a module that VerifyLowered accepts, perhaps m itself, which is left
	// as it is; in stages that no build will run, a *Custom may stay. It need not be
	// one when the diagnostics have an error. Calls may
	// come at once: a file may be compiled for several platforms.
	Run(ctx context.Context, m *Module) (*Module, diag.List, error)
	// Files are those that spans of what Run gave point into, beside the Dockerfile,
	// which is file 0. There are none before Run.
	Files() []File
}

// SyntaxError is what is wrong with a text by itself.
type SyntaxError struct{ diag.List }

// Unwrap gives the diagnostics.
func (e SyntaxError) Unwrap() error { return e.List }

// Read takes a source text to a module: it is parsed, built, and taken through the
// pass, which may be nil. Diagnostics with errors are given as the error, sorted, and
// with warnings only as the list.
func Read(ctx context.Context, src *source.File, p Pass) (*Module, diag.List, error) {
	var claims []lang.Claim
	if p != nil {
		claims = p.Claims()
	}
	file, diags := lang.Parse(src, claims...)
	diags = append(diags, lang.Unclaimed(file, claims...)...)
	m, more := Build(file)
	if diags = append(diags, withoutFollowers(more, diags)...); diags.HasErrors() {
		diags.Sort()
		return nil, nil, SyntaxError{diags}
	}
	if p == nil {
		return m, diags, nil
	}
	m, more, err := p.Run(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	if diags = append(diags, more...); diags.HasErrors() {
		diags.Sort()
		return m, nil, diags
	}
	return m, diags, nil
}

// withoutFollowers leaves out the errors about text that could not be read in the first
// place: one mistake is one error.
func withoutFollowers(list, unread diag.List) diag.List {
	if len(list) == 0 || !unread.HasErrors() {
		return list
	}
	bad := make(map[source.Span]bool, len(unread))
	for _, d := range unread.Errors() {
		bad[d.Span] = true
	}
	return slices.DeleteFunc(list, func(d diag.Diagnostic) bool { return bad[d.Span] })
}
