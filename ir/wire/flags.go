package wire

import (
	"strings"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/pb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// flagField is the field of a message that a flag is in: its name with "_" for "-", in the
// plural where there may be more than one. A test checks that every flag has one.
func flagField(m protoreflect.Message, f ir.Flag) protoreflect.FieldDescriptor {
	name := strings.ReplaceAll(f.Name, "-", "_")
	if f.Many {
		name += "s"
	}
	return m.Descriptor().Fields().ByName(protoreflect.Name(name))
}

// flags puts the flags of a body into its message.
func (e *encoder) flags(to proto.Message, b ir.Body) {
	m := to.ProtoReflect()
	for _, f := range ir.Flags(b) {
		field := flagField(m, f)
		set := func(ok bool, v any) {
			if ok {
				m.Set(field, protoreflect.ValueOf(v))
			}
		}
		switch at := f.At.(type) {
		case *string:
			set(*at != "", e.raw(*at))
		case *bool:
			set(*at, true)
		case **bool:
			if *at != nil {
				set(true, **at)
			}
		case *int:
			set(*at != 0, int64(*at))
		case *time.Duration:
			set(*at != 0, int64(*at))
		case *[]string:
			add(m, field, *at, func(s string) any { return e.raw(s) })
		case *[]ir.Mount:
			add(m, field, *at, func(v ir.Mount) any { return e.mount(v).ProtoReflect() })
		case *[]ir.Device:
			add(m, field, *at, func(v ir.Device) any { return e.device(v).ProtoReflect() })
		}
	}
}

func add[A any](m protoreflect.Message, field protoreflect.FieldDescriptor, list []A, turn func(A) any) {
	if len(list) == 0 {
		return
	}
	out := m.Mutable(field).List()
	for _, a := range list {
		out.Append(protoreflect.ValueOf(turn(a)))
	}
}

// flags takes the flags of a body out of its message.
func (d *decoder) flags(from proto.Message, b ir.Body) {
	m := from.ProtoReflect()
	for _, f := range ir.Flags(b) {
		field := flagField(m, f)
		if !m.Has(field) {
			continue
		}
		v := m.Get(field)
		switch at := f.At.(type) {
		case *string:
			*at = d.text(v.Bytes())
		case *bool:
			*at = v.Bool()
		case **bool:
			on := v.Bool()
			*at = &on
		case *int:
			*at = int(v.Int())
		case *time.Duration:
			*at = time.Duration(v.Int())
		case *[]string:
			*at = take(v.List(), func(v protoreflect.Value) string { return d.text(v.Bytes()) })
		case *[]ir.Mount:
			*at = take(v.List(), func(v protoreflect.Value) ir.Mount { return d.mount(message[*pb.Mount](v)) })
		case *[]ir.Device:
			*at = take(v.List(), func(v protoreflect.Value) ir.Device { return d.device(message[*pb.Device](v)) })
		}
	}
}

func take[B any](list protoreflect.List, turn func(protoreflect.Value) B) []B {
	out := make([]B, list.Len())
	for i := range out {
		out[i] = turn(list.Get(i))
	}
	return out
}

func message[M proto.Message](v protoreflect.Value) M { return v.Message().Interface().(M) }
