package message

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/wire"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// Result makes the bytes of a PluginMessage with what a plugin answers to a call. A module that
// is that of the call is left out, and one that differs in ops only becomes edits: what stays
// as it is does not cross the wire.
func Result(c *plugins.Call, r *plugins.Result) ([]byte, error) {
	if r == nil {
		r = &plugins.Result{}
	}
	data, err := proto.Marshal(&pb.Result{
		Diagnostics: each(r.Diags, diagnostic),
		Reports: each(r.Reports, func(r plugins.Report) *pb.Report {
			return &pb.Report{Name: r.Name, Data: r.Data}
		}),
	})
	if err != nil {
		return nil, err
	}
	list, module := r.Edits, r.Module
	if module != nil && module != c.Module && len(list) == 0 {
		if changed, ok := difference(c.Module, module); ok && len(changed) > 0 {
			list, module = changed, nil
		}
	}
	if len(list) > 0 {
		changes, err := edits(list)
		if err != nil {
			return nil, err
		}
		data = with(data, resultInserted[1], changes)
	}
	if module != nil && module != c.Module {
		data = with(data, resultModule[1], wire.Marshal(module))
	}
	return with(nil, resultModule[0], data), nil
}

// ReadResult reads the answer to a call.
func ReadResult(c *plugins.Call, m *ToHost) (*plugins.Result, error) {
	p := m.GetResult()
	r := &plugins.Result{Reports: each(p.GetReports(), func(p *pb.Report) plugins.Report {
		return plugins.Report{Name: p.GetName(), Data: p.GetData()}
	})}
	var err error
	if r.Diags, err = tryEach(p.GetDiagnostics(), readDiagnostic); err != nil {
		return nil, err
	}
	if m.module != nil {
		if r.Module, err = wire.Unmarshal(m.module); err != nil {
			return nil, fmt.Errorf("the module: %w", err)
		}
	}
	if p.GetEdits() != nil {
		if r.Edits, err = readEdits(c, p.GetEdits(), m.inserted); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// edits makes the bytes of Edits.
func edits(list []plugins.Edit) ([]byte, error) {
	out := &pb.Edits{}
	var inserted ir.Module // one module, so that its ops share a table of origins
	for _, e := range list {
		out.Edits = append(out.Edits, &pb.Edit{Stage: int32(e.Stage), Op: int32(e.Op), Delete: int32(e.Delete)})
		inserted.Stages = append(inserted.Stages, &ir.Stage{Ops: e.Insert})
	}
	data, err := proto.Marshal(out)
	return with(data, resultInserted[2], wire.Marshal(&inserted)), err
}

func readEdits(c *plugins.Call, p *pb.Edits, module []byte) ([]plugins.Edit, error) {
	inserted, err := wire.Unmarshal(module)
	if err != nil {
		return nil, fmt.Errorf("what its edits put in: %w", err)
	}
	if n := len(inserted.Stages); n > len(p.GetEdits()) {
		return nil, fmt.Errorf("there are ops for %d edits, and there are %d edits", n, len(p.GetEdits()))
	}
	var out []plugins.Edit
	for i, e := range p.GetEdits() {
		edit := plugins.Edit{Stage: int(e.GetStage()), Op: int(e.GetOp()), Delete: int(e.GetDelete())}
		if i < len(inserted.Stages) {
			edit.Insert = inserted.Stages[i].Ops
		}
		explain(c, edit, string(e.GetWhy()))
		out = append(out, edit)
	}
	return out, nil
}

// explain gives an origin to the ops of an edit that have none, when it has a reason: they
// are made out of those that go, or else out of the one that they stand before.
func explain(c *plugins.Call, e plugins.Edit, why string) {
	if why == "" {
		return
	}
	var made *ir.Origin
	for _, op := range e.Insert {
		if op.Origin != nil {
			continue
		}
		if made == nil {
			made = c.Made(why, replaced(c.Module, e)...)
		}
		op.Origin = made
	}
}

func replaced(m *ir.Module, e plugins.Edit) []*ir.Origin {
	if e.Stage < 0 || e.Stage >= len(m.Stages) || e.Op < 0 || e.Delete < 0 {
		return nil
	}
	stage := m.Stages[e.Stage]
	if e.Op >= len(stage.Ops) {
		return []*ir.Origin{stage.Origin}
	}
	var out []*ir.Origin
	for _, op := range stage.Ops[e.Op:min(len(stage.Ops), e.Op+max(1, e.Delete))] {
		out = append(out, op.Origin)
	}
	return out
}
