package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/wire"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// Call makes the bytes of a HostMessage with a call.
func Call(c *plugins.Call) ([]byte, error) {
	data, err := proto.Marshal(&pb.Call{
		Phase: pb.Phase(c.Phase), Target: int32(c.Target), Stages: c.Stages,
		Config: c.Config, By: c.By, Uses: each(c.Uses, use),
	})
	if err != nil {
		return nil, err
	}
	if c.Module != nil {
		data = with(data, callModule[1], wire.Marshal(c.Module))
	}
	return with(nil, callModule[0], data), nil
}

// ReadCall reads the bytes of a HostMessage that is a call.
func ReadCall(data []byte) (*plugins.Call, error) {
	data, module, err := cut(data, callModule)
	if err != nil {
		return nil, err
	}
	var host pb.HostMessage
	if err := proto.Unmarshal(data, &host); err != nil {
		return nil, fmt.Errorf("%w: %w", errNone, err)
	}
	p := host.GetCall()
	if p == nil {
		return nil, errors.New("the first message of strake is no call")
	}
	phase, err := readPhase(p.GetPhase())
	if err != nil {
		return nil, err
	}
	if module == nil {
		return nil, errors.New("there is no module")
	}
	m, err := wire.Unmarshal(module)
	if err != nil {
		return nil, fmt.Errorf("the module: %w", err)
	}
	c := &plugins.Call{
		Phase: phase, Module: m, Target: int(p.GetTarget()), Stages: p.GetStages(),
		Config: json.RawMessage(optional(p.GetConfig())), By: p.GetBy(),
	}
	c.Uses, err = tryEach(p.GetUses(), func(u *pb.Use) (plugins.Use, error) { return readUse(m, u) })
	return c, err
}

func use(u plugins.Use) *pb.Use {
	out := &pb.Use{Place: Place(u.Place), Keyword: u.Keyword, Args: each(u.Args, func(s string) []byte { return []byte(s) })}
	for _, name := range slices.Sorted(maps.Keys(u.Flags)) {
		values := each(u.Flags[name], func(s string) []byte { return []byte(s) })
		out.Flags = append(out.Flags, &pb.UseFlag{Name: name, Values: values})
	}
	return out
}

// readUse takes the origin and the here documents of the op that the use is.
func readUse(m *ir.Module, p *pb.Use) (plugins.Use, error) {
	u := plugins.Use{Place: ReadPlace(p.GetPlace()), Keyword: p.GetKeyword(), Flags: map[string][]string{}, Args: each(p.GetArgs(), text)}
	if u.Stage < 0 || u.Stage >= len(m.Stages) || u.Op < 0 || u.Op >= len(m.Stages[u.Stage].Ops) {
		return u, fmt.Errorf("a use of %s is at op %d of stage %d, which is not there", u.Keyword, u.Op, u.Stage)
	}
	op := m.Stages[u.Stage].Ops[u.Op]
	u.Origin = op.Origin
	if c, ok := op.Body.(*ir.Custom); ok {
		u.Heredocs = c.Heredocs
	}
	for _, f := range p.GetFlags() {
		u.Flags[f.GetName()] = each(f.GetValues(), text)
	}
	return u, nil
}

func text(b []byte) string { return string(b) }
