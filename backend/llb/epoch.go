package llb

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"time"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/gitutil/gitobject"
	"github.com/moby/go-archive/compression"

	"github.com/seed-e0495807/strake/ir/plan"
)

// epochs finds when sources were made, by the gateway of a client: the committer's time
// of a git commit, the Last-Modified of a URL, or else the youngest file of the archive
// that is there. Of other sources no time is known.
type epochs struct{ client *dockerui.Client }

func (e epochs) time(ctx context.Context, src plan.EpochSource) (*time.Time, error) {
	state, about, err := e.state(ctx, src)
	if err != nil || state == nil {
		return nil, err
	}
	op, err := e.onlySource(ctx, *state)
	if err != nil || op == nil {
		return nil, err
	}
	opt := sourceresolver.Opt{LogName: "[internal] resolve " + about}
	http := strings.HasPrefix(op.Identifier, "http://") || strings.HasPrefix(op.Identifier, "https://")
	switch {
	case strings.HasPrefix(op.Identifier, "git://"):
		opt.GitOpt = &sourceresolver.ResolveGitOpt{ReturnObject: true}
	case !http:
		return nil, nil
	}
	found, err := e.client.GatewayClient().ResolveSourceMetadata(ctx, op, opt)
	if err != nil {
		return nil, err
	}
	if found.Git != nil && len(found.Git.CommitObject) > 0 {
		return committed(found.Git.CommitObject)
	}
	if found.HTTP != nil && found.HTTP.LastModified != nil {
		return found.HTTP.LastModified, nil
	}
	name := op.Attrs[pb.AttrHTTPFilename]
	if !http || name == "" {
		return nil, nil
	}
	return e.archived(ctx, op, name)
}

// state makes the source that a time is wanted of, and says what progress calls it.
func (e epochs) state(ctx context.Context, src plan.EpochSource) (*bk.State, string, error) {
	switch {
	case src.Main:
		state, err := e.client.MainContext(ctx)
		return state, "main build context metadata", err
	case src.Context != nil:
		state, _ := src.Context.Source.(bk.State)
		return &state, "SOURCE_DATE_EPOCH named context " + src.Name, nil
	case src.Remote == nil:
		return nil, "", nil
	}
	about := "SOURCE_DATE_EPOCH source stage " + src.Name
	if g := src.Remote.Git; g != nil {
		state := bk.Git(g.Remote, "", gitOptions(g, e.client.GitAdvice)...)
		return &state, about, nil
	}
	state := bk.HTTP(src.Remote.URL, bk.Filename(src.Remote.Filename), bk.Checksum(src.Remote.Checksum))
	return &state, about, nil
}

func gitOptions(g *plan.Git, advice bool) []bk.GitOption {
	opts := []bk.GitOption{bk.GitRef(g.Ref)}
	if advice {
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
	return opts
}

// onlySource is the source op of a state that has just one.
func (e epochs) onlySource(ctx context.Context, state bk.State) (*pb.SourceOp, error) {
	def, err := state.Marshal(ctx, bk.WithCaps(e.client.BuildOpts().LLBCaps))
	if err != nil {
		return nil, err
	}
	var found *pb.SourceOp
	for _, data := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(data); err != nil {
			return nil, err
		}
		if src := op.GetSource(); src != nil {
			if found != nil {
				return nil, nil
			}
			found = &pb.SourceOp{Identifier: src.Identifier, Attrs: maps.Clone(src.Attrs)}
		}
	}
	return found, nil
}

func committed(object []byte) (*time.Time, error) {
	o, err := gitobject.Parse(object)
	if err != nil {
		return nil, err
	}
	commit, err := o.ToCommit()
	if err != nil {
		return nil, err
	}
	return commit.Committer.When, nil
}

// archived fetches a file. When it is no archive, it has no time.
func (e epochs) archived(ctx context.Context, op *pb.SourceOp, name string) (*time.Time, error) {
	state := bk.NewState(bk.NewSource(op.Identifier, op.Attrs, bk.Constraints{}).Output())
	def, err := state.Marshal(ctx, bk.WithCaps(e.client.BuildOpts().LLBCaps))
	if err != nil {
		return nil, err
	}
	res, err := e.client.GatewayClient().Solve(ctx, client.SolveRequest{Definition: def.ToPB()})
	if err != nil {
		return nil, err
	}
	ref, err := res.SingleRef()
	if err != nil {
		return nil, err
	}
	data, err := dockerui.ReadFile(ctx, ref, name)
	if err != nil {
		return nil, err
	}
	return youngest(data), nil
}

// youngest is the time of the youngest regular file of an archive, nil for what is none.
func youngest(archive []byte) *time.Time {
	r, err := compression.DecompressStream(bytes.NewReader(archive))
	if err != nil {
		return nil
	}
	defer r.Close()
	var last *time.Time
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return last
		}
		if err != nil {
			return nil
		}
		if at := h.ModTime.UTC(); h.FileInfo().Mode().IsRegular() && (last == nil || at.After(*last)) {
			last = &at
		}
	}
}
