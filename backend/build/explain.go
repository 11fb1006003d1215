package build

import (
	"context"
	"errors"
	"fmt"
	"strings"

	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
)

// explain makes of an error what the user can use: where it is in the Dockerfile,
// what was run, what it printed, and the next step to take.
func (j *job) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if lost := j.Engine.Lost(errors.Join(err, j.debugger.err)); lost != nil { // errors cannot be compared: a diagnostic has a slice
		return lost // whatever else it may look like
	}
	var (
		list diag.List
		one  diag.Diagnostic
	)
	switch {
	case j.failed != nil: // it was explained when it came
	case errors.As(j.frontErr, &list), errors.As(err, &list):
		if full, ok := j.full(list.Error()); ok { // while a base image was looked up
			list = diag.List{full}
		}
		return &Failure{Set: j.set, Diags: j.withHints(list)}
	case errors.As(j.frontErr, &one), errors.As(err, &one):
		return &Failure{Set: j.set, Diags: diag.List{one}}
	}
	if j.failed == nil {
		j.failed = j.failures(ctx, err, j.vertices(ctx), nil)
	}
	return &Failure{Set: j.set, Diags: j.debugger.told(j.failed)}
}

// Failure is why a build failed: diagnostics with spans in Set.
type Failure struct {
	Set   *source.Set
	Diags diag.List
}

// Error gives the messages without their places.
func (f *Failure) Error() string { return f.Diags.Error() }

// privileged is the first RUN that asks for more than the engine allows: the error
// of that has no place.
func (j *job) privileged() source.Span {
	for _, r := range j.compiled {
		for _, s := range r.Plan.Module.Stages {
			for _, op := range s.Ops {
				run, ok := op.Body.(*ir.Run)
				if ok && (run.Security != "" && run.Security != "sandbox" || run.Network == "host") && len(op.Origin.Spans()) > 0 {
					return op.Origin.Spans()[0]
				}
			}
		}
	}
	return source.Span{}
}

// lineSpan covers the lines of ranges, without the blanks around them; a file that is
// nil has none.
func lineSpan(f *source.File, ranges []*pb.Range) source.Span {
	if f == nil || len(ranges) == 0 {
		return source.Span{}
	}
	first, last := int(ranges[0].GetStart().GetLine()), int(ranges[len(ranges)-1].GetEnd().GetLine())
	if first < 1 || last < first || last > f.Lines() {
		return source.Span{}
	}
	start, end := f.LineStart(first), f.LineStart(last)+uint32(len(f.LineText(last)))
	text := f.Text[start:end]
	start += uint32(len(text) - len(strings.TrimLeft(text, " \t")))
	return source.Span{File: f.ID, Start: start, End: end}
}

// file is the Dockerfile, or one that it includes, that BuildKit has the text of.
func (j *job) file(info *pb.SourceInfo) *source.File {
	for id := source.FileID(0); j.set.File(id) != nil; id++ {
		if f := j.set.File(id); f.Text == string(info.GetData()) {
			return f
		}
	}
	return nil
}

// plain is an error without the words that every error of a build has.
func plain(err error) string { return trimmed(err.Error()) }

func trimmed(text string) string {
	for _, prefix := range []string{"failed to run Build function: ", "failed to solve: ", "rpc error: code = Unknown desc = ", "failed to load cache key: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// exitText is how BuildKit, and Docker Engines before 23, tell of a RUN that failed.
var exitText = late.Regexp(`(?s)(?:did not complete successfully|executor failed running \[.*\]): (?:.*: )?exit code: (\d+)`)

func exitCode(err error, text string) (int, bool) {
	var exit *gwpb.ExitError
	if errors.As(err, &exit) {
		return int(exit.ExitCode), true
	}
	var code int
	m := exitText().FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	_, err = fmt.Sscan(m[1], &code)
	return code, err == nil
}
