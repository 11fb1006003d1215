package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/grpcerrors"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/source"
)

// Capabilities are what a client may require of this frontend. The label
// moby.buildkit.frontend.caps of its image has them, too.
func Capabilities() []string {
	return []string{
		"moby.buildkit.frontend.inputs", "moby.buildkit.frontend.subrequests", "moby.buildkit.frontend.contexts",
		"moby.buildkit.frontend.gitquerystring", "moby.buildkit.frontend.contexts.zstd",
	}
}

// ConfigDir is the directory of an organisation's strake.yaml in the image of its frontend. The file
// Overridable in it lets the strake.yaml of a repository take its place.
const (
	ConfigDir   = "/etc/strake"
	Overridable = "overridable"
)

// Server builds for clients that are somewhere else: `docker build` with "# syntax=",
// buildx, a daemon's own. Its zero value has no plugins.
type Server struct {
	// Config reads the config of the plugins, while the Dockerfile is read; nil has none.
	// It gets the inputs that another frontend made.
	Config func(context.Context, client.Client, map[string]llb.State) ([]byte, error)
	// Plugins gives the config for a Dockerfile that was found: its plugins, and what they may
	// ask for. Nil has none. It gets what Config gave.
	Plugins func(context.Context, client.Client, *input.Source, []byte) (compile.Config, error)
}

// Build answers one build or subrequest. The errors of the author have the source
// ranges that such a client prints.
func (s Server) Build(ctx context.Context, c client.Client) (*client.Result, error) {
	missing, forwards := required(c.BuildOpts().Opts["frontend.caps"])
	if missing != nil && !forwards {
		return nil, missing
	}
	inputs, err := c.Inputs(ctx)
	if err != nil {
		return nil, err
	}
	var ahead errgroup.Group
	var text []byte // of the config of the plugins
	if len(inputs) == 0 {
		ahead.Go(func() error { readAhead(ctx, c); return nil })
	}
	if s.Config != nil {
		ahead.Go(func() (err error) { text, err = s.Config(ctx, c, inputs); return err })
	}
	src, err := input.FromGateway(ctx, c)
	if failed := ahead.Wait(); err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	if res, ok, err := foreign(ctx, c, src); ok {
		return res, err
	}
	if missing != nil {
		return nil, missing
	}
	with := compile.Config{}
	if s.Plugins != nil {
		if with, err = s.Plugins(ctx, c, src, text); err != nil {
			return nil, located(err, src, compile.New(with.From(src)))
		}
	}
	snapshot, err := Open(c, src, nil, with, nil)
	if err != nil {
		return nil, err
	}
	if res, ok, err := answer(ctx, c, src, snapshot, Question{}); ok || err != nil {
		return res, located(err, src, snapshot)
	}
	checks := *snapshot.Config()
	checks.Rules = checks.BuildRules()
	snapshot = snapshot.With(checks)
	res, err := Build(ctx, c, src, snapshot, Options{Linted: func(found []lint.Finding) { warn(ctx, src, snapshot.File(), found) }})
	return res, located(err, src, snapshot)
}

// required holds what a client requires against what this frontend can do. A client may
// leave it to the frontend that the Dockerfile names, which this one forwards to.
func required(caps string) (missing error, forwards bool) {
	for word := range strings.SplitSeq(caps, ",") {
		name, more, _ := strings.Cut(word, "+")
		if name == "" || slices.Contains(Capabilities(), name) {
			continue
		}
		missing = grpcerrors.WrapCode(errdefs.NewUnsupportedFrontendCapError(name), codes.Unimplemented)
		if forwards = strings.Contains(more, "forward"); !forwards {
			return missing, false
		}
	}
	return missing, forwards
}

// warn sends findings to the client, in the form that BuildKit gives them.
func warn(ctx context.Context, src *input.Source, text *source.File, found []lint.Finding) {
	for _, f := range found {
		ranges := lines(text, f.Span)
		src.Warn(ctx, short(f, ranges), client.WarnOpts{Level: 1, Range: ranges, Detail: [][]byte{[]byte(f.Description)}, URL: f.URL})
	}
}

// lines are the lines of a span, each as a range of its own; columns count from 0.
func lines(f *source.File, span source.Span) []*pb.Range {
	first, last := f.LineRange(span)
	out := make([]*pb.Range, 0, last-first+1)
	for line := first; line <= last; line++ {
		at := &pb.Position{Line: int32(line)}
		out = append(out, &pb.Range{Start: at, End: at})
	}
	return out
}
