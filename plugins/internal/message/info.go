package message

import (
	"encoding/json"
	"fmt"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// Info makes the message of what a plugin is.
func Info(i plugins.Info) *pb.Info {
	return &pb.Info{
		Name: i.Name, Version: i.Version, Summary: i.Summary, Url: i.URL,
		Phases:       each(i.Phases, func(p plugins.Phase) pb.Phase { return pb.Phase(p) }),
		Instructions: each(i.Instructions, instruction),
		Filter:       &pb.Filter{Keywords: i.Filter.Keywords, Contains: i.Filter.Contains},
		Schema:       i.Schema, After: i.After,
		Needs: each(i.Needs, func(g plugins.Grant) string { return string(g) }),
	}
}

// ReadInfo reads what a plugin is. It leaves out phases that it does not know: a plugin
// that needs one of them says so by a capability.
func ReadInfo(p *pb.Info) (plugins.Info, error) {
	i := plugins.Info{
		Name: p.GetName(), Version: p.GetVersion(), Summary: p.GetSummary(), URL: p.GetUrl(),
		Filter: plugins.Filter{Keywords: p.GetFilter().GetKeywords(), Contains: p.GetFilter().GetContains()},
		Schema: json.RawMessage(optional(p.GetSchema())), After: p.GetAfter(),
		Needs: each(p.GetNeeds(), func(s string) plugins.Grant { return plugins.Grant(s) }),
	}
	for _, phase := range p.GetPhases() {
		if known, err := readPhase(phase); err == nil {
			i.Phases = append(i.Phases, known)
		}
	}
	var err error
	i.Instructions, err = tryEach(p.GetInstructions(), readInstruction)
	return i, err
}

func instruction(in plugins.Instruction) *pb.Instruction {
	return &pb.Instruction{
		Keyword: in.Keyword, Usage: in.Usage, Summary: in.Summary,
		Flags: each(in.Flags, flag), Args: pb.ArgForm(in.Args), Min: uint32(in.Min), Max: uint32(in.Max), Heredocs: in.Heredocs,
	}
}

func readInstruction(p *pb.Instruction) (plugins.Instruction, error) {
	in := plugins.Instruction{
		Keyword: p.GetKeyword(), Usage: p.GetUsage(), Summary: p.GetSummary(),
		Args: plugins.ArgForm(p.GetArgs()), Min: int(p.GetMin()), Max: int(p.GetMax()), Heredocs: p.GetHeredocs(),
	}
	if _, known := pb.ArgForm_name[int32(p.GetArgs())]; !known {
		return in, fmt.Errorf("the instruction %s has arguments of form %d, which this version of strake does not know", in.Keyword, p.GetArgs())
	}
	var err error
	if in.Flags, err = tryEach(p.GetFlags(), readFlag); err != nil {
		err = fmt.Errorf("the instruction %s: %w", in.Keyword, err)
	}
	return in, err
}

func flag(f plugins.Flag) *pb.Flag {
	return &pb.Flag{
		Name: f.Name, Type: pb.FlagType(f.Type), Values: f.Values,
		Repeated: f.Repeated, Required: f.Required, Summary: f.Summary,
	}
}

func readFlag(p *pb.Flag) (plugins.Flag, error) {
	f := plugins.Flag{
		Name: p.GetName(), Type: plugins.FlagType(p.GetType()), Values: p.GetValues(),
		Repeated: p.GetRepeated(), Required: p.GetRequired(), Summary: p.GetSummary(),
	}
	if _, known := pb.FlagType_name[int32(p.GetType())]; !known {
		return f, fmt.Errorf("the flag --%s is of type %d, which this version of strake does not know", f.Name, p.GetType())
	}
	return f, nil
}
