// Package regular opens files by their names, and nothing that only has the name of one.
//
// A repository, an archive that was unpacked, a folder that others write to: each can
// hold a pipe, or a link to a device, where a file is looked for. Opening the one waits
// for ever, and reading the other takes all the memory there is. So whatever the project
// reads by a name that it did not make up itself goes through this package, and what it
// writes for the user appears whole or not at all. It imports nothing of the project.
package regular

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ErrKind is the cause of an error about a name that is not that of a regular file.
var ErrKind = errors.New("not a regular file")

// ErrSize is the cause of an error about a file that has more bytes than it may.
var ErrSize = errors.New("too large")

// Open opens a regular file for reading, and never waits. Links are followed. Every
// error is a *fs.PathError; its cause is ErrKind for what is there but is no such file.
func Open(name string) (*os.File, error) {
	return open(name, os.Stat, os.OpenFile)
}

// OpenIn is Open for a name below a directory, which no link leads out of: those that
// would are errors.
func OpenIn(dir, name string) (*os.File, error) {
	root, err := OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return OpenAt(root, name)
}

// OpenAt is OpenIn for a directory that is open.
func OpenAt(root *os.Root, name string) (*os.File, error) {
	return open(name, root.Stat, root.OpenFile)
}

// OpenRoot opens a directory as os.OpenRoot does, but does not wait for a writer where a
// pipe has its name.
func OpenRoot(dir string) (*os.Root, error) {
	switch info, err := os.Stat(dir); {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	return os.OpenRoot(dir)
}

// open looks before it opens, as opening a device can do something, and again at what
// was opened, as the name may have become that of another file.
func open(name string, stat func(string) (fs.FileInfo, error), open func(string, int, fs.FileMode) (*os.File, error)) (*os.File, error) {
	info, err := stat(name)
	if err != nil {
		return nil, opening(err)
	}
	if err := check(name, info); err != nil {
		return nil, err
	}
	f, err := open(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = check(name, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// opening is an error of looking at a file as one of opening it, which was to be done.
func opening(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return &fs.PathError{Op: "open", Path: p.Path, Err: p.Err}
	}
	return err
}

// Check gives an error with the cause ErrKind for what is no regular file.
func Check(info fs.FileInfo) error { return check(info.Name(), info) }

func check(name string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "open", Path: name, Err: kindError(kind(info.Mode()))}
}

// kindError is ErrKind that says what there is instead.
type kindError string

func (e kindError) Error() string        { return "it is " + string(e) + ", not a regular file" }
func (e kindError) Is(target error) bool { return target == ErrKind }

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// Read reads a regular file of no more than limit bytes. The cause of the error is
// ErrSize for a larger one, of which no more than that is read.
func Read(name string, limit int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	return readAll(f, name, limit)
}

// ReadIn is Read for a name below a directory, as with OpenIn.
func ReadIn(dir, name string, limit int64) ([]byte, error) {
	f, err := OpenIn(dir, name)
	if err != nil {
		return nil, err
	}
	return readAll(f, name, limit)
}

func readAll(f *os.File, name string, limit int64) ([]byte, error) {
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &fs.PathError{Op: "read", Path: name, Err: sizeError(limit)}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// sizeError is ErrSize that says how much there may be.
type sizeError int64

func (e sizeError) Error() string        { return fmt.Sprintf("it has more than %d bytes", int64(e)) }
func (e sizeError) Is(target error) bool { return target == ErrSize }

// Stream opens what the user named to be read once from its beginning to its end, which
// may be a pipe: `<(command)` of a shell is one. It waits for who writes to the pipe
// until the context ends. The caller bounds what is read.
func Stream(ctx context.Context, name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, opening(err)
	case info.Mode().IsRegular():
		return Open(name)
	case info.IsDir():
		return nil, check(name, info)
	}
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(name)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.f, o.err
	case <-ctx.Done():
		go func() { // somebody may open the other end yet
			if o := <-done; o.err == nil {
				o.f.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}
