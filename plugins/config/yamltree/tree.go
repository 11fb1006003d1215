// Package yamltree reads YAML as a tree whose every node knows its place, for
// messages that point into the file. It may import lang.
//
// It takes the YAML that is JSON with comments and fewer quotes. Anchors, aliases,
// merge keys, tags and several documents are errors: a config does not need them,
// and without them a small file is a small tree.
package yamltree

import (
	"encoding/json"

	"github.com/seed-e0495807/strake/lang/source"
)

// The bounds of a file. Reading YAML takes time that is quadratic in the nesting, and in
// the number of keys of a mapping.
const (
	MaxSize   = 128 << 10 // bytes
	MaxDepth  = 64
	MaxTokens = 20_000 // words and marks
)

// Kind says what a node is.
type Kind uint8

// The kinds, named as messages name them.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Map
)

var kindNames = [...]string{Null: "empty", Bool: "true or false", Number: "a number", String: "a text", List: "a list", Map: "a mapping"}

// String gives the kind in words, like "a list".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Node is a value.
type Node struct {
	Kind   Kind
	Span   source.Span // of a scalar; of a list or mapping, what it starts with
	Bool   bool
	Text   string // of a String; of a Number its JSON
	Items  []*Node
	Fields []Field // of a Map, in the order of the file, no key twice
}

// Field is a key of a mapping and its value.
type Field struct {
	Key   string
	Span  source.Span // of the key
	Value *Node
}

// Field gives the field of a key, nil when there is none. A nil node has none.
func (n *Node) Field(key string) *Field {
	if n == nil {
		return nil
	}
	for i := range n.Fields {
		if n.Fields[i].Key == key {
			return &n.Fields[i]
		}
	}
	return nil
}

// Get gives the value of a key, nil when there is none.
func (n *Node) Get(key string) *Node {
	if f := n.Field(key); f != nil {
		return f.Value
	}
	return nil
}

// Str gives the text of a String, and "" for anything else.
func (n *Node) Str() string {
	if n == nil || n.Kind != String {
		return ""
	}
	return n.Text
}

// Data gives the value as encoding/json would, its numbers as json.Number. A nil
// node is nil.
func (n *Node) Data() any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Bool:
		return n.Bool
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = item.Data()
		}
		return list
	case Map:
		m := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			m[f.Key] = f.Value.Data()
		}
		return m
	}
	return nil
}
