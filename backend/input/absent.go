package input

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/continuity/fs"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// Absent is an error, a diag.List, when the main build context has not the path that an
// instruction is to copy or mount, which is the verb: it is no file, .dockerignore drops it,
// or links lead to no end. It is nil also where that cannot be told: the context is elsewhere,
// or of a directory parts are left out and others not. The hint, if there is one, comes
// before what the directory tells.
func (s *Source) Absent(ctx context.Context, name, verb, hint string) error {
	dir := s.input.Locals[Context]
	inside := strings.TrimPrefix(path.Join("/", filepath.ToSlash(name)), "/")
	if dir == "" || inside == "" {
		return nil
	}
	if loop := loopIn(dir, inside); loop != "" {
		return diag.List{LinkLoop(fmt.Sprintf("%q", name), "look at the links of the build context: ls -l "+loop)}
	}
	real, err := fs.RootPath(dir, inside) // links lead no further up than the context, as in BuildKit
	if err != nil {
		return nil
	}
	info, err := os.Lstat(real)
	switch {
	case err == nil && !s.drops(inside, info.IsDir()):
		return nil
	case err != nil && !os.IsNotExist(err):
		return nil
	}
	return diag.List{Missing(name, verb, cmp.Or(hint, NearURL(name), s.Near(ctx, name), Unsent))}
}

// loopIn is the part of a path in a directory that leads through links without an end, ""
// when there is none.
func loopIn(dir, inside string) string {
	for i := range len(inside) + 1 {
		if i < len(inside) && inside[i] != '/' {
			continue
		}
		if _, err := fs.RootPath(dir, inside[:i]); err != nil && strings.Contains(err.Error(), "too many links") { // it has no name
			return inside[:i]
		}
	}
	return ""
}

// drops tells whether .dockerignore leaves a path out, and all below it.
func (s *Source) drops(name string, dir bool) bool {
	ignore, err := s.input.Ignore()
	if err != nil || ignore == nil {
		return false
	}
	if line, _ := ignore.Line(name); line == 0 {
		return false
	}
	return !dir || !ignore.excepts()
}

// Unsent is the hint about a path of the build context of which no more is known.
const Unsent = "paths are relative to the build context, and .dockerignore drops files from it: `strake context` lists what is sent"

var (
	likeURL = late.Regexp(`^/*([A-Za-z][A-Za-z0-9+.-]*):/+(.+)`)
	likeGit = late.Regexp(`^/*([A-Za-z0-9_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)/+(.+)`)
)

// NearURL is the hint about a source of an ADD that is a path by BuildKit's rules, and was
// meant for a URL by all appearances; "" when it was not.
func NearURL(name string) string {
	if m := likeURL().FindStringSubmatch(name); m != nil {
		scheme := strings.ToLower(m[1])
		known := []string{"https", "http", "ssh", "git"}
		if !slices.Contains(known, scheme) {
			scheme = diag.Suggest(scheme, known)
		}
		if scheme == "" {
			return ""
		}
		return fmt.Sprintf("a URL starts with https://, http://, ssh:// or git://: did you mean `%s://%s`?", scheme, m[2])
	}
	if m := likeGit().FindStringSubmatch(name); m != nil {
		return fmt.Sprintf("a repository by ssh has a colon behind its host: did you mean `%s:%s`?", m[1], m[2])
	}
	return ""
}

// Missing is the error about a source that an instruction is to copy or mount, and that is
// not there.
func Missing(name, verb, hint string) diag.Diagnostic {
	return diag.Diagnostic{Code: "missing-source", Message: fmt.Sprintf("%q is not there to %s", name, verb), Hint: hint}
}

// LinkLoop is the error about a path of which a link leads back to itself.
func LinkLoop(what, hint string) diag.Diagnostic {
	return diag.Diagnostic{Code: "link-loop", Message: what + " leads through links without an end", Hint: hint}
}
