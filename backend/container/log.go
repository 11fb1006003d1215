package container

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// logFile has what a container wrote, an Entry a line.
const logFile = "log"

// Entry is a part of what a container wrote: a line, or what there was of one.
type Entry struct {
	Time   time.Time `json:"time"`
	Stream string    `json:"stream"` // "stdout", which is all of a terminal, or "stderr"
	Text   string    `json:"log"`
}

// logger writes the log of a container. It is safe for concurrent use. A disk that is full
// ends the log, and not the container.
type logger struct {
	mu   sync.Mutex
	file *os.File
}

func (c *Container) newLogger() (*logger, error) {
	f, err := os.OpenFile(c.path(logFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, explain(c.dir, err)
	}
	return &logger{file: f}, nil
}

func (l *logger) close() { l.file.Close() }

func (l *logger) write(stream string, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for line := range bytes.Lines(data) {
		e.Encode(Entry{now, stream, string(line)}) // a buffer has no errors
	}
	l.file.Write(b.Bytes())
}

// tee copies what a container writes to who watches, if anybody does, and to the log. It
// ends when who watches has gone, as the first program of a pipeline ends. Another error of
// who watches is given at the end: what cannot be shown is still in the log.
func (l *logger) tee(stream string, from io.Reader, to io.Writer) (failed error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if l != nil {
				l.write(stream, buf[:n])
			}
			if to != nil {
				if _, werr := to.Write(buf[:n]); errors.Is(werr, syscall.EPIPE) {
					return nil
				} else if werr != nil {
					failed, to = werr, nil
				}
			}
		}
		if err != nil {
			return failed
		}
	}
}

// Logs calls each with what the container wrote, from the start of the last tail lines, or
// from the beginning when tail is negative. With follow it goes on until the container ends.
func (c *Container) Logs(ctx context.Context, tail int, follow bool, each func(Entry) error) error {
	f, err := os.Open(c.path(logFile))
	if errors.Is(err, os.ErrNotExist) {
		if !follow {
			return nil
		}
		err = c.await(ctx, func() bool { f, err = os.Open(c.path(logFile)); return err == nil })
	}
	if err != nil || f == nil {
		return err
	}
	defer f.Close()
	r := &logReader{r: bufio.NewReader(f)}
	if tail >= 0 {
		if err := r.skip(f, tail); err != nil {
			return err
		}
	}
	for {
		running := follow && c.Refresh() == nil && c.Status != Exited && c.Status != Dead
		if err := r.all(each); err != nil || !running {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(logPoll):
		}
	}
}

const logPoll = 50 * time.Millisecond

// await waits until something is so, or the container has ended.
func (c *Container) await(ctx context.Context, so func() bool) error {
	for !so() && c.Refresh() == nil && c.Status != Exited && c.Status != Dead {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(logPoll):
		}
	}
	return nil
}

// logReader reads entries of a file that may grow.
type logReader struct {
	r    *bufio.Reader
	part []byte // of an entry that is being written
}

func (r *logReader) next() (e Entry, err error) {
	for {
		data, err := r.r.ReadSlice('\n')
		r.part = append(r.part, data...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return e, err
		default:
			line := r.part
			r.part = r.part[:0]
			if json.Unmarshal(line, &e) == nil { // what a full disk cut off is passed over
				return e, nil
			}
		}
	}
}

func (r *logReader) all(each func(Entry) error) error {
	for {
		e, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(e)
		}
		if err != nil {
			return err
		}
	}
}

// skip goes to where the last lines begin.
func (r *logReader) skip(f *os.File, tail int) error {
	lines, ended := 0, true
	if err := r.all(func(e Entry) error {
		if ended {
			lines++
		}
		ended = endsLine(e)
		return nil
	}); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r.r.Reset(f)
	r.part = nil
	for passed := 0; passed < lines-tail; {
		e, err := r.next()
		if err != nil {
			return nil
		}
		if endsLine(e) {
			passed++
		}
	}
	return nil
}

func endsLine(e Entry) bool { return len(e.Text) > 0 && e.Text[len(e.Text)-1] == '\n' }
