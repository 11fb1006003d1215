package wire

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irpb"
	"github.com/seed-e0495807/strake/lang/source"
	"google.golang.org/protobuf/proto"
)

// FromProto makes a module of its message, which it does not keep. It refuses
// what it would have to drop: an op of a kind that it does not know, which the
// error names, and fields that it does not know. The module need not be valid:
// that is for ir.Verify to say.
func FromProto(p *irpb.Module) (*ir.Module, error) {
	d := decoder{}
	return d.module(p)
}

func (d *decoder) module(p *irpb.Module) (*ir.Module, error) {
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
func (d *decoder) table(list []*irpb.Origin) {
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

func (d *decoder) stage(i int, p *irpb.Stage) *ir.Stage {
	d.what = fmt.Sprintf("stage %d", i)
	d.known(p)
	return &ir.Stage{
		Name: d.text(p.GetName()), Base: d.text(p.GetBase()), Platform: d.text(p.GetPlatform()), Code: d.text(p.GetCode()),
		Comments: d.texts(p.GetComments()), Origin: d.origin(p.GetOrigin()), Ops: d.ops(fmt.Sprintf("of stage %d", i), p.GetOps()),
	}
}

func (d *decoder) ops(where string, list []*irpb.Op) []*ir.Op {
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

func (d *decoder) body(p *irpb.Op) ir.Body {
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

func (d *decoder) anyBody(p *irpb.Op) ir.Body {
	switch b := p.GetBody().(type) {
	case *irpb.Op_Run:
		return d.run(b.Run)
	case *irpb.Op_Copy:
		return d.copy(b.Copy)
	case *irpb.Op_Add:
		return d.add(b.Add)
	case *irpb.Op_Env:
		return &ir.Env{Pairs: d.pairs(b.Env)}
	case *irpb.Op_Label:
		return &ir.Label{Pairs: d.pairs(b.Label)}
	case *irpb.Op_Arg:
		d.known(b.Arg)
		return &ir.Arg{Defaults: each(b.Arg.GetDefaults(), d.def)}
	case *irpb.Op_Cmd:
		return &ir.Cmd{Command: d.command(b.Cmd)}
	case *irpb.Op_Entrypoint:
		return &ir.Entrypoint{Command: d.command(b.Entrypoint)}
	case *irpb.Op_Shell:
		return &ir.Shell{Args: d.words(b.Shell)}
	case *irpb.Op_Workdir:
		return &ir.Workdir{Path: d.text(b.Workdir)}
	case *irpb.Op_User:
		return &ir.User{Name: d.text(b.User)}
	case *irpb.Op_Expose:
		return &ir.Expose{Ports: d.words(b.Expose)}
	case *irpb.Op_Volume:
		return &ir.Volume{Paths: d.words(b.Volume)}
	case *irpb.Op_StopSignal:
		return &ir.StopSignal{Signal: d.text(b.StopSignal)}
	case *irpb.Op_Maintainer:
		return &ir.Maintainer{Name: d.text(b.Maintainer)}
	case *irpb.Op_Healthcheck:
		return d.healthcheck(b.Healthcheck)
	case *irpb.Op_Onbuild:
		return &ir.Onbuild{Trigger: d.text(b.Onbuild)}
	case *irpb.Op_Custom:
		d.known(b.Custom)
		return &ir.Custom{Name: d.text(b.Custom.GetName()), Flags: d.texts(b.Custom.GetFlags()), Args: d.text(b.Custom.GetArgs()),
			Heredocs: each(b.Custom.GetHeredocs(), d.heredoc)}
	}
	return nil
}

func (d *decoder) run(p *irpb.Run) ir.Body {
	d.known(p)
	return &ir.Run{
		Command: d.command(p.GetCommand()), Heredocs: each(p.GetHeredocs(), d.heredoc), Mounts: each(p.GetMounts(), d.mount),
		Network: d.text(p.GetNetwork()), Security: d.text(p.GetSecurity()), Devices: each(p.GetDevices(), d.device),
	}
}

func (d *decoder) copy(p *irpb.Copy) ir.Body {
	d.known(p)
	return &ir.Copy{
		Sources: d.texts(p.GetSources()), Inline: each(p.GetInline(), d.inline), Dest: d.text(p.GetDest()), From: d.text(p.GetFrom()),
		Chown: d.text(p.GetChown()), Chmod: d.text(p.GetChmod()), Link: p.GetLink(), Parents: p.GetParents(), Excludes: d.texts(p.GetExcludes()),
	}
}

func (d *decoder) add(p *irpb.Add) ir.Body {
	d.known(p)
	b := &ir.Add{
		Sources: d.texts(p.GetSources()), Inline: each(p.GetInline(), d.inline), Dest: d.text(p.GetDest()),
		Chown: d.text(p.GetChown()), Chmod: d.text(p.GetChmod()), Checksum: d.text(p.GetChecksum()), Link: p.GetLink(),
		Excludes: d.texts(p.GetExcludes()),
	}
	if p != nil {
		b.KeepGitDir, b.Unpack = clone(p.KeepGitDir), clone(p.Unpack)
	}
	return b
}

func (d *decoder) healthcheck(p *irpb.Healthcheck) ir.Body {
	d.known(p)
	return &ir.Healthcheck{
		None: p.GetNone(), Command: d.command(p.GetCommand()),
		Interval: time.Duration(p.GetInterval()), Timeout: time.Duration(p.GetTimeout()),
		StartPeriod: time.Duration(p.GetStartPeriod()), StartInterval: time.Duration(p.GetStartInterval()),
		Retries: int(p.GetRetries()),
	}
}

func (d *decoder) command(p *irpb.Command) ir.Command {
	d.known(p)
	return ir.Command{Exec: p.GetExec(), Line: d.text(p.GetLine()), Args: d.texts(p.GetArgs())}
}

func (d *decoder) words(p *irpb.Words) []string {
	d.known(p)
	return d.texts(p.GetWords())
}

func (d *decoder) heredoc(p *irpb.Heredoc) ir.Heredoc {
	d.known(p)
	return ir.Heredoc{Name: d.text(p.GetName()), Data: d.text(p.GetData()), Chomp: p.GetChomp()}
}

func (d *decoder) inline(p *irpb.Inline) ir.Inline {
	d.known(p)
	return ir.Inline{Word: d.text(p.GetWord()), Name: d.text(p.GetName()), Data: d.text(p.GetData()), Expand: p.GetExpand()}
}

func (d *decoder) mount(p *irpb.Mount) ir.Mount {
	d.known(p)
	return each(p.GetOptions(), func(o *irpb.MountOption) ir.MountOption {
		d.known(o)
		return ir.MountOption{Key: d.text(o.GetKey()), Value: d.text(o.GetValue()), HasValue: o.GetHasValue()}
	})
}

func (d *decoder) device(p *irpb.Device) ir.Device {
	d.known(p)
	return ir.Device{Name: d.text(p.GetName()), Required: p.GetRequired()}
}

func (d *decoder) pairs(p *irpb.Pairs) []ir.Pair {
	d.known(p)
	return each(p.GetPairs(), func(p *irpb.Pair) ir.Pair {
		d.known(p)
		return ir.Pair{Key: d.text(p.GetKey()), Value: d.text(p.GetValue()), Legacy: p.GetLegacy()}
	})
}

func (d *decoder) def(p *irpb.Default) ir.Default {
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
