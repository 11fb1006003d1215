package gateway

import (
	"context"
	"slices"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests"
	"github.com/moby/buildkit/frontend/subrequests/convertllb"
	bklint "github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// question is a request about a Dockerfile, in place of a build of it.
type question struct {
	src      *input.Source
	snapshot *compile.Snapshot
	text     *source.File
	Question
}

// Question is what the client of a subrequest has and wants, besides the options.
type Question struct {
	// Found is told what a check finds beside the build checks: what a build would end
	// with, and the findings of plugins. The check then goes on where a base image is not
	// to be had, and Failed says whether what was found is a reason to fail. BuildKit's answer,
	// which nil is for, ends there and has the first error.
	Found func(Checked)
}

// Checked is what a check finds that the answer has no room for.
type Checked struct {
	Found  diag.List
	Errors []string // rules whose findings in the answer are errors, on which the check fails
	Failed bool
}

// Ask has a source answer the subrequest that is among its options. Errors are as those
// of Build.
func Ask(ctx context.Context, c client.Client, src *input.Source, s *compile.Snapshot, o Question) (*client.Result, error) {
	if res, ok, err := foreign(ctx, c, src); ok {
		return res, err
	}
	res, _, err := answer(ctx, c, src, s, o)
	return res, err
}

// answer answers a client's subrequest, if it has one.
func answer(ctx context.Context, c client.Client, src *input.Source, s *compile.Snapshot, o Question) (*client.Result, bool, error) {
	q := question{src, s, s.File(), o}
	res, ok, err := src.Client.HandleSubrequest(ctx, dockerui.RequestHandler{
		Outline: q.outline, ListTargets: q.targets, Lint: q.lint, ConvertLLB: q.convert, AllowOther: true,
	})
	name, asked := c.BuildOpts().Opts["requestid"]
	switch {
	case err != nil || !asked:
		return nil, false, err
	case name == subrequests.RequestSubrequestsDescribe:
		res, err = described(res)
		return res, true, err
	case ok:
		return res, true, nil
	}
	form, ok := outputOf(name)
	if !ok {
		return nil, true, errdefs.NewUnsupportedSubrequestError(name)
	}
	res, err = q.output(ctx, form)
	return res, true, err
}

// lint runs the build checks, over all stages when no target is asked for, and for the
// default platform, as BuildKit does to answer questions.
func (q question) lint(ctx context.Context) (*bklint.LintResults, error) {
	const file = 0
	checks, err := q.check(ctx)
	found := &bklint.LintResults{Sources: []*pb.SourceInfo{q.info()}}
	for _, f := range checks {
		found.Warnings = append(found.Warnings, bklint.Warning{
			RuleName: f.Rule, Description: f.Description, URL: f.URL, Detail: f.Message,
			Location: &pb.Location{SourceIndex: file, Ranges: lines(q.text, f.Span)},
		})
	}
	if err != nil {
		found.Error = q.failure(err, file)
	}
	return found, nil
}

// check gives what the build checks find, and tells the client all else, if it wants to know.
// The error is what a build would end with.
func (q question) check(ctx context.Context) ([]lint.Finding, error) {
	if q.Found == nil {
		c := *q.snapshot.Config()
		c.Rules = c.BuildRules()
		s := q.snapshot.With(c)
		_, err := s.LLB(ctx, compile.Default)
		found, _ := s.Checks(ctx, compile.Default)
		return found, err
	}
	in, err := q.snapshot.Inspect(ctx, compile.Default)
	if err != nil {
		return in.Checks, err
	}
	list := slices.DeleteFunc(slices.Clone(q.snapshot.Config().Heed(in.Found)), compile.Checked)
	failed := slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return d.Severity <= diag.Warning }) ||
		slices.ContainsFunc(in.Checks, q.snapshot.Config().Lint.Fails)
	list = append(list, q.snapshot.Config().Heed(in.Unused)...)
	list.Sort()
	var bad []string
	for _, f := range in.Checks {
		if f.Severity == diag.Error && !f.Strict() && q.snapshot.Config().Lint.Fails(f) {
			bad = append(bad, f.Rule)
		}
	}
	q.Found(Checked{list, bad, failed})
	if _, _, err := q.snapshot.Module(); err != nil {
		return in.Checks, err
	}
	return in.Checks, list.Errors().Err()
}

// info is the Dockerfile as answers have it.
func (q question) info() *pb.SourceInfo {
	info := &pb.SourceInfo{Filename: q.src.Filename, Language: "Dockerfile", Data: []byte(q.src.Text)}
	if q.src.Map != nil {
		info.Definition = q.src.Map.Definition.ToPB()
	}
	return info
}

// failure is an error of the build, at the place of its first diagnostic.
func (q question) failure(err error, file int32) *bklint.BuildError {
	list, syntax := diagnostics(err)
	if len(list) == 0 {
		return &bklint.BuildError{Message: err.Error()}
	}
	first := list[0]
	if first.Span.IsZero() || first.Span.File != 0 {
		return &bklint.BuildError{Message: message(first, nil, syntax)}
	}
	return &bklint.BuildError{
		Message:  message(first, q.text, syntax),
		Location: pb.Location{SourceIndex: file, Ranges: lines(q.text, first.Span)},
	}
}

// targets lists the stages.
func (q question) targets(context.Context) (*targets.List, error) {
	file, diags := q.snapshot.AST()
	if diags = append(diags, lang.Unclaimed(file, q.snapshot.Claims()...)...); diags.HasErrors() {
		return nil, ir.SyntaxError{List: diags}
	}
	m, _ := ir.Build(file)
	comments := file.Comments()
	out := &targets.List{Sources: [][]byte{[]byte(q.src.Text)}}
	for i, s := range m.Stages {
		out.Targets = append(out.Targets, targets.Target{
			Name: s.Name, Base: s.Base, Platform: s.Platform, Default: i == len(m.Stages)-1,
			Description: lang.Describe(comments[s.Origin.Span.Start], s.Name),
			Location:    q.location(s.Origin),
		})
	}
	return out, nil
}

func (q question) location(o *ir.Origin) *pb.Location {
	for _, span := range o.Spans() {
		if span.File == 0 {
			return &pb.Location{Ranges: lines(q.text, span)}
		}
	}
	return &pb.Location{}
}

// outline tells what can be given to a build of the target.
func (q question) outline(ctx context.Context) (*outline.Outline, error) {
	found, err := q.snapshot.Outline(ctx)
	if err != nil {
		return nil, err
	}
	file, _ := q.snapshot.AST()
	comments := file.Comments()
	describe := func(o *ir.Origin, name string) string {
		if spans := o.Spans(); len(spans) > 0 && spans[0].File == 0 {
			return lang.Describe(comments[spans[0].Start], name)
		}
		return ""
	}
	out := &outline.Outline{Sources: [][]byte{[]byte(q.src.Text)}}
	if t := found.Target; t != nil {
		out.Name, out.Description = t.Name, describe(t.Origin, t.Name)
	}
	for _, a := range found.Args {
		out.Args = append(out.Args, outline.Arg{Name: a.Name, Value: a.Value, Description: describe(a.Origin, a.Name), Location: q.location(a.Origin)})
	}
	for _, s := range found.Secrets {
		out.Secrets = append(out.Secrets, outline.Secret{Name: s.ID, Required: s.Required, Location: q.location(s.Origin)})
	}
	for _, s := range found.SSH {
		out.SSH = append(out.SSH, outline.SSH{Name: agent(s), Required: s.Required, Location: q.location(s.Origin)})
	}
	return out, nil
}

// agent is the name of an ssh agent; that of the client's own is not written.
func agent(m plan.OutlineMount) string {
	if m.ID == "" {
		return "default"
	}
	return m.ID
}

// convert gives the LLB that the Dockerfile becomes.
func (q question) convert(ctx context.Context) (*convertllb.Result, error) {
	r, err := q.snapshot.LLB(ctx, compile.Default)
	if err != nil {
		return nil, err
	}
	def, err := r.State.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	out := &convertllb.Result{Def: make(map[digest.Digest]*pb.Op, len(def.Def)), Metadata: def.Metadata, Source: def.Source}
	for _, data := range def.Def {
		op := &pb.Op{}
		if err := op.UnmarshalVT(data); err != nil {
			return nil, err
		}
		out.Def[digest.FromBytes(data)] = op
	}
	return out, nil
}
