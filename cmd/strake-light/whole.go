package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/seed-e0495807/strake/lang/diag"
)

// become makes this process one of the whole program, with the same command line. It comes back
// only with an error.
func become() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	path, err := whole(self)
	if err != nil {
		return err
	}
	return fmt.Errorf("cannot run %s: %w", path, syscall.Exec(path, os.Args, os.Environ()))
}

// whole finds the whole program: beside this one, as a checkout has it, or where make install
// puts it. A name that leads back to this one is none of it.
func whole(self string) (string, error) {
	light, err := os.Stat(self)
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(self)
	for _, sub := range []string{"../libexec/strake", "."} {
		path := filepath.Join(dir, sub, "strake")
		info, err := os.Stat(path)
		switch {
		case err == nil && !os.SameFile(info, light):
			return path, nil
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return "", err
		}
	}
	return "", diag.Diagnostic{
		Code: "no-program", Message: "the whole program is neither beside " + self + " nor in ../libexec/strake",
		Hint: "install strake again, with `make install`",
	}
}
