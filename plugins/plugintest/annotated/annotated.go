// Package annotated holds plugins against annotated Dockerfiles. It is what plugintest
// does in Go tests and strake plugin test does with programs.
//
// A case is a txtar archive: a file Dockerfile, and what is expected of it.
//
//	-- config.json --      the plugin's config (optional)
//	-- Dockerfile --
//	FROM debian
//	RUN apt-get update
//	# want "no package is installed"
//	-- expanded --         the module afterwards; missing means that nothing changes
//	FROM debian
//	-- fixed --            the Dockerfile with its safe fixes (optional)
//	-- context/NAME --     a file of the build context (optional)
//
// A comment "# want" below an instruction has, for each diagnostic of that
// instruction, a regular expression as a Go string; it is matched against
// "severity: code: message". Every diagnostic needs one, and every one a
// diagnostic. Files of the context can have such comments, too.
package annotated

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// Result is what a plugin made of a case.
type Result struct {
	Problems []string       // what is not as the case has it
	Golden   *txtar.Archive // the case with what the plugin made for expanded and fixed
}

// fail adds a problem.
func (r *Result) fail(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Run takes a case through a plugin. The error is that of a case that cannot run, or of a
// plugin that broke.
func Run(ctx context.Context, p plugins.Plugin, archive *txtar.Archive) (*Result, error) {
	c, context := map[string]string{}, map[string]string{}
	for _, f := range archive.Files {
		c[f.Name] = string(f.Data)
		if name, ok := strings.CutPrefix(f.Name, "context/"); ok {
			context[name] = string(f.Data)
		}
	}
	text, ok := c["Dockerfile"]
	if !ok {
		return nil, fmt.Errorf("the case has no file Dockerfile")
	}
	host := Host{Base: c["os-release"], Files: context}
	step := plugins.Step{Plugin: p, Config: json.RawMessage(c["config.json"]), Grants: p.Info().Needs}
	out, before, err := Step(ctx, step, text, host)
	if err != nil {
		return nil, err
	}
	r := &Result{}
	for name, text := range context {
		if err := r.wants(text, of(out, name)); err != nil {
			return nil, fmt.Errorf("context/%s: %w", name, err)
		}
	}
	if err := r.wants(text, of(out, "Dockerfile")); err != nil {
		return nil, err
	}
	r.again(ctx, step, out.Module, host)
	got := map[string]string{}
	if printed := Print(out.Module); printed != before {
		got["expanded"] = printed
	}
	fixed, any, err := fix(text, out.Diags)
	if err != nil {
		return nil, err
	}
	if _, ok := c["fixed"]; ok || any {
		got["fixed"] = fixed
	}
	if got["expanded"] != c["expanded"] {
		r.fail("expanded:\n%s\nexpected:\n%s", got["expanded"], c["expanded"])
	}
	if _, ok := c["fixed"]; ok && got["fixed"] != c["fixed"] {
		r.fail("fixed:\n%s\nexpected:\n%s", got["fixed"], c["fixed"])
	}
	r.Golden = golden(archive, got)
	return r, nil
}

// again runs the plugin on its own output, which must change nothing.
func (r *Result) again(ctx context.Context, step plugins.Step, m *ir.Module, host plugins.Host) {
	in := plugins.Input{Module: m, Host: func(m *ir.Module) plugins.Host { return seeing(host, m) }}
	second, err := (&plugins.Pipeline{Steps: []plugins.Step{step}}).Run(ctx, in)
	if err != nil {
		r.fail("a second run: %v", err)
	} else if Print(second.Module) != Print(m) {
		r.fail("a second run changes it to:\n%s", Print(second.Module))
	}
}

// golden is a case with other expected files.
func golden(a *txtar.Archive, got map[string]string) *txtar.Archive {
	out := &txtar.Archive{Comment: a.Comment}
	for _, f := range a.Files {
		if f.Name != "expanded" && f.Name != "fixed" {
			out.Files = append(out.Files, f)
		}
	}
	for _, name := range []string{"expanded", "fixed"} {
		if got[name] != "" {
			out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(got[name])})
		}
	}
	return out
}

// Step takes the text of a Dockerfile through one plugin. It gives the instructions
// before it, too, as Print has them.
func Step(ctx context.Context, s plugins.Step, text string, host plugins.Host) (out *plugins.Output, before string, err error) {
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{s}}
	m, err := module(text, pipeline)
	if err != nil {
		return nil, "", err
	}
	before = Print(m)
	in := plugins.Input{Module: m}
	if host != nil {
		in.Host = func(m *ir.Module) plugins.Host { return seeing(host, m) }
	}
	out, err = pipeline.Run(ctx, in)
	return out, before, err
}

// seeing is a host as it sees a module.
func seeing(host plugins.Host, m *ir.Module) plugins.Host {
	if h, ok := host.(Host); ok {
		h.Module = m
		return h
	}
	return host
}

// module compiles a Dockerfile that may have instructions of a pipeline.
func module(text string, p *plugins.Pipeline) (*ir.Module, error) {
	var set source.Set
	file, diags := lang.Parse(set.Add("Dockerfile", text), p.Claims()...)
	diags = append(diags, lang.Unclaimed(file, p.Claims()...)...)
	m, more := ir.Build(file)
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, fmt.Errorf("the Dockerfile: %w", diags)
	}
	return m, nil
}

// Print writes a module as instructions, each on a line of its own, without comments.
func Print(m *ir.Module) string {
	var b strings.Builder
	line := func(text string) {
		b.WriteString(strings.TrimSuffix(text, "\n"))
		b.WriteByte('\n')
	}
	for _, op := range m.Args {
		line(ir.Format(op.Body, m.Escape))
	}
	for _, s := range m.Stages {
		line(ir.FormatFrom(s, m.Escape))
		for _, op := range s.Ops {
			line(ir.Format(op.Body, m.Escape))
		}
	}
	return b.String()
}

var (
	wantLine = regexp.MustCompile(`(?m)^# want (.*)$`)
	quoted   = regexp.MustCompile("`[^`]*`" + `|"(?:[^"\\]|\\.)*"`)
)

// of gives the diagnostics of a file. Those of a file that is not there are the
// Dockerfile's.
func of(out *plugins.Output, name string) (list diag.List) {
	for _, d := range out.Diags {
		in := "Dockerfile"
		if id := int(d.Span.File); id < len(out.Module.Files) {
			in = out.Module.Files[id].Name
		}
		if in == name {
			list = append(list, d)
		}
	}
	return list
}

// wants holds diagnostics against the comments of a Dockerfile.
func (r *Result) wants(text string, list diag.List) error {
	f := source.NewFile("Dockerfile", text)
	type want struct {
		re   *regexp.Regexp
		line int
		met  bool
	}
	var open []*want
	for _, m := range wantLine.FindAllStringSubmatchIndex(text, -1) {
		for _, q := range quoted.FindAllString(text[m[2]:m[3]], -1) {
			pattern, err := strconv.Unquote(q)
			if err != nil {
				return fmt.Errorf("line %d: %s: %w", f.Line(uint32(m[0])), q, err)
			}
			re, err := regexp.Compile(pattern)
			if err != nil {
				return fmt.Errorf("line %d: %w", f.Line(uint32(m[0])), err)
			}
			open = append(open, &want{re: re, line: f.Line(uint32(m[0]))})
		}
	}
next:
	for _, d := range list {
		line := f.Line(d.Span.Start)
		below := nextWant(text, f, d.Span)
		got := fmt.Sprintf("%s: %s: %s", d.Severity, d.Code, d.Message)
		for _, w := range open {
			if !w.met && w.line == below && w.re.MatchString(got) {
				w.met = true
				continue next
			}
		}
		r.fail("line %d: unexpected %s", line, got)
	}
	for _, w := range open {
		if !w.met {
			r.fail("line %d: nothing matches %q", w.line, w.re)
		}
	}
	return nil
}

// nextWant is the line of the first comment "# want" behind a place.
func nextWant(text string, f *source.File, at source.Span) int {
	m := wantLine.FindStringIndex(text[min(int(at.Start), len(text)):])
	if m == nil {
		return 0
	}
	return f.Line(at.Start + uint32(m[0]))
}

// fix applies the first safe fix of each diagnostic, and tells whether there is any.
func fix(text string, list diag.List) (string, bool, error) {
	var edits []diag.Edit
	for _, d := range list {
		for _, fix := range d.Fixes {
			if fix.Safe {
				edits = append(edits, fix.Edits...)
				break
			}
		}
	}
	out, err := diag.Apply(text, edits)
	if err != nil {
		return "", false, fmt.Errorf("the fixes: %w", err)
	}
	return out, len(edits) > 0, nil
}
