package recipe

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/redact"
)

// placeholder finds the user and the password of an address that only shows where they go, as sources
// and their documentation have it: words for them, variables, and what is filled in later.
var placeholder = late.Regexp(`://` + word + `(?::` + word + `)?@`)

const word = `(?:(?i:my[_-]?)?(?i:user(?:name)?|login|pass(?:word|wd)?|pwd|token|secret)|\*+|x+|X+|\.\.\.|\$[A-Z_][A-Z0-9_]*|\$?\{[^}\s@/]*\}\}?|%s|%\([a-z_]+\)s)`

// addressed tells whether a text has a password in an address. Of programs that were installed only
// what looks like data of theirs is asked; in what is neither a setting nor a user's own, a placeholder
// is none.
func addressed(name, text string) bool {
	strict := settings(name) || data(name) || under(name, "/root") || under(name, "/home")
	switch {
	case text == "" || strings.ContainsRune(text, 0): // in what is no text, anything may look like an address
		return false
	case library(name) && !settings(name) && !data(name):
		return false
	case !strict:
		text = placeholder().ReplaceAllString(text, "://")
	}
	return redact.URLs(text) != text
}

// library tells whether a file is where package managers put programs.
func library(name string) bool {
	for _, dir := range []string{"/usr/lib", "/usr/share/doc"} {
		if under(name, dir) {
			return true
		}
	}
	return slices.ContainsFunc(strings.Split(path.Dir(name), "/"), func(part string) bool {
		return part == "site-packages" || part == "dist-packages" || part == "node_modules" || part == "gems"
	})
}

// data tells whether a file is of values, by its name: what a manager notes of where a library came
// from is, too.
func data(name string) bool {
	return base(name) == "config" || slices.Contains([]string{".json", ".yaml", ".yml", ".toml", ".xml", ".lock"}, path.Ext(name))
}
