package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// writeFile writes a file that appears whole or not at all, in a directory that
// it makes. What is no regular file, such as a pipe, is written as it is.
func writeFile(name string, data []byte) error {
	mode := fs.FileMode(0o666)
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real // a link stays one
	}
	switch info, err := os.Stat(name); {
	case err == nil && !info.Mode().IsRegular():
		return writeTo(name, os.O_WRONLY, mode, data)
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(name), tempName(name))
	err := writeTo(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode, data)
	if err == nil {
		err = os.Rename(temp, name)
	}
	if err != nil {
		os.Remove(temp)
	}
	return err
}

func writeTo(name string, flags int, mode fs.FileMode, data []byte) error {
	f, err := os.OpenFile(name, flags, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// tempName is the name that a file has until it is whole.
func tempName(name string) string {
	return "." + filepath.Base(name) + "." + strconv.FormatInt(time.Now().UnixNano(), 36) + ".tmp"
}
