// Package script has rules on what shells are given to do, under the ids that ShellCheck has for
// the same. What each of them wants is in its public documentation; how it is found out is ours,
// on the tree of the script as bash reads it. That Dockerfile variables are set, and which shell
// a stage has, the rules know.
//
// One walk through a script finds what all rules have to say of it.
package script

import (
	"embed"
	"io/fs"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
)

// entry is what a rule is besides how it is found out.
type entry struct {
	code     string
	severity diag.Severity
	doc      string
}

// Rules are the rules, by their ids.
func Rules() []lint.Rule {
	var rules []lint.Rule
	for _, e := range table() {
		rules = append(rules, e.rule())
	}
	return rules
}

func (e entry) rule() lint.Rule {
	return lint.Rule{
		Name: e.code, Doc: e.doc, URL: lint.Page(e.code), Severity: e.severity, Tags: []string{"shell"},
		View: func(v *lint.View, r *lint.Report) {
			for _, f := range look(v)[e.code] {
				for i := range f.problems {
					f.problems[i].report(f.script, r)
				}
			}
		},
	}
}

type key struct{}

// found are the problems of a code in a script.
type found struct {
	script   *lint.Script
	problems []problem
}

// look is what is found in the scripts of a view, by codes.
func look(v *lint.View) map[string][]found {
	return v.Share(key{}, func() any {
		all := map[string][]found{}
		var c scan
		for _, s := range v.Scripts() {
			for code, list := range c.scanned(s) {
				all[code] = append(all[code], found{s, list})
			}
		}
		return all
	}).(map[string][]found)
}

// problem is what is wrong at a place of a script.
type problem struct {
	start, end int // in the script's text
	message    string
	hint       string
	fix        *fix
}

type fix struct {
	message string
	keeps   diag.Keeps
	edits   []edit
}

type edit struct {
	start, end int
	text       string
}

func (p *problem) report(s *lint.Script, r *lint.Report) {
	at, ok := s.Span(p.start, p.end)
	if !ok {
		at = s.Step.Node.Span()
	}
	f := r.Within(s.Step.Outer, at, p.message)
	f.Hint = p.hint
	if p.fix == nil {
		return
	}
	var edits []diag.Edit
	for _, e := range p.fix.edits {
		edit := s.Edit(e.start, e.end, e.text)
		if len(edit) == 0 {
			return
		}
		edits = append(edits, edit...)
	}
	f.Fix(p.fix.message, p.fix.keeps, edits...)
}

//go:embed cases
var files embed.FS

// Cases are the files of package cases, one a rule.
func Cases() fs.FS {
	dir, _ := fs.Sub(files, "cases") // the name is valid
	return dir
}
