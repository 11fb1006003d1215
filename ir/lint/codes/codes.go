// Package codes lists what findings that are no rule's are called: those of the compiler, of what
// comments ignore, and of files that cannot be read or fetched. Rules, with pages of their own, are in
// package rules; what plugins find is called PLUGIN/CODE.
package codes

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Code is one of them.
type Code struct {
	Name     string
	Doc      string        // what it is about, in one sentence without a full stop
	Severity diag.Severity // the worst that it is told with
}

// lesser are codes of errors that may be less than that.
var lesser = []string{"base-image", "missing-source", "no-secret", "no-ssh-key", "not-allowed"}

// Ends tells whether findings of a code are mistakes that a build ends with, whatever else is known: no
// setting changes what is said of these, and no comment ignores them.
func (c Code) Ends() bool { return c.Severity == diag.Error && !slices.Contains(lesser, c.Name) }

// All are the codes, sorted.
func All() []Code { return slices.Clone(table) }

// Of is the code of a name.
func Of(name string) (Code, bool) {
	i, ok := slices.BinarySearchFunc(table, name, func(c Code, name string) int { return strings.Compare(c.Name, name) })
	if !ok {
		return Code{}, false
	}
	return table[i], true
}

// Set tells whether settings and comments are heeded about a finding. Whether a source is there is no
// mistake for sure: the build may be of another context.
func Set(d *diag.Diagnostic) bool { return d.Severity != diag.Error || d.Code == "missing-source" }
