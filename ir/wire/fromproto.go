package wire

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/pb"
	"github.com/seed-e0495807/strake/lang/source"
	"google.golang.org/protobuf/proto"
)

// FromProto makes a module of its message, which it does not keep. It refuses
// what it would have to drop: an op of a kind that it does not know, which the
// error names, and fields that it does not know. The module need not be valid:
// that is for ir.Verify to say.
func FromProto(p *pb.Module) (*ir.Module, error) {
	d := decoder{}
	return d.module(p)
}

func (d *decoder) module(p *pb.Module) (*ir.Module, error) {
	if p == nil {
		return nil, errors.New("there is no module")
	}
	d.what = "the module"
	d.known(p)
	d.table(p.Origins)
	m := &ir.Module{Escape: byte(p.Escape), Syntax: d.text(p.Syntax), Check: d.text(p.Check)}
	if p.Escape > 0xff {
		d.fail("its escape character %d is no byte", p.Escape)
	}
	for _, f := range p.Files {
		d.known(f)
		m.Files = append(m.Files, ir.File{Name: d.text(f.GetName()), Text: d.text(f.GetText())})
	}
	m.Args = d.ops("before the first FROM", p.Args)
	for i, s := range p.Stages {
		m.Stages = append(m.Stages, d.stage(i, s))
	}
	if d.err != nil {
		return nil, d.err
	}
	return m, nil
}

// decoder keeps the first error.
type decoder struct {
	own     bool // nobody else has the message
	origins []*ir.Origin
	what    string // is being read, for errors
	err     error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%s: %s", d.what, fmt.Sprintf(format, args...))
	}
}

// known refuses fields that this version does not know.
func (d *decoder) known(p proto.Message) {
	if r := p.ProtoReflect(); len(r.GetUnknown()) > 0 {
		d.fail("its %s has fields that this version does not know", r.Descriptor().Name())
	}
}

// table reads the origins. Each is made of earlier ones, so no chain is endless.
func (d *decoder) table(list []*pb.Origin) {
	d.origins = make([]*ir.Origin, 0, len(list))
	for _, p := range list {
		d.known(p)
		o := &ir.Origin{
			Span: source.Span{File: source.FileID(p.GetFile()), Start: p.GetStart(), End: p.GetEnd()},
			By:   d.text(p.GetBy()), Why: d.text(p.GetWhy()),
		}
		o.From = each(p.GetFrom(), d.origin)
		d.origins = append(d.origins, o)
	}
}

// origin gives the origin of a number; it is nil for 0.
func (d *decoder) origin(n uint32) *ir.Origin {
	switch {
	case n == 0:
		return nil
	case int(n) > len(d.origins):
		d.fail("origin %d is not among the %d before", n, len(d.origins))
		return nil
	}
	return d.origins[n-1]
}

func (d *decoder) stage(i int, p *pb.Stage) *ir.Stage {
	d.what = fmt.Sprintf("stage %d", i)
	d.known(p)
	return &ir.Stage{
		Name: d.text(p.GetName()), Base: d.text(p.GetBase()), Platform: d.text(p.GetPlatform()), Code: d.text(p.GetCode()),
		Comments: d.texts(p.GetComments()), Origin: d.origin(p.GetOrigin()), Ops: d.ops(fmt.Sprintf("of stage %d", i), p.GetOps()),
	}
}

func (d *decoder) ops(where string, list []*pb.Op) []*ir.Op {
	if len(list) == 0 {
		return nil
	}
	ops := make([]ir.Op, len(list))
	out := make([]*ir.Op, len(list))
	for i, p := range list {
		before := d.err == nil
		d.what = "the op"
		ops[i] = ir.Op{Body: d.body(p), Code: d.text(p.GetCode()), Origin: d.origin(p.GetOrigin())}
		out[i] = &ops[i]
		if before && d.err != nil {
			d.err = fmt.Errorf("op %d %s (%s): %w", i+1, where, p.GetKind(), d.err)
		}
	}
	return out
}

func (d *decoder) body(p *pb.Op) ir.Body {
	b := d.anyBody(p)
	if b == nil {
		d.fail("unknown op kind %q", p.GetKind())
		return nil
	}
	d.known(p)
	if _, custom := b.(*ir.Custom); !custom && b.Keyword() != p.GetKind() {
		d.fail("it is of kind %s, and its body is %s", p.GetKind(), b.Keyword())
	}
	return b
}

func (d *decoder) anyBody(p *pb.Op) ir.Body {
	switch b := p.GetBody().(type) {
	case *pb.Op_Run:
		return d.run(b.Run)
	case *pb.Op_Copy:
		return d.copy(b.Copy)
	case *pb.Op_Add:
		return d.add(b.Add)
	case *pb.Op_Env:
		return &ir.Env{Pairs: d.pairs(b.Env)}
	case *pb.Op_Label:
		return &ir.Label{Pairs: d.pairs(b.Label)}
	case *pb.Op_Arg:
		d.known(b.Arg)
		return &ir.Arg{Defaults: each(b.Arg.GetDefaults(), d.def)}
	case *pb.Op_Cmd:
		return &ir.Cmd{Command: d.command(b.Cmd)}
	case *pb.Op_Entrypoint:
		return &ir.Entrypoint{Command: d.command(b.Entrypoint)}
	case *pb.Op_Shell:
		return &ir.Shell{Args: d.words(b.Shell)}
	case *pb.Op_Workdir:
		return &ir.Workdir{Path: d.text(b.Workdir)}
	case *pb.Op_User:
		return &ir.User{Name: d.text(b.User)}
	case *pb.Op_Expose:
		return &ir.Expose{Ports: d.words(b.Expose)}
	case *pb.Op_Volume:
		return &ir.Volume{Paths: d.words(b.Volume)}
	case *pb.Op_StopSignal:
		return &ir.StopSignal{Signal: d.text(b.StopSignal)}
	case *pb.Op_Maintainer:
		return &ir.Maintainer{Name: d.text(b.Maintainer)}
	case *pb.Op_Healthcheck:
		return d.healthcheck(b.Healthcheck)
	case *pb.Op_Onbuild:
		return &ir.Onbuild{Trigger: d.text(b.Onbuild)}
	case *pb.Op_Custom:
		d.known(b.Custom)
		return &ir.Custom{Name: d.text(b.Custom.GetName()), Flags: d.texts(b.Custom.GetFlags()), Args: d.text(b.Custom.GetArgs()),
			Heredocs: each(b.Custom.GetHeredocs(), d.heredoc)}
	}
	return nil
}

func (d *decoder) run(p *pb.Run) ir.Body {
	d.known(p)
	b := &ir.Run{Command: d.command(p.GetCommand()), Heredocs: each(p.GetHeredocs(), d.heredoc)}
	d.flags(p, b)
	return b
}

func (d *decoder) copy(p *pb.Copy) ir.Body {
	d.known(p)
	b := &ir.Copy{Sources: d.texts(p.GetSources()), Inline: each(p.GetInline(), d.inline), Dest: d.text(p.GetDest())}
	d.flags(p, b)
	return b
}

func (d *decoder) add(p *pb.Add) ir.Body {
	d.known(p)
	b := &ir.Add{Sources: d.texts(p.GetSources()), Inline: each(p.GetInline(), d.inline), Dest: d.text(p.GetDest())}
	d.flags(p, b)
	return b
}

func (d *decoder) healthcheck(p *pb.Healthcheck) ir.Body {
	d.known(p)
	b := &ir.Healthcheck{None: p.GetNone(), Command: d.command(p.GetCommand())}
	d.flags(p, b)
	return b
}

func (d *decoder) command(p *pb.Command) ir.Command {
	d.known(p)
	return ir.Command{Exec: p.GetExec(), Line: d.text(p.GetLine()), Args: d.texts(p.GetArgs())}
}

func (d *decoder) words(p *pb.Words) []string {
	d.known(p)
	return d.texts(p.GetWords())
}

func (d *decoder) heredoc(p *pb.Heredoc) ir.Heredoc {
	d.known(p)
	return ir.Heredoc{Name: d.text(p.GetName()), Data: d.text(p.GetData()), Chomp: p.GetChomp()}
}

func (d *decoder) inline(p *pb.Inline) ir.Inline {
	d.known(p)
	return ir.Inline{Word: d.text(p.GetWord()), Name: d.text(p.GetName()), Data: d.text(p.GetData()), Expand: p.GetExpand()}
}

func (d *decoder) mount(p *pb.Mount) ir.Mount {
	d.known(p)
	return each(p.GetOptions(), func(o *pb.MountOption) ir.MountOption {
		d.known(o)
		return ir.MountOption{Key: d.text(o.GetKey()), Value: d.text(o.GetValue()), HasValue: o.GetHasValue()}
	})
}

func (d *decoder) device(p *pb.Device) ir.Device {
	d.known(p)
	return ir.Device{Name: d.text(p.GetName()), Required: p.GetRequired()}
}

func (d *decoder) pairs(p *pb.Pairs) []ir.Pair {
	d.known(p)
	return each(p.GetPairs(), func(p *pb.Pair) ir.Pair {
		d.known(p)
		return ir.Pair{Key: d.text(p.GetKey()), Value: d.text(p.GetValue()), Legacy: p.GetLegacy()}
	})
}

func (d *decoder) def(p *pb.Default) ir.Default {
	d.known(p)
	return ir.Default{Key: d.text(p.GetKey()), Value: d.text(p.GetValue()), Set: p.GetSet()}
}

func (d *decoder) texts(list [][]byte) []string { return each(list, d.text) }

// text gives bytes as a string, without copying what nobody else can change.
func (d *decoder) text(b []byte) string {
	if d.own {
		return unsafe.String(unsafe.SliceData(b), len(b))
	}
	return string(b)
}
