package remote

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/seed-e0495807/strake/plugins/pb"
)

// frameSize is how much of a message goes into one frame. Implementations of gRPC take
// up to 4 MiB unless told otherwise.
const frameSize = 1 << 20

// Window is how much each side may send before the other has read it. Where it is set, gRPC does
// not measure the way by a ping beside each message, which costs more than a small call itself.
const Window = 4 << 20

// errTooLarge says that the other side sent more than it may.
var errTooLarge = errors.New("it sent too much")

// sender and receiver are the two halves of a stream.
type sender interface {
	Send(*pb.Frame) error
}

type receiver interface {
	Recv() (*pb.Frame, error)
}

// send sends the bytes of a message as frames.
func send(s sender, data []byte) error {
	for {
		n := min(len(data), frameSize)
		if err := s.Send(&pb.Frame{Data: data[:n], More: n < len(data)}); err != nil {
			return err
		}
		if data = data[n:]; len(data) == 0 {
			return nil
		}
	}
}

// receive reads the frames of a message of at most limit bytes, and of a bounded number of
// values. What it allocates for them is a fixed multiple of the limit, whatever the other side
// sends.
func receive(r receiver, d protoreflect.MessageDescriptor, limit int) ([]byte, error) {
	var data []byte
	for {
		f, err := r.Recv()
		if err != nil {
			return nil, err
		}
		if len(data)+len(f.GetData()) > limit {
			return nil, fmt.Errorf("%w: a message of more than %d MiB", errTooLarge, limit>>20)
		}
		if data == nil && !f.GetMore() {
			data = f.GetData() // most messages are one frame
		} else {
			data = append(data, f.GetData()...)
		}
		if !f.GetMore() {
			return data, bounded(data, d)
		}
	}
}

// receiveMessage is receive for a message of generated code.
func receiveMessage(r receiver, m proto.Message, limit int) error {
	data, err := receive(r, m.ProtoReflect().Descriptor(), limit)
	if err != nil {
		return err
	}
	if err := proto.Unmarshal(data, m); err != nil {
		return fmt.Errorf("it sent what is no message of the protocol: %w", err)
	}
	return nil
}
