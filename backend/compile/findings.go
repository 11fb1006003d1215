package compile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/baseconfig"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/codes"
	"github.com/seed-e0495807/strake/ir/lint/ignore"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

// Inspection is what is to be said of a Dockerfile for one platform.
type Inspection struct {
	Found  diag.List      // what a build would end with, warnings, and what plugins found
	Checks []lint.Finding // of the build checks, or of Config.Lint
	Unused diag.List      // what ignores nothing, and rules that are broken
}

// list is all of it, sorted.
func (in Inspection) list() diag.List {
	list := slices.Concat(in.Found, lint.Diags(in.Checks), in.Unused)
	list.Sort()
	return list
}

// Need is what a build has to be given by its user.
type Need struct {
	Flag string // secret, ssh or allow
	ID   string // of the secret or the agent, which may be "default", or the entitlement
}

// Findings are what the compiler, the plugins and the build checks say of the Dockerfile,
// over all platforms, each once.
func (s *Snapshot) Findings(ctx context.Context) (diag.List, error) {
	var list diag.List
	type told struct {
		at            source.Span
		code, message string
	}
	have := map[told]bool{}
	for _, platform := range s.Platforms() {
		in, err := s.Inspect(ctx, platform)
		if err != nil {
			return nil, err
		}
		all := in.list()
		list = slices.Grow(list, len(all))
		for i := range all {
			d := &all[i]
			if d.Code == "base-image" && d.Severity == diag.Warning { // a registry that is away is no fault of the file
				d.Severity = diag.Info
			}
		}
		all = s.config.Heed(slices.DeleteFunc(all, func(d diag.Diagnostic) bool { return !counts(&d) }))
		for i := range all {
			d := &all[i]
			if this := (told{d.Span, d.Code, d.Message}); !have[this] {
				have[this] = true
				list = append(list, *d)
			}
		}
	}
	return list, nil
}

// Heeded are findings of others about the Dockerfile, without those that its comments ignore, and as settings
// have it.
func (s *Snapshot) Heeded(list diag.List) diag.List {
	file, _ := s.AST()
	ignores, _ := ignore.Read(file)
	list = slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		return codes.Set(&d) && slices.ContainsFunc(ignores, func(c *ignore.Comment) bool { return c.Covers(d.Code, d.Span) })
	})
	return s.config.Heed(list)
}

// counts tells whether a finding has a place in the list: a build check reports an empty
// continuation in its own words, and of an image that nobody was to be asked for, and that
// nothing speaks against, there is nothing to say.
func counts(d *diag.Diagnostic) bool {
	return !Checked(*d) && (d.Code != "base-image" || d.Severity != diag.Hint)
}

// Checked tells whether a build check reports a finding in its own words.
func Checked(d diag.Diagnostic) bool { return d.Code == "empty-continuation" }

// Inspect finds all that can be said of the Dockerfile for a platform, as far as that does not
// depend on what is not to be had: it goes on where a base image is unknown, or where only a
// plugin has found a mistake. What the build
// needs and Config.Given does not give is an error; where nobody knows what is given, all
// needs are infos.
func (s *Snapshot) Inspect(ctx context.Context, platform int) (Inspection, error) {
	return of(ctx, s.looks, platform, func(ctx context.Context) (in Inspection, err error) {
		m, found, err := s.Ready(ctx)
		var list diag.List
		if errors.As(err, &list) {
			found, err = list, nil
		}
		var p *plan.Plan
		if err == nil && m != nil && !m.HasCustom() {
			var more diag.List
			p, more, err = s.partial(ctx, m, platform)
			found = slices.Concat(found, more)
		}
		checks := s.check(ctx, s.config.BuildRules(), m, p)
		if p != nil && p.Target != nil && errors.As(checks.Err(), &list) {
			found = slices.Concat(found, list)
		}
		in = Inspection{Found: checks.Shown(found), Checks: checks.Findings}
		if s.config.Lint != nil {
			bad := checks.Shown(checks.Bad)
			in.Unused = append(bad, checks.Unused(s.looked(p), func(code string) string { return lint.Near(s.config.Lint.All, code) })...)
		}
		return in, err
	})
}

// looked tells of a code, a pattern of codes or ignore.All whether a rule has looked that it stands for,
// and whether there is one. Those of the facts of a plan look where there is a plan. Who finds what has
// another code may have had no reason to look.
func (s *Snapshot) looked(p *plan.Plan) func(code string) (looked, exists bool) {
	return func(code string) (bool, bool) {
		names := func(name string) bool { return (&ignore.Comment{Code: code}).Names(name) }
		if s.ofPlugin(code, names) {
			return false, true // plugins.Pipeline tells
		}
		looked := slices.ContainsFunc(s.config.Lint.Rules, func(r lint.Rule) bool {
			return names(r.Name) && r.Level == lint.Normal && (r.Fact == nil || p != nil && p.Target != nil)
		})
		return looked, looked || slices.ContainsFunc(s.config.Lint.All, func(r lint.Rule) bool { return names(r.Name) }) ||
			slices.ContainsFunc(codes.All(), func(c codes.Code) bool { return names(c.Name) })
	}
}

// ofPlugin tells whether a code, or one that it stands for, may be a plugin's.
func (s *Snapshot) ofPlugin(code string, names func(string) bool) bool {
	plugin, _, _ := strings.Cut(code, "/")
	of := func(name string) bool { return name == plugin || names(name) }
	if s.config.Plugins != nil && slices.ContainsFunc(s.config.Plugins.Steps, func(s plugins.Step) bool { return of(s.Plugin.Info().Name) }) {
		return true
	}
	return builtin.All()[plugin] != nil
}

// partial plans as much as can be known, and lowers it. The list is what there is to say.
func (s *Snapshot) partial(ctx context.Context, m *ir.Module, platform int) (*plan.Plan, diag.List, error) {
	o := s.options(platform)
	o.Partial, o.Outline, o.Ignore = true, true, s.config.Ignore
	if o.Images != nil {
		o.Images = likely{o.Images}
	}
	if s.config.Absent != nil {
		o.Absent = func(path, verb, hint string) error { return s.config.Absent(ctx, path, verb, hint) }
	}
	s.watch(Plan)
	p, err := llb.Plan(ctx, m, o)
	var r *llb.Result
	if err == nil {
		s.watch(Lower)
		r, err = llb.Lower(ctx, p, o)
	}
	var list diag.List
	switch {
	case err == nil:
		return p, slices.Concat(needed(p.Outline, s.config.Given), r.Diags, p.Notes), nil
	case errors.As(err, &list):
		return p, list, nil
	}
	return p, nil, err
}

// needed tells what a build lacks to get to its end, with the codes, the places and the
// hints that it would end with.
func needed(o *plan.Outline, given func(Need) bool) (list diag.List) {
	for _, kind := range []struct {
		flag, code, message, hint string
		mounts                    []plan.OutlineMount
	}{
		{"secret", "no-secret", "the build needs the secret %s", "give it: --secret id=%[1]s,src=FILE or --secret id=%[1]s,env=NAME", o.Secrets},
		{"ssh", "no-ssh-key", "the build needs the ssh agent %s", "give it: --ssh %s", o.SSH},
		{"allow", "not-allowed", "the build needs the entitlement %s", "if you trust the Dockerfile, add --allow %s", o.Entitlements},
	} {
		for _, m := range kind.mounts {
			id, spans := cmp.Or(m.ID, "default"), m.Origin.Spans()
			if !m.Required || len(spans) == 0 || given != nil && given(Need{kind.flag, id}) {
				continue
			}
			d := list.Infof(spans[0], kind.code, kind.message, id)
			if d.Hint = fmt.Sprintf(kind.hint, id); given != nil {
				d.Severity = diag.Error
			}
		}
	}
	return list
}

// likely finds base images. That one cannot be asked for is no mistake in the Dockerfile,
// unless the plan knows of a stage that may be meant: it makes of a warning an error then.
type likely struct{ plan.ImageResolver }

func (l likely) ResolveImage(ctx context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	info, err := l.ImageResolver.ResolveImage(ctx, r)
	var failed *baseconfig.Error
	if !errors.As(err, &failed) {
		return info, err
	}
	d := diag.Diagnostic{Code: "base-image", Message: failed.Error(), Hint: failed.Hint()}
	switch failed.Kind {
	case baseconfig.Offline:
		d.Severity, d.Hint = diag.Hint, ""
	case baseconfig.Unreachable:
		d.Severity = diag.Warning
	}
	return info, diag.List{d}
}
