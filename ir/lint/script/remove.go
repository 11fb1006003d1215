package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

var importantPaths = []string{"/bin", "/etc", "/home", "/mnt", "/usr", "/usr/share", "/usr/local", "/var", "/lib", "/dev", "/media", "/boot", "/lib64", "/usr/bin"}

// important tells the paths that nobody means to remove, with or without all that is in them.
func important(p string) bool {
	for strings.Contains(p, "//") {
		p = strings.ReplaceAll(p, "//", "/")
	}
	for strings.Contains(p, "**") {
		p = strings.ReplaceAll(p, "**", "*")
	}
	if p == "/" {
		return true
	}
	p = strings.TrimRight(p, "/")
	for _, suffix := range []string{"/*/*", "/*", ""} {
		if rest, ok := strings.CutSuffix(p, suffix); ok && (slices.Contains(importantPaths, rest) || rest == "" && suffix != "") {
			return true
		}
	}
	return false
}

// remove looks at rm -r of what may be far more than is meant.
func (c *scan) remove(cmd command) {
	if !cmd.flag("r", "R", "recursive") {
		return
	}
	for _, w := range cmd.args {
		if text, ok := literal(w); ok {
			if important(text) {
				c.say("SC2114", w, "this removes "+text+", a directory of the system")
			}
			continue
		}
		p, ok := may(w)
		if !ok || !important(p) {
			continue
		}
		problem := c.say("SC2115", w, "this removes "+p+" when the variable in front of it is empty: write ${…:?}")
		if v := firstVariable(w); v != nil && v.Short {
			problem.fix = &fix{"end when the variable is empty", diag.Intent, []edit{{offset(v.Pos()), offset(v.End()), "${" + v.Param.Value + ":?}"}}}
		} else if v != nil && simple(v) {
			problem.fix = &fix{"end when the variable is empty", diag.Intent, []edit{{offset(v.End()) - 1, offset(v.End()) - 1, ":?"}}}
		}
	}
}

// may is a path when all that is expanded in it is empty. It is false when that cannot be.
func may(w *syntax.Word) (string, bool) {
	var b strings.Builder
	ok := true
	var add func([]syntax.WordPart)
	add = func(list []syntax.WordPart) {
		for _, p := range list {
			switch p := p.(type) {
			case *syntax.Lit:
				b.WriteString(unescape(p.Value))
			case *syntax.SglQuoted:
				b.WriteString(p.Value)
			case *syntax.DblQuoted:
				add(p.Parts)
			case *syntax.ParamExp:
				if p.Exp != nil && slices.Contains([]syntax.ParExpOperator{syntax.ErrorUnsetOrNull, syntax.DefaultUnsetOrNull, syntax.AssignUnsetOrNull}, p.Exp.Op) {
					ok = false
				}
			}
		}
	}
	add(w.Parts)
	return b.String(), ok
}

func firstVariable(w *syntax.Word) (found *syntax.ParamExp) {
	shell.Walk(w, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && found == nil {
			found = p
		}
		return found == nil
	})
	return found
}
