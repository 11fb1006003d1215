package debug

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// files is what the step finds.
type files struct {
	step *Step
	meta *pb.Meta
}

// shell is the path of a POSIX shell; "" when there is none. The step's own comes first, then
// that of the stage.
func (f *files) shell(ctx context.Context) (string, error) {
	var names []string
	if len(f.meta.Args) > 0 {
		names = append(names, f.meta.Args[0])
	}
	if len(f.step.Shell) > 0 {
		names = append(names, f.step.Shell[0])
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !posix(name) })
	for _, name := range append(names, "/bin/sh", "/bin/bash", "/bin/ash", "/busybox/sh") {
		found, err := f.find(ctx, name)
		if found != "" || err != nil {
			return found, err
		}
	}
	return "", nil
}

// posix tells whether a program is a shell that knows what others do.
func posix(name string) bool {
	return slices.Contains([]string{"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"}, path.Base(name))
}

// find gives the path of a program; "" when it is not there.
func (f *files) find(ctx context.Context, name string) (string, error) {
	tried := []string{name}
	if !strings.Contains(name, "/") {
		tried = nil
		for dir := range strings.SplitSeq(variable(f.meta.Env, "PATH"), ":") {
			if path.IsAbs(dir) {
				tried = append(tried, path.Join(dir, name))
			}
		}
	}
	for _, p := range tried {
		if !path.IsAbs(p) {
			p = path.Join(f.meta.Cwd, p)
		}
		if there, err := f.has(ctx, p); there || err != nil {
			return p, err
		}
	}
	return "", nil
}

// has tells whether a file is there to run.
func (f *files) has(ctx context.Context, name string) (bool, error) {
	for _, m := range f.step.mounts() {
		if m.Dest != pb.RootMount && strings.HasPrefix(name, strings.TrimSuffix(m.Dest, "/")+"/") {
			return true, nil // what is there is known to who starts it
		}
	}
	root := f.step.root()
	if root == nil {
		return false, nil
	}
	st, err := root.StatFile(ctx, gwclient.StatRequest{Path: name})
	switch {
	case err == nil:
		return !fs.FileMode(st.Mode).IsDir(), nil
	case strings.Contains(err.Error(), "no such file or directory"), strings.Contains(err.Error(), "not a directory"),
		strings.Contains(err.Error(), "too many links"):
		return false, nil
	}
	return false, err
}
