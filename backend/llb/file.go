package llb

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/moby/buildkit/util/system"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
)

// fileOp collects the actions of a file vertex: each works on the result of the
// one before.
type fileOp struct {
	base    bk.Output // nil is scratch
	actions []fileAction
}

type fileAction struct {
	source bk.Output                        // that it copies from; nil when it copies from none, or from scratch
	make   func(base int64) pb.IsFileAction // base is the input that names are looked up in
}

func (f *fileOp) add(source bk.Output, make func(int64) pb.IsFileAction) {
	f.actions = append(f.actions, fileAction{source, make})
}

// inputs are what the vertex reads, in the order in which BuildKit visits them:
// the base, then the sources from the last to the first.
func (f *fileOp) inputs() []bk.Output {
	var list outputs
	list.add(f.base)
	for i := len(f.actions) - 1; i >= 0; i-- {
		list.add(f.actions[i].source)
	}
	return list.all
}

// outputs is a list without nil that holds each output once.
type outputs struct {
	all  []bk.Output
	seen map[bk.Output]bool // made when the list is long
}

func (l *outputs) add(o bk.Output) {
	switch {
	case o == nil || l.seen[o]:
		return
	case l.seen == nil && slices.Contains(l.all, o):
		return
	}
	l.all = append(l.all, o)
	if l.seen != nil {
		l.seen[o] = true
	} else if len(l.all) == many {
		l.seen = make(map[bk.Output]bool, 2*many)
		for _, o := range l.all {
			l.seen[o] = true
		}
	}
}

// many is the length from which looking up by a map beats walking a list.
const many = 16

// fill makes the op.
func (f *fileOp) fill(op *pb.Op, number numberer) {
	base := number(f.base)
	actions := make([]*pb.FileAction, len(f.actions))
	for i, a := range f.actions {
		actions[i] = &pb.FileAction{Input: base, SecondaryInput: number(a.source), Output: int64(pb.SkipOutput), Action: a.make(base)}
	}
	for i := 1; i < len(actions); i++ {
		actions[i].Input = int64(len(op.Inputs) + i - 1) // the action before
	}
	actions[len(actions)-1].Output = 0
	op.Op = &pb.Op_File{File: &pb.FileOp{Actions: actions}}
}

// file makes the vertex of a step that changes files.
func (l *lowerer) file(s *stage, st *step, f *fileOp) *vertex {
	v := l.newVertex(s, st, pb.CapFileBase)
	v.anywhere, v.inputs, v.fill = true, f.inputs(), f.fill
	return v
}

// document makes a file of a here document.
func (l *lowerer) document(name, data string, mode int32) *vertex {
	f := &fileOp{}
	f.add(nil, func(int64) pb.IsFileAction {
		return &pb.FileAction_Mkfile{Mkfile: &pb.FileActionMkFile{Path: rooted(name), Mode: mode, Data: []byte(data), Timestamp: -1}}
	})
	v := &vertex{anywhere: true, fill: f.fill}
	v.meta.Description = named("[internal] preparing inline document")
	v.meta.Caps = l.capabilities(pb.CapFileBase)
	return v
}

// rooted makes a path absolute.
func rooted(p string) string {
	p = path.Clean(p)
	if !path.IsAbs(p) {
		p = path.Join("/", p)
	}
	return p
}

// transfer lowers COPY and ADD: one file vertex with an action for each source.
func (l *lowerer) transfer(ctx context.Context, s *stage, st *step, t *plan.Transfer) error {
	if err := l.copies(st, t); err != nil {
		return err
	}
	f := &fileOp{base: s.out}
	linked := t.Link && t.Mode == nil && l.supports(pb.CapMergeOp)
	if linked {
		f.base = nil
	}
	for i := range t.Sources {
		src := &t.Sources[i]
		switch {
		case src.Git != nil:
			f.copy(t, l.git(st.Name, src.Git), &pb.FileActionCopy{Src: "/"})
		case src.URL != "":
			from := bk.HTTP(src.URL, bk.Filename(src.Filename), bk.WithCustomName(st.Name), bk.Checksum(src.Checksum), command(""))
			f.copy(t, from.Output(), &pb.FileActionCopy{Src: src.Filename, AttemptUnpackDockerCompatibility: src.Unpack})
		default:
			from, err := l.read(ctx, t.From)
			if err != nil {
				return err
			}
			f.copy(t, from, &pb.FileActionCopy{
				Src: src.Path, FollowSymlink: true, DirCopyContents: true, AllowWildcard: true, AllowEmptyWildcard: true,
				IncludePatterns: src.Patterns, RequiredPaths: src.Required, AttemptUnpackDockerCompatibility: src.Unpack,
			})
		}
	}
	for i, d := range t.Files {
		name := d.Name
		if i == 0 && len(t.Sources) == 0 { // only then does BuildKit mind the separators of Windows
			name = system.ToSlash(name, s.Platform.OS)
		}
		f.copy(t, l.document(d.Name, d.Data, 0o644), &pb.FileActionCopy{Src: name})
	}
	layer := l.file(s, st, f)
	layer.meta.IgnoreCache = s.NoCache
	if !linked {
		s.out = layer
		return nil
	}
	s.out = l.link(s, st, t, layer)
	return nil
}

// copies checks that the daemon knows all that a transfer says: an older one would
// pass it over and copy something else. BuildKit's frontend does not ask for these
// capabilities.
func (l *lowerer) copies(st *step, t *plan.Transfer) error {
	parents := slices.ContainsFunc(t.Sources, func(s plan.Source) bool { return len(s.Patterns) > 0 })
	for _, need := range []struct {
		on   bool
		id   apicaps.CapID
		flag string
	}{
		{len(t.Excludes) > 0, pb.CapFileCopyIncludeExcludePatterns, "--exclude"},
		{parents, pb.CapFileCopyIncludeExcludePatterns, "--parents"},
		// The capability for it is in no daemon's list; this one came with it, in v0.17.
		{t.Mode != nil && t.Mode.Symbolic != "", pb.CapExecValidExitCode, "--chmod with letters"},
	} {
		if need.on && !l.supports(need.id) {
			d := diag.Diagnostic{Code: "old-buildkit", Message: "this BuildKit is too old for " + need.flag}
			if spans := st.Op.Origin.Spans(); len(spans) > 0 {
				d.Span = spans[0]
			}
			return diag.List{d}
		}
	}
	return nil
}

// copy adds an action that copies.
func (f *fileOp) copy(t *plan.Transfer, from bk.Output, c *pb.FileActionCopy) {
	c.Src = path.Join("/", filepath.ToSlash(path.Clean(c.Src)))
	c.Dest = destination(t.Dest)
	c.ExcludePatterns = t.Excludes
	c.CreateDestPath, c.Timestamp, c.Mode = true, -1, -1
	if t.Mode != nil {
		c.Mode, c.ModeStr = int32(t.Mode.Octal), t.Mode.Symbolic
	}
	f.add(from, func(base int64) pb.IsFileAction {
		c.Owner = owner(t.Chown, base)
		return &pb.FileAction_Copy{Copy: c}
	})
}

// destination cleans a path and keeps what it says of being a directory.
func destination(dest string) string {
	p := rooted(dest)
	switch {
	case strings.HasSuffix(dest, "/") && !strings.HasSuffix(p, "/"):
		p += "/"
	case strings.HasSuffix(dest, "/."):
		if p != "/" {
			p += "/"
		}
		p += "."
	}
	return p
}

// owner reads "user[:group]". Names are looked up in the input given.
func owner(text string, base int64) *pb.ChownOpt {
	if text == "" {
		return nil
	}
	user, group, _ := strings.Cut(text, ":")
	out := &pb.ChownOpt{User: userOpt(user, base)}
	if group != "" {
		out.Group = userOpt(group, base)
	}
	return out
}

func userOpt(name string, base int64) *pb.UserOpt {
	if name == "root" || name == "" {
		return &pb.UserOpt{User: &pb.UserOpt_ByID{}}
	}
	if id, err := strconv.ParseInt(name, 10, 32); err == nil {
		return &pb.UserOpt{User: &pb.UserOpt_ByID{ByID: uint32(id)}}
	}
	return &pb.UserOpt{User: &pb.UserOpt_ByName{ByName: &pb.NamedUserOpt{Name: name, Input: base}}}
}

// link lays a layer that was made on its own over the stage.
func (l *lowerer) link(s *stage, st *step, t *plan.Transfer, layer *vertex) bk.Output {
	// BuildKit takes a random id. One that says which step it is of does as well,
	// and the same input then gives the same bytes.
	group := digest.FromString(fmt.Sprintf("%d %s %s", l.vertices, platforms.FormatAll(s.Platform), st.Name)).Encoded()[:25]
	layer.meta.ProgressGroup = &pb.ProgressGroup{Id: group, Name: st.Name, Weak: true}
	if s.out == nil {
		return layer // nothing to lay it over
	}
	v := l.newVertex(s, st, pb.CapMergeOp)
	v.anywhere, v.inputs = true, []bk.Output{s.out, layer}
	v.meta.IgnoreCache = s.NoCache
	v.meta.Description = named(t.LinkName)
	v.meta.ProgressGroup = &pb.ProgressGroup{Id: group, Name: st.Name}
	v.fill = func(op *pb.Op, number numberer) {
		merge := &pb.MergeOp{}
		for _, in := range v.inputs {
			merge.Inputs = append(merge.Inputs, &pb.MergeInput{Input: number(in)})
		}
		op.Op = &pb.Op_Merge{Merge: merge}
	}
	return v
}

func (l *lowerer) git(name string, g *plan.Git) bk.Output {
	opts := append(gitOptions(g, l.opt.GitAdvice), bk.WithCustomName(name))
	return bk.Git(g.Remote, "", opts...).Output()
}
