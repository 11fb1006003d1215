package policy

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// class is a type that rules see: a name, and fields that are worked out when a rule
// asks for them. CEL checks rules against it, so a misspelt field is an error of the
// config and not of some build later.
type class struct {
	name   string
	doc    string
	typ    *cel.Type
	fields []field
}

// field is a field of a class.
type field struct {
	name string
	typ  *cel.Type
	doc  string
	get  func(any) ref.Val
}

// of makes a field of a class whose values are T.
func of[T any](name string, typ *cel.Type, doc string, get func(T) ref.Val) field {
	return field{name, typ, doc, func(v any) ref.Val {
		t, ok := v.(T)
		if !ok {
			return types.NewErr("%T has no field %s", v, name)
		}
		return get(t)
	}}
}

func (c *class) field(name string) (field, bool) {
	for _, f := range c.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// provider tells CEL about the classes.
type provider struct {
	types.Provider
	classes map[string]*class
}

// FindStructType implements types.Provider.
func (p provider) FindStructType(name string) (*types.Type, bool) {
	if c, ok := p.classes[name]; ok {
		return types.NewTypeTypeWithParam(c.typ), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	c, ok := p.classes[name]
	if !ok {
		return p.Provider.FindStructFieldNames(name)
	}
	names := make([]string, len(c.fields))
	for i, f := range c.fields {
		names[i] = f.name
	}
	return names, true
}

// FindStructFieldType implements types.Provider.
func (p provider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	c, ok := p.classes[name]
	if !ok {
		return p.Provider.FindStructFieldType(name, fieldName)
	}
	f, ok := c.field(fieldName)
	if !ok {
		return nil, false
	}
	return &types.FieldType{
		Type:  f.typ,
		IsSet: func(v any) bool { return !isZero(f.get(v)) },
		GetFrom: func(v any) (any, error) {
			val := f.get(v)
			if err, ok := val.(*types.Err); ok {
				return nil, err
			}
			return val, nil
		},
	}, true
}

// object is a value of a class. Its Go value is a pointer, nil where there is none.
type object struct {
	class *class
	value any
}

// ConvertToNative implements ref.Val: objects stay in CEL.
func (o object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s is no %v", o.class.name, t)
}

// ConvertToType implements ref.Val.
func (o object) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return o.class.typ
	}
	return types.NewErr("%s is no %s", o.class.name, t.TypeName())
}

// Equal implements ref.Val: an object equals itself.
func (o object) Equal(other ref.Val) ref.Val {
	x, ok := other.(object)
	return types.Bool(ok && x.value == o.value)
}

// Type implements ref.Val.
func (o object) Type() ref.Type { return o.class.typ }

// Value implements ref.Val.
func (o object) Value() any { return o.value }

// Get implements traits.Indexer, for rules that hide a type behind dyn.
func (o object) Get(index ref.Val) ref.Val {
	name, _ := index.Value().(string)
	f, ok := o.class.field(name)
	if !ok {
		return types.NewErr("%s has no field %s", o.class.name, name)
	}
	return f.get(o.value)
}

// isZero tells what has(x.field) is false for: "", 0, false, and what is empty.
func isZero(v ref.Val) bool {
	switch v := v.(type) {
	case types.String:
		return v == ""
	case types.Bool:
		return !bool(v)
	case types.Int:
		return v == 0
	case interface{ Size() ref.Val }:
		return v.Size() == types.IntZero
	case object:
		return reflect.ValueOf(v.value).IsNil()
	}
	return false
}

func stringList(list []string) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, list) }

func stringMap(m map[string]string) ref.Val {
	return types.NewStringStringMap(types.DefaultTypeAdapter, m)
}

// objectList makes a list of a class.
func objectList[T any](c *class, list []T) ref.Val {
	vals := make([]ref.Val, len(list))
	for i, v := range list {
		vals[i] = object{c, v}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, vals)
}
