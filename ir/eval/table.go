package eval

import "hash/maphash"

// table holds values, as of variables, by name and is never changed: with gives another one, which shares
// with this one what is the same. Nil is empty. It is a trie by the bits of hashes, so that both
// take a time that grows with the logarithm of the number of names.
type table[V comparable] struct {
	name  string
	value V
	kids  [4]*table[V]
}

// seed is the process's own, so that nobody can choose names that share their hashes.
var seed = maphash.MakeSeed()

func (t *table[V]) get(name string) (V, bool) {
	for h := maphash.String(seed, name); t != nil; h >>= 2 {
		if t.name == name {
			return t.value, true
		}
		t = t.kids[h&3]
	}
	var none V
	return none, false
}

func (t *table[V]) with(name string, v V) *table[V] {
	return t.put(name, maphash.String(seed, name), v)
}

func (t *table[V]) put(name string, h uint64, v V) *table[V] {
	if t == nil {
		return &table[V]{name: name, value: v}
	}
	out := *t
	if t.name == name {
		out.value = v
	} else {
		out.kids[h&3] = t.kids[h&3].put(name, h>>2, v)
	}
	return &out
}

// same tells whether another has the same names with the same values.
func (t *table[V]) same(o *table[V]) bool {
	n, all := 0, true
	t.each(func(name string, v V) {
		other, ok := o.get(name)
		n, all = n+1, all && ok && v == other
	})
	o.each(func(string, V) { n-- })
	return all && n == 0
}

// each calls for each name, in no order.
func (t *table[V]) each(call func(name string, v V)) {
	if t != nil {
		call(t.name, t.value)
		for _, k := range t.kids {
			k.each(call)
		}
	}
}
