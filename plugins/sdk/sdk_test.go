package sdk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
	"github.com/seed-e0495807/strake/plugins/sdk"
)

// noSudo is a plugin in 30 lines.
var noSudo = sdk.Plugin{
	Name: "no-sudo", Version: "0.1.0", Summary: "RUN is root already, and needs no sudo",
	Filter: plugins.Filter{Keywords: []string{"RUN"}, Contains: []string{"sudo"}},
	Check: func(c *sdk.Call) error {
		for op := range c.Ops() {
			if run, ok := op.Body.(*ir.Run); ok && strings.Contains(run.Command.Line, "sudo ") {
				c.Warn(op.Place, "sudo", "RUN is root here, and needs no sudo").
					Help("remove sudo").Replace("remove sudo", "sudo ", "")
			}
		}
		return nil
	},
}

// hello uses what there is for rewriting.
var hello = sdk.Plugin{
	Name: "hello", Version: "0.1.0", Summary: "for tests",
	Instructions: []sdk.Instruction{{
		Instruction: plugins.Instruction{Keyword: "HELLO", Min: 1, Max: 2},
		Expand: func(c *sdk.Call, u *plugins.Use) error {
			if u.Args[0] == "nobody" {
				c.Error(u.Place, "nobody", "there is nobody").Help("greet somebody").See("https://example.com")
				return nil
			}
			c.Replace(u.Place, "HELLO "+u.Args[0], &ir.Run{Command: ir.Command{Line: "echo hello " + u.Args[0]}})
			return nil
		},
	}},
	Rewrite: func(c *sdk.Call) error {
		var config struct{ User string }
		if err := c.Decode(&config); err != nil {
			return err
		}
		for op := range c.Ops() {
			switch b := op.Body.(type) {
			case *ir.User:
				if b.Name == "nobody" {
					c.Replace(op.Place, "to be nobody is not allowed")
				}
			case *ir.Cmd:
				if config.User != "" && !made(op) {
					c.Before(op.Place, "not as root", &ir.User{Name: config.User})
				}
			case *ir.Volume:
				if config.User != "" && !made(op) {
					c.After(op.Place, "to go there", &ir.Workdir{Path: b.Paths[0]})
				}
			}
		}
		return nil
	},
	Finish: func(c *sdk.Call) error {
		c.Report("hello.txt", fmt.Append(nil, len(c.Module.Stages)))
		return nil
	},
}

func made(op sdk.Op) bool { return op.Code == "" && op.Origin.By != "" }

func TestCases(t *testing.T) { plugintest.Dir(t, &noSudo, "testdata/no-sudo") }

func TestInfo(t *testing.T) {
	for _, c := range []struct {
		p    *sdk.Plugin
		want []plugins.Phase
	}{{&noSudo, []plugins.Phase{plugins.Check}}, {&hello, []plugins.Phase{plugins.Expand, plugins.Rewrite, plugins.Finish}}} {
		if got := fmt.Sprint(c.p.Info().Phases); got != fmt.Sprint(c.want) {
			t.Errorf("%s has the phases %s, not %v", c.p.Name, got, c.want)
		}
	}
	_, err := noSudo.Run(t.Context(), plugins.NoHost{}, &plugins.Call{Phase: plugins.Finish})
	if err == nil || err.Error() != "no-sudo has no part in the phase finish" {
		t.Error(err)
	}
}

func TestRewrite(t *testing.T) {
	for name, p := range map[string]plugins.Plugin{"in-process": &hello, "wire": plugintest.Wire(t, &hello)} {
		step := plugins.Step{Plugin: p, Config: []byte(`{"user": "me"}`)}
		out := plugintest.Run(t, step, "FROM debian\nHELLO world\nUSER nobody\nVOLUME /data\nCMD sh\n", nil)
		want := "FROM debian\nRUN echo hello world\nVOLUME /data\nWORKDIR /data\nUSER me\nCMD sh\n"
		if got := plugintest.Print(out.Module); got != want {
			t.Errorf("%s: it becomes\n%s", name, got)
		}
		op := out.Module.Stages[0].Ops[0]
		if op.Origin.By != "hello" || op.Origin.Why != "HELLO world" || len(op.Origin.Spans()) != 1 {
			t.Errorf("%s: the origin is %+v", name, op.Origin)
		}
		if got := string(out.Reports["hello"][0].Data); got != "1" {
			t.Errorf("%s: it reports %q", name, got)
		}
		out = plugintest.Run(t, step, "FROM debian\nHELLO nobody\n", nil)
		if len(out.Diags) != 1 || out.Diags[0].Severity != diag.Error || out.Diags[0].Code != "hello/nobody" || out.Diags[0].URL == "" {
			t.Errorf("%s: %+v", name, out.Diags)
		}
	}
}

func TestCall(t *testing.T) {
	m := irtest.Module(t, "FROM debian\nRUN a b \\\n  a\n")
	m.Stages[0].Ops = append(m.Stages[0].Ops, &ir.Op{Body: &ir.User{Name: "x"}, Origin: &ir.Origin{By: "x"}})
	at := func(op int) plugins.Place { return plugins.Place{Op: op} }
	p := sdk.Plugin{Name: "x", Check: func(c *sdk.Call) error {
		if s, ok := c.Find(at(0), "b"); !ok || m.Files[0].Text[s.Start:s.End] != "b" {
			t.Errorf("b is at %v, %v", s, ok)
		}
		for _, place := range []plugins.Place{at(0), at(1), at(7), {Stage: 9}, {Stage: -1}} {
			if s, ok := c.Find(place, "zzz"); ok {
				t.Errorf("zzz is at %v", s)
			}
		}
		if s := c.Span(sdk.From(0)); m.Files[0].Text[s.Start:s.End] != "FROM debian" {
			t.Errorf("FROM is at %v", s)
		}
		c.Note(at(0), "n", "note %d", 1).Replace("not there", "zzz", "")
		c.Suggest(at(1), "s", "hint").Expected = "more"
		for range c.Ops() {
			break
		}
		return nil
	}}
	res, err := p.Run(t.Context(), plugins.NoHost{}, &plugins.Call{Phase: plugins.Check, Module: m, Stages: []bool{true}, By: "x"})
	if err != nil || len(res.Diags) != 2 || res.Diags[0].Message != "note 1" || len(res.Diags[0].Fixes) != 0 ||
		res.Diags[1].Expected != "more" || !res.Diags[1].Span.IsZero() || res.Diags[1].Severity != diag.Hint {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestStages holds that ops of other stages are not seen.
func TestStages(t *testing.T) {
	m := irtest.Module(t, "FROM a\nUSER a\nFROM b\nUSER b\nUSER c\n")
	seen := ""
	p := sdk.Plugin{Name: "x", Check: func(c *sdk.Call) error {
		for op := range c.Ops() {
			seen += fmt.Sprint(op.Place, op.Body.(*ir.User).Name)
		}
		return nil
	}}
	_, err := p.Run(context.Background(), plugins.NoHost{}, &plugins.Call{Phase: plugins.Check, Module: m, Stages: []bool{false, true}})
	if err != nil || seen != "{1 0}b{1 1}c" {
		t.Errorf("%s, %v", seen, err)
	}
}
