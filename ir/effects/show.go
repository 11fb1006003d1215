package effects

import (
	"fmt"
	"slices"
	"strings"
)

// String says what is known as one line: "writes /etc/x; fetches https://…". It is "" when there
// is nothing to say.
func (e Effects) String() string {
	var parts []string
	add := func(what string, list []string) {
		if len(list) > 0 {
			parts = append(parts, what+" "+strings.Join(list, " "))
		}
	}
	if len(e.Unknown) > 0 {
		parts = append(parts, "anything: "+strings.Join(e.Unknown, ", "))
	}
	add("copies", each(e.Copies, Source.String))
	add("installs", each(e.Packages, Package.String))
	add("fetches", each(e.Network, Fetch.String))
	if len(e.Unknown) == 0 {
		add("reads", e.Reads.words())
	}
	add("writes", e.Writes.words())
	add("removes", e.Removes.words())
	add("uses", each(e.Secrets, func(s Secret) string { return strings.TrimRight(s.Kind+" "+s.ID, " ") }))
	add("accounts", each(e.Accounts, func(a Account) string { return a.Kind + " " + a.Name + " " + a.Done }))
	add("capabilities", e.Capabilities)
	add("services", e.Services)
	add("depends on", each(e.Indeterminate, func(i Indeterminate) string { return string(i) }))
	return strings.Join(parts, "; ")
}

// words are paths for people. Those that are not precise say so behind them, once.
func (p Paths) words() []string {
	if p.Grade == Unknown && len(p.List) == 0 {
		return []string{"anything"}
	}
	list := each(p.List, Path.String)
	if trees := strings.Fields(systemTrees); subset(trees, list) {
		list = append([]string{"the directories of packages"}, slices.DeleteFunc(list, func(s string) bool {
			return slices.ContainsFunc(trees, func(t string) bool { return strings.HasPrefix(s, t) })
		})...)
	}
	if len(list) > 0 && p.Grade != Precise {
		list = append(list, "("+p.Grade.String()+")")
	}
	return list
}

// subset tells whether all paths of a row that stand for themselves are in a list.
func subset(of, list []string) bool {
	return !slices.ContainsFunc(of, func(s string) bool { return s[0] == '/' && !slices.Contains(list, s) })
}

// String is the path, with "FROM:" in front when it is not of the build context.
func (s Source) String() string {
	if s.From != "" {
		return s.From + ":" + s.Path
	}
	return s.Path
}

// String is as the manager has it: "apt:curl=7.88".
func (p Package) String() string {
	if p.Version != "" {
		return fmt.Sprintf("%s:%s=%s", p.Manager, p.Name, p.Version)
	}
	return p.Manager + ":" + p.Name
}

// String is the URL.
func (f Fetch) String() string {
	switch {
	case f.URL == "":
		return "from where " + f.By + " is set to"
	case f.Pinned:
		return f.URL + " (pinned)"
	}
	return f.URL
}

func each[E any](list []E, text func(E) string) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = text(e)
	}
	return out
}
