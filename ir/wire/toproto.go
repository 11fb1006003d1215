package wire

import (
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irpb"
)

// ToProto makes the message of a module. An origin that is used more than once
// is one entry of its table. Of a broken module, a body that is nil or no body
// of package ir becomes a message that FromProto refuses, an origin that is made
// out of itself gets a nil instead, and a nil stage becomes an empty one.
func ToProto(m *ir.Module) *irpb.Module {
	if m == nil {
		return nil
	}
	e := encoder{numbers: map[*ir.Origin]uint32{}}
	p := &irpb.Module{Escape: uint32(m.Escape), Syntax: raw(m.Syntax), Check: raw(m.Check)}
	for _, f := range m.Files {
		p.Files = append(p.Files, &irpb.File{Name: raw(f.Name), Text: raw(f.Text)})
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
	origins []*irpb.Origin
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
	p := &irpb.Origin{
		File: uint32(o.Span.File), Start: o.Span.Start, End: o.Span.End,
		By: raw(o.By), Why: raw(o.Why),
	}
	for _, from := range o.From {
		p.From = append(p.From, e.origin(from))
	}
	e.origins = append(e.origins, p)
	e.numbers[o] = uint32(len(e.origins))
	return e.numbers[o]
}

func (e *encoder) stage(s *ir.Stage) *irpb.Stage {
	if s == nil {
		return &irpb.Stage{}
	}
	return &irpb.Stage{
		Name: raw(s.Name), Base: raw(s.Base), Platform: raw(s.Platform), Code: raw(s.Code),
		Comments: raws(s.Comments), Ops: e.ops(s.Ops), Origin: e.origin(s.Origin),
	}
}

func (e *encoder) ops(list []*ir.Op) []*irpb.Op {
	out := make([]*irpb.Op, len(list))
	for i, op := range list {
		out[i] = &irpb.Op{}
		if op == nil {
			continue
		}
		out[i].Code, out[i].Origin = raw(op.Code), e.origin(op.Origin)
		if ir.Known(op.Body) {
			out[i].Kind = op.Body.Keyword()
			encodeBody(out[i], op.Body)
		}
	}
	return out
}

func encodeBody(p *irpb.Op, b ir.Body) {
	switch b := b.(type) {
	case *ir.Run:
		p.Body = &irpb.Op_Run{Run: encodeRun(b)}
	case *ir.Copy:
		p.Body = &irpb.Op_Copy{Copy: encodeCopy(b)}
	case *ir.Add:
		p.Body = &irpb.Op_Add{Add: encodeAdd(b)}
	case *ir.Env:
		p.Body = &irpb.Op_Env{Env: encodePairs(b.Pairs)}
	case *ir.Label:
		p.Body = &irpb.Op_Label{Label: encodePairs(b.Pairs)}
	case *ir.Arg:
		p.Body = &irpb.Op_Arg{Arg: &irpb.Arg{Defaults: each(b.Defaults, encodeDefault)}}
	case *ir.Cmd:
		p.Body = &irpb.Op_Cmd{Cmd: encodeCommand(b.Command)}
	case *ir.Entrypoint:
		p.Body = &irpb.Op_Entrypoint{Entrypoint: encodeCommand(b.Command)}
	case *ir.Shell:
		p.Body = &irpb.Op_Shell{Shell: &irpb.Words{Words: raws(b.Args)}}
	case *ir.Workdir:
		p.Body = &irpb.Op_Workdir{Workdir: raw(b.Path)}
	case *ir.User:
		p.Body = &irpb.Op_User{User: raw(b.Name)}
	case *ir.Expose:
		p.Body = &irpb.Op_Expose{Expose: &irpb.Words{Words: raws(b.Ports)}}
	case *ir.Volume:
		p.Body = &irpb.Op_Volume{Volume: &irpb.Words{Words: raws(b.Paths)}}
	case *ir.StopSignal:
		p.Body = &irpb.Op_StopSignal{StopSignal: raw(b.Signal)}
	case *ir.Maintainer:
		p.Body = &irpb.Op_Maintainer{Maintainer: raw(b.Name)}
	case *ir.Healthcheck:
		p.Body = &irpb.Op_Healthcheck{Healthcheck: encodeHealthcheck(b)}
	case *ir.Onbuild:
		p.Body = &irpb.Op_Onbuild{Onbuild: raw(b.Trigger)}
	case *ir.Custom:
		p.Kind = "CUSTOM"
		p.Body = &irpb.Op_Custom{Custom: &irpb.Custom{Name: raw(b.Name), Flags: raws(b.Flags), Args: raw(b.Args)}}
	}
}

func encodeRun(b *ir.Run) *irpb.Run {
	return &irpb.Run{
		Command: encodeCommand(b.Command), Heredocs: each(b.Heredocs, encodeHeredoc), Mounts: each(b.Mounts, encodeMount),
		Network: raw(b.Network), Security: raw(b.Security), Devices: each(b.Devices, encodeDevice),
	}
}

func encodeCopy(b *ir.Copy) *irpb.Copy {
	return &irpb.Copy{
		Sources: raws(b.Sources), Inline: each(b.Inline, encodeInline), Dest: raw(b.Dest), From: raw(b.From),
		Chown: raw(b.Chown), Chmod: raw(b.Chmod), Link: b.Link, Parents: b.Parents, Excludes: raws(b.Excludes),
	}
}

func encodeAdd(b *ir.Add) *irpb.Add {
	return &irpb.Add{
		Sources: raws(b.Sources), Inline: each(b.Inline, encodeInline), Dest: raw(b.Dest),
		Chown: raw(b.Chown), Chmod: raw(b.Chmod), Checksum: raw(b.Checksum), Link: b.Link,
		KeepGitDir: clone(b.KeepGitDir), Unpack: clone(b.Unpack), Excludes: raws(b.Excludes),
	}
}

func encodeHealthcheck(b *ir.Healthcheck) *irpb.Healthcheck {
	return &irpb.Healthcheck{
		None: b.None, Command: encodeCommand(b.Command), Interval: int64(b.Interval), Timeout: int64(b.Timeout),
		StartPeriod: int64(b.StartPeriod), StartInterval: int64(b.StartInterval), Retries: int64(b.Retries),
	}
}

func encodeCommand(c ir.Command) *irpb.Command {
	return &irpb.Command{Exec: c.Exec, Line: raw(c.Line), Args: raws(c.Args)}
}

func encodeHeredoc(d ir.Heredoc) *irpb.Heredoc {
	return &irpb.Heredoc{Name: raw(d.Name), Data: raw(d.Data), Chomp: d.Chomp}
}

func encodeInline(f ir.Inline) *irpb.Inline {
	return &irpb.Inline{Word: raw(f.Word), Name: raw(f.Name), Data: raw(f.Data), Expand: f.Expand}
}

func encodeMount(m ir.Mount) *irpb.Mount {
	return &irpb.Mount{Options: each(m, func(o ir.MountOption) *irpb.MountOption {
		return &irpb.MountOption{Key: raw(o.Key), Value: raw(o.Value), HasValue: o.HasValue}
	})}
}

func encodeDevice(d ir.Device) *irpb.Device {
	return &irpb.Device{Name: raw(d.Name), Required: d.Required}
}

func encodePairs(pairs []ir.Pair) *irpb.Pairs {
	return &irpb.Pairs{Pairs: each(pairs, func(p ir.Pair) *irpb.Pair {
		return &irpb.Pair{Key: raw(p.Key), Value: raw(p.Value), Legacy: p.Legacy}
	})}
}

func encodeDefault(d ir.Default) *irpb.Default {
	return &irpb.Default{Key: raw(d.Key), Value: raw(d.Value), Set: d.Set}
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

func raw(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func raws(list []string) [][]byte { return each(list, raw) }

func clone(b *bool) *bool {
	if b == nil {
		return nil
	}
	c := *b
	return &c
}
