package install

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/plugins"
)

// Stage is what is in force at the places of a stage.
type Stage struct {
	States []*eval.State // in front of each op, and behind the last
	users  []user        // of the same places
}

// NewStage looks at a stage of the module of a call. The base image counts as far as the host knows it.
func NewStage(ctx context.Context, h plugins.Host, c *plugins.Call, stage int) *Stage {
	m := c.Module
	s := &Stage{States: c.States.Module(m, func(i int) *eval.State { return distro.Base(ctx, h, c.States, m, i) }).Stage(stage)}
	var u user
	for _, body := range eval.Inherited(m, stage) {
		u.pass(body)
	}
	for _, op := range m.Stages[stage].Ops {
		s.users = append(s.users, u)
		u.pass(op.Body)
	}
	s.users = append(s.users, u)
	return s
}

// user is who the last USER says, as it is written. Stale tells that a variable in it has
// been set since, so that the word would say somebody else.
type user struct {
	word  string
	stale bool
}

// pass goes over an op.
func (u *user) pass(body ir.Body) {
	switch b := body.(type) {
	case *ir.User:
		*u = user{word: b.Name}
	case *ir.Env:
		for _, p := range b.Pairs {
			u.stale = u.stale || u.mentions(p.Key)
		}
	case *ir.Arg:
		for _, d := range b.Defaults {
			u.stale = u.stale || u.mentions(d.Key)
		}
	}
}

func (u *user) mentions(variable string) bool {
	return strings.Contains(u.word, "$") && (strings.Contains(u.word, variable) || strings.ContainsAny(variable, `$"'\\`))
}

// plainWord is text that stands for itself as a word of a Dockerfile.
var plainWord = late.Regexp(`^[A-Za-z0-9_.:@+-]+$`)

// User is the word for USER that brings back who is in force at a place: "" when that
// is root. A base image of which nothing is known counts as one of root.
func (s *Stage) User(at int) string {
	state := s.States[at]
	switch {
	case state.Root():
		return ""
	case state.UserKnown && plainWord().MatchString(state.User):
		return state.User
	}
	return s.users[at].word
}

// Lost tells that there is no word that brings back who is in force at a place: the last
// USER has a variable that has another value by now.
func (s *Stage) Lost(at int) bool {
	state := s.States[at]
	return !state.Root() && !(state.UserKnown && plainWord().MatchString(state.User)) && s.users[at].stale
}

// Run is a RUN of a line for a POSIX shell, whatever SHELL is in force at a place.
func (s *Stage) Run(at int, line string, mounts ...ir.Mount) *ir.Run {
	run := &ir.Run{Command: ir.Command{Line: line}, Mounts: mounts}
	sh := s.States[at].Shell
	if len(sh) == 0 || !slices.Contains([]string{"sh", "bash", "ash", "dash"}, path.Base(sh[0])) {
		run.Command = ir.Command{Exec: true, Args: []string{"/bin/sh", "-c", line}}
	}
	return run
}

// AsRoot puts ops between a change to root and the way back, where somebody else is in
// force. Op makes an op that says why it is there.
func (s *Stage) AsRoot(at int, op func(body ir.Body, why string) *ir.Op, ops ...*ir.Op) []*ir.Op {
	user := s.User(at)
	if user == "" {
		return ops
	}
	list := []*ir.Op{op(&ir.User{Name: "root"}, "only root can install packages")}
	return append(append(list, ops...), op(&ir.User{Name: user}, "the user as it was"))
}
