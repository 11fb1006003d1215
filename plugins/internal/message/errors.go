package message

import (
	"errors"
	"io/fs"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// Error makes the message of why a service of the host gave nothing.
func Error(err error) *pb.Error {
	kind := pb.ErrorKind_ERROR_KIND_OTHER
	switch {
	case errors.Is(err, plugins.ErrUnavailable):
		kind = pb.ErrorKind_ERROR_KIND_UNAVAILABLE
	case errors.Is(err, plugins.ErrDenied):
		kind = pb.ErrorKind_ERROR_KIND_DENIED
	case errors.Is(err, fs.ErrNotExist):
		kind = pb.ErrorKind_ERROR_KIND_NOT_EXIST
	}
	return &pb.Error{Kind: kind, Message: []byte(err.Error())}
}

// ReadError reads one: its text is that of the host, and errors.Is tells the kind.
func ReadError(p *pb.Error) error {
	e := &hostError{text: text(p.GetMessage())}
	switch p.GetKind() {
	case pb.ErrorKind_ERROR_KIND_UNAVAILABLE:
		e.kind = plugins.ErrUnavailable
	case pb.ErrorKind_ERROR_KIND_DENIED:
		e.kind = plugins.ErrDenied
	case pb.ErrorKind_ERROR_KIND_NOT_EXIST:
		e.kind = fs.ErrNotExist
	}
	return e
}

type hostError struct {
	text string
	kind error
}

func (e *hostError) Error() string { return e.text }

func (e *hostError) Unwrap() error { return e.kind }
