package build

import (
	"context"
	"io/fs"
	"path"
	"strings"
	"time"

	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/seed-e0495807/strake/lang/diag"
)

// How long an error may wait for what else is to be known about it.
const (
	logTime   = 2 * time.Second // until the log of the steps has come
	sceneTime = 5 * time.Second // for looking at files
)

// scene asks the daemon what files a step found. That works as long as the build is
// open; a nil scene knows nothing.
type scene struct {
	gateway  gwclient.Client
	vertices *vertices
}

// tree is a file system as a step found it. A nil tree is not known.
type tree struct {
	ref gwclient.Reference // nil is empty: scratch
}

// input gives the tree that a vertex has as its n-th input; -1 is scratch.
func (s *scene) input(ctx context.Context, v *vertex, n int64) *tree {
	if n == -1 {
		return &tree{}
	}
	if s == nil {
		return nil
	}
	in, _ := s.vertices.input(v, n)
	if in == nil {
		return nil
	}
	def, err := v.upTo(in)
	if err != nil {
		return nil
	}
	res, err := s.gateway.Solve(ctx, gwclient.SolveRequest{Definition: def})
	if err != nil {
		return nil
	}
	ref, err := res.SingleRef()
	if err != nil {
		return nil
	}
	return &tree{ref}
}

// stat gives what a path leads to, links followed. It is nil and true when there is
// nothing, and nil and false when that is not known.
func (t *tree) stat(ctx context.Context, name string) (found *fstypes.Stat, known bool) {
	switch {
	case t == nil:
		return nil, false
	case t.ref == nil:
		return nil, true
	}
	st, err := t.ref.StatFile(ctx, gwclient.StatRequest{Path: name})
	if err != nil {
		return nil, strings.Contains(err.Error(), "no such file or directory") || strings.Contains(err.Error(), "not a directory")
	}
	return st, true
}

// loops tells whether a path leads through links without an end, as far as that is known.
func (t *tree) loops(ctx context.Context, name string) bool {
	if t == nil || t.ref == nil {
		return false
	}
	_, err := t.ref.StatFile(ctx, gwclient.StatRequest{Path: name})
	return err != nil && strings.Contains(err.Error(), "too many links")
}

// list gives the entries of a directory, links not followed; nil when they are not known.
func (t *tree) list(ctx context.Context, dir string) []*fstypes.Stat {
	if t == nil || t.ref == nil {
		return nil
	}
	entries, err := t.ref.ReadDir(ctx, gwclient.ReadDirRequest{Path: dir})
	if err != nil {
		return nil
	}
	return entries
}

// entry gives the directory entry of a path, a link as such; nil when it is not known.
func (t *tree) entry(ctx context.Context, name string) *fstypes.Stat {
	for _, e := range t.list(ctx, path.Dir(name)) {
		if path.Base(e.Path) == path.Base(name) {
			return e
		}
	}
	return nil
}

// headSize is how much of a file is read to tell what it is.
const headSize = 64 << 10

// head gives the start of a file; nil when it is not known.
func (t *tree) head(ctx context.Context, name string) []byte {
	if t == nil || t.ref == nil {
		return nil
	}
	data, err := t.ref.ReadFile(ctx, gwclient.ReadRequest{Filename: name, Range: &gwclient.FileRange{Length: headSize}})
	if err != nil {
		return nil
	}
	return data
}

// near finds a path that is spelt almost like one that is not there, "" when there is
// none. Elements may be patterns, which stay as they are.
func (t *tree) near(ctx context.Context, name string) string {
	found := "/"
	for element := range strings.SplitSeq(strings.Trim(path.Clean("/"+name), "/"), "/") {
		if strings.ContainsAny(element, "*?[") {
			return found + "/" + element
		}
		var names []string
		for _, e := range t.list(ctx, found) {
			names = append(names, path.Base(e.Path))
		}
		if element = diag.Spelt(element, names); element == "" {
			return ""
		}
		found = path.Join(found, element)
	}
	return found
}

func isDir(st *fstypes.Stat) bool  { return fs.FileMode(st.Mode)&fs.ModeDir != 0 }
func isLink(st *fstypes.Stat) bool { return fs.FileMode(st.Mode)&fs.ModeSymlink != 0 }

// evaluate has the daemon build one result, and explains a failure while its files can
// still be looked at. A daemon that cannot be asked for that fails later, by itself.
func (j *job) evaluate(ctx context.Context, c gwclient.Client, ref gwclient.Reference) error {
	caps := c.BuildOpts().Caps
	if ref == nil || caps.Supports(gwpb.CapGatewayEvaluate) != nil {
		return nil
	}
	err := j.shellAtLine(ctx, c)
	if err == nil {
		err = ref.Evaluate(ctx)
	}
	if _, told := diag.From(err); err == nil || told || ctx.Err() != nil {
		return err
	}
	j.log.settle(ctx, logTime)
	j.examine(ctx, c, err)
	if j.Debug != nil {
		j.shellAtFailure(ctx, c, err)
	}
	return err
}

// examine explains a failure, the first one.
func (j *job) examine(ctx context.Context, c gwclient.Client, err error) {
	ctx, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed == nil {
		vs := j.vertices(ctx)
		j.failed = j.failures(ctx, err, vs, &scene{c, vs})
	}
}
