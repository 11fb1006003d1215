package eval

import "hash/maphash"

// table holds variables by name and is never changed: with gives another one, which shares
// with this one what is the same. Nil is empty. It is a trie by the bits of hashes, so that both
// take a time that grows with the logarithm of the number of variables.
type table struct {
	name  string
	value variable
	kids  [4]*table
}

// seed is the process's own, so that nobody can choose names that share their hashes.
var seed = maphash.MakeSeed()

func (t *table) get(name string) (variable, bool) {
	for h := maphash.String(seed, name); t != nil; h >>= 2 {
		if t.name == name {
			return t.value, true
		}
		t = t.kids[h&3]
	}
	return variable{}, false
}

func (t *table) with(name string, v variable) *table {
	return t.put(name, maphash.String(seed, name), v)
}

func (t *table) put(name string, h uint64, v variable) *table {
	if t == nil {
		return &table{name: name, value: v}
	}
	out := *t
	if t.name == name {
		out.value = v
	} else {
		out.kids[h&3] = t.kids[h&3].put(name, h>>2, v)
	}
	return &out
}

// same tells whether another has the same variables with the same values.
func (t *table) same(o *table) bool {
	n, all := 0, true
	t.each(func(name string, v variable) {
		other, ok := o.get(name)
		n, all = n+1, all && ok && v == other
	})
	o.each(func(string, variable) { n-- })
	return all && n == 0
}

// each calls for each variable, in no order.
func (t *table) each(call func(name string, v variable)) {
	if t != nil {
		call(t.name, t.value)
		for _, k := range t.kids {
			k.each(call)
		}
	}
}
