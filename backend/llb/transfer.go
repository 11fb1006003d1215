package llb

import (
	"context"
	"slices"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/system"

	"github.com/seed-e0495807/strake/ir/plan"
)

// transfer lowers COPY and ADD: one file vertex with an action for each source.
func (l *lowerer) transfer(ctx context.Context, s *stage, st *plan.Step, t *plan.Transfer) error {
	var action *bk.FileAction
	add := func(from bk.State, src string, info *bk.CopyInfo) {
		info.Mode, info.CreateDestPath = chmod(t.Mode), true
		opts := append([]bk.CopyOption{info}, copyOptions(t)...)
		if action == nil {
			action = bk.Copy(from, src, t.Dest, opts...)
		} else {
			action = action.Copy(from, src, t.Dest, opts...)
		}
	}
	for i := range t.Sources {
		src := &t.Sources[i]
		switch {
		case src.Git != nil:
			add(l.git(st.Name, src.Git), "/", &bk.CopyInfo{})
		case src.URL != "":
			from := bk.HTTP(src.URL, bk.Filename(src.Filename), bk.WithCustomName(st.Name), bk.Checksum(src.Checksum), command(""))
			add(from, src.Filename, &bk.CopyInfo{AttemptUnpack: src.Unpack})
		default:
			from, err := l.read(ctx, t.From)
			if err != nil {
				return err
			}
			add(from, src.Path, &bk.CopyInfo{
				FollowSymlinks: true, CopyDirContentsOnly: true, AllowWildcard: true, AllowEmptyWildcard: true,
				IncludePatterns: src.Patterns, RequiredPaths: src.Required, AttemptUnpack: src.Unpack,
			})
		}
	}
	for _, f := range t.Files {
		name := f.Name
		if action == nil { // only then does BuildKit mind the separators of Windows
			name = system.ToSlash(name, s.Platform.OS)
		}
		add(document(s, f.Name, f.Data, 0o644), name, &bk.CopyInfo{})
	}
	l.put(s, st, t, action)
	return nil
}

func chmod(m *plan.Mode) *bk.ChmodOpt {
	if m == nil {
		return nil
	}
	return &bk.ChmodOpt{Mode: m.Octal, ModeStr: m.Symbolic}
}

func copyOptions(t *plan.Transfer) []bk.CopyOption {
	var opts []bk.CopyOption
	if t.Chown != "" {
		opts = append(opts, bk.WithUser(t.Chown))
	}
	if len(t.Excludes) > 0 {
		opts = append(opts, bk.WithExcludePatterns(t.Excludes))
	}
	return opts
}

// put applies the action on top of the stage; with --link as a layer of its own
// that is merged in.
func (l *lowerer) put(s *stage, st *plan.Step, t *plan.Transfer, action *bk.FileAction) {
	opts := []bk.ConstraintsOpt{bk.WithCustomName(st.Name), l.location(st.Op.Origin)}
	if s.NoCache {
		opts = append(opts, bk.IgnoreCache)
	}
	if !t.Link || t.Mode != nil || !l.supports(pb.CapMergeOp) {
		s.out = s.state().File(action, opts...).Output()
		return
	}
	group := identity.NewID()
	layer := append([]bk.ConstraintsOpt{bk.Platform(s.Platform)}, opts...)
	layer = append(layer, bk.ProgressGroup(group, st.Name, true))
	merge := append(slices.Clone(opts), bk.ProgressGroup(group, st.Name, false), bk.WithCustomName(t.LinkName))
	s.out = bk.Merge([]bk.State{s.state(), bk.Scratch().File(action, layer...)}, merge...).Output()
}

func (l *lowerer) git(name string, g *plan.Git) bk.State {
	opts := []bk.GitOption{bk.WithCustomName(name), bk.GitRef(g.Ref)}
	if l.opt.GitAdvice {
		opts = append(opts, bk.GitAdvice(true))
	}
	if g.KeepDir {
		opts = append(opts, bk.KeepGitDir())
	}
	if g.Checksum != "" {
		opts = append(opts, bk.GitChecksum(g.Checksum))
	}
	if g.SubDir != "" {
		opts = append(opts, bk.GitSubDir(g.SubDir))
	}
	if g.SkipSubmodules {
		opts = append(opts, bk.GitSkipSubmodules())
	}
	if g.FetchByCommit {
		opts = append(opts, bk.GitFetchByCommit())
	}
	return bk.Git(g.Remote, "", opts...)
}
