package plugins_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// join makes one RUN of all that a stage has.
func join() *fake {
	return rewriter("join", plugins.Rewrite, func(c *plugins.Call) (*plugins.Result, error) {
		m := c.Module.Copy()
		for _, s := range m.Stages {
			var lines []string
			var from []*ir.Origin
			var rest []*ir.Op
			for _, op := range s.Ops {
				if run, ok := op.Body.(*ir.Run); ok {
					lines, from = append(lines, run.Command.Line), append(from, op.Origin)
				} else {
					rest = append(rest, op)
				}
			}
			if len(lines) > 1 {
				s.Ops = append(rest, c.Op(&ir.Run{Command: ir.Command{Line: strings.Join(lines, " && ")}}, "joined", from...))
			}
		}
		return &plugins.Result{Module: m}, nil
	})
}

// seek tells of RUNs that a test holds for, at the first place that they have.
func seek(name string, phase plugins.Phase, found func(line string) bool) *fake {
	return rewriter(name, phase, func(c *plugins.Call) (*plugins.Result, error) {
		r := &plugins.Result{}
		for _, s := range c.Module.Stages {
			for _, op := range s.Ops {
				if run, ok := op.Body.(*ir.Run); ok && found(run.Command.Line) {
					r.Diags.Warnf(op.Origin.Spans()[0], "found", "%s", run.Command.Line)
				}
			}
		}
		return r, nil
	})
}

// TestParts has findings on RUNs that were made of several.
func TestParts(t *testing.T) {
	sudo := func(line string) bool { return strings.Contains(line, "sudo") }
	long := func(line string) bool { return len(line) > 12 }
	again := func(name string) *fake { // another plugin behind the first that makes something of it
		return rewriter(name, plugins.Rewrite, func(c *plugins.Call) (*plugins.Result, error) {
			r := &plugins.Result{}
			for i, s := range c.Module.Stages {
				for j, op := range s.Ops {
					if run, ok := op.Body.(*ir.Run); ok {
						body := &ir.Run{Command: ir.Command{Line: "( " + run.Command.Line + " )"}}
						r.Edits = append(r.Edits, plugins.Edit{Stage: i, Op: j, Delete: 1, Insert: []*ir.Op{c.Op(body, "again", op.Origin)}})
					}
				}
			}
			return r, nil
		})
	}
	for _, c := range []struct {
		name  string
		steps []plugins.Plugin
		text  string
		want  string // "line code"
	}{
		{"at its part", []plugins.Plugin{join(), seek("s", plugins.Check, sudo)}, "FROM a\nRUN x\nRUN sudo y\n", "3 s/found"},
		{"ignored there", []plugins.Plugin{join(), seek("s", plugins.Check, sudo)}, "FROM a\nRUN x\n# strake: ignore=s/found it is\nRUN sudo y\n", ""},
		{"ignored in one of two parts", []plugins.Plugin{join(), seek("s", plugins.Check, sudo)},
			"FROM a\nRUN x\n# strake: ignore=s it is\nRUN sudo y\nRUN sudo z\n", "5 s/found"},
		{"ignored in another part", []plugins.Plugin{join(), seek("s", plugins.Check, sudo)},
			"FROM a\n# strake: ignore=s it is\nRUN x\nRUN sudo y\n", "4 s/found, 2 unused-ignore"},
		{"in the finish", []plugins.Plugin{join(), seek("s", plugins.Finish, sudo)}, "FROM a\nRUN x\nRUN sudo y\nCMD z\n", "3 s/found"},
		{"through two plugins", []plugins.Plugin{join(), again("t"), seek("s", plugins.Check, sudo)},
			"FROM a\nRUN x\n# strake: ignore=s it is\nRUN sudo y\nRUN sudo z\n", "5 s/found"},
		{"of two plugins", []plugins.Plugin{join(), seek("s", plugins.Check, sudo), seek("u", plugins.Check, long)},
			"FROM a\nRUN x\nRUN sudo y\nRUN a very long line\n", "3 s/found, 4 u/found"},
		{"about the whole", []plugins.Plugin{join(), seek("u", plugins.Check, long)}, "FROM a\nRUN 1234567\nRUN 1234567\n", "2 u/found"},
		{"about the whole, a comment in a part", []plugins.Plugin{join(), seek("u", plugins.Check, long)},
			"FROM a\nRUN 1234567\n# strake: ignore=u it is\nRUN 1234567\n", "2 u/found"},
		{"about the whole, ignored", []plugins.Plugin{join(), seek("u", plugins.Check, long)},
			"FROM a\n# strake: ignore=u it is\nRUN 1234567\nRUN 1234567\n", ""},
		{"each stage its own", []plugins.Plugin{join(), seek("s", plugins.Check, sudo)},
			"FROM a\nRUN x\nRUN sudo y\nFROM b\nRUN z\nRUN sudo z\n", "3 s/found, 6 s/found"},
	} {
		for carrier, carry := range map[string]func(plugins.Plugin) plugins.Plugin{
			"":               func(p plugins.Plugin) plugins.Plugin { return p },
			" over the wire": func(p plugins.Plugin) plugins.Plugin { return plugintest.Wire(t, p) },
		} {
			t.Run(c.name+carrier, func(t *testing.T) {
				p := &plugins.Pipeline{}
				for _, s := range c.steps {
					p.Steps = append(p.Steps, plugins.Step{Plugin: carry(s)})
				}
				out, err := p.Run(t.Context(), plugins.Input{Module: read(t, p, c.text)})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				f := source.NewFile("", c.text)
				for _, d := range out.Diags {
					got = append(got, fmt.Sprintf("%d %s", f.Line(d.Span.Start), d.Code))
				}
				if strings.Join(got, ", ") != c.want {
					t.Errorf("got %s, expected %s", strings.Join(got, ", "), c.want)
				}
			})
		}
	}
}

// TestPartsKeepFindings has a plugin that fails, or says nothing, when it sees the parts:
// what it found stays.
func TestPartsKeepFindings(t *testing.T) {
	calls := 0
	once := &fake{plugins.Info{Name: "s", Phases: []plugins.Phase{plugins.Check}}, func(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
		if calls++; calls > 1 {
			return nil, context.DeadlineExceeded
		}
		return &plugins.Result{Diags: diag.List{{Severity: diag.Error, Code: "x", Span: c.Module.Stages[0].Ops[0].Origin.Spans()[0]}}}, nil
	}}
	p := steps(join(), once)
	out, err := p.Run(t.Context(), plugins.Input{Module: read(t, p, "FROM a\nRUN x\nRUN y\n")})
	if err != nil || calls != 2 || len(out.Diags) != 1 {
		t.Errorf("%v after %d calls: %v", err, calls, out.Diags)
	}
}
