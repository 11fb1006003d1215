package container

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"time"
)

// LogOptions choose what Logs gives.
type LogOptions struct {
	Tail         int       // so many lines from the end; all when it is negative
	Follow       bool      // go on until the container ends
	Since, Until time.Time // only what was written from and up to then; zero is no bound
}

// Logs calls each with the lines that the container wrote.
func (c *Container) Logs(ctx context.Context, o LogOptions, each func(Entry) error) error {
	f, err := os.Open(c.path(logFile))
	if errors.Is(err, os.ErrNotExist) {
		if !o.Follow {
			return nil
		}
		err = c.await(ctx, func() bool { f, err = os.Open(c.path(logFile)); return err == nil })
	}
	if err != nil || f == nil {
		return err
	}
	defer f.Close()
	r := &logReader{r: bufio.NewReader(f)}
	if o.Tail >= 0 {
		if err := r.skip(f, o.Tail); err != nil {
			return err
		}
	}
	for {
		running := o.Follow && c.Refresh() == nil && c.Status != Exited && c.Status != Dead
		if err := r.all(o.within(each)); err != nil || !running || !o.Until.IsZero() && time.Now().After(o.Until) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(logPoll):
		}
	}
}

// within leaves out what was written at another time.
func (o LogOptions) within(each func(Entry) error) func(Entry) error {
	return func(e Entry) error {
		if e.Time.Before(o.Since) || !o.Until.IsZero() && e.Time.After(o.Until) {
			return nil
		}
		return each(e)
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

// logReader reads the lines of entries, in a file that may grow.
type logReader struct {
	r    *bufio.Reader
	part []byte // of an entry that is being written
	left Entry  // what has not been given of one
}

func (r *logReader) next() (Entry, error) {
	for r.left.Text == "" {
		if err := r.read(); err != nil {
			return Entry{}, err
		}
	}
	e := r.left
	e.Text, r.left.Text = cutLine(e.Text)
	return e, nil
}

// cutLine divides a text behind its first line.
func cutLine(text string) (line, rest string) {
	at := strings.IndexByte(text, '\n') + 1
	if at == 0 {
		at = len(text)
	}
	return text[:at], text[at:]
}

// read reads an entry. What a full disk cut off is passed over.
func (r *logReader) read() error {
	for {
		data, err := r.r.ReadSlice('\n')
		r.part = append(r.part, data...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return err
		}
		r.left = Entry{}
		if json.Unmarshal(r.part, &r.left) != nil {
			r.left = Entry{}
		}
		r.part = r.part[:0]
		return nil
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
	r.part, r.left = nil, Entry{}
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
