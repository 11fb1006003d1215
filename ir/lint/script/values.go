package script

import "strings"

// status is what is known of a value.
type status uint8

const (
	unknown status = iota // it may have blanks or wildcards
	plain                 // it has neither
	empty
)

// join is the status of two values one behind the other.
func (s status) join(o status) status {
	switch {
	case s == empty:
		return o
	case o == empty:
		return s
	}
	return min(s, o) // unknown wins
}

// or is the status of one value or the other.
func (s status) or(o status) status { return s.join(o) }

// values are the statuses of variables at a place; nil where nothing gets to.
type values struct{ all *statuses }

// clone is for a way that parts from this one.
func (v *values) clone() *values {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// statuses are those of variables, each at the place of its number. They are never changed, so that ways
// share what is the same in them.
type statuses struct {
	name string // "" is none
	is   status
	kids [4]*statuses
}

func (t *statuses) get(number int) (status, bool) {
	for ; t != nil && number > 0; number = (number - 1) >> 2 {
		t = t.kids[(number-1)&3]
	}
	if t == nil || t.name == "" {
		return unknown, false
	}
	return t.is, true
}

func (t *statuses) with(number int, name string, s status) *statuses {
	var out statuses
	if t != nil {
		out = *t
	}
	if number == 0 {
		out.name, out.is = name, s
	} else {
		kid := &out.kids[(number-1)&3]
		*kid = (*kid).with((number-1)>>2, name, s)
	}
	return &out
}

// same tells whether another has the same statuses.
func (t *statuses) same(o *statuses) bool {
	if t == o || t == nil || o == nil {
		return t == o
	}
	for i := range t.kids {
		if !t.kids[i].same(o.kids[i]) {
			return false
		}
	}
	return t.name == o.name && t.is == o.is
}

// text is the status of a text.
func text(s string) status {
	switch {
	case s == "":
		return empty
	case strings.ContainsAny(s, " \t\n*?["):
		return unknown
	}
	return plain
}

// get is the status of a variable. Those of the image are one word each, as far as is known.
func (f *flow) get(name string, v *values) status {
	if n, ok := f.numbers[name]; ok && v != nil {
		return f.of(v.all, n, name)
	}
	return f.first(name)
}

// of is the status of a variable that is assigned.
func (f *flow) of(t *statuses, number int, name string) status {
	if f.integers[name] {
		return plain
	}
	if s, ok := t.get(number); ok {
		return s
	}
	return f.first(name)
}

// first is the status of a variable before anything is assigned.
func (f *flow) first(name string) status {
	if f.integers[name] {
		return plain
	}
	s, ok := f.initial[name]
	if !ok {
		if noSpaces(name) || f.scan.given(name) {
			s = plain
		}
		f.initial[name] = s
	}
	return s
}

// set notes the status of a variable from here on.
func (f *flow) set(v *values, name string, s status) {
	n, ok := f.numbers[name]
	if !ok {
		if f.numbers == nil {
			f.numbers = map[string]int{}
		}
		n = len(f.numbers)
		f.numbers[name] = n
	}
	v.all = v.all.with(n, name, s)
}

// either is what is known where two ways meet.
func (f *flow) either(a, b *values) *values {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &values{f.meet(a.all, b.all)}
}

// meet looks at what is not the same in two tables.
func (f *flow) meet(a, b *statuses) *statuses {
	if a == b {
		return a
	}
	var none statuses
	if a == nil {
		a = &none
	}
	if b == nil {
		b = &none
	}
	out := *a
	if out.name == "" {
		out.name = b.name
	}
	if out.name != "" {
		out.is = f.of(a, 0, out.name).or(f.of(b, 0, out.name))
	}
	for i := range out.kids {
		out.kids[i] = f.meet(a.kids[i], b.kids[i])
	}
	switch out {
	case *a:
		return a
	case *b:
		return b
	}
	return &out
}
