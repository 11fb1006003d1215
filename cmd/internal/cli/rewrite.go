package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/lang/repo"
)

// Target is a file of the user's that a command writes anew.
type Target struct {
	repo.Place
	name string // as the user calls it
}

// Target finds where a file really is. A link is followed, but one that leads out of the
// repository is an error, as it may lead to any file of the user's: what that says is not
// even to be shown.
func (p *Process) Target(name string) (*Target, error) {
	at, err := p.locate(name)
	if err == nil && at.Outside {
		err = at.Left(name, "name the file itself: "+at.Real)
	}
	if err != nil {
		return nil, err
	}
	return &Target{at, name}, nil
}

// Rewritable holds that a name is not that of a pipe or the like, which is read once and keeps
// nothing; what to do then is the hint. One that is not there is for who opens it to tell.
func Rewritable(name, hint string) error {
	info, err := os.Stat(name)
	if err != nil || info.IsDir() {
		return nil
	}
	if err := regular.Check(info); err != nil {
		var at *fs.PathError
		errors.As(err, &at)
		return diag.Diagnostic{Code: "not-a-file", Message: "cannot write " + name + ": " + at.Err.Error(), Hint: hint}
	}
	return nil
}

// String is the name of the file, and where it is when that is a link.
func (t *Target) String() string {
	if t.Linked {
		return t.name + " -> " + t.Real
	}
	return t.name
}

// Replace writes a text in the place of the one that was read, whole or not at all. It is an
// error when the file has another by now.
func (t *Target) Replace(old, text string) error {
	err := regular.Replace(t.Root, t.Real, old, text)
	if errors.Is(err, regular.ErrChanged) {
		return diag.Diagnostic{Code: "changed", Message: t.Real + " is no longer the file that was read", Hint: "run the command again"}
	}
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return &fs.PathError{Op: opWrite, Path: t.name, Err: at.Err}
	case errors.As(err, &link):
		return &fs.PathError{Op: opWrite, Path: t.name, Err: link.Err}
	}
	return err
}

// locate finds out where a file is, or will be.
func (p *Process) locate(name string) (repo.Place, error) {
	home, _ := p.Env("HOME")
	return repo.Locate(name, home)
}

// PrintDiff prints how a text differs from an older one of the name; became says in a word
// what was done to it.
func (p *Process) PrintDiff(name, became, old, text string) error {
	_, err := io.WriteString(p.Stdout, p.ShownDiff(udiff.Unified(name, name+" ("+became+")", old, text)))
	return err
}

// ShownDiff is a unified diff as standard output shows it: with colours where it has them.
func (p *Process) ShownDiff(diff string) string {
	diff = p.Shown(diff)
	if !p.Color(p.Stdout) {
		return diff
	}
	var b strings.Builder
	for line := range strings.Lines(diff) {
		color := ""
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
			color = "\x1b[1m"
		case strings.HasPrefix(line, "@@"):
			color = "\x1b[36m"
		case strings.HasPrefix(line, "+"):
			color = "\x1b[32m"
		case strings.HasPrefix(line, "-"):
			color = "\x1b[31m"
		}
		if color == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(color + strings.TrimSuffix(line, "\n") + "\x1b[0m\n")
	}
	return b.String()
}

// Outside tells of a Dockerfile that is a link out of its repository. /dev/stdin is none: the links
// of /dev are the machine's.
func (p *Process) Outside(name string) (string, bool) {
	at, err := p.locate(name)
	return at.Real, err == nil && at.Outside && at.Root != "/dev"
}
