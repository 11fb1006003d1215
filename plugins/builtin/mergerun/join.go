package mergerun

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// join makes one RUN of scripts that chain has found fit for it. Each has to succeed for
// the next to run, so they are joined by &&. All but the last are put in a subshell when
// they change the shell, or when it would remember where it found a program that a
// later one looks up anew.
func join(list []*script) *ir.Run {
	first := list[0].run
	out := &ir.Run{Mounts: first.Mounts, Network: first.Network, Security: first.Security, Devices: first.Devices}
	var line strings.Builder
	for i, s := range list {
		if i > 0 {
			line.WriteString(" && ")
		}
		switch last := i == len(list)-1; {
		case !last && s.wrapped(list[i+1:]):
			line.WriteString("( " + s.text + " )")
		case s.group && s.amp:
			line.WriteString("{ " + s.text + " }")
		case s.group && (i > 0 || len(s.file.Stmts) > 1):
			line.WriteString("{ " + s.text + end(s) + "; }")
		default:
			line.WriteString(s.text)
		}
		out.Heredocs = append(out.Heredocs, s.run.Heredocs...)
	}
	out.Command.Line = line.String()
	return out
}

// end keeps the name of a here document apart from what follows, for the Dockerfile.
func end(s *script) string {
	if len(s.run.Heredocs) > 0 {
		return " "
	}
	return ""
}

// wrapped tells whether a script needs a subshell of its own in front of later ones.
func (s *script) wrapped(later []*script) bool { return s.leaks || s.remembers(later) }

// remembers tells whether the shell remembers a program from here that later ones look
// up, and could find in another place.
func (s *script) remembers(later []*script) bool {
	if !slices.ContainsFunc(later, s.recalled) {
		return false
	}
	return !s.isTame() || slices.ContainsFunc(later, func(l *script) bool { return !l.isTame() })
}

// recalled tells whether a later script looks up a program that the shell remembers.
func (s *script) recalled(later *script) bool {
	if later.looksA && len(s.hashed) > 0 {
		return true
	}
	for name := range later.looked {
		if s.hashed[name] {
			return true
		}
	}
	return false
}
