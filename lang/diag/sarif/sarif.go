// Package sarif writes diagnostics in the form that code scanning services read:
// SARIF 2.1.0 of OASIS. It may import diag and source.
package sarif

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Write writes one run of a tool, version without "v". Every code of the list becomes
// a rule. A fix that is not safe is left out: services apply what they are given. The
// set may be nil. An error is that of w.
func Write(w io.Writer, version, uri string, set *source.Set, list diag.List) error {
	r := run{
		Tool: tool{component{Name: "strake", Version: version, InformationURI: uri}}, ColumnKind: codePoints,
		Results: []result{}, // also when there are none: it was looked
	}
	rules := map[string]int{}
	for i := range list {
		res := resultOf(set, &list[i])
		if res.RuleID != "" {
			index, ok := rules[res.RuleID]
			if !ok {
				index = len(rules)
				rules[res.RuleID] = index
				r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, rule{ID: res.RuleID, HelpURI: list[i].URL})
			}
			res.RuleIndex = &index
		}
		r.Results = append(r.Results, res)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(log{Schema: schema, Version: "2.1.0", Runs: []run{r}})
}

func resultOf(set *source.Set, d *diag.Diagnostic) result {
	res := result{RuleID: valid(d.Code), Level: level(d.Severity), Message: text{message(d)}}
	if at := place(set, d.Span); at != nil {
		res.Locations = []location{{Physical: *at}}
	}
	for _, r := range d.Related {
		if at := place(set, r.Span); at != nil {
			res.Related = append(res.Related, location{Physical: *at, Message: &text{valid(r.Message)}})
		}
	}
	for _, f := range d.Fixes {
		if change, ok := changeOf(set, f); ok && f.Safe {
			res.Fixes = append(res.Fixes, fix{text{valid(f.Message)}, []artifactChange{change}})
		}
	}
	return res
}

func level(s diag.Severity) string {
	switch s {
	case diag.Error:
		return "error"
	case diag.Warning:
		return "warning"
	}
	return "note"
}

func message(d *diag.Diagnostic) string {
	text := d.Message
	if d.Hint != "" {
		text += "; " + d.Hint
	}
	return valid(text)
}

func valid(text string) string { return strings.ToValidUTF8(text, "�") }

// place is where a span is, nil when that is nowhere.
func place(set *source.Set, s source.Span) *physical {
	f := fileOf(set, s)
	if f == nil || s.IsZero() {
		return nil
	}
	return &physical{artifactOf(f), regionOf(f, s)}
}

func fileOf(set *source.Set, s source.Span) *source.File {
	if set == nil {
		return nil
	}
	return set.File(s.File)
}

// artifactOf names a file by a URI reference: what is not absolute is relative to where
// strake was run, which is the root of the repository in CI.
func artifactOf(f *source.File) artifact {
	if u, err := url.Parse(f.Name); err == nil && u.Host != "" {
		return artifact{URI: u.String()} // of a remote context
	}
	name := filepath.ToSlash(valid(f.Name))
	if filepath.IsAbs(f.Name) {
		return artifact{URI: (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(name, "/")}).String()}
	}
	a := artifact{URI: (&url.URL{Path: name}).String()}
	if !strings.HasPrefix(name, "../") {
		a.Base = root
	}
	return a
}

// root stands for the directory that names of files start at, by the convention of the standard.
const root = "%SRCROOT%"

// regionOf has lines and columns from 1, the end exclusive.
func regionOf(f *source.File, s source.Span) region {
	var r region
	r.StartLine, r.StartColumn = position(f, s.Start)
	r.EndLine, r.EndColumn = position(f, max(s.Start, s.End))
	return r
}

func position(f *source.File, offset uint32) (line, column int) {
	offset = min(offset, uint32(len(f.Text)))
	line = f.Line(offset)
	return line, 1 + utf8.RuneCountInString(f.Text[f.LineStart(line):offset])
}

// changeOf is what a fix does to its file; edits of a fix are of one. It is false when
// there is nothing to do.
func changeOf(set *source.Set, fix diag.Fix) (artifactChange, bool) {
	if len(fix.Edits) == 0 {
		return artifactChange{}, false
	}
	f := fileOf(set, fix.Edits[0].Span)
	if f == nil {
		return artifactChange{}, false
	}
	change := artifactChange{Artifact: artifactOf(f)}
	for _, e := range fix.Edits {
		r := replacement{Deleted: regionOf(f, e.Span)}
		if e.New != "" {
			r.Inserted = &text{valid(e.New)}
		}
		change.Replacements = append(change.Replacements, r)
	}
	return change, true
}
