// Package wire turns modules into protobuf messages of package pb and back: what the host and
// a plugin in another process pass to each other. It may import ir; its tests compare it with
// pb, whose generated code takes several times as long.
package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/seed-e0495807/strake/ir"
)

// Marshal makes the message of a module. An origin that is used more than once is one entry of
// its table. Of a broken module, a body that is nil or no body of package ir becomes a message
// that Unmarshal refuses, an origin that is made out of itself gets a nil instead, and a nil
// stage becomes an empty one.
func Marshal(m *ir.Module) []byte {
	ops, size := 0, 1<<10
	for _, s := range m.Stages {
		if s != nil {
			ops += len(s.Ops)
		}
	}
	for _, f := range m.Files {
		size += 4 * len(f.Text) // the text itself, and ops with their lines and bodies
	}
	c := &coder{out: make([]byte, 0, size), numbers: make(map[*ir.Origin]uint32, ops)}
	module(c, m)
	return c.out
}

// Unmarshal makes a module of its message. It refuses what it would have to drop: an op of a
// kind that it does not know, which the error names, and fields that it does not know. The
// module need not be valid: that is for ir.Verify to say. Its texts share the memory of one
// copy of the message.
func Unmarshal(data []byte) (*ir.Module, error) {
	c := &coder{reading: true, in: data, texts: string(data)}
	m := &ir.Module{}
	inside(c, field{kind: protowire.BytesType, end: len(data)}, m, module)
	if c.err != nil {
		return nil, c.err
	}
	return m, nil
}
