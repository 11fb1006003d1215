package remote

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxValues is how many messages and texts one message may hold. An empty one takes
// two bytes on the wire and a few hundred in memory, so the length alone bounds nothing.
// It is enough for some 100,000 ops.
const maxValues = 1 << 20

// maxDepth is how deep messages may nest. Those of the protocol nest less than ten deep.
const maxDepth = 32

var errNoMessage = errors.New("it sent what is no message of the protocol")

// bounded tells whether the bytes of a message hold few enough values to be decoded.
func bounded(data []byte, d protoreflect.MessageDescriptor) error {
	if len(data) <= 2*maxValues {
		return nil // a value takes two bytes
	}
	left := maxValues
	return count(data, d, &left, maxDepth)
}

func count(data []byte, d protoreflect.MessageDescriptor, left *int, depth int) error {
	if depth == 0 {
		return errNoMessage
	}
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return errNoMessage
		}
		data = data[n:]
		size := protowire.ConsumeFieldValue(number, kind, data)
		if size < 0 {
			return errNoMessage
		}
		if *left--; *left < 0 {
			return fmt.Errorf("%w: a message with more than %d values", errTooLarge, maxValues)
		}
		if f := d.Fields().ByNumber(number); kind == protowire.BytesType && f != nil && f.Message() != nil {
			inner, _ := protowire.ConsumeBytes(data)
			if err := count(inner, f.Message(), left, depth-1); err != nil {
				return err
			}
		}
		data = data[size:]
	}
	return nil
}
