package wire_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/wire"
	"github.com/seed-e0495807/strake/lang/cases"
)

// FuzzUnmarshal reads any bytes as a module: what is read comes back the same, and
// whatever is done with a module of a plugin ends.
func FuzzUnmarshal(f *testing.F) {
	seed := func(m *ir.Module) {
		data, err := wire.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
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
		again, err := wire.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.Unmarshal(again)
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
