package plan

import (
	"maps"
	"slices"
)

// Env is an environment in the order that BuildKit's EnvList has: a variable
// that is set again moves to the end. The order is part of every RUN vertex.
type Env struct { // its zero value is empty
	list    []Variable
	dead    []bool         // entries that were set again later
	holes   int            // number of them
	size    int            // bytes of the live entries
	index   map[string]int // of live entries; made when the list is long
	strings []string       // what Strings gave, until the next change
}

// newEnv makes an empty environment with room for some variables.
func newEnv(room int) *Env {
	room = min(room, indexed)
	return &Env{list: make([]Variable, 0, room), dead: make([]bool, 0, room)}
}

// indexed is the length from which looking up by a map beats walking the list.
const indexed = 24

// Get gives the value of a variable.
func (e *Env) Get(key string) (string, bool) {
	if i := e.find(key); i >= 0 {
		return e.list[i].Value, true
	}
	return "", false
}

// Keys lists the variables in order.
func (e *Env) Keys() []string {
	keys := make([]string, 0, len(e.list)-e.holes)
	for i, v := range e.list {
		if !e.dead[i] {
			keys = append(keys, v.Key)
		}
	}
	return keys
}

func (e *Env) find(key string) int {
	if e.index != nil {
		if i, ok := e.index[key]; ok {
			return i
		}
		return -1
	}
	for i := len(e.list) - 1; i >= 0; i-- {
		if e.list[i].Key == key && !e.dead[i] {
			return i
		}
	}
	return -1
}

// Set gives a variable a value and moves it to the end.
func (e *Env) Set(key, value string) {
	e.kill(e.find(key))
	e.size += len(key) + len(value)
	e.list = append(e.list, Variable{key, value})
	e.dead = append(e.dead, false)
	if e.holes > indexed && e.holes > len(e.list)/2 {
		e.compact()
	}
	switch {
	case e.index != nil:
		e.index[key] = len(e.list) - 1
	case len(e.list) > indexed:
		e.reindex()
	}
}

// Delete removes a variable.
func (e *Env) Delete(key string) {
	e.kill(e.find(key))
	delete(e.index, key)
}

// kill marks an entry that is no longer valid, if there is one.
func (e *Env) kill(i int) {
	e.strings = nil
	if i >= 0 {
		e.dead[i] = true
		e.holes++
		e.size -= len(e.list[i].Key) + len(e.list[i].Value)
	}
}

// cost is about how many bytes a copy of the environment takes.
func (e *Env) cost() int { return e.size + 32*(len(e.list)-e.holes) }

func (e *Env) compact() {
	e.list = e.Vars()
	e.dead = make([]bool, len(e.list))
	e.holes = 0
	e.reindex()
}

func (e *Env) reindex() {
	e.index = make(map[string]int, len(e.list)-e.holes)
	for i, v := range e.list {
		if !e.dead[i] {
			e.index[v.Key] = i
		}
	}
}

// Vars are the variables in order, in a slice of the caller's own.
func (e *Env) Vars() []Variable {
	out := make([]Variable, 0, len(e.list)-e.holes)
	for i, v := range e.list {
		if !e.dead[i] {
			out = append(out, v)
		}
	}
	return out
}

// Strings are the variables in order, as "name=value". The slice is shared: it
// can be appended to, but not written to.
func (e *Env) Strings() []string {
	if e.strings != nil {
		return e.strings
	}
	out := make([]string, 0, len(e.list)-e.holes)
	for i, v := range e.list {
		if !e.dead[i] {
			out = append(out, v.Key+"="+v.Value)
		}
	}
	e.strings = slices.Clip(out)
	return e.strings
}

// Clone makes a copy of its own.
func (e *Env) Clone() *Env {
	c := &Env{list: e.Vars(), size: e.size}
	c.dead = make([]bool, len(c.list), len(c.list)+4)
	if len(c.list) > indexed {
		c.reindex()
	}
	return c
}

// masked shows secrets that are passed as variables by four stars.
type masked struct {
	*Env
	secrets map[string]bool
}

func (m masked) Get(key string) (string, bool) {
	if m.secrets[key] {
		return "****", true
	}
	return m.Env.Get(key)
}

func (m masked) Keys() []string {
	keys := slices.DeleteFunc(m.Env.Keys(), func(k string) bool { return m.secrets[k] })
	return append(keys, slices.Sorted(maps.Keys(m.secrets))...)
}

type noEnv struct{}

func (noEnv) Get(string) (string, bool) { return "", false }
func (noEnv) Keys() []string            { return nil }
