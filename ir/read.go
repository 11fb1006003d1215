package ir

import (
	"slices"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// SyntaxError is what is wrong with a text by itself.
type SyntaxError struct{ diag.List }

// Unwrap gives the diagnostics.
func (e SyntaxError) Unwrap() error { return e.List }

// Read takes a source text to a module: it is parsed and built. Errors are as for Parsed.
func Read(src *source.File) (*Module, diag.List, error) {
	file, diags := lang.Parse(src)
	return Parsed(file, append(diags, lang.Unclaimed(file)...))
}

// Parsed takes a tree to a module; diags are what was found in its text so far. Where there
// are errors, the error is a SyntaxError with all that was found, sorted, and there is no
// module.
func Parsed(file *lang.File, diags diag.List) (*Module, diag.List, error) {
	m, more := Build(file)
	if diags = slices.Concat(diags, withoutFollowers(more, diags)); diags.HasErrors() {
		diags.Sort()
		return nil, nil, SyntaxError{diags}
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
