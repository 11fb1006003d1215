package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/seed-e0495807/strake/ir"
)

// The functions below visit the fields of the message of their name, with the numbers that
// ir.proto gives them. TestMessages holds that none is missing.

func module(c *coder, m *ir.Module) {
	if c.reading {
		c.readOrigins(7) // the ops are numbers into it
	}
	list(c, 1, &m.Files, file)
	escape := uint32(m.Escape)
	if integer(c, 2, &escape); escape > 0xff {
		c.fail("its escape character %d is no byte", escape)
	}
	m.Escape = byte(escape)
	c.text(3, &m.Syntax)
	c.text(4, &m.Check)
	pointers(c, 5, &m.Args, op)
	pointers(c, 6, &m.Stages, stage)
	if !c.reading {
		c.writeOrigins(7)
	}
}

func file(c *coder, f *ir.File) {
	c.text(1, &f.Name)
	c.text(2, &f.Text)
}

func stage(c *coder, s *ir.Stage) {
	c.text(1, &s.Name)
	c.text(2, &s.Base)
	c.text(3, &s.Platform)
	c.text(4, &s.Code)
	c.textList(5, &s.Comments)
	pointers(c, 6, &s.Ops, op)
	c.originOf(7, &s.Origin)
}

// originOf is a field of the number of an origin: 0 is none.
func (c *coder) originOf(n protowire.Number, at **ir.Origin) {
	number := uint32(0)
	if !c.reading {
		number = c.number(*at)
	}
	if integer(c, n, &number); c.reading {
		*at = c.numbered(uint64(number))
	}
}

// number gives that of an origin: what it is made of comes first. It is 0 for nil, and where an
// origin is made out of itself.
func (c *coder) number(o *ir.Origin) uint32 {
	if o == nil {
		return 0
	}
	if n, ok := c.numbers[o]; ok {
		return n
	}
	c.numbers[o] = 0
	for _, from := range o.From {
		c.number(from)
	}
	c.origins = append(c.origins, o)
	c.numbers[o] = uint32(len(c.origins))
	return c.numbers[o]
}

// numbered gives the origin of a number.
func (c *coder) numbered(n uint64) *ir.Origin {
	switch {
	case n == 0:
		return nil
	case n > uint64(len(c.origins)):
		c.fail("origin %d is not among the %d before", n, len(c.origins))
		return nil
	}
	return c.origins[n-1]
}

// writeOrigins writes the table.
func (c *coder) writeOrigins(n protowire.Number) {
	for _, o := range c.origins {
		message(c, n, o, origin)
	}
}

// readOrigins reads the table.
func (c *coder) readOrigins(n protowire.Number) {
	all := make([]ir.Origin, c.count(n))
	c.origins = make([]*ir.Origin, 0, len(all))
	each(c, n, all, origin)
}

func origin(c *coder, o *ir.Origin) {
	integer(c, 1, &o.Span.File)
	integer(c, 2, &o.Span.Start)
	integer(c, 3, &o.Span.End)
	c.text(4, &o.By)
	c.text(5, &o.Why)
	if !c.reading {
		c.writeFrom(6, o)
		return
	}
	c.readFrom(6, o)
	c.origins = append(c.origins, o)
}

// writeFrom writes the numbers of what an origin is made of: each is made of earlier ones.
func (c *coder) writeFrom(n protowire.Number, o *ir.Origin) {
	if len(o.From) == 0 {
		return
	}
	c.out = protowire.AppendTag(c.out, n, protowire.BytesType)
	start := len(c.out)
	c.out = append(c.out, 0)
	for _, from := range o.From {
		number := c.numbers[from]
		if number >= c.numbers[o] {
			number = 0
		}
		c.out = protowire.AppendVarint(c.out, uint64(number))
	}
	c.sized(start)
}

// readFrom reads them. As of all lists of numbers, there may be many in a field, or one. No chain
// is endless, as later ones are not there yet.
func (c *coder) readFrom(n protowire.Number, o *ir.Origin) {
	for i := c.from; i < len(c.fields); i++ {
		switch f := &c.fields[i]; {
		case f.number != n:
		case f.kind == protowire.VarintType:
			f.seen = true
			o.From = append(o.From, c.numbered(uint64(uint32(f.value))))
		case f.kind == protowire.BytesType:
			f.seen = true
			for at := f.start; at < f.end; {
				number, size := protowire.ConsumeVarint(c.in[at:f.end])
				if size < 0 {
					c.fail("this is no module")
					return
				}
				o.From = append(o.From, c.numbered(uint64(uint32(number))))
				at += size
			}
		}
	}
}
