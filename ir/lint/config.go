package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Config says which rules look, and how much what they find matters. The zero value leaves that
// to the rules.
type Config struct {
	Settings []Setting
	Options  Options
}

// Setting is what is said of rules. Where two are about one rule, the more specific one counts:
// a name before a tag, a longer pattern before a shorter one; of equal ones the last.
type Setting struct {
	Name  string // a rule's, or another tool's for it; a pattern of path.Match over names; or "tag/" and a tag
	Level string // one of Levels
}

// Levels are what can be said of a rule: that it does not look, that it does, and how much it
// matters what it finds.
func Levels() []string { return []string{"off", "on", "error", "warning", "info", "hint"} }

// UnknownError is a setting that no rule has to do with.
type UnknownError struct {
	Name string
	Near string // that may be meant; "" is none
}

func (e *UnknownError) Error() string { return fmt.Sprintf("no rule is called %s", e.Name) }

// Choose gives the rules that look, with their severities. The errors are *UnknownError.
func (c Config) Choose(rules []Rule) ([]Rule, []error) {
	if len(c.Settings) == 0 {
		return slices.Clone(rules), nil
	}
	twins := map[string][]string{} // what other tools call a rule
	for _, r := range rules {
		twins[r.Same] = append(twins[r.Same], r.Name)
	}
	used := make([]bool, len(c.Settings))
	var out []Rule
	for _, rule := range rules {
		level, best := "", 0
		for i, s := range c.Settings {
			if rank := s.rank(&rule, twins[rule.Name]); rank > 0 {
				used[i] = true
				if rank >= best {
					level, best = s.Level, rank
				}
			}
		}
		if level != "off" {
			rule.set(level)
			out = append(out, rule)
		}
	}
	var errs []error
	for i, s := range c.Settings {
		if !used[i] {
			errs = append(errs, &UnknownError{s.Name, Near(rules, s.Name)})
		}
	}
	return out, errs
}

// Near is the name of a rule that may be meant by one that none has; "" is none.
func Near(rules []Rule, name string) string {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return diag.Suggest(name, names)
}

// rank is how much a setting has to do with a rule, which grows with how specific it is; 0 is
// nothing. Twins are names of the rules of other tools that are the same.
func (s Setting) rank(r *Rule, twins []string) int {
	const tag, twin, name = 1 << 20, 2 << 20, 3 << 20
	t, ok := strings.CutPrefix(s.Name, "tag/")
	switch {
	case ok && slices.Contains(r.Tags, t):
		return tag
	case s.Name == r.Name:
		return name
	case s.Name == r.Same || slices.Contains(twins, s.Name):
		return twin
	case strings.ContainsAny(s.Name, "*?["):
		if ok, err := path.Match(s.Name, r.Name); ok && err == nil {
			return min(len(s.Name), tag-1)
		}
	}
	return 0
}

// set takes a level.
func (r *Rule) set(level string) {
	if s, ok := diag.SeverityOf(level); ok {
		r.Severity = s
	}
	if level != "" {
		r.Level = Normal
	}
}
