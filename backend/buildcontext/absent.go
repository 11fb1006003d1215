package buildcontext

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/containerd/continuity/fs"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Absent is an error, a diag.List, when the main build context has not the path that
// a COPY names: it is no file, or .dockerignore drops it. It is nil also where that cannot
// be told: the context is elsewhere, or of a directory parts are left out and others not.
func (s *Source) Absent(ctx context.Context, name string) error {
	dir := s.input.Locals[Context]
	inside := strings.TrimPrefix(path.Join("/", filepath.ToSlash(name)), "/")
	if dir == "" || inside == "" {
		return nil
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
	return diag.List{missingSource(name, s.Near(ctx, name))}
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

// missingSource is the error about a source that is not in the build context.
func missingSource(name, hint string) diag.Diagnostic {
	if hint == "" {
		hint = "paths are relative to the build context, and .dockerignore drops files from it: `strake context` lists what is sent"
	}
	return diag.Diagnostic{Code: "missing-source", Message: fmt.Sprintf("%q is not there to copy", name), Hint: hint}
}
