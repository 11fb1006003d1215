package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// fake is a plugin made of functions.
type fake struct {
	info plugins.Info
	run  func(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error)
}

func (f *fake) Info() plugins.Info { return f.info }

func (f *fake) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	return f.run(ctx, h, c)
}

// rewriter is a plugin for one phase.
func rewriter(name string, phase plugins.Phase, run func(c *plugins.Call) (*plugins.Result, error)) *fake {
	return &fake{plugins.Info{Name: name, Phases: []plugins.Phase{phase}},
		func(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) { return run(c) }}
}

// shout adds a label at the end of each stage that it may change.
func shout(name string) *fake {
	return rewriter(name, plugins.Rewrite, func(c *plugins.Call) (*plugins.Result, error) {
		r := &plugins.Result{}
		for i, s := range c.Module.Stages {
			if c.Stages[i] {
				label := &ir.Label{Pairs: []ir.Pair{{Key: name, Value: "1"}}}
				r.Edits = append(r.Edits, plugins.Edit{Stage: i, Op: len(s.Ops), Insert: []*ir.Op{c.Op(label, "to be seen", s.Origin)}})
			}
		}
		return r, nil
	})
}

// complain tells one thing about every op.
func complain(name string, severity diag.Severity) *fake {
	return rewriter(name, plugins.Check, func(c *plugins.Call) (*plugins.Result, error) {
		r := &plugins.Result{}
		for _, s := range c.Module.Stages {
			for _, op := range s.Ops {
				r.Diags.Add(diag.Diagnostic{Severity: severity, Code: "seen", Span: op.Origin.Spans()[0], Message: op.Body.Keyword()})
			}
		}
		return r, nil
	})
}

// install expands INSTALL words… into a RUN.
func install(name, keyword, body string) *fake {
	return &fake{plugins.Info{Name: name, Instructions: []plugins.Instruction{{Keyword: keyword, Usage: keyword + " [--quiet] NAME...",
		Flags: []plugins.Flag{{Name: "quiet", Type: plugins.BoolFlag}, {Name: "mode", Values: []string{"a", "b"}}}, Min: 1, Max: 3}}},
		func(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
			r := &plugins.Result{}
			for _, u := range c.Uses {
				text := fmt.Sprintf(body, strings.Join(u.Args, " "))
				made, err := ir.ParseBody(text, c.Module.Escape)
				if err != nil {
					return nil, err
				}
				r.Edits = append(r.Edits, plugins.Edit{Stage: u.Stage, Op: u.Op, Delete: 1, Insert: []*ir.Op{c.Op(made, "installs", u.Origin)}})
			}
			return r, nil
		}}
}

func steps(list ...plugins.Plugin) *plugins.Pipeline {
	p := &plugins.Pipeline{}
	for _, x := range list {
		p.Steps = append(p.Steps, plugins.Step{Plugin: x})
	}
	return p
}

func read(t *testing.T, p *plugins.Pipeline, text string) *ir.Module {
	t.Helper()
	var set source.Set
	file, diags := lang.Parse(set.Add("Dockerfile", text), p.Claims()...)
	diags = append(diags, lang.Unclaimed(file, p.Claims()...)...)
	m, more := ir.Build(file)
	if err := append(diags, more...).Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPipeline(t *testing.T) {
	for _, c := range []struct {
		name     string
		pipeline *plugins.Pipeline
		text     string
		want     string // the module
		diags    string // "line severity code", by commas
	}{
		{"nothing", steps(), "FROM a\nRUN x\n", "FROM a\nRUN x\n", ""},
		{"in order", steps(shout("a"), shout("b")), "FROM a\nFROM b\n", "FROM a\nLABEL a=1\nLABEL b=1\nFROM b\nLABEL a=1\nLABEL b=1\n", ""},
		{"expanded first", steps(complain("c", diag.Warning), install("i", "INSTALL", "RUN install %s")),
			"FROM a\nINSTALL x y\n", "FROM a\nRUN install x y\n", "2 warning c/seen"},
		{"into each other", steps(install("i", "INSTALL", "ADDALL %s"), install("j", "ADDALL", "RUN add %s")),
			"FROM a\nINSTALL x\n", "FROM a\nRUN add x\n", ""},
		{"a check comes behind its rewrite, errors are gathered", steps(shout("a"), complain("c", diag.Error), shout("b"), complain("d", diag.Hint)),
			"FROM a\n", "FROM a\nLABEL a=1\nLABEL b=1\n", "1 error c/seen, 1 hint d/seen, 1 hint d/seen"},
		{"bad uses", steps(install("i", "INSTALL", "RUN %s")),
			"FROM a\nINSTALL --quit x\nINSTALL\nINSTALL a b c d\nINSTALL --mode=c x\nINSTALL --quiet --quiet=false x\nINSTALL --mode x\nINSTALL --quiet=no x\n", "",
			"2 error unknown-flag, 3 error bad-arguments, 4 error bad-arguments, 5 error bad-flag, 6 error duplicate-flag, 7 error bad-flag, 8 error bad-flag"},
		{"ignored", steps(complain("c", diag.Warning), complain("d", diag.Warning)),
			"FROM a\n# strake: ignore=c/seen because\nRUN x\n# strake: ignore=c,d why not\nRUN y\n# strake: ignore=c/other because\n# strake: ignore=e because\nRUN z\n# strake: ignore=c because\n", "FROM a\nRUN x\nRUN y\nRUN z\n",
			"8 warning c/seen, 3 warning d/seen, 8 warning d/seen, 6 warning unused-ignore, 9 warning unused-ignore"},
		{"an ignore comment without a reason", steps(complain("c", diag.Warning)),
			"FROM a\n# strake: ignore=c/seen\nRUN x\n#strake:ignore=c:\nRUN y\n# strake: ignore=c, \nRUN z\n# strake: ignore=c/seen --\nRUN z\n", "",
			"3 warning c/seen, 5 warning c/seen, 7 warning c/seen, 9 warning c/seen, 2 warning ignore-without-reason, 4 warning ignore-without-reason, 6 warning ignore-without-reason, 8 warning ignore-without-reason"},
		{"one that is written in another way", steps(complain("c", diag.Warning)),
			"FROM a\n# strake: ignore c/seen because\nRUN x\n# strake ignore=c because\nRUN y\n# Strake: Ignores=c because\nRUN z\n# strake: makes this\nRUN z\n", "",
			"3 warning c/seen, 5 warning c/seen, 7 warning c/seen, 9 warning c/seen, 2 warning bad-ignore, 4 warning bad-ignore, 6 warning bad-ignore"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := read(t, c.pipeline, c.text)
			out, err := c.pipeline.Run(t.Context(), plugins.Input{Module: m})
			if err != nil {
				t.Fatal(err)
			}
			if got := plugintest.Print(out.Module); c.want != "" && got != c.want {
				t.Errorf("got\n%s\nexpected\n%s", got, c.want)
			}
			var diags []string
			f := source.NewFile("", c.text)
			for _, d := range out.Diags {
				diags = append(diags, fmt.Sprintf("%d %v %s", f.Line(d.Span.Start), d.Severity, d.Code))
			}
			if got := strings.Join(diags, ", "); got != c.diags {
				t.Errorf("got %s, expected %s", got, c.diags)
			}
		})
	}
}

// TestBroken has plugins that do what none may.
func TestBroken(t *testing.T) {
	const text = "FROM a AS first\nRUN x\nFROM b\nRUN y\n"
	changed := func(change func(m *ir.Module, c *plugins.Call)) func(*plugins.Call) (*plugins.Result, error) {
		return func(c *plugins.Call) (*plugins.Result, error) {
			m := c.Module.Copy()
			change(m, c)
			return &plugins.Result{Module: m}, nil
		}
	}
	edits := func(list ...plugins.Edit) func(*plugins.Call) (*plugins.Result, error) {
		return func(*plugins.Call) (*plugins.Result, error) { return &plugins.Result{Edits: list}, nil }
	}
	run := &ir.Run{Command: ir.Command{Line: "z"}}
	for _, c := range []struct {
		name  string
		phase plugins.Phase
		run   func(*plugins.Call) (*plugins.Result, error)
		want  string
	}{
		{"an error", plugins.Rewrite, func(*plugins.Call) (*plugins.Result, error) { return nil, errors.New("no memory") }, "plugin p: rewrite: no memory"},
		{"a panic", plugins.Rewrite, func(c *plugins.Call) (*plugins.Result, error) { return nil, errors.New(c.Claims[7].Keyword) }, "plugin p: rewrite: panic: runtime error: index out of range"},
		{"no stage", plugins.Rewrite, changed(func(m *ir.Module, _ *plugins.Call) { m.Stages = nil }), "invalid module"},
		{"a nil op", plugins.Rewrite, changed(func(m *ir.Module, _ *plugins.Call) { m.Stages[1].Ops[0] = nil }), "invalid module"},
		{"a nil origin", plugins.Rewrite, changed(func(m *ir.Module, _ *plugins.Call) { m.Stages[1].Ops[0] = &ir.Op{Body: run} }), "invalid module"},
		{"another's work", plugins.Rewrite, changed(func(m *ir.Module, c *plugins.Call) {
			m.Stages[1].Ops[0] = &ir.Op{Body: run, Origin: &ir.Origin{By: "q", From: []*ir.Origin{m.Stages[0].Origin}}}
		}), "says that plugin q did"},
		{"the author's work", plugins.Rewrite, changed(func(m *ir.Module, c *plugins.Call) {
			m.Stages[1].Ops[0] = &ir.Op{Body: run, Origin: &ir.Origin{Span: source.Span{Start: 1, End: 3}}}
		}), "says that the author did"},
		{"another source", plugins.Rewrite, changed(func(m *ir.Module, _ *plugins.Call) { m.Files[0].Text = "# " + m.Files[0].Text }), "changes the source file"},
		{"a stage that is excepted", plugins.Rewrite, changed(func(m *ir.Module, _ *plugins.Call) { m.Stages[0].Ops = nil }), "changes stage 0"},
		{"in a check", plugins.Check, changed(func(m *ir.Module, _ *plugins.Call) { m.Stages[1].Ops = nil }), "rewrite phase only"},
		{"a stage that is not there", plugins.Rewrite, edits(plugins.Edit{Stage: 2}), "of stage 2, of 2"},
		{"ops that are not there", plugins.Rewrite, edits(plugins.Edit{Stage: 1, Delete: 2}), "takes 2 ops"},
		{"edits that overlap", plugins.Rewrite, edits(plugins.Edit{Stage: 1, Delete: 1}, plugins.Edit{Stage: 1, Delete: 1}), "two edits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := steps(rewriter("p", c.phase, c.run))
			p.Steps[0].Match = func(_ *ir.Module, s *ir.Stage) bool { return s.Name != "first" }
			m := read(t, p, text)
			before := ir.Print(m)
			out, err := p.Run(t.Context(), plugins.Input{Module: m})
			var broken *plugins.Broken
			if !errors.As(err, &broken) || broken.Plugin != "p" || broken.Phase != c.phase || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, expected %s", err, c.want)
			}
			if ir.Print(out.Module) != before || ir.Print(m) != before {
				t.Error("the module is not as before")
			}
		})
	}
	forever := steps(install("i", "INSTALL", "ADDALL %s"), install("j", "ADDALL", "INSTALL %s"))
	if _, err := forever.Run(t.Context(), plugins.Input{Module: read(t, forever, "FROM a\nINSTALL x\n")}); err == nil {
		t.Error("instructions that expand into each other have no end, and no error")
	}
	idle := steps(&fake{install("i", "INSTALL", "").info, func(context.Context, plugins.Host, *plugins.Call) (*plugins.Result, error) { return nil, nil }})
	if _, err := idle.Run(t.Context(), plugins.Input{Module: read(t, idle, "FROM a\nINSTALL x\n")}); err == nil || !strings.Contains(err.Error(), "INSTALL was not expanded") {
		t.Errorf("an instruction that is left: %v", err)
	}
}

// TestCancelled has a plugin that does without what it was not given in time.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("somebody left")
	p := steps(rewriter("p", plugins.Rewrite, func(*plugins.Call) (*plugins.Result, error) {
		cancel(why)
		return &plugins.Result{}, nil
	}))
	if _, err := p.Run(ctx, plugins.Input{Module: read(t, p, "FROM a\n")}); !errors.Is(err, why) {
		t.Errorf("the error is %v", err)
	}
}

// TestStep has what strake.yaml says of a plugin.
func TestStep(t *testing.T) {
	const text = "FROM a AS first\nRUN x\nFROM b\nRUN y\n"
	p := steps(shout("a"), complain("c", diag.Error), complain("d", diag.Warning), complain("e", diag.Warning))
	second := func(_ *ir.Module, s *ir.Stage) bool { return s.Name == "" }
	p.Steps[0].Match, p.Steps[1].Match = second, second
	p.Steps[1].Levels = map[string]plugins.Level{"seen": {Severity: diag.Info}}
	p.Steps[2].Levels = map[string]plugins.Level{"seen": {Off: true}}
	p.Steps[3].Plugin.(*fake).info.Filter = plugins.Filter{Keywords: []string{"RUN"}, Contains: []string{"Z"}}
	out, err := p.Run(t.Context(), plugins.Input{Module: read(t, p, text)})
	if err != nil {
		t.Fatal(err)
	}
	if got := plugintest.Print(out.Module); got != "FROM a AS first\nRUN x\nFROM b\nRUN y\nLABEL a=1\n" {
		t.Errorf("got\n%s", got)
	}
	if len(out.Diags) != 2 || out.Diags[0].Severity != diag.Info || out.Diags.HasErrors() {
		t.Errorf("got %v", out.Diags)
	}
	if got := strings.Join(out.Ran, " "); got != "a c d" {
		t.Errorf("called: %s", got)
	}
}

// TestGrants asks for what was not granted.
func TestGrants(t *testing.T) {
	var read []byte
	asks := &fake{plugins.Info{Name: "p", Phases: []plugins.Phase{plugins.Check}}, func(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
		if _, err := h.BaseConfig(ctx, 0); !errors.Is(err, plugins.ErrDenied) {
			t.Errorf("BaseConfig: %v", err)
		}
		var err error
		read, err = h.ReadFile(ctx, "x")
		return nil, err
	}}
	host := plugintest.Host{Files: map[string]string{"x": "y"}}
	plugintest.Run(t, plugins.Step{Plugin: asks, Grants: []plugins.Grant{plugins.GrantContext}}, "FROM a\n", host)
	if string(read) != "y" {
		t.Errorf("read %q", read)
	}
}

func TestDecode(t *testing.T) {
	v := struct{ A, B int }{1, 2}
	c := plugins.Call{Config: json.RawMessage(`{"a": 3}`)}
	if err := c.Decode(&v); err != nil || v.A != 3 || v.B != 2 {
		t.Errorf("%v, %v", v, err)
	}
	c.Config = json.RawMessage(`{"c": 3}`)
	if err := c.Decode(&v); err == nil {
		t.Error("an unknown field is taken")
	}
}
