package wire_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/pb"
	"github.com/seed-e0495807/strake/ir/wire"
	"github.com/seed-e0495807/strake/lang/cases"
)

// FuzzUnmarshal reads any bytes as a module: what is read comes back the same, is what generated
// code reads, and whatever is done with a module of a plugin ends.
func FuzzUnmarshal(f *testing.F) {
	seed := func(m *ir.Module) {
		f.Add(wire.Marshal(m))
	}
	for _, c := range cases.All() {
		if m, ok := irtest.Build(c.Name, c.Dockerfile); ok && len(c.Dockerfile) < 1000 {
			seed(m)
		}
	}
	for _, m := range irtest.Made() {
		seed(m)
	}
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := wire.Unmarshal(data)
		if err != nil {
			return
		}
		var p pb.Module
		if err := proto.Unmarshal(data, &p); err != nil {
			t.Fatalf("generated code does not read it: %v", err)
		}
		generated, err := proto.Marshal(&p)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.Unmarshal(generated); err != nil {
			t.Errorf("by generated code: %v", err)
		} else if diff := irtest.Diff(m, got); diff != "" {
			t.Errorf("by generated code: %s", diff)
		}
		got, err := wire.Unmarshal(wire.Marshal(m))
		if err != nil {
			t.Fatal(err)
		}
		if diff := irtest.Diff(m, got); diff != "" {
			t.Error(diff)
		}
		if ir.Verify(m).HasErrors() {
			return
		}
		if _, err := ir.Parse(ir.Print(m)); err != nil {
			t.Errorf("a valid module has no text: %v", err)
		}
	})
}
