package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// aboutFile is the finding of an error. One about a file says what was tried, with which
// file, why it failed, and what to do.
func aboutFile(err error) diag.Diagnostic {
	var at *fs.PathError
	if !errors.As(err, &at) || at.Path == "" {
		return diag.Diagnostic{Message: err.Error()}
	}
	verb := "read"
	if at.Op == opWrite {
		verb = "write"
	}
	d := diag.Diagnostic{Code: "file", Message: fmt.Sprintf("cannot %s %s: %v", verb, at.Path, at.Err)}
	switch {
	case errors.Is(at.Err, fs.ErrNotExist) && verb == "write":
		d.Code, d.Hint = "unwritable", "make its directory (mkdir -p "+filepath.Dir(at.Path)+"), or name another place"
	case errors.Is(at.Err, fs.ErrNotExist):
		d.Code, d.Message = "no-such-file", "there is no file "+at.Path
		d.Hint = "check the name; a relative one starts at the directory that strake runs in"
	case errors.Is(at.Err, syscall.ENOSPC), errors.Is(at.Err, syscall.EDQUOT):
		d.Code, d.Hint = "disk-full", "make room (df -h "+filepath.Dir(at.Path)+"), or name another place"
	case errors.Is(at.Err, fs.ErrPermission), errors.Is(at.Err, syscall.EROFS):
		d.Code, d.Hint = "no-permission", "look who may "+verb+" it: ls -ld "+at.Path+" "+filepath.Dir(at.Path)
	case errors.Is(at.Err, syscall.EISDIR):
		d.Code, d.Hint = "is-a-directory", "name a file in it, such as "+filepath.Join(at.Path, "NAME")
	case errors.Is(at.Err, syscall.ENOTDIR):
		d.Hint = "a part of the name in front is a file, not a directory"
	case errors.Is(at.Err, regular.ErrKind):
		d.Code, d.Hint = "not-a-file", "name a file"
	}
	return d
}

// opWrite marks the errors of files that were to be written.
const opWrite = "write"

// unwritten is an error of writing a file: it names the file as the user did. One about
// another file, from which it is written, stays as it is.
func unwritten(asked, temp string, err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &link):
		err = link.Err
	case errors.As(err, &at) && (at.Path == asked || strings.HasPrefix(temp, at.Path)):
		err = at.Err
	default:
		return err
	}
	return &fs.PathError{Op: opWrite, Path: asked, Err: err}
}

// Output checks a place that results go to. A link of the user's is followed. One that a
// repository brings along may lead to any file of the user's, and so none leads out of it.
func (p *Process) Output(name string) error {
	at, err := p.locate(name)
	switch {
	case err != nil:
		var failed *fs.PathError // or a bare error of a name with a file on the way
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return &fs.PathError{Op: opWrite, Path: name, Err: err}
	case at.InRepo && at.Outside:
		return at.Left(name, "name the place itself, if that is what you want: "+at.Real)
	}
	return nil
}

// OutputFile checks a place as Output does, which may be that of a file: it is no directory.
func (p *Process) OutputFile(name string) error {
	if err := p.Output(name); err != nil {
		return err
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return &fs.PathError{Op: opWrite, Path: name, Err: syscall.EISDIR}
	}
	return nil
}

// WriteFile writes a file as WriteStream does, in a directory that it makes.
func (p *Process) WriteFile(name string, data []byte) error {
	if err := p.Output(name); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return unwritten(name, name, err)
	}
	return p.WriteStream(name, bytesTo(data))
}

// WriteInto writes a file whose name in a directory is not the user's: where the name is that
// of a link, or of another thing that is no file, the file takes its place.
func (p *Process) WriteInto(dir, name string, data []byte) error {
	if err := p.Output(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return unwritten(dir, dir, err)
	}
	name = filepath.Join(dir, name)
	f, err := regular.CreateOver(name)
	if err != nil {
		return err
	}
	return fill(name, f, bytesTo(data))
}

func bytesTo(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// WriteStream writes a file that appears whole or not at all. What is no regular
// file, such as a pipe, is written as it is.
func (p *Process) WriteStream(name string, write func(io.Writer) error) error {
	if err := p.Output(name); err != nil {
		return err
	}
	f, err := regular.Create(name)
	if err != nil {
		return err
	}
	return fill(name, f, write)
}

// fill writes a file that was begun, under the name that the user knows.
func fill(name string, f *regular.Pending, write func(io.Writer) error) error {
	err := Flushed(f, write)
	if err != nil {
		f.Abandon()
	} else {
		err = f.Commit()
	}
	return unwritten(name, f.Name(), err)
}

// Flushed writes through a buffer.
func Flushed(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<20)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
