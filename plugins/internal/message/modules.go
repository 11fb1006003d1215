package message

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/plugins/pb"
)

// The modules of a message are written and read by package wire, and all else of it by
// generated code, which takes several times as long. So they are put behind the other fields
// of their message, and taken out before those are read.

// Where modules are: the fields on the way to them.
var (
	callModule     = []protowire.Number{1, 2}    // HostMessage.call.module
	resultModule   = []protowire.Number{3, 1}    // PluginMessage.result.module
	resultInserted = []protowire.Number{3, 2, 2} // PluginMessage.result.edits.inserted
)

var errNone = errors.New("it sent what is no message of the protocol")

// with appends a field to a message.
func with(data []byte, n protowire.Number, field []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(data, n, protowire.BytesType), field)
}

// cut takes the field at a path out of a message; it is nil when it is not there. One that comes
// in parts is put together, as parts of messages are.
func cut(data []byte, path []protowire.Number) (rest, field []byte, err error) {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeField(data)
		if n < 0 {
			return nil, nil, errNone
		}
		whole := data[:n]
		data = data[n:]
		if number != path[0] || kind != protowire.BytesType {
			rest = append(rest, whole...)
			continue
		}
		_, _, tag := protowire.ConsumeTag(whole)
		inner, _ := protowire.ConsumeBytes(whole[tag:])
		part := inner
		if len(path) > 1 {
			var left []byte
			if left, part, err = cut(inner, path[1:]); err != nil {
				return nil, nil, err
			}
			rest = with(rest, number, left)
		}
		if field == nil {
			field = part
		} else {
			field = append(field[:len(field):len(field)], part...)
		}
	}
	return rest, field, nil
}

// ToHost is what a plugin sends, and the modules that were in it: nil ones were not.
type ToHost struct {
	pb.PluginMessage
	module, inserted []byte
}

// ReadToHost reads the bytes of a PluginMessage.
func ReadToHost(data []byte) (*ToHost, error) {
	m := &ToHost{}
	var err error
	if data, m.module, err = cut(data, resultModule); err != nil {
		return nil, err
	}
	if data, m.inserted, err = cut(data, resultInserted); err != nil {
		return nil, err
	}
	if err = proto.Unmarshal(data, &m.PluginMessage); err != nil {
		return nil, fmt.Errorf("%w: %w", errNone, err)
	}
	return m, nil
}
