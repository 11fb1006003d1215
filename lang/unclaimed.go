package lang

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
)

// Unclaimed gives an error for each instruction that the language does not know
// and nobody claims, with why where it is known to be missing; a warning for one behind ONBUILD.
// Of a file that is about builds it gives one error, at the first line.
func Unclaimed(f *File, claims ...Claim) diag.List {
	var list diag.List
	hint := foreign(f, claims)
	claims, absent := divide(claims)
	for _, item := range f.Items {
		onbuild, trigger := item.(*Onbuild)
		if trigger {
			item = onbuild.Trigger
		}
		c, ok := item.(*Custom)
		if len(list) >= maxErrors {
			break
		}
		if !ok || slices.ContainsFunc(claims, c.claimed) {
			continue
		}
		d := unknown(&list, c, claims)
		if hint != "" {
			d.Hint, d.Fixes = hint, nil
			break
		}
		if i := slices.IndexFunc(absent, c.claimed); i >= 0 {
			d.Hint, d.Expected, d.Fixes = absent[i].Missing, "", nil
		}
		if trigger {
			later(d)
		}
	}
	return list
}

// divide tells claims from those that nobody makes good.
func divide(all []Claim) (claims, absent []Claim) {
	for _, c := range all {
		if c.Missing == "" {
			claims = append(claims, c)
		} else {
			absent = append(absent, c)
		}
	}
	return claims, absent
}

func unknown(list *diag.List, c *Custom, claims []Claim) *diag.Diagnostic {
	keyword := c.Keyword
	if keyword.Text == "" {
		d := list.Errorf(c.At, "unknown-instruction", "a line continues, but there is no instruction")
		d.Hint = "remove it"
		return d
	}
	if !isText(keyword.Text) {
		d := list.Errorf(keyword.At, "unknown-instruction", "unknown instruction: this line is not text")
		d.Hint = "is this a Dockerfile? name the right one with -f"
		return d
	}
	d := list.Errorf(keyword.At, "unknown-instruction", "unknown instruction: %s", keyword.Text)
	known := spec.Keywords()
	for _, claim := range claims {
		known = append(known, claim.Keyword)
	}
	if name := glued(keyword.Text, known); name != "" {
		d.Hint = "put a blank behind `" + name + "`"
		at := source.Span{File: keyword.At.File, Start: keyword.At.Start + uint32(len(name)), End: keyword.At.Start + uint32(len(name))}
		d.Fixes = []diag.Fix{{Message: "insert a blank", Edits: []diag.Edit{{Span: at, New: " "}}}}
		return d
	}
	near := diag.Suggest(keyword.Text, known)
	if near == "" {
		d.Expected = "one of " + strings.Join(known, ", ")
		return d
	}
	d.Hint = "did you mean `" + near + "`?"
	if holdsMore(keyword.Text, known) {
		return d // that only a person can part
	}
	d.Fixes = []diag.Fix{{Message: "write " + near, Edits: []diag.Edit{{Span: keyword.At, New: near}}}}
	return d
}

// holdsMore tells whether a misspelt keyword has something of the arguments in it, which a
// fix would lose: as in run=1, RUNls and ENVUSER.
func holdsMore(word string, known []string) bool {
	if strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return true
	}
	return slices.ContainsFunc(known, func(name string) bool {
		return len(word) > len(name)+1 && strings.EqualFold(word[:len(name)], name)
	})
}

// isText reports whether a person could have written a word.
func isText(word string) bool {
	return utf8.ValidString(word) && !strings.ContainsFunc(word, unicode.IsControl)
}

// glued finds the instruction that a word starts with when what follows is no
// letter, as in ENTRYPOINT["/run"].
func glued(word string, known []string) string {
	for _, name := range known {
		if n := len(name); len(word) > n && strings.EqualFold(word[:n], name) && strings.ContainsRune("[\"'/$-", rune(word[n])) {
			return name
		}
	}
	return ""
}
