package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/seed-e0495807/strake/ir"
)

// coder writes a message, or reads one. What visits the fields of a message does both, so that
// each field is described once: where it is written, nothing is for the zero value, and where
// it is read, a field that is not there leaves the value as it is.
type coder struct {
	out []byte

	reading bool
	in      []byte
	texts   string  // in, for texts to share
	fields  []field // of the message that is read, behind those of the ones that it is in
	from    int     // the first of the message's own
	err     error   // the first

	origins []*ir.Origin          // the table
	numbers map[*ir.Origin]uint32 // its indexes plus one, for writing; 0 while an origin is looked at
}

// field is one of a message that is read.
type field struct {
	number     protowire.Number
	kind       protowire.Type
	seen       bool
	value      uint64 // of a varint
	start, end int    // of bytes
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// next gives the next field of a number and kind from an index on, nil when there is none.
func (c *coder) next(i *int, n protowire.Number, kind protowire.Type) *field {
	for ; *i < len(c.fields); *i++ {
		if f := &c.fields[*i]; f.number == n && f.kind == kind {
			f.seen = true
			*i++
			return f
		}
	}
	return nil
}

// count is how many fields of bytes there are of a number.
func (c *coder) count(n protowire.Number) (count int) {
	for i := c.from; c.next(&i, n, protowire.BytesType) != nil; {
		count++
	}
	return count
}

// text is a field of bytes.
func (c *coder) text(n protowire.Number, at *string) {
	if c.reading {
		for i := c.from; ; {
			f := c.next(&i, n, protowire.BytesType)
			if f == nil {
				return
			}
			*at = c.texts[f.start:f.end]
		}
	}
	if *at != "" {
		c.out = protowire.AppendString(protowire.AppendTag(c.out, n, protowire.BytesType), *at)
	}
}

// content is text that is written even when it is empty: that it is there says which body an op
// has.
func (c *coder) content(n protowire.Number, at *string) {
	if !c.reading && *at == "" {
		c.out = protowire.AppendBytes(protowire.AppendTag(c.out, n, protowire.BytesType), nil)
		return
	}
	c.text(n, at)
}

// textList is a repeated field of bytes.
func (c *coder) textList(n protowire.Number, at *[]string) {
	if !c.reading {
		for _, s := range *at {
			c.out = protowire.AppendString(protowire.AppendTag(c.out, n, protowire.BytesType), s)
		}
		return
	}
	if count := c.count(n); count > 0 {
		*at = slices.Grow(*at, count)
		for i := c.from; ; {
			f := c.next(&i, n, protowire.BytesType)
			if f == nil {
				return
			}
			*at = append(*at, c.texts[f.start:f.end])
		}
	}
}

// integer is a field of a number: protobuf cuts off what is too large for the type, too.
func integer[T ~uint32 | ~uint64 | ~int | ~int64](c *coder, n protowire.Number, at *T) {
	if c.reading {
		for i := c.from; ; {
			f := c.next(&i, n, protowire.VarintType)
			if f == nil {
				return
			}
			*at = T(f.value)
		}
	}
	if *at != 0 {
		c.out = protowire.AppendVarint(protowire.AppendTag(c.out, n, protowire.VarintType), uint64(*at))
	}
}

// bool is a field of a truth value.
func (c *coder) bool(n protowire.Number, at *bool) {
	v := uint64(0)
	if *at {
		v = 1
	}
	integer(c, n, &v)
	*at = v != 0
}

// maybe is a field of a truth value that may be unset.
func (c *coder) maybe(n protowire.Number, at **bool) {
	switch i := c.from; {
	case !c.reading && *at != nil:
		c.out = protowire.AppendVarint(protowire.AppendTag(c.out, n, protowire.VarintType), protowire.EncodeBool(**at))
	case c.reading && c.next(&i, n, protowire.VarintType) != nil:
		*at = new(bool)
		c.bool(n, *at)
	}
}

// message is a field of a message, whose fields are visited.
func message[T any](c *coder, n protowire.Number, at *T, fields func(*coder, *T)) {
	if c.reading {
		for i, end := c.from, len(c.fields); i < end && c.err == nil; {
			f := c.next(&i, n, protowire.BytesType)
			if f == nil {
				return
			}
			inside(c, *f, at, fields) // one that comes in parts is put together
		}
		return
	}
	c.out = protowire.AppendTag(c.out, n, protowire.BytesType)
	start := len(c.out)
	c.out = append(c.out, 0) // the length, for most of them
	fields(c, at)
	c.sized(start)
}

// sized puts the length of what was written behind a byte for it.
func (c *coder) sized(start int) {
	n := len(c.out) - start - 1
	more := protowire.SizeVarint(uint64(n)) - 1
	if more > 0 {
		c.out = append(c.out, make([]byte, more)...)
		copy(c.out[start+1+more:], c.out[start+1:start+1+n])
	}
	protowire.AppendVarint(c.out[:start], uint64(n))
}

// inside reads the fields of a message.
func inside[T any](c *coder, f field, at *T, fields func(*coder, *T)) {
	from := c.from
	c.from = len(c.fields)
	if c.split(f.start, f.end) {
		fields(c, at)
		for i := c.from; i < len(c.fields); i++ {
			if !c.fields[i].seen {
				c.fail("its %s has fields that this version does not know", reflect.TypeFor[T]().Name())
			}
		}
	}
	c.fields, c.from = c.fields[:c.from], from
}

// split finds the fields of a message, and reports false for what is none.
func (c *coder) split(at, end int) bool {
	for at < end {
		number, kind, n := protowire.ConsumeTag(c.in[at:end])
		if n < 0 {
			c.fail("this is no module")
			return false
		}
		at += n
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.BytesType:
			var size uint64
			if size, n = protowire.ConsumeVarint(c.in[at:end]); n >= 0 {
				if f.start = at + n; size > uint64(end-f.start) {
					n = -1
				} else {
					f.end = f.start + int(size)
					n += int(size)
				}
			}
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(c.in[at:end])
		default:
			n = protowire.ConsumeFieldValue(number, kind, c.in[at:end])
		}
		if n < 0 {
			c.fail("this is no module")
			return false
		}
		at += n
		c.fields = append(c.fields, f)
	}
	return true
}

// list is a repeated field of messages.
func list[T any](c *coder, n protowire.Number, at *[]T, fields func(*coder, *T)) {
	if !c.reading {
		for i := range *at {
			message(c, n, &(*at)[i], fields)
		}
		return
	}
	if count := c.count(n); count > 0 {
		*at = append(*at, make([]T, count)...) // a message in parts has parts of its lists
		each(c, n, (*at)[len(*at)-count:], fields)
	}
}

// pointers is list, for pointers. A nil one is written as what is empty.
func pointers[T any](c *coder, n protowire.Number, at *[]*T, fields func(*coder, *T)) {
	if !c.reading {
		for _, v := range *at {
			if v == nil {
				v = new(T)
			}
			message(c, n, v, fields)
		}
		return
	}
	if count := c.count(n); count > 0 {
		all := make([]T, count)
		*at = slices.Grow(*at, count)
		for i := range all {
			*at = append(*at, &all[i])
		}
		each(c, n, all, fields)
	}
}

// each reads the messages of a list, and says in which of them an error is.
func each[T any](c *coder, n protowire.Number, list []T, fields func(*coder, *T)) {
	i := c.from
	for at := range list {
		f := c.next(&i, n, protowire.BytesType)
		if inside(c, *f, &list[at], fields); c.err != nil {
			c.err = fmt.Errorf("%s %d: %w", strings.ToLower(reflect.TypeFor[T]().Name()), at+1, c.err)
			return
		}
	}
}
