package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/pb"
	"github.com/seed-e0495807/strake/ir/wire"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func TestRoundTrip(t *testing.T) {
	for name, m := range irtest.Modules(t) {
		got, err := wire.Unmarshal(wire.Marshal(m))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := irtest.Diff(m, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestMessages holds that what is written here is what generated code reads, which knows all of
// it, and the other way round; and that the modules have every field that there is.
func TestMessages(t *testing.T) {
	seen := map[protoreflect.FullName]bool{}
	for name, m := range irtest.Modules(t) {
		var p pb.Module
		if err := proto.Unmarshal(wire.Marshal(m), &p); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		visit(p.ProtoReflect(), func(m protoreflect.Message) {
			if len(m.GetUnknown()) > 0 {
				t.Errorf("%s: there is no such field of %s", name, m.Descriptor().Name())
			}
			m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
				seen[f.FullName()] = true
				return true
			})
		})
		data, err := proto.Marshal(&p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.Unmarshal(data)
		if err != nil {
			t.Errorf("%s: of generated code: %v", name, err)
			continue
		}
		if diff := irtest.Diff(m, got); diff != "" {
			t.Errorf("%s: of generated code: %s", name, diff)
		}
	}
	messages := (&pb.Module{}).ProtoReflect().Descriptor().ParentFile().Messages()
	for i := range messages.Len() {
		for j, fields := 0, messages.Get(i).Fields(); j < fields.Len(); j++ {
			if name := fields.Get(j).FullName(); !seen[name] {
				t.Errorf("no module has %s, or it is not written", name)
			}
		}
	}
}

// visit visits a message, and those in it.
func visit(m protoreflect.Message, do func(protoreflect.Message)) {
	do(m)
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				visit(v.List().Get(i).Message(), do)
			}
		default:
			visit(v.Message(), do)
		}
		return true
	})
}

// TestFlags holds that every flag of an instruction crosses.
func TestFlags(t *testing.T) {
	for _, b := range []ir.Body{&ir.Run{}, &ir.Copy{}, &ir.Add{}, &ir.Healthcheck{}} {
		for _, f := range ir.Flags(b) {
			yes := true
			switch at := f.At.(type) {
			case *string:
				*at = "x"
			case *bool:
				*at = true
			case **bool:
				*at = &yes
			case *int:
				*at = 7
			case *time.Duration:
				*at = time.Second
			case *[]string:
				*at = []string{"x", ""}
			case *[]ir.Mount:
				*at = []ir.Mount{{{Key: "x"}}, {}}
			case *[]ir.Device:
				*at = []ir.Device{{Name: "x"}}
			default:
				t.Fatalf("--%s of %s is of another type", f.Name, b.Keyword())
			}
			got, err := wire.Unmarshal(wire.Marshal(&ir.Module{Stages: []*ir.Stage{{Ops: []*ir.Op{{Body: b}}}}}))
			if err != nil || !ir.Equal(got.Stages[0].Ops[0].Body, b) {
				t.Errorf("--%s of %s does not cross: %v", f.Name, b.Keyword(), err)
			}
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
	got, err := wire.Unmarshal(wire.Marshal(m))
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
	got, err := wire.Unmarshal(wire.Marshal(m))
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
	got, err := wire.Unmarshal(wire.Marshal(m))
	if err != nil {
		t.Fatal(err)
	}
	if !ir.Verify(got).HasErrors() {
		t.Error("the module became valid")
	}
}

// TestParts holds that a message which comes in parts is put together, as protobuf has it.
func TestParts(t *testing.T) {
	one := &pb.Run{Command: &pb.Command{Exec: true, Args: [][]byte{[]byte("a")}}, Mounts: []*pb.Mount{{}}}
	two := &pb.Run{Command: &pb.Command{Args: [][]byte{[]byte("b")}}, Mounts: []*pb.Mount{{}}, Network: []byte("none")}
	var op []byte
	for _, run := range []*pb.Run{one, two} {
		data, err := proto.Marshal(&pb.Op{Kind: "RUN", Body: &pb.Op_Run{Run: run}})
		if err != nil {
			t.Fatal(err)
		}
		op = append(op, data...)
	}
	field := func(n protowire.Number, data []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), data)
	}
	m, err := wire.Unmarshal(field(6, field(6, op)))
	if err != nil {
		t.Fatal(err)
	}
	want := &ir.Run{Command: ir.Command{Exec: true, Args: []string{"a", "b"}}, Mounts: []ir.Mount{nil, nil}, Network: "none"}
	if got := m.Stages[0].Ops[0].Body; !ir.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestRefused(t *testing.T) {
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1)
	with := func(change func(*pb.Module)) *pb.Module {
		m := &pb.Module{Escape: '\\', Stages: []*pb.Stage{{Base: []byte("a"), Ops: []*pb.Op{
			{Kind: "RUN", Body: &pb.Op_Run{Run: &pb.Run{Mounts: []*pb.Mount{{Options: []*pb.MountOption{{Key: []byte("type")}}}}}}},
		}}}}
		change(m)
		return m
	}
	for _, c := range []struct {
		name, want string
		p          *pb.Module
	}{
		{"kind", `stage 1: op 1: unknown op kind "JUMP"`, with(func(m *pb.Module) {
			m.Stages[0].Ops[0] = &pb.Op{Kind: "JUMP"}
		})},
		{"kind as another", "it is of kind COPY, and its body is RUN", with(func(m *pb.Module) { m.Stages[0].Ops[0].Kind = "COPY" })},
		{"nil op", `unknown op kind ""`, with(func(m *pb.Module) { m.Stages[0].Ops[0] = nil })},
		{"field of the module", "its Module has fields", with(func(m *pb.Module) { m.ProtoReflect().SetUnknown(unknown) })},
		{"field of an op", "stage 1: op 1: its Op has fields", with(func(m *pb.Module) {
			m.Stages[0].Ops[0].ProtoReflect().SetUnknown(unknown)
		})},
		{"field of a mount", "stage 1: op 1: mount 1: mountoption 1: its MountOption has fields", with(func(m *pb.Module) {
			m.Stages[0].Ops[0].GetRun().Mounts[0].Options[0].ProtoReflect().SetUnknown(unknown)
		})},
		{"field of another type", "its Module has fields", with(func(m *pb.Module) {
			m.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), 1))
		})},
		{"two bodies", "stage 1: op 1: it has two bodies", with(func(m *pb.Module) {
			m.Stages[0].Ops[0].ProtoReflect().SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 14, protowire.BytesType), "x"))
		})},
		{"escape", "no byte", with(func(m *pb.Module) { m.Escape = 256 })},
		{"origin of an op", "origin 7 is not among", with(func(m *pb.Module) { m.Stages[0].Ops[0].Origin = 7 })},
		{"origin of itself", "origin 1 is not among", with(func(m *pb.Module) { m.Origins = []*pb.Origin{{From: []uint32{1}}} })},
	} {
		data, err := proto.Marshal(c.p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wire.Unmarshal(data); err == nil || !strings.Contains(err.Error(), c.want) {
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
		if _, err := wire.Unmarshal(wire.Marshal(m)); err != nil {
			b.Fatal(err)
		}
	}
}
