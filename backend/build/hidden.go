package build

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/solver/pb"
)

// hidden is a program that is not found as a mount of the step lies over it.
func (c *command) hidden(ctx context.Context) string {
	name := c.missing()
	if m := noProgram().FindStringSubmatch(c.output); m != nil {
		name = m[1]
	}
	if name == "" || c.exec == nil {
		return ""
	}
	tried := []string{name}
	if !strings.Contains(name, "/") {
		tried = nil
		for dir := range strings.SplitSeq(c.variable("PATH"), ":") {
			tried = append(tried, path.Join(dir, name))
		}
	}
	for _, p := range tried {
		if !path.IsAbs(p) {
			continue
		}
		m := c.over(ctx, p)
		if m == nil {
			continue
		}
		kind := strings.ToLower(m.MountType.String())
		switch st, known := c.files.stat(ctx, p); {
		case st != nil:
			return fmt.Sprintf("the image has `%s`, but the step mounts a %s at `%s`, which hides it: choose another target for the mount", p, kind, m.Dest)
		case !known && len(tried) == 1:
			return fmt.Sprintf("the step mounts a %s at `%s`, which hides what the image has there, perhaps `%s`, too: choose another target for the mount", kind, m.Dest, p)
		}
	}
	return ""
}

// over is the mount that lies over a path, nil when there is none. A directory may be a link,
// as /bin often is, to where there is a mount.
func (c *command) over(ctx context.Context, p string) *pb.Mount {
	for range 10 { // links that lead to one another have no end
		var found *pb.Mount
		for _, m := range c.exec.Mounts {
			if m.Dest != "/" && covers(m.Dest, p) && (found == nil || len(m.Dest) > len(found.Dest)) {
				found = m
			}
		}
		if found != nil {
			return found
		}
		next := c.files.follow(ctx, p)
		if next == p {
			return nil
		}
		p = next
	}
	return nil
}

// covers tells whether a path is that of a mount, or below it.
func covers(dest, p string) bool {
	return p == dest || strings.HasPrefix(p, strings.TrimSuffix(dest, "/")+"/")
}

// follow replaces the first directory of a path that is a link by where that leads.
func (t *tree) follow(ctx context.Context, p string) string {
	for i := 1; i < len(p); i++ {
		if p[i] != '/' {
			continue
		}
		e := t.entry(ctx, p[:i])
		if e == nil || !isLink(e) {
			continue
		}
		to := e.Linkname
		if !path.IsAbs(to) {
			to = path.Join(path.Dir(p[:i]), to)
		}
		return path.Join(to, p[i:])
	}
	return p
}
