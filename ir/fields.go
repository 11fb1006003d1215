package ir

import (
	"reflect"
	"slices"
	"time"

	"github.com/seed-e0495807/strake/lang/spec"
)

// field is a field of a body: its name in the textual form and a pointer to it.
// The pointer is a *string, *bool, **bool, *int, *time.Duration, *[]string,
// *Command, *[]Heredoc, *[]Inline, *[]Mount, *[]Device, *[]Pair or *[]Default.
type field struct {
	name string // "" for a field that comes first and is not named; that of a flag is the flag's
	at   any
}

// layout is a type of body: the names of its fields, and which of them are flags.
type layout struct {
	keyword string // of the textual form
	typ     reflect.Type
	names   []string
	flags   []int // the fields of the flags, in the order of row
	row     *spec.Instruction
}

var layouts, layoutsByType = layOut(&Run{}, &Copy{}, &Add{}, &Env{}, &Label{}, &Arg{}, &Cmd{}, &Entrypoint{}, &Shell{}, &Workdir{},
	&User{}, &Expose{}, &Volume{}, &StopSignal{}, &Maintainer{}, &Healthcheck{}, &Onbuild{}, &Custom{Name: "CUSTOM"})

// layOut reads the tags of bodies.
func layOut(bodies ...Body) ([]layout, map[reflect.Type]*layout) {
	list, byType := make([]layout, len(bodies)), map[reflect.Type]*layout{}
	for i, b := range bodies {
		l := layout{keyword: b.Keyword(), typ: reflect.TypeOf(b).Elem(), row: spec.Of(spec.Lookup(b.Keyword()))}
		for f := range l.typ.NumField() {
			tag := l.typ.Field(f).Tag
			l.names = append(l.names, tag.Get("flag")+tag.Get("ir"))
		}
		for _, f := range l.row.Flags {
			l.flags = append(l.flags, slices.Index(l.names, f.Name))
		}
		list[i], byType[reflect.TypeOf(b)] = l, &list[i]
	}
	return list, byType
}

// fields lists the fields of a body in the order of the textual form, for printing,
// parsing and comparing. It reports false for what is no body of this package, nil
// pointers included.
func fields(b Body) ([]field, bool) {
	l := layoutsByType[reflect.TypeOf(b)]
	if l == nil || isNil(b) {
		return nil, false
	}
	v := reflect.ValueOf(b).Elem()
	out := make([]field, len(l.names))
	for i, name := range l.names {
		out[i] = field{name, v.Field(i).Addr().Interface()}
	}
	return out, true
}

// Flag is the field of a body that a flag of its instruction sets.
type Flag struct {
	*spec.Flag
	// At points to the field: a *string, *bool, **bool, *int, *time.Duration, *[]string,
	// *[]Mount or *[]Device.
	At any
}

// Flags lists the flags of a body in the order in which they are printed. They share
// its memory.
func Flags(b Body) []Flag {
	l := layoutsByType[reflect.TypeOf(b)]
	if l == nil || len(l.flags) == 0 || isNil(b) {
		return nil
	}
	v := reflect.ValueOf(b).Elem()
	out := make([]Flag, len(l.flags))
	for i, at := range l.flags {
		out[i] = Flag{&l.row.Flags[i], v.Field(at).Addr().Interface()}
	}
	return out
}

// isNil reports whether b is nil, or a nil pointer to a body.
func isNil(b Body) bool {
	v := reflect.ValueOf(b)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// Known reports whether b is a body of this package, and not nil.
func Known(b Body) bool { return layoutsByType[reflect.TypeOf(b)] != nil && !isNil(b) }

// newBody makes an empty body of a keyword, or nil for an unknown one. CUSTOM
// stands for every *Custom.
func newBody(keyword string) Body {
	for i := range layouts {
		if layouts[i].keyword == keyword {
			return reflect.New(layouts[i].typ).Interface().(Body)
		}
	}
	return nil
}

// Equal reports whether two bodies say the same. A nil list equals an empty
// one. Nil bodies equal nothing.
func Equal(a, b Body) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	fa, ok := fields(a)
	fb, okb := fields(b)
	if !ok || !okb {
		return false
	}
	for i := range fa {
		if !equalField(fa[i].at, fb[i].at) {
			return false
		}
	}
	return true
}

// equalField compares what two pointers of one type point to.
func equalField(a, b any) bool {
	switch a := a.(type) {
	case *string:
		return *a == *b.(*string)
	case *bool:
		return *a == *b.(*bool)
	case **bool:
		b := b.(**bool)
		return (*a == nil) == (*b == nil) && (*a == nil || **a == **b)
	case *int:
		return *a == *b.(*int)
	case *time.Duration:
		return *a == *b.(*time.Duration)
	case *[]string:
		return slices.Equal(*a, *b.(*[]string))
	case *Command:
		b := b.(*Command)
		return a.Exec == b.Exec && a.Line == b.Line && slices.Equal(a.Args, b.Args)
	case *[]Heredoc:
		return slices.Equal(*a, *b.(*[]Heredoc))
	case *[]Inline:
		return slices.Equal(*a, *b.(*[]Inline))
	case *[]Mount:
		return slices.EqualFunc(*a, *b.(*[]Mount), slices.Equal)
	case *[]Device:
		return slices.Equal(*a, *b.(*[]Device))
	case *[]Pair:
		return slices.Equal(*a, *b.(*[]Pair))
	case *[]Default:
		return slices.Equal(*a, *b.(*[]Default))
	}
	return false
}
