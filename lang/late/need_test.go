package late

import (
	"strings"
	"testing"
)

// text writes a need down: a&b is both, a|b one of them.
func (n *need) text() string {
	list, sign := n.all, "&"
	if n.one != nil {
		list, sign = n.one, "|"
	}
	if list == nil {
		return n.literal
	}
	parts := make([]string, len(list))
	for i, part := range list {
		parts[i] = part.text()
	}
	return "(" + strings.Join(parts, sign) + ")"
}

func TestNeeds(t *testing.T) {
	for expr, want := range map[string]string{
		`abc`:                     "abc",
		`a.*bcd`:                  "(a&bcd)",
		`(?i)ABC`:                 "abc",
		`abc|d`:                   "(abc|d)",
		`abc|\w`:                  "",
		`x*`:                      "",
		`(abc)+|de{2}`:            "(abc|(d&(e&e)))",
		`^/+(dev|proc)/?$`:        "(/&(dev|proc))",
		`(^|\s)/+(d(ev?)?)?[*?]`:  "(/&(*|?))",
		`GIT_(SSH|EXEC)|LD_[A-Z]`: "((GIT_&(SSH|EXEC))|LD_)",
		"\uFFFD":                  "",
	} {
		n, _ := needs(expr)
		if n == nil && want == "" {
			continue
		}
		if n == nil || n.text() != want {
			t.Errorf("%s: %+v, want %s", expr, n, want)
		}
	}
}
