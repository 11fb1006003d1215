package input

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	units "github.com/docker/go-units"
	"github.com/moby/buildkit/frontend/dockerui"

	"github.com/seed-e0495807/strake/lang/diag"
)

// DefaultLimit is how many bytes a build context may have.
const DefaultLimit = 500_000_000

const (
	guardTime    = 5 * time.Second
	guardEntries = 1_000_000
	guardParts   = 10
)

// GuardOptions say what the guard lets through.
type GuardOptions struct {
	Limit int64  // bytes of a directory, 0 is no limit
	Home  string // the user's home directory, "" when unknown
}

// Guard stops a build that would send what nobody means to send: more than the
// limit, or the whole of a system or home directory. Such a directory is let
// through when the Dockerfile names what it reads of it, or when .dockerignore
// drops everything but for exceptions. The error is a diag.Diagnostic that lists
// what is large, with the lines of .dockerignore that drop it.
//
// Measuring ends after 5 seconds, or 1,000,000 files. What was seen until then
// decides.
func Guard(ctx context.Context, list []Local, o GuardOptions) error {
	for _, l := range list {
		if l.Dir == "" {
			continue
		}
		if err := l.guard(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// smallEntries is how many files are looked at to see whether a context is small.
const smallEntries = 2000

// Small tells whether the guard would let all directories through, whatever the Dockerfile reads
// of them: few files, together no more than the limit, and none that hold a system. It spares
// the question what that is.
func (in *Input) Small(ctx context.Context, o GuardOptions) (bool, error) {
	ignore, err := in.Ignore()
	if err != nil {
		return false, err
	}
	for name, dir := range in.Locals {
		if name == dockerui.DefaultLocalNameDockerfile {
			continue
		}
		l := Local{Name: name, Dir: dir}
		if name == Context && ignore != nil {
			l.Exclude = ignore.Patterns
		}
		if kindOf(dir, o.Home) != "" {
			return false, nil
		}
		s, err := Measure(ctx, l, MeasureOptions{Entries: smallEntries})
		if err != nil || s.Partial || o.Limit > 0 && s.Size > o.Limit {
			return false, ctx.Err() // an error is for who asks more
		}
	}
	return true, nil
}

func (l Local) guard(ctx context.Context, o GuardOptions) error {
	special := ""
	if l.Follow == nil && !slices.ContainsFunc(l.Exclude, isEverything) {
		special = kindOf(l.Dir, o.Home)
	}
	if special == "" && o.Limit == 0 {
		return nil
	}
	s, err := Measure(ctx, l, MeasureOptions{Time: guardTime, Entries: guardEntries})
	if err != nil {
		return err
	}
	d := diag.Diagnostic{Code: "large-context"}
	switch {
	case special != "":
		d.Code = "unlikely-context"
		d.Message = fmt.Sprintf("%s is %s, and the build reads all of it: %s", l, special, s)
		d.Hint = "name the directory of the project instead; or go on with --yes"
	case s.Size > o.Limit:
		d.Message = fmt.Sprintf("%s is large: %s; the limit is %s", l, s, units.HumanSize(float64(o.Limit)))
		d.Hint = "add what the build does not need to .dockerignore; or raise --context-limit, or go on with --yes"
	default:
		return nil
	}
	parts := s.Offenders(guardParts, l.Follow)
	parts = slices.DeleteFunc(parts, func(p Offender) bool { return p.Size < s.Size/100 }) // little is no use
	if len(parts) > 0 {
		d.Notes = append(d.Notes, diag.Note{Label: "the largest parts, as lines of .dockerignore", Text: table(parts)})
	}
	return d
}

// String is what messages call the directory.
func (l Local) String() string {
	name, err := filepath.Abs(l.Dir)
	if err != nil {
		name = l.Dir
	}
	if l.Name == Context {
		return "the build context " + name
	}
	return "the build context " + l.Name + "=" + name
}

// String is like "1.2GB in 34 files".
func (s *Size) String() string {
	text := fmt.Sprintf("%s in %s", units.HumanSize(float64(s.Size)), count(s.Files, "file"))
	if s.Partial {
		text = "more than " + text
	}
	return text
}

// count is like "1 file" or "12,345 files".
func count(n int, what string) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if text += " " + what; n != 1 {
		text += "s"
	}
	return text
}

// table lists parts with their sizes. The last column is a line of .dockerignore.
func table(parts []Offender) string {
	var b strings.Builder
	for _, p := range parts {
		line := p.Ignore
		if line == "" {
			line = p.Path + "   (the Dockerfile reads it)"
		}
		fmt.Fprintf(&b, "%8s  %s\n", units.HumanSize(float64(p.Size)), line)
	}
	if len(parts) == 1 {
		return strings.TrimSpace(b.String())
	}
	return b.String()
}

// isEverything tells of the pattern after which exceptions say what is sent.
func isEverything(pattern string) bool { return pattern == "*" || pattern == "**" || pattern == "**/*" }

// kindOf says what a directory is that is hardly meant to be a build context, "".
func kindOf(dir, home string) string {
	real := resolve(dir)
	if home != "" && sameDir(real, resolve(home)) {
		return "your home directory"
	}
	switch {
	case filepath.Dir(real) == real:
		return "the root of the file system"
	case slices.Contains(systemDirs, filepath.ToSlash(real)):
		return "a system directory"
	case path.Dir(filepath.ToSlash(real)) == "/home", path.Dir(filepath.ToSlash(real)) == "/Users", real == "/root":
		return "a home directory"
	case runtime.GOOS == "windows" && strings.EqualFold(filepath.Base(filepath.Dir(real)), "Users"):
		return "a home directory"
	}
	return ""
}

// systemDirs hold the system, or other directories than projects, on Linux and on
// macOS. Those where people and container images put projects are not among them,
// such as /srv, /mnt, /app and what is below /usr/src and /opt.
var systemDirs = []string{
	"/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/opt", "/proc", "/run", "/sbin",
	"/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/share", "/var", "/var/lib",
	"/Applications", "/Library", "/System", "/Users", "/Volumes", "/private", "/private/etc", "/private/tmp", "/private/var",
}

// resolve is the directory itself, without links on the way to it.
func resolve(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return filepath.Clean(dir)
}

func sameDir(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
