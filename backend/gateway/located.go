package gateway

import (
	"errors"
	"fmt"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// short is a finding on one line.
func short(f lint.Finding, ranges []*pb.Range) string {
	return linter.LintFormatShort(f.Rule, f.Message, int(ranges[0].Start.Line))
}

// located makes of diagnostics what BuildKit's clients show: an error with the source
// lines that it is about. It has the text of all of them.
func located(err error, src *input.Source, s *compile.Snapshot) error {
	list, syntax := diagnostics(err)
	if len(list) == 0 {
		return err
	}
	return inFiles(list, s.Files(), syntax, src.Map)
}

// InFiles is an error of diagnostics about the files of a set, none of which is the
// Dockerfile, as BuildKit's clients show it.
func InFiles(list diag.List, set *source.Set) error { return inFiles(list, set, false, nil) }

func inFiles(list diag.List, set *source.Set, syntax bool, first *bk.SourceMap) error {
	var texts []string
	var places []*errdefs.Source
	for _, d := range list {
		f := set.File(d.Span.File)
		if d.Span.IsZero() {
			f = nil
		}
		text := message(d, f, syntax)
		if f != nil {
			places = append(places, place(f, d.Span, first))
			if !syntax {
				text = f.Position(d.Span.Start).String() + ": " + text
			}
		}
		if d.Hint != "" && suggestion(d.Hint) == "" {
			text += "; " + d.Hint
		}
		texts = append(texts, text)
	}
	out := errors.New(strings.Join(texts, "\n"))
	for _, p := range places {
		out = errdefs.WithSource(out, p)
	}
	return out
}

// diagnostics are those of an error that stop the build; syntax says that nothing was
// planned of the text.
func diagnostics(err error) (list diag.List, syntax bool) {
	var bad ir.SyntaxError
	var all diag.List
	var one diag.Diagnostic
	switch {
	case errors.As(err, &bad):
		all, syntax = bad.List, true
	case errors.As(err, &all):
	case errors.As(err, &one):
		all = diag.List{one}
	}
	for _, d := range all {
		if d.Severity == diag.Error {
			list = append(list, d)
		}
	}
	return list, syntax
}

// message is a diagnostic in the words of BuildKit, which tools look for.
func message(d diag.Diagnostic, f *source.File, syntax bool) string {
	d = d.Redacted()
	text := d.Message + suggestion(d.Hint)
	if syntax && f != nil {
		text = fmt.Sprintf("dockerfile parse error on line %d: %s", f.Position(d.Span.Start).Line, text)
	}
	return text
}

// suggestion writes a hint that names something similar as BuildKit does.
func suggestion(hint string) string {
	name, starts := strings.CutPrefix(hint, "did you mean `")
	name, ends := strings.CutSuffix(name, "`?")
	if !starts || !ends || strings.Contains(name, "`") {
		return ""
	}
	return " (did you mean " + strings.TrimLeft(name, "-") + "?)"
}

// place is a span as an error has it; first is the map of file 0.
func place(f *source.File, s source.Span, first *bk.SourceMap) *errdefs.Source {
	info := &pb.SourceInfo{Filename: f.Name, Language: "Dockerfile", Data: []byte(f.Text)}
	if f.ID == 0 && first != nil {
		info.Definition = first.Definition.ToPB()
	}
	return &errdefs.Source{Info: info, Ranges: lines(f, s)}
}
