package wire_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/pb"
	"github.com/seed-e0495807/strake/ir/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

func TestRoundTrip(t *testing.T) {
	for name, m := range irtest.Modules(t) {
		data, err := wire.Marshal(m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := wire.Unmarshal(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := irtest.Diff(m, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestSharing holds that origins that were one are one again.
func TestSharing(t *testing.T) {
	leaf := &ir.Origin{By: "leaf"}
	pass := &ir.Origin{By: "pass", From: []*ir.Origin{leaf, leaf}}
	m := &ir.Module{Escape: '\\', Stages: []*ir.Stage{{Base: "a", Origin: pass, Ops: []*ir.Op{
		{Body: &ir.User{Name: "x"}, Origin: leaf}, {Body: &ir.User{Name: "x"}, Origin: pass},
	}}}}
	got, err := wire.FromProto(wire.ToProto(m))
	if err != nil {
		t.Fatal(err)
	}
	s := got.Stages[0]
	if s.Origin != s.Ops[1].Origin || s.Ops[0].Origin != s.Origin.From[0] || s.Origin.From[0] != s.Origin.From[1] {
		t.Error("the origins are not shared")
	}
}

// TestDeepDAG would take for ever, were origins not visited once.
func TestDeepDAG(t *testing.T) {
	o := &ir.Origin{By: "leaf"}
	for range 200 {
		o = &ir.Origin{By: "x", From: []*ir.Origin{o, o}}
	}
	m := &ir.Module{Escape: '\\', Stages: []*ir.Stage{{Base: "a", Origin: o}}}
	got, err := wire.FromProto(wire.ToProto(m))
	if err != nil {
		t.Fatal(err)
	}
	if d := ir.Verify(got); len(d) > 0 {
		t.Error(d)
	}
	if got, err = ir.Parse(ir.Print(got)); err != nil || len(got.Stages[0].Origin.Spans()) != 0 {
		t.Error(err)
	}
}

// TestBroken holds that modules that no verifier accepted yet do not fail here.
func TestBroken(t *testing.T) {
	loop := &ir.Origin{By: "x"}
	loop.From = []*ir.Origin{loop, nil}
	m := &ir.Module{Stages: []*ir.Stage{nil, {Origin: loop, Ops: []*ir.Op{{Body: &ir.User{}}}}}}
	got, err := wire.FromProto(wire.ToProto(m))
	if err != nil {
		t.Fatal(err)
	}
	if !ir.Verify(got).HasErrors() {
		t.Error("the module became valid")
	}
}

func TestRefused(t *testing.T) {
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1)
	with := func(change func(*pb.Module)) *pb.Module {
		m := wire.ToProto(&ir.Module{Escape: '\\', Stages: []*ir.Stage{{Base: "a", Ops: []*ir.Op{
			{Body: &ir.Run{Mounts: []ir.Mount{{{Key: "type"}}}}},
		}}}})
		change(m)
		return m
	}
	for _, c := range []struct {
		name, want string
		p          *pb.Module
	}{
		{"nil", "there is no module", nil},
		{"kind", `op 1 of stage 0 (JUMP): the op: unknown op kind "JUMP"`, with(func(m *pb.Module) {
			m.Stages[0].Ops[0] = &pb.Op{Kind: "JUMP"}
		})},
		{"kind as another", "it is of kind COPY, and its body is RUN", with(func(m *pb.Module) { m.Stages[0].Ops[0].Kind = "COPY" })},
		{"nil op", `unknown op kind ""`, with(func(m *pb.Module) { m.Stages[0].Ops[0] = nil })},
		{"field of the module", "its Module has fields", with(func(m *pb.Module) { m.ProtoReflect().SetUnknown(unknown) })},
		{"field of an op", "op 1 of stage 0 (RUN): the op: its Op has fields", with(func(m *pb.Module) {
			m.Stages[0].Ops[0].ProtoReflect().SetUnknown(unknown)
		})},
		{"field of a mount", "op 1 of stage 0 (RUN): the op: its MountOption has fields", with(func(m *pb.Module) {
			m.Stages[0].Ops[0].GetRun().Mounts[0].Options[0].ProtoReflect().SetUnknown(unknown)
		})},
		{"escape", "no byte", with(func(m *pb.Module) { m.Escape = 256 })},
		{"origin of an op", "origin 7 is not among", with(func(m *pb.Module) { m.Stages[0].Ops[0].Origin = 7 })},
		{"origin of itself", "origin 1 is not among", with(func(m *pb.Module) { m.Origins = []*pb.Origin{{From: []uint32{1}}} })},
	} {
		_, err := wire.FromProto(c.p)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.name, err, c.want)
		}
	}
	if _, err := wire.Unmarshal([]byte{0xff}); err == nil {
		t.Error("bytes that are no message are read")
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	m := irtest.Module(b, "FROM alpine\n"+strings.Repeat("RUN --mount=type=cache,target=/c go build ./...\n", 5000))
	b.ReportAllocs()
	for b.Loop() {
		data, err := wire.Marshal(m)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := wire.Unmarshal(data); err != nil {
			b.Fatal(err)
		}
	}
}
