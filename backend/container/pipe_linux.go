package container

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pipe is what a process writes into.
type pipe struct {
	*os.File
	rest io.Reader // what the process had written by its end
}

// end ends the pipe behind what is in it now, though others may have it open to write. It
// may be called while another goroutine reads.
func (p *pipe) end() { p.SetReadDeadline(time.Unix(1, 0)) }

func (p *pipe) Read(b []byte) (int, error) {
	if p.rest == nil {
		n, err := p.File.Read(b)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		size := 0 // TIOCINQ is FIONREAD
		control(p.File, func(fd int) { size, _ = unix.IoctlGetInt(fd, unix.TIOCINQ) })
		p.rest = io.LimitReader(p.File, int64(size))
		p.SetReadDeadline(time.Time{})
	}
	return p.rest.Read(b)
}
