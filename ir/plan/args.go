package plan

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/seed-e0495807/strake/ir"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// platforms settles what is built for what, and on what.
func (p *planner) platforms() {
	builders := p.opt.BuildPlatforms
	if p.opt.Platform != nil && builders == nil {
		builders = []ocispecs.Platform{*p.opt.Platform}
	}
	if len(builders) == 0 {
		builders = []ocispecs.Platform{platforms.DefaultSpec()}
	}
	p.opt.BuildPlatforms = builders
	p.builder, p.target = builders[0], builders[0]
	if p.implicit = p.opt.Platform == nil; !p.implicit {
		p.target = *p.opt.Platform
	}
}

// globals works out the build arguments that FROM sees: those of the platform,
// then each ARG before the first FROM with its default or the value given.
func (p *planner) globals(ctx context.Context) {
	p.args = p.predefined()
	for _, op := range p.mod.Args {
		arg, ok := bodyArg(op)
		if !ok || p.spent() {
			continue
		}
		for _, d := range arg.Defaults {
			value, set := p.opt.BuildArgs[d.Key]
			if !set && d.Set {
				v, err := p.words.word(d.Value, p.args)
				if err != nil {
					p.fail(op.Origin, "expansion", about(d.Value, err))
					continue
				}
				value, set = v, true
			}
			if set {
				p.args.Set(d.Key, value)
			}
		}
	}
	p.sourceDateEpoch(ctx)
}

// predefined are the arguments that need no ARG before FROM.
func (p *planner) predefined() *Env {
	target := p.opt.Target
	if target == "" && len(p.mod.Stages) > 0 {
		target = p.mod.Stages[len(p.mod.Stages)-1].Name
	}
	if target == "" {
		target = "default"
	}
	e := newEnv(16)
	for _, v := range [...]Variable{
		{"BUILDPLATFORM", platforms.Format(p.builder)},
		{"BUILDOS", p.builder.OS},
		{"BUILDOSVERSION", p.builder.OSVersion},
		{"BUILDARCH", p.builder.Architecture},
		{"BUILDVARIANT", p.builder.Variant},
		{"TARGETPLATFORM", platforms.FormatAll(p.target)},
		{"TARGETOS", p.target.OS},
		{"TARGETOSVERSION", p.target.OSVersion},
		{"TARGETARCH", p.target.Architecture},
		{"TARGETVARIANT", p.target.Variant},
		{"TARGETSTAGE", target},
	} {
		if given, ok := p.opt.BuildArgs[v.Key]; ok {
			v.Value = given
		}
		e.Set(v.Key, v.Value)
	}
	return e
}

const epochArg = "SOURCE_DATE_EPOCH"

// sourceDateEpoch reads SOURCE_DATE_EPOCH, which dates what the build makes. The
// word "context" and the name of a context or stage ask for the time of a source, which
// is known only where sources can be looked at; elsewhere they leave it unset.
func (p *planner) sourceDateEpoch(ctx context.Context) {
	value, given := p.opt.BuildArgs[epochArg]
	if !given {
		value, _ = p.args.Get(epochArg)
	}
	if value == "" {
		if given {
			p.setEpoch("")
		}
		return
	}
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		p.dated(time.Unix(seconds, 0).UTC())
		return
	}
	p.epochNamed = true
	src, origin, err := p.epochSource(ctx, value)
	if err == nil && p.opt.Epoch != nil {
		var t *time.Time
		if t, err = p.opt.Epoch(ctx, src); err == nil && t != nil {
			p.dated(*t)
			return
		}
	}
	if err != nil {
		p.fail(origin, "source-date-epoch", err).Hint = "give seconds since 1970, `context`, or a stage that only ADDs a URL"
		return
	}
	p.setEpoch("")
}

func (p *planner) dated(t time.Time) {
	p.epoch = &t
	p.setEpoch(strconv.FormatInt(t.Unix(), 10))
}

func (p *planner) setEpoch(value string) {
	if _, ok := p.opt.BuildArgs[epochArg]; ok {
		if value == "" {
			delete(p.opt.BuildArgs, epochArg)
		} else {
			p.opt.BuildArgs[epochArg] = value
		}
	}
	if _, ok := p.args.Get(epochArg); ok {
		if value == "" {
			p.args.Delete(epochArg)
		} else {
			p.args.Set(epochArg, value)
		}
	}
}

// proxies are the build arguments that pass proxies to RUN, in lower case; nil
// when there are none. Spelled in two ways, the last in order counts.
func proxies(args map[string]string) map[string]string {
	var out map[string]string
	for _, k := range slices.Sorted(maps.Keys(args)) {
		switch name := strings.ToLower(k); name {
		case "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy":
			if out == nil {
				out = map[string]string{}
			}
			out[name] = args[k]
		}
	}
	return out
}

// scans reads the arguments that ask for an SBOM of more than the result.
func (p *planner) scans(out *Plan) {
	for _, s := range out.Stages {
		if s.done && s.def != nil {
			out.ScanContext = out.ScanContext || s == p.goal && p.scan(s, "BUILDKIT_SBOM_SCAN_CONTEXT")
			if s != p.goal && p.scan(s, "BUILDKIT_SBOM_SCAN_STAGE") {
				out.ScanStages = append(out.ScanStages, s)
			}
		}
	}
}

func (p *planner) scan(s *Stage, name string) bool {
	on := false
	if v, ok := p.args.Get(name); ok {
		on = enabled(s.Name, v)
	}
	if i, ok := s.argAt[name]; ok && s.declared[i].lastSet != nil {
		on = enabled(s.Name, *s.declared[i].lastSet)
	}
	return on
}

// declared is an argument of a stage.
type declared struct {
	key, value string
	lastSet    *string // the last value it had; nil when it never had one
}

// remember notes a declaration. One that was made before keeps its place.
func (s *Stage) remember(d ir.Default) {
	if s.argAt == nil {
		s.argAt = map[string]int{}
	}
	i, ok := s.argAt[d.Key]
	if !ok {
		i = len(s.declared)
		s.argAt[d.Key] = i
		s.declared = append(s.declared, declared{key: d.Key})
	}
	s.declared[i].value = d.Value
	if d.Set {
		s.declared[i].lastSet = &d.Value
	}
}

func enabled(stage, value string) bool {
	if on, err := strconv.ParseBool(value); err == nil {
		return on
	}
	return slices.Contains(strings.Split(value, ","), stage)
}

// bodyArg gives the body of an op that stands before the first FROM.
func bodyArg(op *ir.Op) (*ir.Arg, bool) {
	b, ok := op.Body.(*ir.Arg)
	return b, ok
}
