package transfer

import (
	"errors"
	"io"
	"io/fs"
	"path"
)

// Copy copies what is at a place to another, by docker's rules: into a directory that is there; or
// else to that name, whose directory must be there. With follow, a link at the first place is
// followed.
func Copy(from, to Place, follow bool, owner Owner) error {
	f, info, err := from.object(follow || from.directory())
	if err != nil {
		return missing(from, err)
	}
	f.Close()
	into, name, err := destination(from, to, info)
	if err != nil {
		return err
	}
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Archive(w, from, name, follow)
		w.CloseWithError(err)
		done <- err
	}()
	err = Extract(r, into, owner)
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	if aerr := <-done; aerr != nil && !errors.Is(aerr, io.ErrClosedPipe) {
		return aerr // it is why the other end failed, too
	}
	return err
}

// destination is the directory that a copy goes into, and its name there: "" for its own.
func destination(from, to Place, source fs.FileInfo) (into Place, name string, err error) {
	f, info, err := to.object(true)
	switch {
	case err == nil:
		f.Close()
		if info.IsDir() {
			return to, "", nil
		}
		if source.IsDir() {
			return to, "", fail("copy-directory", "name a directory, or a path where nothing is", "%s is no directory, and a directory cannot be copied to a file", to.Name)
		}
		if to.directory() {
			return to, "", fail("copy-no-directory", "leave the slash at its end out", "%s is no directory", to.Name)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return to, "", missing(to, err)
	case to.directory() && !source.IsDir():
		return to, "", fail("copy-no-directory", "make the directory first, or leave the slash at its end out", "there is no directory %s", to.Name)
	}
	target := to.target() // the file that a link leads to is written, there or not
	into, name = to, path.Base(target)
	into.Path = path.Dir(target)
	parent, _, perr := into.object(true)
	if perr != nil {
		return to, "", fail("copy-no-directory", "make the directory first", "there is no directory for %s: %v", to.Name, errors.Unwrap(perr))
	}
	parent.Close()
	return into, name, nil
}

// target is where the links of a path lead, as far as its last name is one.
func (p Place) target() string {
	name := path.Clean("/" + p.Path)
	for range 40 {
		f, info, err := Place{Root: p.Root, Path: name, Name: p.Name}.object(false)
		if err != nil {
			break
		}
		link, err := readlink(f)
		f.Close()
		if err != nil || info.Mode().Type() != fs.ModeSymlink {
			break
		}
		if !path.IsAbs(link) {
			link = path.Join(path.Dir(name), link)
		}
		name = path.Clean(link)
	}
	return name
}
