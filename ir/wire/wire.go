// Package wire turns modules into the protobuf messages of package pb and
// back: what the host and a plugin in another process pass to each other. It
// may import ir and pb.
package wire

import (
	"fmt"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/pb"
	"google.golang.org/protobuf/proto"
)

// Marshal gives the bytes of a module.
func Marshal(m *ir.Module) ([]byte, error) { return proto.Marshal(ToProto(m)) }

// Unmarshal reads what Marshal gave. Its errors are those of FromProto, and of
// bytes that are no message.
func Unmarshal(data []byte) (*ir.Module, error) {
	var p pb.Module
	if err := proto.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("this is no module: %w", err)
	}
	d := decoder{own: true}
	return d.module(&p)
}
