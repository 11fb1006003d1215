// Package lint runs rules over one Dockerfile. A rule reads the syntax tree, the steps with their
// scripts and what they do, the module, or the facts of a plan (see Rule); what it finds does not
// keep the file from being built, and may come with fixes. The packages below have sets of rules,
// package rules all of them.
//
// Which rules look says a Config. Of one file, BuildKit's check directive says it, too, which has the
// syntax
//
//	# check=skip=Rule,…;experimental=Rule,…;error=true
//
// and a comment of that form above an instruction; and the comments that package ignore reads.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint/codes"
	"github.com/seed-e0495807/strake/ir/lint/ignore"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
)

// Input is what rules read.
type Input struct {
	File    *lang.File
	Diags   diag.List      // of reading the file
	Written *ir.Module     // what ir.Build makes of the file; nil has it made where a rule needs it
	Module  *ir.Module     // after the plugins; nil when the file has errors
	Facts   []plan.Fact    // of the plan, as far as planning came
	Config  *linter.Config // takes the place of the check directive; nil does not

	Known   Known                  // what is known of base images; nil is what their names say
	Given   func(name string) bool // whether the build is given a context of that name; nil is none
	Options Options
	Now     *atomic.Pointer[Rule] // is set to the rule that looks; nil is not
}

// Read reads a text for rules that need no more than that. Claims are the instructions of
// plugins.
func Read(src *source.File, claims ...lang.Claim) Input {
	file, diags := lang.Parse(src, claims...)
	return Input{File: file, Diags: append(diags, lang.Unclaimed(file, claims...)...)}
}

// Result is what the rules found.
type Result struct {
	Findings []Finding // in order of their places
	Bad      diag.List // comments that are to ignore something and are not understood, and rules that are broken
	asErrors bool
	check    source.Span // of the check directive; zero when the config is another's
	ignores  []*ignore.Comment
	index    ignore.Index    // of them
	skipped  map[string]bool // rules of which the check directive hid a finding
	skips    []string        // those that it names
}

// Run lets the rules look, in their order: first those that read the text, then those that
// read the module, and then all at each fact. An error is that of Directive.
func Run(rules []Rule, in Input) (Result, error) {
	var out Result
	config := in.Config
	if config == nil {
		d, _ := lang.FindDirective(in.File.Source, "check")
		out.check = d.At
		var err error
		if config, err = parse(d); err != nil {
			return out, err
		}
		out.skips = config.SkipRules
	}
	r := &run{config: config, skipped: map[string]bool{}}
	r.look(rules, in)
	out.asErrors, out.skipped = config.ReturnAsError, r.skipped
	out.ignores, out.Bad = ignore.Read(in.File)
	if in.Options.NoPragmas {
		out.ignores = slices.DeleteFunc(out.ignores, func(c *ignore.Comment) bool { return c.Hadolint })
	}
	out.index = ignore.NewIndex(out.ignores, in.File.Span())
	out.Bad = append(out.Bad, r.broken...)
	out.Findings = slices.DeleteFunc(r.findings(), func(f Finding) bool { return out.ignored(&f) })
	return out, nil
}

// ignored tells whether a comment is about a finding, by any of its names.
func (r Result) ignored(f *Finding) bool {
	hit := false
	for _, name := range append([]string{f.Rule}, f.Also...) {
		for c := range r.index.Covering(name, f.Span) {
			c.Used, hit = true, true
		}
		for c := range r.index.Covering(name, f.instruction) {
			if c.Over == f.instruction {
				c.Used, hit = true, true
			}
		}
	}
	return hit
}

// Shown leaves out what comments ignore of other findings than those of rules. Mistakes that a build
// would end with stay.
func (r Result) Shown(list diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		hit := false
		if !codes.Set(&d) {
			return false
		}
		for c := range r.index.Covering(d.Code, d.Span) {
			c.Used, hit = true, true
		}
		return hit
	})
}

// Unused tells of what ignores nothing, comments and names in the check directive, as far as no comment
// ignores that. Known tells whether a code, a pattern of codes or ignore.All is one of what has looked; of
// others nothing is said, unless nobody has them. Near is what may be meant by such a one.
func (r Result) Unused(known func(code string) (looked, exists bool), near func(code string) string) diag.List {
	var list diag.List
	about := map[*ignore.Comment]bool{} // findings of this kind, which are known last
	for _, c := range r.ignores {
		if about[c] = c.Names("unused-ignore"); !about[c] {
			unused(c, &list, known, near)
		}
	}
	for _, name := range r.skips {
		if looked, _ := known(name); looked && !r.skipped[name] {
			list.Add(diag.Diagnostic{Severity: diag.Warning, Code: "unused-ignore", Span: r.check,
				Message: "the check directive skips " + name + ", which finds nothing here", Hint: "remove it from the directive"})
		}
	}
	list = r.Shown(list)
	for _, c := range r.ignores {
		if about[c] {
			unused(c, &list, known, near)
		}
	}
	return list
}

var ofOthers = late.Regexp(`^(DL|SC)[0-9]{4}$`) // codes of hadolint and ShellCheck, which may have more than we know

// unused tells of a comment that ignores nothing.
func unused(c *ignore.Comment, list *diag.List, known func(code string) (looked, exists bool), near func(string) string) {
	looked, exists := known(c.Code)
	if c.Used || exists && !looked || !exists && (ofOthers().MatchString(c.Code) || c.Foreign) {
		return
	}
	d := c.Unused()
	if !exists {
		d.Message = "nothing is ignored here: there is no rule " + c.Code
		if c.Many() {
			d.Message = "nothing is ignored here: no rule is of the pattern " + c.Code
		}
		if like := near(c.Code); like != "" {
			d.Hint = "did you mean " + like + "?"
		}
	}
	list.Add(d)
}

// Err is an error when the author wants findings to be errors and there are some.
func (r Result) Err() error {
	var rules []string
	var first source.Span
	for _, f := range r.Findings {
		if f.strict {
			if len(rules) == 0 {
				first = f.Span
			}
			rules = append(rules, f.Rule)
		}
	}
	if !r.asErrors || len(rules) == 0 {
		return nil
	}
	slices.Sort(rules)
	d := diag.Diagnostic{Code: "lint", Span: r.check, Message: "lint violation found for rules: " + strings.Join(slices.Compact(rules), ", "),
		Hint: "fix what the warnings say, or drop error=true from the check directive"}
	if d.Span.IsZero() {
		d.Span = first
		d.Hint = "fix what the warnings say, or drop error=true from the build argument BUILDKIT_DOCKERFILE_CHECK"
	}
	return diag.List{d}
}

// Diags are findings as diagnostics, whose code is the rule.
func Diags(found []Finding) diag.List {
	list := make(diag.List, 0, len(found))
	for _, f := range found {
		list.Add(diag.Diagnostic{Severity: f.Severity, Code: f.Rule, Also: f.Also, Span: f.Span, Message: f.Message, Hint: f.Hint, URL: f.URL, Fixes: f.Fixes})
	}
	return list
}

// run is one look at a file.
type run struct {
	config  *linter.Config
	found   []*Finding
	skipped map[string]bool // rules of which the directive hid something
	broken  diag.List       // rules

	in   Input
	text *Text
	view *View // nil until a rule needs it
}

func (r *run) theView() *View {
	if r.view == nil {
		r.view = newView(r.text, r.in)
	}
	return r.view
}

func (r *run) look(rules []Rule, in Input) {
	r.in, r.text = in, newText(in.File, in.Diags)
	report := &Report{run: r}
	var ofFacts []*Rule
	local := strings.Contains(in.File.Source.Text, "experimental") // in a comment, perhaps
	r.each(report, len(rules), func(i int) {
		rule := &rules[i]
		if rule.Level == Experimental && !local && !r.wants(rule, nil) { // of no instruction
			return
		}
		if rule.Fact != nil {
			ofFacts = append(ofFacts, rule)
		}
		r.now(report, rule)
		r.lookWith(report)
	})
	r.each(report, len(in.Facts)*len(ofFacts), func(i int) {
		r.now(report, ofFacts[i%len(ofFacts)])
		report.rule.Fact(in.Facts[i/len(ofFacts)], report)
	})
}

// lookWith has a rule look at all but facts.
func (r *run) lookWith(report *Report) {
	rule := report.rule
	if rule.Text != nil {
		rule.Text(r.text, report)
	}
	if rule.View != nil {
		rule.View(r.theView(), report)
	}
	if rule.Step != nil {
		for _, s := range r.theView().steps {
			rule.Step(s, report)
		}
	}
	if rule.Module != nil && r.in.Module != nil {
		rule.Module(r.in.Module, report)
	}
}

// now notes the rule that looks.
func (r *run) now(report *Report, rule *Rule) {
	if report.rule = rule; r.in.Now != nil {
		r.in.Now.Store(rule)
	}
}

// each has rules look n times. One that panics is named, and the others go on. A recover costs as much
// as most rules do, so that there is one for all up to the next that panics.
func (r *run) each(report *Report, n int, look func(int)) {
	for i := 0; i < n; i++ {
		r.from(report, &i, n, look)
	}
}

// from goes on with the i-th look, up to the last or to one that panics.
func (r *run) from(report *Report, i *int, n int, look func(int)) {
	defer func() {
		if p := recover(); p != nil {
			name := report.rule.Name
			r.broken.Add(diag.Diagnostic{Severity: diag.Warning, Code: "rule-broken", Span: source.Span{File: r.in.File.Source.ID},
				Message: fmt.Sprintf("the rule %s is broken, and found what it had so far: %v", name, p),
				Hint:    "this is a mistake in the rule, not in the Dockerfile: tell its author; --rule " + name + "=off leaves it out"})
		}
	}()
	for ; *i < n; *i++ {
		look(*i)
	}
}

// findings are those that were reported, in order of their places. What two rules say of one
// instruction that are the same is one finding.
func (r *run) findings() []Finding {
	type place struct {
		rule string
		at   source.Span
	}
	first := map[place]*Finding{} // of those that others are the same as
	for _, f := range r.found {
		if f.same != "" {
			first[place{f.same, f.about()}] = nil
		}
	}
	for _, f := range r.found {
		if of, asked := first[place{f.Rule, f.about()}]; asked && of == nil {
			first[place{f.Rule, f.about()}] = f
		}
	}
	for _, f := range r.found {
		if of := first[place{f.same, f.about()}]; of != nil {
			if !slices.Contains(of.Also, f.Rule) {
				of.Also = append(of.Also, f.Rule)
			}
			if len(of.Fixes) == 0 {
				of.Fixes = f.Fixes
			}
			f.Rule = ""
		}
	}
	r.found = slices.DeleteFunc(r.found, func(f *Finding) bool { return f.Rule == "" })
	slices.SortStableFunc(r.found, func(a, b *Finding) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	out := make([]Finding, 0, len(r.found))
	for _, f := range r.found {
		slices.Sort(f.Also)
		out = append(out, *f)
	}
	return out
}

// about is the instruction of a finding, or its place when it is of none.
func (f *Finding) about() source.Span {
	if f.instruction.IsZero() {
		return f.Span
	}
	return f.instruction
}

// wants tells whether a rule is to look at an instruction below these comments.
func (r *run) wants(rule *Rule, comments []string) bool {
	here := local(comments)
	if rule.Level == Experimental {
		return r.config.ExperimentalAll || here.ExperimentalAll ||
			slices.Contains(r.config.ExperimentalRules, rule.Name) || slices.Contains(here.ExperimentalRules, rule.Name)
	}
	for _, name := range []string{rule.Name, rule.Same} {
		if name != "" && slices.Contains(r.config.SkipRules, name) {
			r.skipped[name] = true
			return false
		}
		if name != "" && slices.Contains(here.SkipRules, name) {
			return false
		}
	}
	return !r.config.SkipAll && !here.SkipAll
}

// Directive holds the check directive of a text against what BuildKit's linter takes. An
// error is a diag.List with its place.
func Directive(src *source.File) error {
	d, _ := lang.FindDirective(src, "check")
	_, err := parse(d)
	return err
}

func parse(d lang.Directive) (*linter.Config, error) {
	config, err := linter.ParseLintOptions(d.Value)
	if err != nil {
		var list diag.List
		bad := list.Errorf(d.At, "check-directive", "failed to parse check options: %v", err)
		bad.Expected = "skip=Rule,…;error=true"
		bad.Hint = "write # check=skip=Rule,… or # check=error=true, or both with a semicolon between them"
		return nil, list
	}
	return config, nil
}

// local is what a comment above an instruction says for it alone: "# check=skip=Rule".
func local(comments []string) linter.Config {
	for _, c := range comments {
		name, value, ok := strings.Cut(c, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(name), "check") {
			continue
		}
		value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
		if config, err := linter.ParseLintOptions(value); err == nil {
			return *config
		}
		break
	}
	return linter.Config{}
}
