package install

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/seed-e0495807/strake/lang/regular"
)

const (
	maxProgram  = 256 << 20 // bytes of one program
	maxUnpacked = 1 << 30   // bytes of an archive, unpacked
)

// fromFile installs what is in an archive.
func fromFile(ctx context.Context, dir, name, sha string) error {
	f, err := regular.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if sha != "" {
		if err := verify(ctx, f, name, sha); err != nil {
			return err
		}
	}
	return unpack(ctx, f, name, dir)
}

// fromDir installs the programs in a directory.
func fromDir(ctx context.Context, dir, from string) error {
	found := false
	for _, name := range []string{"buildkitd", "buildkit-runc", "runc", "rootlesskit"} {
		f, err := regular.Open(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = write(filepath.Join(dir, programs[name]), &patient{ctx, f})
		f.Close()
		if errors.Is(err, fs.ErrExist) {
			continue // buildkit-runc is the runc that counts
		}
		if err != nil {
			return err
		}
		found = true
	}
	return some(found, from)
}

// unpack writes the programs of an archive into a directory, by their base names. All else
// is passed over.
func unpack(ctx context.Context, r io.Reader, archive, dir string) error {
	bad := func(err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fail("give a .tar.gz, as BuildKit publishes", "cannot unpack %s: %v", archive, err)
	}
	gz, err := gzip.NewReader(bufio.NewReader(&patient{ctx, r}))
	if err != nil {
		return bad(err)
	}
	all := &io.LimitedReader{R: gz, N: maxUnpacked}
	found := false
	for files := tar.NewReader(all); ; {
		h, err := files.Next()
		switch {
		case all.N <= 0:
			return bad(fmt.Errorf("it has more than %d bytes", maxUnpacked))
		case err == io.EOF:
			return some(found, archive)
		case err != nil:
			return bad(err)
		}
		name, wanted := programs[path.Base(h.Name)]
		switch {
		case !wanted || h.Typeflag == tar.TypeDir:
			continue
		case h.Typeflag != tar.TypeReg:
			return bad(fmt.Errorf("%s in it is no regular file", h.Name))
		case h.Size > maxProgram:
			return bad(fmt.Errorf("%s in it has more than %d bytes", h.Name, maxProgram))
		}
		if err := write(filepath.Join(dir, name), files); err != nil {
			if errors.Is(err, fs.ErrExist) {
				err = fmt.Errorf("it has two programs that could be %s", name)
			}
			return bad(err)
		}
		found = true
	}
}

// some is an error when there is no program in a source.
func some(found bool, source string) error {
	if found {
		return nil
	}
	return fail("give what has buildkitd, buildkit-runc or rootlesskit in it", "%s has no program of the build engine", source)
}

// write writes a program that is not there yet.
func write(name string, r io.Reader) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, maxProgram+1))
	if err == nil && n > maxProgram {
		err = fmt.Errorf("%s has more than %d bytes", filepath.Base(name), maxProgram)
	}
	return errors.Join(err, f.Sync(), f.Close())
}
