// Package lint holds the build checks: what BuildKit warns about in a Dockerfile that
// it nevertheless builds. The names, texts and pages of the rules are those of
// BuildKit's linter package, and so is what the check directive says; where a rule
// looks is ours. The rules on spelling read the syntax tree and are here; those that
// need values are in package plan, which reports to the same Linter.
package lint

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/seed-e0495807/strake/ir"
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

// Linter collects findings. A nil Linter collects nothing. It is not safe for
// concurrent use.
type Linter struct {
	config   linter.Config
	check    source.Span         // of the check directive; zero when the config is another's
	comments map[uint32][]string // above the instruction that starts there
	findings []Finding
}

// New makes a linter of a text, and looks at the text: an error is that of Directive. A
// config, which may be nil, takes the place of that directive. Claims are the
// instructions of plugins.
func New(src *source.File, config *linter.Config, claims ...lang.Claim) (*Linter, error) {
	var check source.Span
	if config == nil {
		d, _ := lang.FindDirective(src, "check")
		check = d.At
		var err error
		if config, err = parse(d); err != nil {
			return nil, err
		}
	}
	file, diags := lang.Parse(src, claims...)
	diags = append(diags, lang.Unclaimed(file, claims...)...)
	l := &Linter{config: *config, check: check, comments: file.Comments()}
	l.text(file, diags)
	return l, nil
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

// Findings are those so far, in order of their places.
func (l *Linter) Findings() []Finding {
	if l == nil {
		return nil
	}
	list := slices.Clone(l.findings)
	slices.SortStableFunc(list, func(a, b Finding) int { return int(a.Span.Start) - int(b.Span.Start) })
	return list
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

// Err is an error when the Dockerfile wants its warnings to be errors and has some.
func (l *Linter) Err() error {
	if l == nil || !l.config.ReturnAsError || len(l.findings) == 0 {
		return nil
	}
	var rules []string
	for _, f := range l.findings {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	d := diag.Diagnostic{Code: "lint", Span: l.check, Message: "lint violation found for rules: " + strings.Join(slices.Compact(rules), ", "),
		Hint: "mend what the warnings say, or drop error=true from the check directive"}
	if d.Span.IsZero() {
		d.Span = l.Findings()[0].Span
		d.Hint = "mend what the warnings say, or drop error=true from the build argument BUILDKIT_DOCKERFILE_CHECK"
	}
	return diag.List{d}
}

// Report records what a rule found at an origin, unless the author has switched the
// rule off there. What a plugin made is no concern of the author's.
func Report[F any](l *Linter, rule *linter.LinterRule[F], at *ir.Origin, message string) {
	if l == nil || at == nil || at.By != "" && at.By != "onbuild" {
		return
	}
	spans := at.Spans()
	if len(spans) == 0 {
		return
	}
	comments := l.comments[spans[0].Start]
	if at.By != "" {
		comments = nil // they are about the FROM
	}
	add(l, rule, comments, spans[0], message)
}

func add[F any](l *Linter, rule *linter.LinterRule[F], comments []string, span source.Span, message string) {
	if rule.Deprecated {
		return
	}
	here := local(comments)
	if rule.Experimental {
		if !l.config.ExperimentalAll && !here.ExperimentalAll &&
			!slices.Contains(l.config.ExperimentalRules, rule.Name) && !slices.Contains(here.ExperimentalRules, rule.Name) {
			return
		}
	} else if l.config.SkipAll || here.SkipAll ||
		slices.Contains(l.config.SkipRules, rule.Name) || slices.Contains(here.SkipRules, rule.Name) {
		return
	}
	l.findings = append(l.findings, Finding{Rule: rule.Name, Description: rule.Description, URL: rule.URL, Message: message, Span: span})
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
