// Package trust decides which programs may run as plugins. It stands below package
// config, and may import plugins and lang.
//
// A repository must not be able to run a program by being built. So a program runs
// only when strake.lock, which is in the repository, pins what it is made of, and the
// user has allowed just that, in a file which is not in the repository. And what runs
// is never the repository's file but a private copy, made in the same reading that
// its digest came from: nothing that changes later is run.
package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// maxList bounds the files of JSON that are read, in bytes: a lock of a thousand plugins
// has 1 MB.
const maxList = 16 << 20

// fail is an error with its next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// writeFile writes a file that appears whole or not at all.
func writeFile(name string, data []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// private makes sure that nobody else can change what is at a path: it is the user's,
// and no one else may write to it.
func private(info fs.FileInfo, name string) error {
	if uid, ok := regular.Owner(info); ok && uid != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, and you are %d", name, uid, os.Geteuid())
	}
	if perm := info.Mode().Perm(); perm&0o022 != 0 {
		return fmt.Errorf("others may write to %s (mode %s)", name, strconv.FormatUint(uint64(perm), 8))
	}
	return nil
}

// privateDir makes a directory that only the user can change.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	return private(info, dir)
}
