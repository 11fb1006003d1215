package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// about is what an instruction says by itself. Each RUN asks it of all instructions so far, so
// that it is worked out once for all of them.
type about struct {
	op     *ir.Op
	reader // of a RUN that can be read
	full   string
	mounts answer // see speaksOfMounts
	git    answer // see gitHooked
	moved  map[*manager]bool
	names  map[*manager]bool // see namesCache
	links  []link            // that it makes
	linked bool              // links are worked out
}

// answer is one to a question with yes and no.
type answer uint8

const (
	unasked answer = iota
	yes
	no
)

// ask gives an answer, and works it out the first time.
func (a *answer) ask(question func() bool) bool {
	if *a == unasked {
		if *a = no; question() {
			*a = yes
		}
	}
	return *a == yes
}

// text is the instruction with its here documents.
func (a *about) text() string {
	if a.full == "" {
		a.full = fullText(a.op)
	}
	return a.full
}

// speaksOfMounts tells whether the instruction does.
func (a *about) speaksOfMounts() bool {
	return a.mounts.ask(func() bool { return speaksOfMounts(a.text()) })
}

// hooksGit tells whether the instruction may have git run a program of the author's, or bash a
// function out of the environment.
func (a *about) hooksGit() bool {
	return a.git.ask(func() bool {
		if text := a.text(); strings.Contains(text, "BASH_FUNC_") || strings.Contains(text, "git") && settingsOfGit().MatchString(text) {
			return true
		}
		return a.any(func(c *shell.Command) bool {
			return c.Name == "git" && c.Has("config") && effects.SightOf(c) == unknown
		})
	})
}

// moves tells whether the instruction speaks of a configuration of a manager.
func (a *about) moves(m *manager) bool {
	if m.moved == nil {
		return false
	}
	is, asked := a.moved[m]
	if !asked {
		if a.moved == nil {
			a.moved = map[*manager]bool{}
		}
		is = m.moved().MatchString(a.text())
		a.moved[m] = is
	}
	return is
}

// namesCache tells whether the instruction, a RUN, names the directory where a manager has its cache by
// default, or what is in it.
func (a *about) namesCache(m *manager) bool {
	is, asked := a.names[m]
	if !asked {
		if a.names == nil {
			a.names = map[*manager]bool{}
		}
		is = a.script == nil && m.speaksOfCache(a.text()) || a.any(func(c *shell.Command) bool {
			return !forced(c) && (m.speaksOfCache(c.Text) || a.commandNames(c, m))
		})
		a.names[m] = is
	}
	return is
}

// any tells whether one of the commands of a RUN is of a kind.
func (a *about) any(is func(*shell.Command) bool) bool {
	return a.script != nil && slices.ContainsFunc(a.script.Commands, is)
}
