package script

import (
	"reflect"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Same tells whether two scripts are the same but for their layout, with the same comments.
func Same(a, b string) bool {
	for _, v := range []syntax.LangVariant{syntax.LangPOSIX, syntax.LangBash, syntax.LangMirBSDKorn} {
		p := newParser(v)
		x, err := p.parse(a)
		if err != nil {
			continue
		}
		y, err := p.parse(b)
		return err == nil && same(x, y)
	}
	return a == b
}

// same compares trees, and their comments.
func same(a, b *syntax.File) bool {
	return equal(reflect.ValueOf(a), reflect.ValueOf(b)) && slices.Equal(comments(a), comments(b))
}

// equal compares trees, but for where their nodes stand, and what an old way to write
// something is written as: `a` is $(a), and $[1] is $((1)).
func equal(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return equal(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !position(a.Type(), a.Type().Field(i)) && !equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// position tells the fields that do not count.
func position(in reflect.Type, field reflect.StructField) bool {
	switch field.Type {
	case reflect.TypeFor[syntax.Pos](), reflect.TypeFor[[]syntax.Comment]():
		return true
	}
	return in == reflect.TypeFor[syntax.CmdSubst]() && field.Name == "Backquotes" ||
		in == reflect.TypeFor[syntax.ArithmExp]() && field.Name == "Bracket"
}

func comments(f *syntax.File) (out []string) {
	syntax.Walk(f, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.Comment); ok {
			out = append(out, strings.TrimRight(c.Text, " \t\r"))
		}
		return true
	})
	return out
}
