package effects

import (
	"reflect"
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// front gives the shell the variables that stand in front of a command, and their names. They are
// expanded in their order, and shells differ in whether one sees those further in front.
func (w *walker) front(assigns []*syntax.Assign, c *shell.Command) (names []string) {
	before, with := w.env, w.env
	add := func(name string, v values) {
		v.exported = true
		with = with.set(name, v)
		names = append(names, name)
	}
	own := 0 // of c.Env
	for _, a := range assigns {
		v := values{}
		if !a.Append && a.Index == nil && a.Array == nil {
			v = w.value(a.Value)
			w.env = with
			v = v.either(w.value(a.Value))
			w.env = before
		}
		if a.Value != nil {
			own++
		}
		add(a.Name.Value, v)
	}
	for _, v := range c.Env[min(own, len(c.Env)):] { // those of env and sudo
		value := values{}
		if node := v.Value.Syntax(); node != nil {
			value = w.value(node)
		} else if v.Value.Known {
			value = oneValue(literal(v.Value.Text))
		}
		add(v.Name, value)
	}
	if c.User != "" {
		add("HOME", values{})
	}
	w.env = with
	return names
}

// behind gives variables that stood in front of a command their values behind it. Special builtins
// keep them, save in bash. Of one that the command itself has set nothing is known.
func (w *walker) behind(k *call, names []string, before, with env) {
	if len(names) == 0 {
		return
	}
	keeps := w.posix && len(k.Via) == 0 && specialBuiltin(k.Name)
	for _, name := range names {
		v, now := w.in(before, name), w.in(w.env, name)
		switch {
		case !reflect.DeepEqual(now, w.in(with, name)):
			v = values{exported: v.exported}
		case keeps:
			v = v.either(now)
		}
		w.env, k.bad = w.env.put(name, v), k.bad.put(name, v)
	}
}

// specialBuiltin tells the builtins that POSIX calls special.
func specialBuiltin(name string) bool {
	return slices.Contains([]string{":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times", "trap", "unset"}, name)
}
