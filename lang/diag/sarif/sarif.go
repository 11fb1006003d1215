// Package sarif writes diagnostics in the form that code scanning services read:
// SARIF 2.1.0 of OASIS. It may import diag and source.
package sarif

import (
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v3/pkg/report"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// codePoints is what a column counts, as columns of bytes are none of SARIF's.
const codePoints = "unicodeCodePoints"

// Write writes one run of a tool, version without "v". Every code of the list becomes
// a rule. A fix that is not safe is left out: services apply what they are given. The
// set may be nil. An error is that of w.
func Write(w io.Writer, version, uri string, set *source.Set, list diag.List) error {
	run := sarif.NewRunWithInformationURI("strake", uri).WithColumnKind(codePoints)
	run.Tool.Driver.WithVersion(version)
	for i := range list {
		d := &list[i]
		rule := run.AddRule(d.Code)
		if d.URL != "" {
			rule.WithHelpURI(d.URL)
		}
		res := run.CreateResultForRule(d.Code).WithLevel(level(d.Severity)).WithMessage(sarif.NewTextMessage(message(d)))
		if at := location(set, d.Span); at != nil {
			res.AddLocation(at)
		}
		for _, r := range d.Related {
			if at := location(set, r.Span); at != nil {
				res.AddRelatedLocation(at.WithMessage(sarif.NewTextMessage(valid(r.Message))))
			}
		}
		for _, fix := range d.Fixes {
			if fix.Safe && len(fix.Edits) > 0 {
				res.AddFixe(repair(set, fix))
			}
		}
	}
	return report.NewV210Report().AddRun(run).PrettyWrite(w)
}

func level(s diag.Severity) string {
	switch s {
	case diag.Error:
		return sarif.LevelError
	case diag.Warning:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

func message(d *diag.Diagnostic) string {
	text := d.Message
	if d.Hint != "" {
		text += "; " + d.Hint
	}
	return valid(text)
}

func valid(text string) string { return strings.ToValidUTF8(text, "�") }

// location is a place, nil when there is none.
func location(set *source.Set, s source.Span) *sarif.Location {
	f := fileOf(set, s)
	if f == nil || s.IsZero() {
		return nil
	}
	return sarif.NewLocationWithPhysicalLocation(
		sarif.NewPhysicalLocation().WithArtifactLocation(artifact(f)).WithRegion(region(f, s)))
}

func fileOf(set *source.Set, s source.Span) *source.File {
	if set == nil {
		return nil
	}
	return set.File(s.File)
}

func artifact(f *source.File) *sarif.ArtifactLocation {
	return sarif.NewSimpleArtifactLocation(filepath.ToSlash(f.Name))
}

// region has lines and columns from 1, the end exclusive.
func region(f *source.File, s source.Span) *sarif.Region {
	first, column := place(f, s.Start)
	last, end := place(f, max(s.Start, s.End))
	return sarif.NewRegion().WithStartLine(first).WithStartColumn(column).WithEndLine(last).WithEndColumn(end)
}

func place(f *source.File, offset uint32) (line, column int) {
	offset = min(offset, uint32(len(f.Text)))
	line = f.Line(offset)
	return line, 1 + utf8.RuneCountInString(f.Text[f.LineStart(line):offset])
}

func repair(set *source.Set, fix diag.Fix) *sarif.Fix {
	out := sarif.NewFix().WithDescription(sarif.NewTextMessage(valid(fix.Message)))
	f := fileOf(set, fix.Edits[0].Span) // edits of a fix are of one file
	if f == nil {
		return out
	}
	change := sarif.NewArtifactChange().WithArtifactLocation(artifact(f))
	for _, e := range fix.Edits {
		change.AddReplacement(sarif.NewReplacement().WithDeletedRegion(region(f, e.Span)).
			WithInsertedContent(sarif.NewArtifactContent().WithText(valid(e.New))))
	}
	return out.AddArtifactChange(change)
}
