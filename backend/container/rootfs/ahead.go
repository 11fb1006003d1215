package rootfs

import (
	"context"
	"io"
)

const (
	chunkSize  = 256 << 10
	chunkCount = 16
)

// ahead is a stream that is read ahead, by a goroutine of its own.
type ahead struct {
	full, free chan []byte
	rest, buf  []byte // of the chunk that is being read
	err        error  // set before full is closed
	cancel     context.CancelFunc
	done       chan struct{}
}

// readAhead reads r, until its end or Close.
func readAhead(ctx context.Context, r io.Reader) *ahead {
	ctx, cancel := context.WithCancel(ctx)
	a := &ahead{full: make(chan []byte, chunkCount), free: make(chan []byte, chunkCount), cancel: cancel, done: make(chan struct{})}
	for range chunkCount {
		a.free <- make([]byte, chunkSize)
	}
	go a.fill(ctx, r)
	return a
}

func (a *ahead) fill(ctx context.Context, r io.Reader) {
	defer close(a.done)
	defer close(a.full)
	for a.err == nil {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-ctx.Done():
			a.err = context.Cause(ctx)
			return
		}
		n := 0
		for n < len(buf) && a.err == nil {
			var m int
			m, a.err = r.Read(buf[n:])
			n += m
		}
		if n > 0 {
			a.full <- buf[:n] // there is room for each chunk
		}
	}
}

// Read implements io.Reader.
func (a *ahead) Read(p []byte) (int, error) {
	if len(a.rest) == 0 {
		if a.buf != nil {
			a.free <- a.buf[:chunkSize]
			a.buf = nil
		}
		chunk, ok := <-a.full
		if !ok {
			return 0, a.err
		}
		a.rest, a.buf = chunk, chunk
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Close ends the goroutine: then nobody reads r any more.
func (a *ahead) Close() error {
	a.cancel()
	<-a.done
	return nil
}
