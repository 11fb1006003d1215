package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/seed-e0495807/strake/ir"
)

func op(c *coder, o *ir.Op) {
	kind, n := "", protowire.Number(0)
	if c.reading {
		n = c.bodyField()
	} else if ir.Known(o.Body) {
		kind, n = kindOf(o.Body), numberOf(o.Body)
	}
	c.text(1, &kind)
	c.text(2, &o.Code)
	c.originOf(3, &o.Origin)
	c.body(n, o)
	switch {
	case !c.reading:
	case o.Body == nil:
		c.fail("unknown op kind %q", kind)
	case kindOf(o.Body) != kind:
		c.fail("it is of kind %s, and its body is %s", kind, kindOf(o.Body))
	}
}

// kindOf is the keyword of a body; all of plugins are one.
func kindOf(b ir.Body) string {
	if _, custom := b.(*ir.Custom); custom {
		return "CUSTOM"
	}
	return b.Keyword()
}

// numberOf is the number of the field that a body is in.
func numberOf(b ir.Body) protowire.Number {
	switch b.(type) {
	case *ir.Run:
		return 4
	case *ir.Copy:
		return 5
	case *ir.Add:
		return 6
	case *ir.Env:
		return 7
	case *ir.Label:
		return 8
	case *ir.Arg:
		return 9
	case *ir.Cmd:
		return 10
	case *ir.Entrypoint:
		return 11
	case *ir.Shell:
		return 12
	case *ir.Workdir:
		return 13
	case *ir.User:
		return 14
	case *ir.Expose:
		return 15
	case *ir.Volume:
		return 16
	case *ir.StopSignal:
		return 17
	case *ir.Maintainer:
		return 18
	case *ir.Healthcheck:
		return 19
	case *ir.Onbuild:
		return 20
	case *ir.Custom:
		return 21
	}
	return 0
}

// bodyField is the number of the field of a body, 0 when there is none. No writer makes two.
func (c *coder) bodyField() (number protowire.Number) {
	for _, f := range c.fields[c.from:] {
		if f.number < 4 || f.number > 21 || f.number == number {
			continue
		}
		if number != 0 {
			c.fail("it has two bodies")
		}
		number = f.number
	}
	return number
}

// body is the field of a body.
func (c *coder) body(n protowire.Number, o *ir.Op) {
	switch n {
	case 4:
		message(c, n, of[ir.Run](c, o), run)
	case 5:
		message(c, n, of[ir.Copy](c, o), copyFiles)
	case 6:
		message(c, n, of[ir.Add](c, o), addFiles)
	case 7:
		message(c, n, &of[ir.Env](c, o).Pairs, pairs)
	case 8:
		message(c, n, &of[ir.Label](c, o).Pairs, pairs)
	case 9:
		message(c, n, of[ir.Arg](c, o), arg)
	case 10:
		message(c, n, &of[ir.Cmd](c, o).Command, command)
	case 11:
		message(c, n, &of[ir.Entrypoint](c, o).Command, command)
	case 12:
		message(c, n, &of[ir.Shell](c, o).Args, words)
	case 13:
		c.content(n, &of[ir.Workdir](c, o).Path)
	case 14:
		c.content(n, &of[ir.User](c, o).Name)
	case 15:
		message(c, n, &of[ir.Expose](c, o).Ports, words)
	case 16:
		message(c, n, &of[ir.Volume](c, o).Paths, words)
	case 17:
		c.content(n, &of[ir.StopSignal](c, o).Signal)
	case 18:
		c.content(n, &of[ir.Maintainer](c, o).Name)
	case 19:
		message(c, n, of[ir.Healthcheck](c, o), healthcheck)
	case 20:
		c.content(n, &of[ir.Onbuild](c, o).Trigger)
	case 21:
		message(c, n, of[ir.Custom](c, o), custom)
	}
}

// of is the body of an op, a new one when it is read.
func of[B any, P interface {
	*B
	ir.Body
}](c *coder, o *ir.Op) *B {
	if c.reading {
		o.Body = P(new(B))
	}
	return o.Body.(P)
}

func run(c *coder, b *ir.Run) {
	message(c, 1, &b.Command, command)
	list(c, 2, &b.Heredocs, heredoc)
	list(c, 3, &b.Mounts, mount)
	c.text(4, &b.Network)
	c.text(5, &b.Security)
	list(c, 6, &b.Devices, device)
}

func copyFiles(c *coder, b *ir.Copy) {
	c.textList(1, &b.Sources)
	list(c, 2, &b.Inline, inline)
	c.text(3, &b.Dest)
	c.text(4, &b.From)
	c.text(5, &b.Chown)
	c.text(6, &b.Chmod)
	c.bool(7, &b.Link)
	c.bool(8, &b.Parents)
	c.textList(9, &b.Excludes)
}

func addFiles(c *coder, b *ir.Add) {
	c.textList(1, &b.Sources)
	list(c, 2, &b.Inline, inline)
	c.text(3, &b.Dest)
	c.text(4, &b.Chown)
	c.text(5, &b.Chmod)
	c.text(6, &b.Checksum)
	c.bool(7, &b.Link)
	c.maybe(8, &b.KeepGitDir)
	c.maybe(9, &b.Unpack)
	c.textList(10, &b.Excludes)
}

func healthcheck(c *coder, b *ir.Healthcheck) {
	c.bool(1, &b.None)
	message(c, 2, &b.Command, command)
	integer(c, 3, &b.Interval)
	integer(c, 4, &b.Timeout)
	integer(c, 5, &b.StartPeriod)
	integer(c, 6, &b.StartInterval)
	integer(c, 7, &b.Retries)
}

func custom(c *coder, b *ir.Custom) {
	c.text(1, &b.Name)
	c.textList(2, &b.Flags)
	c.text(3, &b.Args)
	list(c, 4, &b.Heredocs, heredoc)
}

func command(c *coder, v *ir.Command) {
	c.bool(1, &v.Exec)
	c.text(2, &v.Line)
	c.textList(3, &v.Args)
}

func heredoc(c *coder, d *ir.Heredoc) {
	c.text(1, &d.Name)
	c.text(2, &d.Data)
	c.bool(3, &d.Chomp)
}

func inline(c *coder, f *ir.Inline) {
	c.text(1, &f.Word)
	c.text(2, &f.Name)
	c.text(3, &f.Data)
	c.bool(4, &f.Expand)
}

func mount(c *coder, m *ir.Mount) {
	list(c, 1, (*[]ir.MountOption)(m), func(c *coder, o *ir.MountOption) {
		c.text(1, &o.Key)
		c.text(2, &o.Value)
		c.bool(3, &o.HasValue)
	})
}

func device(c *coder, d *ir.Device) {
	c.text(1, &d.Name)
	c.bool(2, &d.Required)
}

func pairs(c *coder, v *[]ir.Pair) {
	list(c, 1, v, func(c *coder, p *ir.Pair) {
		c.text(1, &p.Key)
		c.text(2, &p.Value)
		c.bool(3, &p.Legacy)
	})
}

func arg(c *coder, b *ir.Arg) {
	list(c, 1, &b.Defaults, func(c *coder, d *ir.Default) {
		c.text(1, &d.Key)
		c.text(2, &d.Value)
		c.bool(3, &d.Set)
	})
}

func words(c *coder, v *[]string) { c.textList(1, v) }
