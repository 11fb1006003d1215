package frontend

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/seed-e0495807/strake/backend/buildcontext"
	"github.com/seed-e0495807/strake/lang/diag"
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

// Gateway is the build of a client that is somewhere else: `docker build` with "# syntax=",
// buildx, a daemon's own. The errors of the author have the source ranges that such a
// client prints.
func Gateway(ctx context.Context, c client.Client) (*client.Result, error) {
	if err := capable(c.BuildOpts().Opts["frontend.caps"]); err != nil {
		return nil, err
	}
	src, err := buildcontext.FromGateway(ctx, c)
	if err != nil {
		return nil, err
	}
	if res, ok, err := src.Client.HandleSubrequest(ctx, dockerui.RequestHandler{}); ok || err != nil {
		return res, err
	}
	res, err := Build(ctx, c, src, Options{})
	return res, located(err, src)
}

// capable refuses a client that requires what this frontend cannot do.
func capable(required string) error {
	for word := range strings.SplitSeq(required, ",") {
		name, _, _ := strings.Cut(word, "+")
		if name != "" && !slices.Contains(Capabilities(), name) {
			return grpcerrors.WrapCode(errdefs.NewUnsupportedFrontendCapError(name), codes.Unimplemented)
		}
	}
	return nil
}

// located makes of diagnostics what BuildKit's clients show: an error with ranges of lines.
// All of them are in its text, and in the daemon's answer.
func located(err error, src *buildcontext.Source) error {
	var list diag.List
	if !errors.As(err, &list) {
		return err
	}
	set := &source.Set{}
	set.Add(src.Name, src.Text)
	src.AddFiles(set)
	var texts []string
	var places []*errdefs.Source
	for _, d := range list {
		if d.Severity != diag.Error {
			continue
		}
		text := d.Message
		if f := set.File(d.Span.File); f != nil && !d.Span.IsZero() {
			text = f.Position(d.Span.Start).String() + ": " + text
			places = append(places, place(f, d.Span))
		}
		if d.Hint != "" {
			text += "; " + d.Hint
		}
		texts = append(texts, text)
	}
	out := errors.New(strings.Join(texts, "\n"))
	for _, p := range places {
		out = errdefs.WithSource(out, p)
	}
	return out
}

// place is a span as BuildKit has it: columns count from 0.
func place(f *source.File, s source.Span) *errdefs.Source {
	start, end := f.Position(s.Start), f.Position(max(s.Start, s.End))
	at := func(p source.Position) *pb.Position {
		return &pb.Position{Line: int32(p.Line), Character: int32(p.Column - 1)}
	}
	return &errdefs.Source{
		Info:   &pb.SourceInfo{Filename: f.Name, Language: "Dockerfile", Data: []byte(f.Text)},
		Ranges: []*pb.Range{{Start: at(start), End: at(end)}},
	}
}
