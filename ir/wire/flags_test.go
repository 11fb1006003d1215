package wire

import (
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/pb"
	"google.golang.org/protobuf/proto"
)

// TestFlagFields checks that the message of a body has a field for each of its flags.
func TestFlagFields(t *testing.T) {
	for _, c := range []struct {
		body    ir.Body
		message proto.Message
	}{{&ir.Run{}, &pb.Run{}}, {&ir.Copy{}, &pb.Copy{}}, {&ir.Add{}, &pb.Add{}}, {&ir.Healthcheck{}, &pb.Healthcheck{}}} {
		for _, f := range ir.Flags(c.body) {
			field := flagField(c.message.ProtoReflect(), f)
			_, pointer := f.At.(**bool)
			switch {
			case field == nil:
				t.Errorf("no field for --%s of %s", f.Name, c.body.Keyword())
			case field.IsList() != f.Many || field.HasPresence() != pointer:
				t.Errorf("the field for --%s of %s is of another kind", f.Name, c.body.Keyword())
			}
		}
	}
}
