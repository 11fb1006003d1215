package build

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
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
	if lost := j.Engine.Lost(err); lost != nil { // errors cannot be compared: a diagnostic has a slice
		return lost // whatever else it may look like
	}
	var (
		list diag.List
		one  diag.Diagnostic
	)
	switch {
	case errors.As(j.frontErr, &list), errors.As(err, &list):
		if full, ok := j.full(list.Error()); ok { // while a base image was looked up
			list = diag.List{full}
		}
		return &Failure{Set: j.set, Diags: j.withHints(list)}
	case errors.As(j.frontErr, &one), errors.As(err, &one):
		return &Failure{Set: j.set, Diags: diag.List{one}}
	}
	d := j.step(ctx, err)
	if d.Span == (source.Span{}) {
		d.Span = j.span(ctx, err)
	}
	if d.Code == notAllowed {
		d.Span = j.privileged()
		if len(j.Allow) > 0 {
			d.Hint = "the engine has to allow it, too: insecure-entitlements in its buildkitd.toml, builder.entitlements in Docker's daemon.json"
		}
	}
	return &Failure{Set: j.set, Diags: diag.List{d}}
}

// Failure is why a build failed: diagnostics with spans in Set.
type Failure struct {
	Set   *source.Set
	Diags diag.List
}

// Error gives the messages without their places.
func (f *Failure) Error() string { return f.Diags.Error() }

// step explains the error of a step, or what went wrong besides.
func (j *job) step(ctx context.Context, err error) diag.Diagnostic {
	text := plain(err)
	step := j.log.failed()
	if code, ok := exitCode(err, text); ok {
		return j.exited(step, code)
	}
	d := diag.Diagnostic{Code: "build-failed", Message: text}
	for _, k := range known {
		if m := k.pattern.FindStringSubmatch(text); m != nil {
			d.Code, d.Hint = k.code, expand(k.hint, m)
			if k.message != "" {
				d.Message = expand(k.message, m)
			}
			break
		}
	}
	if d.Code == noCacheExport && j.Engine.Kind == engine.Embedded { // there is no better one
		d.Hint = "it knows registry, local, inline, gha, s3 and azblob"
	}
	if full, ok := j.full(text); ok {
		d = full
	}
	if unwritten, ok := j.unwritten(text); ok {
		d = unwritten
	}
	if m := missingFile.FindStringSubmatch(text); m != nil {
		d = j.missing(ctx, m[1])
	}
	if m := missingFeature.FindStringSubmatch(text); m != nil {
		d = tooOld("a build that needs " + m[1])
		d.Span = j.located(ctx, func(_ digest.Digest, meta bk.OpMetadata) bool { return meta.Caps[apicaps.CapID(m[1])] })
	}
	if step != nil && step.name != "" {
		d.Notes = append(d.Notes, diag.Note{Label: "step", Text: step.name})
	}
	return d
}

// exited is a RUN whose command failed.
func (j *job) exited(step *stepTail, code int) diag.Diagnostic {
	d := diag.Diagnostic{Code: "run-failed", Message: fmt.Sprintf("the command failed with exit code %d", code)}
	if step == nil {
		return d
	}
	d.Notes = append(d.Notes, diag.Note{Label: "step", Text: step.name})
	output := step.tail()
	if len(output) > 0 {
		d.Notes = append(d.Notes, diag.Note{Label: "output", Text: strings.Join(output, "\n") + "\n"})
	}
	if d.Hint = runHint(code, strings.Join(output, "\n")); d.Hint == "" {
		d.Hint = j.Progress.more(step)
	}
	return d
}

// span is where in the Dockerfile the vertex comes from that an error is about. The
// BuildKit in a Docker Engine before 23 sends the text alone, so that the step which
// failed has to tell.
func (j *job) span(ctx context.Context, err error) source.Span {
	for _, s := range errdefs.Sources(err) {
		if r, f := s.GetRanges(), j.file(s.GetInfo()); len(r) > 0 && f != nil {
			return lineSpan(f, r)
		}
	}
	step := j.log.failed()
	if step == nil {
		return source.Span{}
	}
	return j.located(ctx, func(id digest.Digest, _ bk.OpMetadata) bool { return id == step.id })
}

// located is where in the Dockerfile the first vertex comes from that match takes.
func (j *job) located(ctx context.Context, match func(digest.Digest, bk.OpMetadata) bool) source.Span {
	var first source.Span
	for _, r := range j.compiled {
		def, err := r.State.Marshal(ctx)
		if err != nil {
			continue
		}
		for id, meta := range def.Metadata {
			if !match(id, meta) {
				continue
			}
			for _, l := range def.Source.GetLocations()[id.String()].GetLocations() {
				f := j.file(def.Source.Infos[l.SourceIndex])
				if len(l.Ranges) == 0 || f == nil {
					continue
				}
				if s := lineSpan(f, l.Ranges); first == (source.Span{}) || s.Start < first.Start {
					first = s
				}
			}
		}
	}
	return first
}

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

// lineSpan covers the lines of ranges, without the blanks around them.
func lineSpan(f *source.File, ranges []*pb.Range) source.Span {
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
func plain(err error) string {
	text := err.Error()
	for _, prefix := range []string{"failed to run Build function: ", "failed to solve: ", "rpc error: code = Unknown desc = "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// exitText is how BuildKit, and Docker Engines before 23, tell of a RUN that failed.
var exitText = regexp.MustCompile(`(?s)(?:did not complete successfully|executor failed running \[.*\]): (?:.*: )?exit code: (\d+)`)

func exitCode(err error, text string) (int, bool) {
	var exit *gwpb.ExitError
	if errors.As(err, &exit) {
		return int(exit.ExitCode), true
	}
	var code int
	m := exitText.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	_, err = fmt.Sscan(m[1], &code)
	return code, err == nil
}
