package regular

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Pending is a file that is written, and has another name until it is whole.
type Pending struct {
	*os.File
	name string // what it gets; "" when it is written where it is
}

// Create begins a file that results go to. A link stays, and what it stands for is written; a
// file that is there is replaced at the end, and keeps its owner and mode. A device or a pipe is written
// as it is: a file in the place of /dev/null breaks the machine. As a shell's does, the opening
// of a pipe waits for its reader. Errors are *fs.PathError for the name.
func Create(name string) (*Pending, error) {
	real := name
	if at, err := filepath.EvalSymlinks(name); err == nil {
		real = at
	}
	p, err := create(real, os.Stat)
	return p, about(name, err)
}

// CreateOver is Create for a name that is not the user's: a link, or what else is no file, is
// replaced.
func CreateOver(name string) (*Pending, error) {
	p, err := create(name, func(name string) (fs.FileInfo, error) {
		info, err := os.Lstat(name)
		if err == nil && !info.Mode().IsRegular() {
			err = fs.ErrNotExist
		}
		return info, err
	})
	return p, about(name, err)
}

func create(name string, look func(string) (fs.FileInfo, error)) (*Pending, error) {
	info, err := look(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, syscall.EISDIR
	case !info.Mode().IsRegular():
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &Pending{File: f}, err
	}
	temp, mode := filepath.Join(filepath.Dir(name), tempName(name)), fs.FileMode(0o666)
	if err == nil {
		mode = private
	}
	f, fail := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	p := &Pending{f, name}
	if fail == nil && err == nil {
		if fail = keep(f, info); fail != nil {
			p.Abandon()
		}
	}
	return p, fail
}

// private is the mode of a file that is not yet what it is to be.
const private fs.FileMode = 0o600

// about is an error for the name that was asked for.
func about(name string, err error) error {
	if err == nil {
		return nil
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return &fs.PathError{Op: "write", Path: name, Err: err}
}

// Commit closes the file, and gives it its name. An error leaves nothing of it.
func (p *Pending) Commit() error {
	err := p.Close()
	if p.name == "" {
		return err
	}
	if err == nil {
		err = os.Rename(p.Name(), p.name)
	}
	if err != nil {
		os.Remove(p.Name())
	}
	return err
}

// Abandon drops the file. What was written to a device or a pipe stays written.
func (p *Pending) Abandon() {
	p.Close()
	if p.name != "" {
		os.Remove(p.Name())
	}
}

// tempName is the name that a file has until it is whole.
func tempName(name string) string {
	return "." + filepath.Base(name) + "." + strconv.FormatInt(time.Now().UnixNano(), 36) + ".tmp"
}
