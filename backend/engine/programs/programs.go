// Package programs finds the programs that run steps and containers, and tells what of the
// machine forbids them to. It is apart from the engine as containers need no engine: a
// command about them is to start as fast as it can.
package programs

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Finder is where programs are looked for.
type Finder struct {
	Dir string // of the engine, an absolute path, in which Install puts programs
	Env func(string) (string, bool)
}

// Runtime is runc or crun.
func (f Finder) Runtime() (string, error) {
	if path := cmp.Or(f.Installed("runc"), f.Look("runc")); path != "" {
		return path, nil
	}
	path := f.Look("crun")
	if path == "" {
		return "", fail("no-runtime", "`strake engine install` installs one, and so does apt-get install runc",
			"steps and containers run with runc or crun, and neither is installed")
	}
	return path, nil
}

// Own finds a program that belongs to strake: where its own variable says, beside strake,
// where its packages put it, where Install does, or in PATH.
func (f Finder) Own(name string) (string, error) {
	variable := "STRAKE_" + strings.ToUpper(name)
	if path := f.getenv(variable); path != "" {
		path, err := exec.LookPath(path)
		if err == nil || errors.Is(err, exec.ErrDot) {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			return "", fail("no-"+name, "correct "+variable+", or unset it", "cannot run %s: %v", variable, err)
		}
		return path, nil
	}
	dir := "."
	if self, err := os.Executable(); err == nil {
		if self, err = filepath.EvalSymlinks(self); err == nil {
			dir = filepath.Dir(self)
		}
	}
	for _, sub := range []string{".", "../libexec/strake"} {
		if path, err := exec.LookPath(filepath.Join(dir, sub, name)); err == nil {
			return path, nil
		}
	}
	if path := cmp.Or(f.Installed(name), f.Look(name)); path != "" {
		return path, nil
	}
	return "", fail("no-"+name, "`strake engine install` installs it; else set "+variable+" to its path, or start Docker or a BuildKit of your own",
		"the build engine needs %s, which is neither in %s nor in PATH", name, dir)
}

// Installs is where Install puts programs: a link, see package install.
func (f Finder) Installs() string { return filepath.Join(f.Dir, "programs") }

// Installed finds a program that was installed, "" for none.
func (f Finder) Installed(name string) string {
	path, err := exec.LookPath(filepath.Join(f.Installs(), name))
	if err != nil {
		return ""
	}
	return path
}

// Look finds a program of the system in Path, "" for none.
func (f Finder) Look(name string) string {
	for _, dir := range filepath.SplitList(f.Path()) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(path) {
			return path
		}
	}
	return ""
}

// Path is PATH, and the directories of the system's programs, which users often lack there:
// Debian has runc in one.
func (f Finder) Path() string { return f.getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin" }

func (f Finder) getenv(name string) string {
	v, _ := f.Env(name)
	return v
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
