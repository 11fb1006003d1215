package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// config is the plugin's config.
type config struct {
	Phase      string   `json:"phase"`
	Use        []string `json:"use"`
	Rules      []rule   `json:"rules"`
	Registries []string `json:"registries"`
	Labels     []string `json:"labels"`
	Users      []string `json:"users"`
	Forbidden  []string `json:"forbidden"`
	MaxLayers  int      `json:"max-layers"`
}

// defaults are the settings where the config says nothing.
func defaults() *config {
	return &config{Phase: plugins.Check.String(), Use: []string{recommended}, Forbidden: []string{"MAINTAINER"}, MaxLayers: 40}
}

// rule is a rule as the config has it. The shipped ones are the same.
type rule struct {
	Name     string   `json:"name"` // and code of its diagnostics
	On       on       `json:"on"`
	Contains []string `json:"contains"` // of rules on instructions: one of these is in the text; empty is any
	When     string   `json:"when"`     // an expression: true is a violation
	At       string   `json:"at"`       // of rules on stages: the keyword of the instruction to report at
	Message  string   `json:"message"`  // a template
	Hint     string   `json:"hint"`     // a template
	Severity string   `json:"severity"`
	URL      string   `json:"url"`
	Fix      *fix     `json:"fix"`
}

// fix is the repair that a rule of the config suggests.
type fix struct {
	Message string `json:"message"`
	With    string `json:"with"` // a template: the instruction that takes the place of the old one; "" removes it
	Safe    bool   `json:"safe"`
}

// on is what a rule is about: "module", "stage", "op", or keywords.
type on []string

// UnmarshalJSON reads a string or a list of them.
func (o *on) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*o = on{one}
		return nil
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("on: %w", err)
	}
	*o = list
	return nil
}

// scope tells what variables the rule has.
func (o on) scope() scope {
	switch {
	case slices.Contains(o, "module"):
		return onModule
	case slices.Contains(o, "stage"):
		return onStage
	}
	return onOp
}

// covers tells whether a rule on instructions is about a keyword.
func (o on) covers(keyword string) bool {
	return len(o) == 0 || slices.Contains(o, "op") || slices.Contains(o, keyword)
}

// compiled is a rule that can be evaluated. The programs of a shipped one are made when
// they are first asked for: most files need few of them.
type compiled struct {
	rule
	severity diag.Severity
	when     func() (cel.Program, error)
	texts    func() (*texts, error)
	repair   func(*op) []diag.Fix // of a shipped rule
	covers   func(c *config, keyword string) bool
	words    []string // Contains, in lower case
}

// texts are the templates of a rule.
type texts struct{ message, hint, with template }

// ruleset is a config with its rules compiled. It is never changed once made.
type ruleset struct {
	config *config
	world  *world
	envs   [3]func() (*cel.Env, error) // by scope
	rules  [3][]*compiled              // by scope
	bad    diag.List                   // rules that cannot be
}

// newRuleset compiles a config.
func newRuleset(c *config) *ruleset {
	set := &ruleset{config: c, world: newWorld()}
	for s := range set.envs {
		set.envs[s] = sync.OnceValues(func() (*cel.Env, error) { return set.world.newEnv(scope(s)) })
	}
	for _, r := range set.choose() {
		set.add(r)
	}
	return set
}

// choose lists the rules in the order of the documentation, and then those of the
// config. One of the config without an expression gives a shipped one its own message,
// severity or link, and switches it on.
func (set *ruleset) choose() []shippedRule {
	all := shipped()
	used := map[string]bool{}
	for _, name := range set.config.Use {
		known := name == recommended
		for _, r := range all {
			if r.Name == name || name == recommended && r.recommended {
				used[r.Name], known = true, true
			}
		}
		if !known {
			set.unknown("use", name, all)
		}
	}
	var own []shippedRule
	for _, r := range set.config.Rules {
		i := slices.IndexFunc(all, func(s shippedRule) bool { return s.Name == r.Name })
		switch {
		case r.When != "":
			delete(used, r.Name)
			own = append(own, shippedRule{rule: r, own: true})
		case i < 0:
			set.unknown("rules", r.Name, all)
		default:
			all[i].rule, all[i].own, used[r.Name] = all[i].with(r), true, true
		}
	}
	all = slices.DeleteFunc(all, func(r shippedRule) bool { return !used[r.Name] })
	return append(all, own...)
}

// with gives a rule the texts of another where that has some.
func (r rule) with(o rule) rule {
	for _, t := range []struct{ to, from *string }{
		{&r.Message, &o.Message}, {&r.Hint, &o.Hint}, {&r.Severity, &o.Severity}, {&r.URL, &o.URL},
	} {
		if *t.from != "" {
			*t.to = *t.from
		}
	}
	return r
}

func (set *ruleset) unknown(where, name string, all []shippedRule) {
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	d := set.bad.Errorf(source.Span{}, badRule, "%s: no rule `%s` is shipped", where, name)
	if where == "rules" {
		d.Hint = "a rule of your own needs `when`"
	}
	if near := diag.Suggest(name, append(names, recommended)); near != "" {
		d.Hint = "did you mean `" + near + "`?"
	}
}

// Codes of what is wrong with a rule: it cannot be read, or it fails on a Dockerfile.
const (
	badRule    = "bad-rule"
	ruleFailed = "rule-failed"
)

// partError is an error in a part of a rule, like its message.
type partError struct {
	part string
	err  error
}

func (e *partError) Error() string { return e.part + ": " + e.err.Error() }

func (e *partError) Unwrap() error { return e.err }

// refuse tells what is wrong with a rule, and shows the place in the expression.
func (set *ruleset) refuse(r rule, err error) {
	d := set.bad.Errorf(source.Span{}, badRule, "rule `%s`: %v", r.Name, err)
	var e *exprError
	var part *partError
	if !errors.As(err, &e) || !errors.As(err, &part) {
		return
	}
	if strings.HasPrefix(e.message, "undeclared reference") {
		d.Hint = "a rule on " + r.On.scope().String()
	}
	lines := strings.Split(e.text, "\n")
	text := lines[min(e.line, len(lines))-1]
	d.Notes = []diag.Note{{Label: part.part, Text: text + "\n" + strings.Repeat(" ", e.column-1) + "^"}}
}

// add takes a rule in. One of the organisation is compiled, to tell what is wrong with it.
func (set *ruleset) add(s shippedRule) {
	c := &compiled{rule: s.rule, repair: s.repair, covers: s.covers}
	for _, word := range c.Contains {
		c.words = append(c.words, strings.ToLower(word))
	}
	shipped := s.why != ""
	c.when = sync.OnceValues(func() (cel.Program, error) { return set.condition(c.rule, shipped) })
	c.texts = sync.OnceValues(func() (*texts, error) { return set.texts(c.rule) })
	var err error
	if c.severity, err = severity(c.Severity); err != nil {
		set.refuse(c.rule, &partError{"severity", err})
		return
	}
	if !shipped {
		if _, err = c.when(); err != nil {
			set.refuse(c.rule, err)
		}
	}
	if s.own {
		if _, more := c.texts(); more != nil {
			set.refuse(c.rule, more)
			err = more
		}
	}
	if err == nil {
		scope := c.On.scope()
		set.rules[scope] = append(set.rules[scope], c)
	}
}

// condition compiles when.
func (set *ruleset) condition(r rule, shipped bool) (cel.Program, error) {
	env, err := set.envs[r.On.scope()]()
	if err != nil {
		return nil, err
	}
	prg, err := compile(env, r.When, cel.BoolType, shipped)
	if err != nil {
		return nil, &partError{"when", err}
	}
	return prg, nil
}

// texts compiles the templates.
func (set *ruleset) texts(r rule) (*texts, error) {
	env, err := set.envs[r.On.scope()]()
	if err != nil {
		return nil, err
	}
	t := &texts{}
	if t.message, err = newTemplate(env, r.Message); err != nil {
		return nil, &partError{"message", err}
	}
	if t.hint, err = newTemplate(env, r.Hint); err != nil {
		return nil, &partError{"hint", err}
	}
	if r.Fix == nil {
		return t, nil
	}
	if r.On.scope() != onOp {
		return nil, &partError{"fix", errors.New("only a rule on instructions can have one")}
	}
	if t.with, err = newTemplate(env, r.Fix.With); err != nil {
		return nil, &partError{"fix", err}
	}
	return t, nil
}

// severity reads one; "" is a warning.
func severity(name string) (diag.Severity, error) {
	if name == "" {
		return diag.Warning, nil
	}
	if s, ok := diag.SeverityOf(name); ok {
		return s, nil
	}
	return 0, fmt.Errorf("there is no %q", name)
}
