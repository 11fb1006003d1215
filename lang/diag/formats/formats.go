// Package formats writes diagnostics in the forms that services and editors read, beside those
// that package diag writes. It may import diag and source.
package formats

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// place is where a diagnostic is, from 1; the name is "" where it is nowhere.
func place(set *source.Set, d *diag.Diagnostic) source.Position {
	if f := set.File(d.Span.File); f != nil && !d.Span.IsZero() {
		p := f.Position(d.Span.Start)
		p.Filename = f.Name
		return p
	}
	return source.Position{Line: 1, Column: 1}
}

// TTY writes a line for each diagnostic, as hadolint does by default.
func TTY(w io.Writer, set *source.Set, list diag.List) error {
	for i := range list {
		d := &list[i]
		at := place(set, d)
		if at.Filename == "" {
			if _, err := fmt.Fprintf(w, "%s %s: %s\n", diag.Printable(d.Code), d.Severity, diag.Printable(d.Message)); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(w, "%s:%d %s %s: %s\n", diag.Printable(at.Filename), at.Line, diag.Printable(d.Code), d.Severity, diag.Printable(d.Message)); err != nil {
			return err
		}
	}
	return nil
}

// gitlabFinding is one of a report of GitLab Code Quality
// (docs.gitlab.com/ci/testing/code_quality, "Code Quality report format").
type gitlabFinding struct {
	Description string         `json:"description"`
	Check       string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"` // the same for the same finding in another commit
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// GitLab writes a Code Quality report.
func GitLab(w io.Writer, set *source.Set, list diag.List) error {
	levels := map[diag.Severity]string{diag.Error: "critical", diag.Warning: "major", diag.Info: "minor", diag.Hint: "info"}
	out := make([]gitlabFinding, 0, len(list))
	seen := map[string]int{}
	for i := range list {
		d := &list[i]
		at := place(set, d)
		key := Fingerprint(at.Filename, d)
		seen[key]++
		sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(seen[key])))
		out = append(out, gitlabFinding{d.Message, d.Code, hex.EncodeToString(sum[:16]), levels[d.Severity],
			gitlabLocation{at.Filename, gitlabLines{at.Line}}})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// Fingerprint is the same for the same finding when lines come or go, or the line is laid out in
// another way: it is made of the name of the file, the code and the message without its numbers,
// which may be those of lines. Findings that are alike have the same one.
func Fingerprint(name string, d *diag.Diagnostic) string {
	digit := false
	message := strings.Map(func(c rune) rune {
		again := digit
		switch digit = c >= '0' && c <= '9'; {
		case digit && again:
			return -1 // line 10 was line 9
		case digit:
			return '0'
		}
		return c
	}, d.Message)
	sum := sha256.Sum256([]byte(name + "\x00" + d.Code + "\x00" + message))
	return hex.EncodeToString(sum[:16])
}

type checkstyle struct {
	XMLName xml.Name         `xml:"checkstyle"`
	Version string           `xml:"version,attr"`
	Files   []checkstyleFile `xml:"file"`
}

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int    `xml:"line,attr"`
	Column   int    `xml:"column,attr"`
	Severity string `xml:"severity,attr"`
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"`
}

// Checkstyle writes the XML of Checkstyle.
func Checkstyle(w io.Writer, set *source.Set, list diag.List) error {
	out := checkstyle{Version: "4.3"}
	for i := range list {
		d := &list[i]
		at := place(set, d)
		if n := len(out.Files); n == 0 || out.Files[n-1].Name != at.Filename {
			out.Files = append(out.Files, checkstyleFile{Name: at.Filename})
		}
		severity := d.Severity.String()
		if d.Severity == diag.Hint {
			severity = "info" // it has no other
		}
		f := &out.Files[len(out.Files)-1]
		f.Errors = append(f.Errors, checkstyleError{at.Line, at.Column, severity, diag.Printable(d.Message), d.Code})
	}
	return writeXML(w, out)
}

type junit struct {
	XMLName  xml.Name    `xml:"testsuites"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Suite    []junitFile `xml:"testsuite"`
}

type junitFile struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the XML of JUnit: a suite for each of the files, and a test that fails for each
// finding, or one that passes.
func JUnit(w io.Writer, set *source.Set, list diag.List, files []string) error {
	var out junit
	index := map[string]int{}
	for _, name := range files {
		if _, ok := index[name]; !ok {
			index[name] = len(out.Suite)
			out.Suite = append(out.Suite, junitFile{Name: name})
		}
	}
	for i := range list {
		d := &list[i]
		at := place(set, d)
		n, ok := index[at.Filename]
		if !ok {
			n = len(out.Suite)
			index[at.Filename] = n
			out.Suite = append(out.Suite, junitFile{Name: at.Filename})
		}
		s := &out.Suite[n]
		where := fmt.Sprintf("%s:%d:%d", at.Filename, at.Line, at.Column)
		s.Cases = append(s.Cases, junitCase{d.Code + " " + where, at.Filename, &junitFailure{diag.Printable(d.Message), d.Severity.String(), where + ": " + diag.Printable(d.Error())}})
		s.Failures++
		out.Failures++
	}
	for i := range out.Suite {
		s := &out.Suite[i]
		if len(s.Cases) == 0 {
			s.Cases = []junitCase{{Name: "no findings", Class: s.Name}}
		}
		s.Tests = len(s.Cases)
		out.Tests += s.Tests
	}
	return writeXML(w, out)
}

func writeXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
