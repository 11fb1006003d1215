package plan

import (
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/spec"
)

// TestMountOptions holds the table's word on which options go with which types against
// what is refused here. What env of another type than secret says is not looked at.
func TestMountOptions(t *testing.T) {
	mount := spec.Of(spec.Run).Flag("mount")
	samples := map[spec.Type]string{spec.String: "x", spec.Bool: "true", spec.Octal: "644", spec.Count: "7", spec.Size: "1m"}
	accepts := func(kind string, o spec.Option, key string) bool {
		m := mountSpec{kind: "bind"}
		value := samples[o.Type]
		if o.Type == spec.Choice {
			value = o.Values[0]
		}
		for _, o := range []ir.MountOption{{Key: "type", Value: kind, HasValue: true}, {Key: "target", Value: "/t", HasValue: true}, {Key: key, Value: value, HasValue: true}} {
			if m.set(o, o.Value) != nil {
				return false
			}
		}
		if m.check() != nil {
			return false
		}
		var err error
		if kind == "ssh" {
			_, err = m.ssh()
		}
		return err == nil
	}
	for _, o := range mount.Options[1:] {
		for _, kind := range mount.Option("type").Values {
			want := len(o.Only) == 0 || slices.Contains(o.Only, kind) || o.Name == "env"
			for _, key := range append([]string{o.Name}, o.Aliases...) {
				if got := accepts(kind, o, key); got != want {
					t.Errorf("type=%s with %s: accepted %v, the table says %v", kind, key, got, want)
				}
			}
		}
	}
}
