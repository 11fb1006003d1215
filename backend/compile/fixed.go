package compile

import (
	"context"
	"slices"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
)

// maxFixes is how often what was fixed is looked at again: a fix may show what
// was hidden.
const maxFixes = 10

// Fixed is a text in which what can be fixed is.
type Fixed struct {
	Text  string
	Count int       // of the fixes
	Left  diag.List // what is found in it
}

// Fixed applies the fixes that the compiler and plugins suggest: those that are safe, as
// they keep what the author meant, or all. A target that is no stage is an error.
func (s *Snapshot) Fixed(ctx context.Context, unsafe bool) (Fixed, error) {
	f := Fixed{Text: s.File().Text}
	for range maxFixes {
		now := s.Edited(f.Text)
		if _, _, err := now.Targeted(ctx); unknownTarget(err) {
			return Fixed{}, err
		}
		f.Left = now.suggested(ctx)
		next, n, err := now.apply(f.Left, unsafe)
		if err != nil {
			return Fixed{}, err
		}
		if f.Count += n; n == 0 || next == f.Text {
			break
		}
		f.Text = next
	}
	return f, context.Cause(ctx)
}

// apply makes the fixes that leave a file which reads as well as before: one that does not is
// passed over as a whole.
func (s *Snapshot) apply(list diag.List, unsafe bool) (string, int, error) {
	old, scripts := s.File().Text, s.scripts()
	next, n, err := diag.ApplyFixes(old, list, unsafe)
	if err != nil || n == 0 || s.reads(next, scripts) {
		return next, n, err
	}
	next, n = old, 0
	var taken diag.List
	for _, d := range list {
		more := append(slices.Clip(taken), d)
		if text, count, err := diag.ApplyFixes(old, more, unsafe); err == nil && count > n && s.reads(text, scripts) {
			next, n, taken = text, count, more
		}
	}
	return next, n, nil
}

// reads tells whether a text has no mistake, or not more than the snapshot's: neither as a Dockerfile
// nor as scripts of their shells.
func (s *Snapshot) reads(text string, scripts lint.Unread) bool {
	now := s.Edited(text)
	_, _, err := now.Module()
	_, _, old := s.Module()
	was, _ := diag.From(old)
	is, _ := diag.From(err)
	return (err == nil || len(is.Errors()) <= len(was.Errors())) && now.scripts().NoWorse(scripts)
}

// scripts tells how many scripts of the text do not read.
func (s *Snapshot) scripts() lint.Unread {
	t := s.parsed()
	return lint.Scripts(lint.Input{File: t.tree, Diags: t.found, Written: t.module})
}

// unknownTarget tells the error for a target that is no stage from one that a fix may be for.
func unknownTarget(err error) bool {
	list, _ := diag.From(err)
	return slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return d.Code == "unknown-target" })
}

// suggested is what the compiler, plugins and rules say of a text, also when it does not compile.
func (s *Snapshot) suggested(ctx context.Context) diag.List {
	if s.config.Lint != nil {
		if list, err := s.Findings(ctx); err == nil {
			return list
		}
	}
	_, found, err := s.Expanded(ctx)
	if err == nil {
		return found
	}
	list, ok := diag.From(err)
	if !ok {
		list = diag.List{{Message: err.Error()}}
	}
	return append(found, list...)
}
