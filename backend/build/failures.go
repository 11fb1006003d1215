package build

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// failure is one vertex that failed, or what failed besides.
type failure struct {
	vertex *vertex   // nil when it is none of this build's, or not known
	log    *stepTail // what the daemon told of it; nil when that is nothing
	err    error     // nil for one that only the log tells of
	text   string
	scene  *scene // nil when the build is over
}

// name is what progress calls the step, "" when that is not known. It may be under way for
// another build, which has its own name for it.
func (f *failure) name() string {
	switch {
	case f.vertex != nil && f.vertex.name != "":
		return f.vertex.name
	case f.log != nil:
		return f.log.name
	}
	return ""
}

// plan is what the step does; nil when that is not known, or when it is a base.
func (f *failure) plan() *plan.Step {
	if f.vertex == nil {
		return nil
	}
	return f.vertex.step
}

// failures explains an error of the daemon: the vertex that it names, and the others
// that failed at the same time, in the order of the file. Everything that is said of
// one of them comes from that one.
func (j *job) failures(ctx context.Context, err error, vs *vertices, s *scene) diag.List {
	var out diag.List
	for _, f := range j.collect(err, vs) {
		f.scene = s
		d := j.diagnose(ctx, f)
		same := func(o diag.Diagnostic) bool {
			return o.Span == d.Span && o.Error() == d.Error() && slices.Equal(o.Notes, d.Notes)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, d)
		}
	}
	out.Sort()
	return out
}

// collect lists what failed: what the error names, and what the log tells besides.
func (j *job) collect(err error, vs *vertices) []*failure {
	id, op, name := subject(err)
	first := &failure{err: err, text: plain(err), vertex: vs.find(id, op, name)}
	var others []*failure
	for _, s := range j.log.failed() {
		if id != "" && (s.id == id || s.id == uncached(id)) {
			first.log = s
			continue
		}
		v := vs.find(s.id, nil, s.name)
		switch {
		case v == nil: // of something that is no step: a cache to import, an export
		case v == first.vertex:
			first.log = s
		default:
			others = append(others, &failure{vertex: v, log: s, text: trimmed(s.err)})
		}
	}
	if first.vertex == nil && first.log == nil {
		// It is not about a step, or the daemon is too old to tell of which: a Docker
		// Engine before 23 sends the text alone.
		told := func(f *failure) bool { return strings.HasSuffix(first.text, f.text) }
		// BuildKit stumbles over a mount that it could not make as it tidies up.
		stumbled := len(others) > 0 && strings.Contains(first.text, "releasing already released reference")
		if stumbled || slices.ContainsFunc(others, told) {
			return others
		}
	}
	return append([]*failure{first}, others...)
}

// subject is the vertex that an error names: its digest, its op, and its name.
func subject(err error) (id digest.Digest, op *pb.Op, name string) {
	var v *errdefs.VertexError
	if errors.As(err, &v) {
		id = digest.Digest(v.Digest)
	}
	var s *errdefs.SolveError
	if errors.As(err, &s) && s.Op != nil {
		op, name = s.Op, s.Description["llb.customname"]
	}
	return id, op, name
}

// diagnose explains one failure.
func (j *job) diagnose(ctx context.Context, f *failure) diag.Diagnostic {
	d := j.meaning(ctx, f)
	switch {
	case !d.Span.IsZero():
	case f.vertex != nil:
		f.locate(&d)
	default:
		d.Span = j.told(f.err)
	}
	return d
}

// told is where an error says that it belongs: the vertices of another frontend are not
// known here.
func (j *job) told(err error) source.Span {
	for _, s := range errdefs.Sources(err) {
		if span := lineSpan(j.file(s.GetInfo()), s.GetRanges()); !span.IsZero() {
			return span
		}
	}
	return source.Span{}
}

// locate puts a diagnostic where the vertex comes from. One that is made of several
// instructions has all of their places.
func (f *failure) locate(d *diag.Diagnostic) {
	spans := f.vertex.spans
	if len(spans) == 0 {
		return
	}
	d.Span = spans[0]
	for _, s := range spans[1:] {
		d.Related = append(d.Related, diag.Related{Span: s, Message: "and here"})
	}
}

// meaning says what went wrong with a step, or besides. The place is set where it is
// another than that of the step.
func (j *job) meaning(ctx context.Context, f *failure) diag.Diagnostic {
	if code, ok := exitCode(f.err, f.text); ok {
		return j.exited(ctx, f, code)
	}
	d := translate(f.text)
	if d.Code == noCacheExport && j.Engine.Kind == engine.Embedded { // there is no better one
		d.Hint = "it knows registry, local, inline, gha, s3 and azblob"
	}
	for _, special := range []func(context.Context, *failure) (diag.Diagnostic, bool){
		j.fullDisk, j.unwrittenOutput, j.notFetched, j.missingSource, j.notDirectory, j.linkLoop, j.unknownUser, j.tooOldFor, j.notAllowedStep,
	} {
		if better, ok := special(ctx, f); ok {
			d = better
			break
		}
	}
	if name := f.name(); name != "" {
		d.Notes = append(d.Notes, diag.Note{Label: "step", Text: name})
	}
	return d
}

func (j *job) fullDisk(_ context.Context, f *failure) (diag.Diagnostic, bool) { return j.full(f.text) }

func (j *job) unwrittenOutput(_ context.Context, f *failure) (diag.Diagnostic, bool) {
	return j.unwritten(f.text)
}

// notFetched is a file or a repository that an ADD could not get.
func (j *job) notFetched(ctx context.Context, f *failure) (diag.Diagnostic, bool) {
	if f.vertex == nil {
		return diag.Diagnostic{}, false
	}
	s := f.vertex.op.GetSource()
	from := s.GetIdentifier()
	if remote, git := strings.CutPrefix(from, "git://"); git {
		remote, _, _ = strings.Cut(remote, "#")
		if from = s.Attrs[pb.AttrFullRemoteURL]; from == "" {
			from = remote
		}
	} else if !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://") {
		return diag.Diagnostic{}, false
	}
	d, ok := input.ExplainFetch(ctx, f.text, from)
	if hint := plan.UnsetHint(f.vertex.unset(), f.vertex.result.Plan.Module.Escape); ok && hint != "" {
		d.Hint = hint
	}
	return d, ok
}

// unset are the variables in a URL that were not set.
func (v *vertex) unset() []string {
	for _, u := range v.users {
		if u.step == nil {
			continue
		}
		t, _ := u.step.Action.(*plan.Transfer)
		for i := 0; t != nil && i < len(t.Sources); i++ {
			s := t.Sources[i]
			if s.URL == v.op.GetSource().GetIdentifier() || s.Git != nil && len(t.Sources) == 1 {
				return s.Unset
			}
		}
	}
	return nil
}

// tooOldFor is a daemon that lacks what a vertex needs.
func (j *job) tooOldFor(ctx context.Context, f *failure) (diag.Diagnostic, bool) {
	m := missingFeature().FindStringSubmatch(f.text)
	if m == nil {
		return diag.Diagnostic{}, false
	}
	d := tooOld("a build that needs " + m[1])
	for _, v := range j.vertices(ctx).list {
		if v.caps[m[1]] && len(v.spans) > 0 && (d.Span.IsZero() || v.spans[0].Start < d.Span.Start) {
			d.Span = v.spans[0]
		}
	}
	return d, true
}

// notAllowedStep is a RUN that asks for more than the engine allows: the error of that
// has no vertex.
func (j *job) notAllowedStep(_ context.Context, f *failure) (diag.Diagnostic, bool) {
	d := translate(f.text)
	if d.Code != notAllowed {
		return d, false
	}
	d.Span = j.privileged()
	if len(j.Allow) > 0 {
		d.Hint = "the engine has to allow it, too: insecure-entitlements in its buildkitd.toml, builder.entitlements in Docker's daemon.json"
	}
	return d, true
}

// runFailed is what is always known about a command that failed.
func runFailed(f *failure, code int) diag.Diagnostic {
	d := diag.Diagnostic{Code: "run-failed", Message: fmt.Sprintf("the command failed with exit code %d", code)}
	if name := f.name(); name != "" {
		d.Notes = append(d.Notes, diag.Note{Label: "step", Text: name})
	}
	if f.log != nil {
		if output := f.log.tail(); len(output) > 0 {
			d.Notes = append(d.Notes, diag.Note{Label: "output", Text: strings.Join(output, "\n") + "\n"})
		}
	}
	return d
}
