// Package eval knows what is in force where an op stands: variables, user, directory, shell and
// what the base image brings. What depends on how the image is built, or on an image that is not
// at hand, is not known, and never taken for something.
//
// A State is what holds whoever builds; what one build makes of a word, plan.Words tells.
//
// It stands above ir/shell, and may import lang and ir, but not ir/plan: programs of plugins
// have it in them.
package eval

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/words"
)

// State is what is in force where an op stands. States are shared: nobody changes one.
type State struct {
	Shell   []string // Docker's own where the base image may have another
	User    string   // as the last USER has it, "" is root
	Workdir string   // "" is not known
	OS      string   // of the base image's config; "" is not known
	// UserKnown is false when the base image may have set a user, and ShellKnown when it may have a
	// shell of its own.
	UserKnown, ShellKnown bool
	// Triggers tells that the base image has ONBUILD instructions, which run first and of
	// which nothing is known here.
	Triggers bool

	vars    *table[variable]
	lost    bool   // a variable was set, and it is not known which: those that are not in vars
	hidden  *names // variables of ENV over which an ARG of the stage stands
	formed  *names // ARGs of the stage that have a form
	globals *globals
	users   *table[Account]
}

// globals are forms of ARGs in front of the first FROM.
type globals struct{ forms map[string]string }

func (g *globals) same(o *globals) bool {
	return g == o || g != nil && o != nil && maps.Equal(g.forms, o.forms)
}

// names is a list of names, the last first, which states share.
type names struct {
	name  string
	under *names
}

// same tells whether another list has the same names.
func (n *names) same(o *names) bool {
	for ; n != o && n != nil && o != nil && n.name == o.name; n, o = n.under, o.under {
	}
	return n == o
}

// variable is one of ENV or ARG.
type variable struct {
	value string
	known bool
	env   bool
	form  string    // of one that is not known
	under *variable // the ENV that an ARG stands over, up to the end of the stage
}

// NewState is that of an image with this user ("" is root), known or not, working directory (""
// is not known), variables and users.
func NewState(user string, known bool, workdir string, env map[string]string, users map[string]Account) *State {
	s := &State{Shell: shell.Default(), User: user, UserKnown: known, Workdir: workdir, users: accounts(users)}
	for k, v := range env {
		s.vars = s.vars.with(k, variable{value: v, known: true, env: true})
	}
	return s
}

// same tells whether another state says the same.
func (s *State) same(o *State) bool {
	return s.User == o.User && s.Workdir == o.Workdir && s.OS == o.OS && s.UserKnown == o.UserKnown && s.ShellKnown == o.ShellKnown &&
		s.Triggers == o.Triggers && s.lost == o.lost && slices.Equal(s.Shell, o.Shell) && s.hidden.same(o.hidden) &&
		s.formed.same(o.formed) && s.globals.same(o.globals) && s.users.same(o.users) && s.vars.same(o.vars)
}

// Var gives a variable of ENV or ARG. It is not known when it depends on how the image
// is built.
func (s *State) Var(name string) (value string, set, known bool) {
	v, set := s.variable(name)
	return v.value, set, v.known || !set
}

// variable gives a variable that is set, or may be.
func (s *State) variable(name string) (variable, bool) {
	v, ok := s.vars.get(name)
	return v, ok || s.lost
}

// Lookup gives a variable whose value is known, and HOME.
func (s *State) Lookup(name string) (string, bool) {
	if v, ok := s.variable(name); ok {
		return v.value, v.known
	}
	if name == "HOME" {
		home := s.Home()
		return home, home != ""
	}
	return "", false
}

// Get makes a State the variables of words of the Dockerfile.
func (s *State) Get(name string) (string, bool) {
	v, ok := s.variable(name)
	return v.value, ok && v.known
}

// Root tells whether commands surely run as root.
func (s *State) Root() bool {
	user, _, _ := strings.Cut(s.User, ":")
	return s.UserKnown && (user == "" || user == "root" || user == "0")
}

// Account gives the numbers of the user in force, and the home directory, which is ""
// when it is not known. It is false when the numbers are not known.
func (s *State) Account() (Account, bool) {
	if s.Root() {
		return Account{Home: s.Home()}, true
	}
	user, group, _ := strings.Cut(s.User, ":")
	if a, ok := s.users.get(user); ok && s.UserKnown && group == "" {
		return a, true
	}
	uid, err := strconv.Atoi(user)
	if err != nil || !s.UserKnown {
		return Account{}, false
	}
	gid := 0 // of a number that is no user of the image
	if group != "" {
		if gid, err = strconv.Atoi(group); err != nil {
			return Account{}, false
		}
	}
	found := Account{UID: uid, GID: gid}
	s.users.each(func(_ string, a Account) {
		if a.UID == uid && group == "" {
			found = a
		}
	})
	return found, true
}

// Home is the home directory of the user in force, "" when it is not known.
func (s *State) Home() string {
	if v, ok := s.variable("HOME"); ok {
		return v.value
	}
	if s.Root() {
		return "/root"
	}
	user, _, _ := strings.Cut(s.User, ":")
	a, _ := s.users.get(user)
	return a.Home
}

// Expand gives a word of the Dockerfile with its variables expanded. It is false when one is
// not known. The escape is the module's.
func (s *State) Expand(text string, escape byte) (string, bool) {
	return s.word(text, &words.Lexer{Escape: rune(escape), SkipUnset: true})
}

// word expands a word of the Dockerfile; it is not known when a variable of it is not.
func (s *State) word(text string, lexer *words.Lexer) (string, bool) {
	if !strings.ContainsAny(text, "$\\\"'`") {
		return text, true
	}
	out, err := lexer.Word(text, s)
	return out, err == nil && !strings.Contains(out, "$")
}

// changedBy tells whether an op may change a state.
func (s *State) changedBy(body ir.Body) bool {
	switch b := body.(type) {
	case *ir.Shell, *ir.User, *ir.Workdir, *ir.Env, *ir.Arg:
		return true
	case *ir.Run:
		return mentions(b, "useradd", "adduser")
	}
	return false
}

// after is the state behind an op.
func (s *State) after(body ir.Body, lexer *words.Lexer) *State {
	if !s.changedBy(body) {
		return s
	}
	out := *s
	switch b := body.(type) {
	case *ir.Shell:
		out.Shell, out.ShellKnown = b.Args, true
	case *ir.User:
		out.User, out.UserKnown = s.word(b.Name, lexer)
	case *ir.Workdir:
		dir, known := s.word(b.Path, lexer)
		switch {
		case !known:
			out.Workdir = ""
		case path.IsAbs(dir):
			out.Workdir = path.Clean(dir)
		case s.Workdir != "":
			out.Workdir = path.Join(s.Workdir, dir)
		}
	case *ir.Env:
		for _, p := range b.Pairs {
			value, known := s.word(p.Value, lexer)
			v := variable{value: value, known: known, env: true}
			if !known {
				v.form = forms(s.form).expand(p.Value, lexer)
			}
			out.set(s, p.Key, v, lexer)
		}
	case *ir.Arg:
		for _, d := range b.Defaults {
			out.declare(d.Key, s.argForm(d, lexer))
		}
	case *ir.Run:
		out.addUsers(b)
	}
	return &out
}

// Lost tells that a variable was set, and nobody knows which.
func (s *State) Lost() bool { return s.lost }

// set sets a variable. Its name may have variables, which are those of before.
func (s *State) set(before *State, name string, v variable, lexer *words.Lexer) {
	name, known := before.word(name, lexer)
	if !known { // any
		s.vars, s.lost, s.hidden = nil, true, nil
		return
	}
	s.vars = s.vars.with(name, v)
}

// declare has an ARG stand over whatever has its name: BuildKit gives the rest of the stage, and
// no later one, the value that it has, if it has one.
func (s *State) declare(name, form string) {
	v, _ := s.vars.get(name)
	arg := variable{under: v.under, form: form}
	if form != "" {
		s.formed = &names{name, s.formed}
	}
	if v.env {
		arg.under = &v
		s.hidden = &names{name, s.hidden}
	}
	s.vars = s.vars.with(name, arg)
}

// inherited is the state that a stage leaves to one that starts from it.
func (s *State) inherited() *State {
	if s.hidden == nil && s.formed == nil {
		return s
	}
	out := *s
	out.hidden, out.formed = nil, nil
	for n := s.formed; n != nil; n = n.under {
		if v, _ := s.vars.get(n.name); !v.env {
			v.form = ""
			out.vars = out.vars.with(n.name, v)
		}
	}
	for n := s.hidden; n != nil; n = n.under {
		if v, _ := s.vars.get(n.name); v.under != nil {
			out.vars = out.vars.with(n.name, *v.under)
		}
	}
	return &out
}
