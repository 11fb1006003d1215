package wire

import (
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/pb"
)

// ToProto makes the message of a module. An origin that is used more than once
// is one entry of its table. Of a broken module, a body that is nil or no body
// of package ir becomes a message that FromProto refuses, an origin that is made
// out of itself gets a nil instead, and a nil stage becomes an empty one.
func ToProto(m *ir.Module) *pb.Module {
	if m == nil {
		return nil
	}
	e := encoder{numbers: map[*ir.Origin]uint32{}}
	p := &pb.Module{Escape: uint32(m.Escape), Syntax: e.raw(m.Syntax), Check: e.raw(m.Check)}
	for _, f := range m.Files {
		p.Files = append(p.Files, &pb.File{Name: e.raw(f.Name), Text: e.raw(f.Text)})
	}
	p.Args = e.ops(m.Args)
	for _, s := range m.Stages {
		p.Stages = append(p.Stages, e.stage(s))
	}
	p.Origins = e.origins
	return p
}

type encoder struct {
	numbers map[*ir.Origin]uint32 // index plus one; 0 while an origin is looked at
	origins []*pb.Origin
	buf     []byte // that texts are put into, to spare allocations
}

// origin gives the number of an origin: what it is made of comes first. It is 0
// for nil, and where an origin is made out of itself.
func (e *encoder) origin(o *ir.Origin) uint32 {
	if o == nil {
		return 0
	}
	if n, ok := e.numbers[o]; ok {
		return n
	}
	e.numbers[o] = 0
	p := &pb.Origin{
		File: uint32(o.Span.File), Start: o.Span.Start, End: o.Span.End,
		By: e.raw(o.By), Why: e.raw(o.Why),
	}
	for _, from := range o.From {
		p.From = append(p.From, e.origin(from))
	}
	e.origins = append(e.origins, p)
	e.numbers[o] = uint32(len(e.origins))
	return e.numbers[o]
}

func (e *encoder) stage(s *ir.Stage) *pb.Stage {
	if s == nil {
		return &pb.Stage{}
	}
	return &pb.Stage{
		Name: e.raw(s.Name), Base: e.raw(s.Base), Platform: e.raw(s.Platform), Code: e.raw(s.Code),
		Comments: e.raws(s.Comments), Ops: e.ops(s.Ops), Origin: e.origin(s.Origin),
	}
}

func (e *encoder) ops(list []*ir.Op) []*pb.Op {
	ops := make([]pb.Op, len(list))
	out := make([]*pb.Op, len(list))
	for i, op := range list {
		out[i] = &ops[i]
		if op == nil {
			continue
		}
		out[i].Code, out[i].Origin = e.raw(op.Code), e.origin(op.Origin)
		if ir.Known(op.Body) {
			out[i].Kind = op.Body.Keyword()
			e.body(out[i], op.Body)
		}
	}
	return out
}

func (e *encoder) body(p *pb.Op, b ir.Body) {
	switch b := b.(type) {
	case *ir.Run:
		p.Body = &pb.Op_Run{Run: e.run(b)}
	case *ir.Copy:
		p.Body = &pb.Op_Copy{Copy: e.copy(b)}
	case *ir.Add:
		p.Body = &pb.Op_Add{Add: e.add(b)}
	case *ir.Env:
		p.Body = &pb.Op_Env{Env: e.pairs(b.Pairs)}
	case *ir.Label:
		p.Body = &pb.Op_Label{Label: e.pairs(b.Pairs)}
	case *ir.Arg:
		p.Body = &pb.Op_Arg{Arg: &pb.Arg{Defaults: each(b.Defaults, e.argDefault)}}
	case *ir.Cmd:
		p.Body = &pb.Op_Cmd{Cmd: e.command(b.Command)}
	case *ir.Entrypoint:
		p.Body = &pb.Op_Entrypoint{Entrypoint: e.command(b.Command)}
	case *ir.Shell:
		p.Body = &pb.Op_Shell{Shell: &pb.Words{Words: e.raws(b.Args)}}
	case *ir.Workdir:
		p.Body = &pb.Op_Workdir{Workdir: e.raw(b.Path)}
	case *ir.User:
		p.Body = &pb.Op_User{User: e.raw(b.Name)}
	case *ir.Expose:
		p.Body = &pb.Op_Expose{Expose: &pb.Words{Words: e.raws(b.Ports)}}
	case *ir.Volume:
		p.Body = &pb.Op_Volume{Volume: &pb.Words{Words: e.raws(b.Paths)}}
	case *ir.StopSignal:
		p.Body = &pb.Op_StopSignal{StopSignal: e.raw(b.Signal)}
	case *ir.Maintainer:
		p.Body = &pb.Op_Maintainer{Maintainer: e.raw(b.Name)}
	case *ir.Healthcheck:
		p.Body = &pb.Op_Healthcheck{Healthcheck: e.healthcheck(b)}
	case *ir.Onbuild:
		p.Body = &pb.Op_Onbuild{Onbuild: e.raw(b.Trigger)}
	case *ir.Custom:
		p.Kind = "CUSTOM"
		p.Body = &pb.Op_Custom{Custom: &pb.Custom{Name: e.raw(b.Name), Flags: e.raws(b.Flags), Args: e.raw(b.Args),
			Heredocs: each(b.Heredocs, e.heredoc)}}
	}
}

func (e *encoder) run(b *ir.Run) *pb.Run {
	p := &pb.Run{Command: e.command(b.Command), Heredocs: each(b.Heredocs, e.heredoc)}
	e.flags(p, b)
	return p
}

func (e *encoder) copy(b *ir.Copy) *pb.Copy {
	p := &pb.Copy{Sources: e.raws(b.Sources), Inline: each(b.Inline, e.inline), Dest: e.raw(b.Dest)}
	e.flags(p, b)
	return p
}

func (e *encoder) add(b *ir.Add) *pb.Add {
	p := &pb.Add{Sources: e.raws(b.Sources), Inline: each(b.Inline, e.inline), Dest: e.raw(b.Dest)}
	e.flags(p, b)
	return p
}

func (e *encoder) healthcheck(b *ir.Healthcheck) *pb.Healthcheck {
	p := &pb.Healthcheck{None: b.None, Command: e.command(b.Command)}
	e.flags(p, b)
	return p
}

func (e *encoder) command(c ir.Command) *pb.Command {
	return &pb.Command{Exec: c.Exec, Line: e.raw(c.Line), Args: e.raws(c.Args)}
}

func (e *encoder) heredoc(d ir.Heredoc) *pb.Heredoc {
	return &pb.Heredoc{Name: e.raw(d.Name), Data: e.raw(d.Data), Chomp: d.Chomp}
}

func (e *encoder) inline(f ir.Inline) *pb.Inline {
	return &pb.Inline{Word: e.raw(f.Word), Name: e.raw(f.Name), Data: e.raw(f.Data), Expand: f.Expand}
}

func (e *encoder) mount(m ir.Mount) *pb.Mount {
	return &pb.Mount{Options: each(m, func(o ir.MountOption) *pb.MountOption {
		return &pb.MountOption{Key: e.raw(o.Key), Value: e.raw(o.Value), HasValue: o.HasValue}
	})}
}

func (e *encoder) device(d ir.Device) *pb.Device {
	return &pb.Device{Name: e.raw(d.Name), Required: d.Required}
}

func (e *encoder) pairs(pairs []ir.Pair) *pb.Pairs {
	return &pb.Pairs{Pairs: each(pairs, func(p ir.Pair) *pb.Pair {
		return &pb.Pair{Key: e.raw(p.Key), Value: e.raw(p.Value), Legacy: p.Legacy}
	})}
}

func (e *encoder) argDefault(d ir.Default) *pb.Default {
	return &pb.Default{Key: e.raw(d.Key), Value: e.raw(d.Value), Set: d.Set}
}

// each turns a list into another; the result for an empty one is nil.
func each[A, B any](list []A, turn func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = turn(a)
	}
	return out
}

// raw gives the bytes of a text. They share memory with those of others, but not
// what appending to them would overwrite.
func (e *encoder) raw(s string) []byte {
	if s == "" {
		return nil
	}
	if cap(e.buf)-len(e.buf) < len(s) {
		e.buf = make([]byte, 0, max(len(s), 1<<14))
	}
	start := len(e.buf)
	e.buf = append(e.buf, s...)
	return e.buf[start:len(e.buf):len(e.buf)]
}

func (e *encoder) raws(list []string) [][]byte { return each(list, e.raw) }
