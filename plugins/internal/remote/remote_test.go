package remote_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// double is a plugin that does what a test says.
type double struct {
	info plugins.Info
	run  func(context.Context, plugins.Host, *plugins.Call) (*plugins.Result, error)
}

func (d *double) Info() plugins.Info { return d.info }

func (d *double) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	return d.run(ctx, h, c)
}

var info = plugins.Info{
	Name: "double", Version: "1.2.3", Summary: "é", URL: "https://example.com",
	Phases: []plugins.Phase{plugins.Expand, plugins.Rewrite, plugins.Check, plugins.Finish},
	Instructions: []plugins.Instruction{{
		Keyword: "PACKAGES", Usage: "PACKAGES X", Summary: "s", Args: plugins.JSON, Min: 1, Max: 9, Heredocs: true,
		Flags: []plugins.Flag{{Name: "x", Type: plugins.DurationFlag, Values: []string{"1s"}, Repeated: true, Required: true, Summary: "f"}},
	}},
	Filter: plugins.Filter{Keywords: []string{"RUN"}, Contains: []string{"apt"}},
	Schema: json.RawMessage(`{"type":"object"}`), After: []string{"a", "b"}, Needs: []plugins.Grant{plugins.GrantContext},
}

func TestInfo(t *testing.T) {
	for _, i := range []plugins.Info{info, {Name: "x"}} {
		if diff := cmp.Diff(i, plugintest.Wire(t, &double{info: i}).Info()); diff != "" {
			t.Error(diff)
		}
	}
}

// same compares what has modules.
func same(want, got any) string {
	some := func(a, b []byte) bool { return len(a) > 0 && len(b) > 0 }
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.FilterValues(some, cmp.Comparer(bytes.Equal))) // each byte by itself takes seconds a megabyte
}

// TestModules sends every module there and back, in both ways that a plugin may answer.
func TestModules(t *testing.T) {
	var seen *plugins.Call
	var answer func(*ir.Module) *ir.Module
	p := plugintest.Wire(t, &double{info: info, run: func(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
		seen = c
		return &plugins.Result{Module: answer(c.Module)}, nil
	}})
	r := rand.New(rand.NewPCG(1, 2))
	for name, m := range irtest.Modules(t) {
		c := &plugins.Call{Phase: plugins.Rewrite, Module: m, Target: len(m.Stages) - 1, Stages: make([]bool, len(m.Stages)), By: "double"}
		for _, whole := range []bool{true, false} {
			var want *ir.Module
			answer = func(m *ir.Module) *ir.Module {
				out := m.Copy()
				if whole {
					out.Syntax += "x"
				}
				shuffle(rand.New(rand.NewPCG(3, 4)), out)
				return out
			}
			want = answer(m)
			res, err := p.Run(t.Context(), plugins.NoHost{}, c)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := irtest.Diff(m, seen.Module); diff != "" {
				t.Fatalf("%s: the plugin sees another module: %s", name, diff)
			}
			if changed := !reflect.DeepEqual(m, want); (whole || !changed) != (res.Module != nil) {
				t.Errorf("%s: whole %v, changed %v: it comes as a module %v", name, whole, changed, res.Module != nil)
			}
			got, err := res.Apply(m)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := irtest.Diff(want, got); diff != "" {
				t.Fatalf("%s: strake sees another module: %s", name, diff)
			}
		}
		if r.IntN(10) == 0 { // no answer changes nothing
			answer = func(m *ir.Module) *ir.Module { return m }
			if res, err := p.Run(t.Context(), plugins.NoHost{}, c); err != nil || res.Module != nil || res.Edits != nil {
				t.Errorf("%s: %+v, %v", name, res, err)
			}
		}
	}
}

// shuffle drops, doubles, moves and makes ops.
func shuffle(r *rand.Rand, m *ir.Module) {
	for _, s := range m.Stages {
		for range 1 + r.IntN(3) {
			if len(s.Ops) == 0 {
				continue
			}
			i, j := r.IntN(len(s.Ops)), r.IntN(len(s.Ops))
			switch r.IntN(4) {
			case 0:
				s.Ops = append(s.Ops[:i:i], s.Ops[i+1:]...)
			case 1:
				s.Ops[i], s.Ops[j] = s.Ops[j], s.Ops[i]
			case 2:
				s.Ops = append(s.Ops, s.Ops[i])
			default:
				s.Ops[i] = &ir.Op{Body: &ir.User{Name: "x"}, Origin: &ir.Origin{By: "double", Why: "why", From: []*ir.Origin{s.Ops[i].Origin}}}
			}
		}
	}
}

func TestCallAndResult(t *testing.T) {
	m := irtest.Module(t, "FROM debian AS a\nPACKAGES --x=1s --x=2s vim\nRUN x\n")
	calls := []*plugins.Call{
		{Phase: plugins.Check, Module: m, Target: -1, By: "double"},
		{Phase: plugins.Expand, Module: m, Stages: []bool{true}, Config: json.RawMessage(`{"a":1}`), By: "double", Uses: []plugins.Use{{
			Place: plugins.Place{Stage: 0, Op: 0}, Keyword: "PACKAGES", Flags: map[string][]string{"x": {"1s", "2s"}, "y": {"\xff"}}, Args: []string{"vim", ""},
			Origin: m.Stages[0].Ops[0].Origin,
		}}},
	}
	span := source.Span{File: 1, Start: 2, End: 3}
	results := []*plugins.Result{
		{},
		{Diags: diag.List{{}, {
			Severity: diag.Hint, Code: "c", Span: span, Message: "m \xff", Expected: "e", Hint: "h", URL: "u",
			Notes: []diag.Note{{Label: "l", Text: "t\nu"}}, Related: []diag.Related{{Span: span, Message: "r"}, {}},
			Fixes: []diag.Fix{{Message: "f", Safe: true, Edits: []diag.Edit{{Span: span, New: "\x00"}, {}}}, {}},
		}}},
		{Reports: []plugins.Report{{Name: "sbom.json", Data: []byte(strings.Repeat("x", 5<<20))}, {Name: "empty"}}},
		{Edits: []plugins.Edit{{Stage: 0, Op: 1, Delete: 1}, {Stage: -1, Op: 7, Insert: []*ir.Op{{Body: &ir.User{Name: "x"}, Origin: &ir.Origin{By: "double"}}}}}},
	}
	var seen *plugins.Call
	var answer *plugins.Result
	p := plugintest.Wire(t, &double{info: info, run: func(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
		seen = c
		return answer, nil
	}})
	for _, c := range calls {
		for _, answer = range results {
			res, err := p.Run(t.Context(), plugins.NoHost{}, c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := same(c, seen); diff != "" {
				t.Errorf("the call: %s", diff)
			}
			if diff := same(answer, res); diff != "" {
				t.Errorf("the result: %s", diff)
			}
		}
		if len(seen.Uses) > 0 && seen.Uses[0].Origin != seen.Module.Stages[0].Ops[0].Origin {
			t.Error("the origin of a use is not that of its op")
		}
	}
	answer = nil
	if res, err := p.Run(t.Context(), plugins.NoHost{}, calls[0]); err != nil || same(&plugins.Result{}, res) != "" {
		t.Errorf("nil comes as %+v, %v", res, err)
	}
}

// services is a host that answers with what it was asked.
type services struct {
	plugins.NoHost
	mu  sync.Mutex
	log []string
	err error
}

func (s *services) Log(_ context.Context, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, text)
}

func (s *services) Expand(_ context.Context, at plugins.Place, word string) (string, error) {
	return fmt.Sprint(at, word), s.err
}

func (s *services) ReadFile(_ context.Context, path string) ([]byte, error) {
	return []byte(strings.Repeat(path, 1<<20)), s.err
}

func (s *services) ListFiles(_ context.Context, patterns []string) ([]plugins.File, error) {
	return []plugins.File{{Path: strings.Join(patterns, " "), Mode: fs.ModeDir | 0o755, Size: 7}}, s.err
}

func (s *services) BaseConfig(_ context.Context, stage int) (json.RawMessage, error) {
	return json.RawMessage(fmt.Sprint(stage)), s.err
}

func (s *services) BaseFile(_ context.Context, stage int, path string) ([]byte, error) {
	return fmt.Append(nil, stage, path), s.err
}

func (s *services) Effects(_ context.Context, stage int) ([]plugins.OpEffects, error) {
	if s.err != nil {
		return nil, s.err
	}
	one, other := &eval.View{Env: map[string]string{"A": fmt.Sprint(stage)}, Known: true}, &eval.View{Unknown: []string{"B"}}
	what := effects.Of(&ir.Run{Command: ir.Command{Line: "make >/x"}}, effects.State{Shell: []string{"sh", "-c"}, Dir: "/"})
	return []plugins.OpEffects{{State: one, Step: what}, {State: one}, {State: other, Step: effects.Step{Effects: effects.All("x")}}}, nil
}

func (s *services) Facts(_ context.Context, stage int) (plugins.Facts, error) {
	if s.err != nil {
		return plugins.Facts{}, s.err
	}
	return plugins.Facts{Platforms: []string{fmt.Sprint("linux/", stage)}, Shell: []string{"sh", "-c"}}, nil
}

func TestHost(t *testing.T) {
	m := irtest.Module(t, "FROM a\n")
	ask := func(ctx context.Context, h plugins.Host) (out []any) {
		add := func(v any, err error) {
			text := ""
			if err != nil {
				text = err.Error()
			}
			out = append(out, fmt.Sprintf("%s", v), text, errors.Is(err, plugins.ErrDenied), errors.Is(err, plugins.ErrUnavailable), errors.Is(err, fs.ErrNotExist))
		}
		h.Log(ctx, "a line \xff")
		word, err := h.Expand(ctx, plugins.Place{Stage: 3, Op: -1}, "$x\xff")
		add(word, err)
		data, err := h.ReadFile(ctx, "abcde\xff")
		add(data, err)
		files, err := h.ListFiles(ctx, []string{"a", "**/b"})
		add(fmt.Sprint(files), err)
		raw, err := h.BaseConfig(ctx, 4)
		add(raw, err)
		data, err = h.BaseFile(ctx, 5, "/x")
		add(data, err)
		facts, err := h.Facts(ctx, 6)
		add(facts, err)
		list, err := h.Effects(ctx, 7)
		for _, e := range list {
			add(fmt.Sprintf("%+v %+v", *e.State, e.Step), nil)
		}
		add(len(list), err)
		raw, err = h.ParseShell(ctx, "bash", "echo x")
		add(raw, err)
		raw, err = h.ParseShell(ctx, "fish", "echo x")
		add(raw, err)
		return out
	}
	for _, fault := range []error{nil, plugins.ErrUnavailable, fmt.Errorf("grant x: %w", plugins.ErrDenied), fmt.Errorf("x: %w", fs.ErrNotExist), errors.New("other")} {
		var got []any
		p := plugintest.Wire(t, &double{info: info, run: func(ctx context.Context, h plugins.Host, _ *plugins.Call) (*plugins.Result, error) {
			got = ask(ctx, h)
			var all sync.WaitGroup
			for i := range 100 { // at once
				all.Go(func() {
					want := fmt.Sprint(plugins.Place{Stage: i}, "x")
					if word, err := h.Expand(ctx, plugins.Place{Stage: i}, "x"); fault == nil && (err != nil || word != want) {
						t.Errorf("%d gives %q, %v", i, word, err)
					}
				})
			}
			all.Wait()
			return nil, nil
		}})
		there := &services{err: fault}
		if _, err := p.Run(t.Context(), there, &plugins.Call{Phase: plugins.Check, Module: m}); err != nil {
			t.Fatal(err)
		}
		here := &services{err: fault}
		want := ask(t.Context(), here)
		for i := range want {
			if fault != nil && i%5 == 0 && i < 25 {
				continue // with an error there is no value
			}
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%v: answer %d is %.80v, not %.80v", fault, i, got[i], want[i])
			}
		}
		if !reflect.DeepEqual(here.log, there.log) {
			t.Errorf("the log is %q, not %q", there.log, here.log)
		}
	}
}

// TestErrors holds that errors come as they are, and tell which op a plugin does not
// know.
func TestErrors(t *testing.T) {
	p := plugintest.Wire(t, &double{info: info, run: func(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
		return nil, errors.New("broken \xff")
	}})
	c := &plugins.Call{Phase: plugins.Check, Module: irtest.Module(t, "FROM a\n")}
	if _, err := p.Run(t.Context(), plugins.NoHost{}, c); err == nil || err.Error() != "broken \xff" {
		t.Error(err)
	}
	c.Module = c.Module.Copy()
	c.Module.Stages[0].Ops = []*ir.Op{{}}
	if _, err := p.Run(t.Context(), plugins.NoHost{}, c); err == nil || !strings.Contains(err.Error(), `unknown op kind ""`) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := p.Run(ctx, plugins.NoHost{}, c); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Error(err)
	}
}

// BenchmarkRoundTrip sends a module of 5,000 ops there, and a changed one back.
func BenchmarkRoundTrip(b *testing.B) {
	m := irtest.Module(b, "FROM alpine\n"+strings.Repeat("RUN --mount=type=cache,target=/c go build ./...\n", 5000))
	for name, whole := range map[string]bool{"module": true, "edits": false} {
		b.Run(name, func(b *testing.B) {
			p := plugintest.Wire(b, &double{info: info, run: func(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
				out := c.Module.Copy()
				if whole {
					out.Syntax = "x"
				}
				out.Stages[0].Ops = out.Stages[0].Ops[1:]
				return &plugins.Result{Module: out}, nil
			}})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Run(b.Context(), plugins.NoHost{}, &plugins.Call{Phase: plugins.Rewrite, Module: m}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
