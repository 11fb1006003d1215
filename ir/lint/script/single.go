package script

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// spacing looks for what needs a blank behind it to be what it is meant to be.
func (c *scan) spacing(w *syntax.Word) {
	lit, ok := w.Parts[0].(*syntax.Lit)
	if !ok || len(lit.Value) < 2 && len(w.Parts) < 2 {
		return
	}
	at, text := offset(lit.Pos()), lit.Value
	bracket := strings.TrimLeft(text, "[")
	depth := len(text) - len(bracket)
	switch {
	case text[0] == '!' && (len(text) < 2 || text[1] != '('):
		c.blank(at, 1).start++
	case (depth == 1 || depth == 2) && strings.HasSuffix(c.lastOf(), strings.Repeat("]", depth)) && class(text) == 0:
		c.blank(at, depth)
	}
}

// lastOf is the last word of the command that is looked at, which visit has not put on the stack.
func (c *scan) lastOf() string {
	stmt, ok := c.parent(0).(*syntax.Stmt)
	if !ok {
		return ""
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		return ""
	}
	return call.Args[len(call.Args)-1].Lit()
}

func (c *scan) blank(at, size int) *problem {
	token := c.text[at : at+size]
	p := c.place("SC1035", at, at+size+1, "a blank is missing behind "+token+", so that it is part of a word")
	p.fix = &fix{"put a blank behind " + token, diag.Intent, []edit{{at + size, at + size, " "}}}
	return p
}

// single looks at what stands in single quotes as if it were expanded.
func (c *scan) single(q *syntax.SglQuoted) {
	if q.Dollar || !strings.ContainsAny(q.Value, "$`") || !expands().MatchString(q.Value) {
		return
	}
	name, git := c.closest()
	if name == "sed" {
		if !ofSed().MatchString(q.Value) {
			c.say("SC2016", q, expandsNot)
		}
		return
	}
	if strings.HasSuffix(name, "awk") || strings.HasPrefix(name, "perl") || git == "filter-branch" || slices.Contains(readers, name) {
		return
	}
	for i := range 3 {
		if a, ok := c.parent(i).(*syntax.Assign); ok && a.Name != nil && slices.Contains(prompts, a.Name.Value) {
			return
		}
		if u, ok := c.parent(i).(*syntax.UnaryTest); ok && u.Op == syntax.TsVarSet {
			return
		}
	}
	c.say("SC2016", q, expandsNot)
}

const expandsNot = "nothing is expanded in single quotes: use double quotes if that is not meant"

// readers are programs that read scripts and formats with dollars.
var readers = []string{"trap", "sh", "bash", "ksh", "zsh", "ssh", "eval", "xprop", "alias", "sudo", "doas", "run0", "docker", "podman", "oc", "dpkg-query", "jq", "rename", "rg", "unset"}

var (
	expands = late.Regexp("\\$[{(0-9a-zA-Z_]|`[^`]+`")
	ofSed   = late.Regexp(`\$[{dpsaic]($|[^a-zA-Z])`)
)

// closest is the name of the command that a word is of; that which find runs is it for find's.
func (c *scan) closest() (name, git string) {
	for i := range c.stack {
		switch n := c.parent(i).(type) {
		case *syntax.CallExpr:
			cmd := newCommand(n)
			switch {
			case cmd.name == "find":
				for i, w := range cmd.args {
					if strings.HasPrefix(w.Lit(), "-exec") || strings.HasPrefix(w.Lit(), "-ok") {
						if i+1 < len(cmd.args) {
							return path.Base(cmd.args[i+1].Lit()), ""
						}
					}
				}
			case cmd.name == "git" && len(cmd.args) > 0:
				return cmd.name, cmd.args[0].Lit()
			}
			return cmd.name, ""
		case *syntax.DeclClause:
			return n.Variant.Value, ""
		case *syntax.TestClause:
			return "", ""
		}
	}
	return "", ""
}
