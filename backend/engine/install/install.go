// Package install puts the programs of the build engine into a directory: buildkitd and
// runc, and rootlesskit for who is not root. They come out of a directory, an archive, or
// the releases that their projects publish. What is downloaded is compared with its sha256
// before anything is unpacked, and the directory changes at once or not at all, also under
// an engine that runs.
package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/redact"
)

// Options says what is installed, and where.
type Options struct {
	Dir      string       // gets the programs; only the user may write to the directory above it
	From     string       // a directory, a .tar.gz or the URL of one; "" is the releases
	SHA256   string       // of the archive, in hexadecimal; needed for a URL
	Rootless bool         // rootlesskit is needed, too
	Client   *http.Client // nil is one with the proxies of the environment
	Say      func(string) // reports what takes long
}

// programs are the names of files that are installed, and what they are installed as.
// BuildKit's releases have a runc that was built for it.
var programs = map[string]string{
	"buildkitd":     "buildkitd",
	"buildkit-runc": "runc",
	"runc":          "runc",
	"rootlesskit":   "rootlesskit",
}

// Install installs programs, and gives the paths of all that are there then. A program
// that the source does not have stays as it was. Errors are diag.Diagnostics.
func Install(ctx context.Context, o Options) ([]string, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	lock := flock.New(o.Dir + ".lock")
	if _, err := lock.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return nil, o.explain(ctx, err)
	}
	defer lock.Close()
	o.sweep()
	fresh, err := os.MkdirTemp(filepath.Dir(o.Dir), filepath.Base(o.Dir)+"-")
	if err != nil {
		return nil, o.explain(ctx, err)
	}
	err = o.fill(ctx, fresh)
	if err == nil {
		err = o.swap(fresh)
	}
	if err != nil {
		os.RemoveAll(fresh)
		return nil, o.explain(ctx, err)
	}
	o.sweep()
	return filepath.Glob(filepath.Join(o.Dir, "*"))
}

// check looks at what goes together.
func (o *Options) check() error {
	o.SHA256 = strings.ToLower(strings.TrimPrefix(o.SHA256, "sha256:"))
	switch {
	case o.SHA256 != "" && !isSHA256(o.SHA256):
		return fail("give 64 hexadecimal digits, as sha256sum prints them", "%q is no sha256", o.SHA256)
	case isURL(o.From) && o.SHA256 == "":
		return fail("add --sha256 with what its publisher says", "an archive from a URL needs its sha256")
	}
	return nil
}

// fill puts the programs into a directory: the new ones, and those that there are already.
func (o *Options) fill(ctx context.Context, dir string) error {
	if err := o.copyTo(ctx, dir); err != nil {
		return err
	}
	if err := try(ctx, filepath.Join(dir, "buildkitd")); err != nil {
		return err
	}
	old, err := os.ReadDir(o.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, file := range old {
		err := os.Link(filepath.Join(o.Dir, file.Name()), filepath.Join(dir, file.Name()))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// copyTo puts what the source has into a directory.
func (o *Options) copyTo(ctx context.Context, dir string) error {
	switch info, err := os.Stat(o.From); {
	case o.From == "":
		return o.fromReleases(ctx, dir)
	case isURL(o.From):
		return o.fromURL(ctx, dir, o.From, o.SHA256)
	case err != nil:
		return err
	case !info.IsDir():
		return fromFile(ctx, dir, o.From, o.SHA256)
	case o.SHA256 != "":
		return fail("leave it away, or give the archive", "--sha256 is for an archive, and %s is a directory", o.From)
	}
	return fromDir(ctx, dir, o.From)
}

// try runs a buildkitd that was unpacked, as one for another machine is better found now.
func try(ctx context.Context, name string) error {
	if _, err := os.Stat(name); err != nil {
		return nil // of another archive
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, "--version")
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return fail("take the one for "+platform(), "that buildkitd does not run here: %v %s", err, line)
}

// swap makes the fresh directory the one with the programs: it is a link, which an engine
// that runs has in its paths, and finds its runc by.
func (o *Options) swap(fresh string) error {
	link := o.Dir + ".new"
	os.Remove(link)
	err := os.Symlink(filepath.Base(fresh), link)
	if err == nil {
		err = os.Rename(link, o.Dir)
	}
	return err
}

// sweep removes the directories that no link leads to: those before, and of installs that
// were killed.
func (o *Options) sweep() {
	current, _ := os.Readlink(o.Dir)
	dirs, _ := filepath.Glob(o.Dir + "-*")
	for _, dir := range dirs {
		if filepath.Base(dir) != current {
			os.RemoveAll(dir)
		}
	}
}

// explain makes a diagnostic of an error.
func (o *Options) explain(ctx context.Context, err error) error {
	var d diag.Diagnostic
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &d):
		return d
	}
	return fail("", "cannot install the build engine: %v", err)
}

func fail(hint, format string, args ...any) error {
	return diag.Diagnostic{Code: "engine-install", Message: redact.URLs(fmt.Sprintf(format, args...)), Hint: hint}
}
