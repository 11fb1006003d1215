// Package lint runs rules over one Dockerfile. A rule reads the syntax tree, the module, or
// the facts of a plan (see Rule); what it finds does not keep the file from being built.
// Package buildkit below has BuildKit's build checks as rules. What switches rules off is
// BuildKit's, too: the check directive, which has the syntax
//
//	# check=skip=Rule,…;experimental=Rule,…;error=true
//
// and a comment of that form above an instruction.
package lint

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Finding is what a rule found.
type Finding struct {
	Rule        string // its name, like "StageNameCasing"
	Description string // of the rule
	URL         string // where to read about the rule; "" when there is no page
	Message     string // what is wrong here
	Span        source.Span
}

// Input is what rules read.
type Input struct {
	File   *lang.File
	Diags  diag.List      // of reading the file
	Module *ir.Module     // nil when the file has errors
	Facts  []plan.Fact    // of the plan, as far as planning came
	Config *linter.Config // takes the place of the check directive; nil does not
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
	asErrors bool
	check    source.Span // of the check directive; zero when the config is another's
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
	}
	r := &run{config: config, comments: in.File.Comments()}
	r.look(rules, in)
	slices.SortStableFunc(r.found, func(a, b Finding) int { return int(a.Span.Start) - int(b.Span.Start) })
	out.Findings, out.asErrors = r.found, config.ReturnAsError
	return out, nil
}

// Err is an error when the author wants findings to be errors and there are some.
func (r Result) Err() error {
	if !r.asErrors || len(r.Findings) == 0 {
		return nil
	}
	var rules []string
	for _, f := range r.Findings {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	d := diag.Diagnostic{Code: "lint", Span: r.check, Message: "lint violation found for rules: " + strings.Join(slices.Compact(rules), ", "),
		Hint: "fix what the warnings say, or drop error=true from the check directive"}
	if d.Span.IsZero() {
		d.Span = r.Findings[0].Span
		d.Hint = "fix what the warnings say, or drop error=true from the build argument BUILDKIT_DOCKERFILE_CHECK"
	}
	return diag.List{d}
}

// Diags are findings as warnings, whose code is the rule.
func Diags(found []Finding) diag.List {
	var list diag.List
	for _, f := range found {
		d := list.Warnf(f.Span, f.Rule, "%s", f.Message)
		d.URL = f.URL
	}
	return list
}

// run is one look at a file.
type run struct {
	config   *linter.Config
	comments map[uint32][]string // above the instruction that starts there
	found    []Finding
}

func (r *run) look(rules []Rule, in Input) {
	text := newText(in.File, in.Diags)
	reports := make([]Report, len(rules))
	for i := range rules {
		rule := &rules[i]
		reports[i] = Report{r, rule}
		if rule.Text != nil {
			rule.Text(text, &reports[i])
		}
		if rule.Module != nil && in.Module != nil {
			rule.Module(in.Module, &reports[i])
		}
	}
	for _, fact := range in.Facts {
		for i := range rules {
			if rules[i].Fact != nil {
				rules[i].Fact(fact, &reports[i])
			}
		}
	}
}

// wants tells whether a rule is to look at an instruction below these comments.
func (r *run) wants(rule *Rule, comments []string) bool {
	here := local(comments)
	if rule.Level == Experimental {
		return r.config.ExperimentalAll || here.ExperimentalAll ||
			slices.Contains(r.config.ExperimentalRules, rule.Name) || slices.Contains(here.ExperimentalRules, rule.Name)
	}
	return !r.config.SkipAll && !here.SkipAll &&
		!slices.Contains(r.config.SkipRules, rule.Name) && !slices.Contains(here.SkipRules, rule.Name)
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
