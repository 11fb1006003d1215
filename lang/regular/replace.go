package regular

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// ErrChanged says that a file is no longer the one that was read.
var ErrChanged = errors.New("it is no longer the file that was read")

// Replace puts another text into a file below a directory, whole or not at all; its owner and
// mode stay. Others may write to the directory: what was no link when it was looked at may be
// one by now, and so nothing here follows one, and the file still has to have the old text:
// ErrChanged else.
func Replace(dir, name, old, text string) error {
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	root, err := OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Lstat(rel)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(old)) {
		return ErrChanged
	}
	f, err := OpenAt(root, rel)
	if err != nil {
		return err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return err
	}
	now, err := io.ReadAll(io.LimitReader(f, int64(len(old))+1))
	f.Close()
	switch {
	case err != nil:
		return err
	case string(now) != old:
		return ErrChanged
	}
	temp := filepath.Join(filepath.Dir(rel), tempName(rel))
	out, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return err
	}
	if err = keep(out, info); err == nil {
		_, err = io.WriteString(out, text)
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = root.Rename(temp, rel)
	}
	if err != nil {
		_ = root.Remove(temp)
	}
	return err
}
