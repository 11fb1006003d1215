package effects

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// String says what is known as one line: "writes /etc/x; fetches https://…". It is "" when there
// is nothing to say. A name with blanks or quotes in it is quoted, and what is not known stands as
// the Dockerfile has it, so that what does not print is left to who shows the line.
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
	add("uses", each(e.Secrets, func(s Secret) string { return strings.TrimRight(s.Kind+" "+quoted(s.ID), " ") }))
	add("accounts", each(e.Accounts, func(a Account) string { return a.Kind + " " + quoted(a.Name) + " " + a.Done }))
	add("capabilities", each(e.Capabilities, quoted))
	add("services", each(e.Services, quoted))
	outside := slices.DeleteFunc(slices.Clone(e.Dealings), func(d Dealing) bool { return slices.Contains([]Dealing{Links, Names, Order, Packing}, d) }) // of files
	add("deals with", each(outside, func(d Dealing) string { return string(d) }))
	add("depends on", each(e.Indeterminate, func(i Indeterminate) string { return string(i) }))
	return strings.Join(parts, "; ")
}

// quoted is a name as one word.
func quoted(name string) string {
	if name != "" && strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune("\"'`", r)
	}) {
		return strconv.Quote(name)
	}
	return name
}

// word is the path for people.
func (p Path) word() string {
	if p.Grade == Unknown {
		return p.String()
	}
	return quoted(p.String())
}

// words are paths for people. Those that are not precise say so behind them, once.
func (p Paths) words() []string {
	if p.Grade == Unknown && len(p.List) == 0 {
		return []string{"anything"}
	}
	list := each(p.List, Path.word)
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
	if s.Known {
		s.From, s.Path = quoted(s.From), quoted(s.Path)
	}
	if s.From != "" {
		return s.From + ":" + s.Path
	}
	return s.Path
}

// String is as the manager has it: "apt:curl=7.88".
func (p Package) String() string {
	if p.Known {
		p.Name, p.Version = quoted(p.Name), quoted(p.Version)
	}
	if p.Version != "" {
		return fmt.Sprintf("%s:%s=%s", p.Manager, p.Name, p.Version)
	}
	return p.Manager + ":" + p.Name
}

// String is the URL.
func (f Fetch) String() string {
	if f.Host != "" { // else it is as written
		f.URL = quoted(f.URL)
	}
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
