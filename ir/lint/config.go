package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint/codes"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Config says which rules look, and how much what they find matters. The zero value leaves that
// to the rules.
type Config struct {
	Settings []Setting
	Options  Options
}

// Setting is what is said of rules. Where two are about one rule, the more specific one counts:
// a name before a tag, a longer pattern before a shorter one; of equal ones the last. Patterns and tags
// are about rules that look without being asked: the others want their names.
type Setting struct {
	Name  string // a rule's, or another tool's for it; a pattern of path.Match over names; "tag/" and a tag; a code of package codes; or PLUGIN/CODE, or a pattern of these
	Level string // one of Levels
}

// Levels are what can be said of a rule: that it does not look, that it does, and how much it
// matters what it finds.
func Levels() []string { return []string{"off", "on", "error", "warning", "info", "hint"} }

// UnknownError is a setting that no rule has to do with.
type UnknownError struct {
	Name string
	Near string // that may be meant; "" is none
	Ends bool   // there is a code of that name, of mistakes that a build ends with
}

func (e *UnknownError) Error() string {
	if e.Ends {
		return fmt.Sprintf("%s is a mistake that a build ends with, which no setting changes", e.Name)
	}
	return fmt.Sprintf("no rule is called %s", e.Name)
}

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
			rule.set(level, best >= exact)
			out = append(out, rule)
		}
	}
	var errs []error
	for i, s := range c.Settings {
		if _, is := s.OfPlugin(); is {
			continue // who finds what is known to plugins alone
		}
		if code, ok := codes.Of(s.Name); !used[i] && (!ok || code.Ends()) {
			unknown := &UnknownError{Name: s.Name, Ends: ok}
			if !ok {
				unknown.Near = Near(rules, s.Name)
			}
			errs = append(errs, unknown)
		}
	}
	return out, errs
}

// Heed leaves out, of findings that are no rule's, those that a setting has off, and gives others their
// level. Mistakes that a build ends with stay as they are.
func (c Config) Heed(list diag.List) diag.List {
	var about []Setting
	for _, s := range c.Settings {
		_, isCode := codes.Of(s.Name)
		if _, is := s.OfPlugin(); is || isCode {
			about = append(about, s)
		}
	}
	if len(about) == 0 {
		return list
	}
	var out diag.List
	for _, d := range list {
		level, best := "", 0
		for _, s := range about {
			if rank := s.rank(&Rule{Name: d.Code}, nil); rank > 0 && rank >= best && codes.Set(&d) {
				level, best = s.Level, rank
			}
		}
		if severity, ok := diag.SeverityOf(level); ok {
			d.Severity = severity
		}
		if level != "off" {
			out = append(out, d)
		}
	}
	return out
}

// OfPlugin is the plugin whose findings a setting is about, or a pattern of such.
func (s Setting) OfPlugin() (plugin string, ok bool) {
	plugin, code, _ := strings.Cut(s.Name, "/")
	return plugin, plugin != "tag" && plugin != "" && code != "" && plugin == strings.ToLower(plugin)
}

// Near is the name of a rule, or a code of what is no rule's, that may be meant by one that none has; ""
// is none.
func Near(rules []Rule, name string) string {
	var names []string
	for _, c := range codes.All() {
		names = append(names, c.Name)
	}
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return diag.Suggest(name, names)
}

// exact is the least rank of a setting that has a rule's name.
const exact = 2 << 20

// rank is how much a setting has to do with a rule, which grows with how specific it is; 0 is
// nothing. Twins are names of the rules of other tools that are the same.
func (s Setting) rank(r *Rule, twins []string) int {
	const tag, twin, name = 1 << 20, exact, 3 << 20
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

// set takes a level. A rule that looks when it is asked for is asked for by its name alone.
func (r *Rule) set(level string, named bool) {
	if s, ok := diag.SeverityOf(level); ok {
		r.Severity = s
	}
	if named {
		r.Level = Normal
	}
}
