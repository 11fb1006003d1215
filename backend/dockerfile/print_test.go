package dockerfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
)

// same compares modules in what a Dockerfile says.
func same(a, b *ir.Module) string { return irtest.Diff(plain(a), plain(b)) }

// plain is a module without what a Dockerfile does not keep.
func plain(m *ir.Module) *ir.Module {
	ops := func(list []*ir.Op) []*ir.Op {
		var out []*ir.Op
		for _, op := range list {
			out = append(out, &ir.Op{Body: op.Body})
		}
		return out
	}
	c := &ir.Module{Escape: m.Escape, Syntax: m.Syntax, Check: m.Check, Args: ops(m.Args)}
	for _, s := range m.Stages {
		c.Stages = append(c.Stages, &ir.Stage{Name: s.Name, Base: s.Base, Platform: s.Platform, Ops: ops(s.Ops)})
	}
	return c
}

// stock is what docker build says of a Dockerfile.
func stock(text string) error {
	r, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return err
	}
	_, _, err = instructions.Parse(r.AST, linter.New(&linter.Config{}))
	return err
}

// hasCustom reports whether an op is left to plugins.
func hasCustom(m *ir.Module) bool { return ir.VerifyLowered(m).HasErrors() }

// unspelled is a module that goes back to no source, so that everything is
// formatted.
func unspelled(m *ir.Module) *ir.Module {
	c := *m
	c.Files = nil
	return &c
}

func TestRoundTrip(t *testing.T) {
	for name, m := range irtest.Modules(t) {
		if hasCustom(m) {
			continue
		}
		for _, m := range []*ir.Module{m, unspelled(m)} {
			text, err := dockerfile.Print(m)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got, ok := irtest.Build("Dockerfile", text)
			if diff := same(m, got); !ok || diff != "" {
				t.Errorf("%s: %s\n%s", name, diff, text)
			}
			if err := stock(text); err != nil {
				t.Errorf("%s: docker refuses what is printed: %v", name, err)
			}
		}
	}
}

// TestSpelling holds that an unchanged module prints as its source, but for
// blanks.
func TestSpelling(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"as it was", "# syntax=x\n\n# hello\n\nARG A=1\n\n# base\nfrom alpine  as b\nRUN a \\\n    # why\n  && b\n\nCOPY <<EOF /x\n# y\n\nEOF\n\n# c\n\n# d\nUSER  x\n", ""},
		{"indentation goes", "  FROM a\n  # c\n  RUN b\n", "FROM a\n# c\nRUN b\n"},
		{"what follows goes", "FROM a\n# end\n", "FROM a\n"},
		{"no comment becomes a directive", "# hello\n# escape=`\nFROM a\nRUN b \\\n c\n", "\n# hello\n# escape=`\nFROM a\nRUN b \\\n c\n"},
		{"default escape", "# escape=\\\nFROM a\n", "FROM a\n"},
		{"backtick", "# escape=`\nFROM a\nRUN b `\n  c\n", "# escape=`\n\nFROM a\nRUN b `\n  c\n"},
		{"crlf", "FROM a\r\nRUN b \\\r\n  c\r\n", "FROM a\nRUN b \\\r\n  c\n"},
		{"open end", "FROM a\nRUN b \\\n", "FROM a\nRUN b\n"},
		{"open end and comment", "FROM a\nRUN b \\\n# c", "FROM a\nRUN b\n"},
		{"byte order mark", "\ufeffFROM a\n", "FROM a\n"},
	} {
		want := c.want
		if want == "" {
			want = c.in
		}
		got, err := dockerfile.Print(irtest.Module(t, c.in))
		if err != nil || got != want {
			t.Errorf("%s: %v\n%q\nwant\n%q", c.name, err, got, want)
		}
	}
}

func TestChanged(t *testing.T) {
	m := irtest.Module(t, "# a\nFROM alpine AS a\n# b\nRUN x \\\n  y\n# c\nRUN z\n")
	s := m.Stages[0]
	s.Ops[0].Body = &ir.Run{Command: ir.Command{Line: "x y"}, Mounts: []ir.Mount{{{Key: "type", Value: "tmpfs", HasValue: true}}}}
	s.Base = "debian"
	s.Ops = append(s.Ops, &ir.Op{Body: &ir.User{Name: "me"}, Origin: &ir.Origin{By: "x", From: []*ir.Origin{s.Ops[1].Origin}}})
	const want = "\n# a\nFROM debian AS a\n# b\nRUN --mount=type=tmpfs x y\n# c\nRUN z\nUSER me\n"
	got, err := dockerfile.Print(m)
	if err != nil || got != want {
		t.Errorf("%v\n%q\nwant\n%q", err, got, want)
	}
}

// TestComments has comments stay above what plugins make of their instructions, each once.
func TestComments(t *testing.T) {
	m := irtest.Module(t, "FROM alpine\n\n# a\nRUN a\n\n# b\n\n# of b\nRUN b\n# c\nRUN c \\\n  d\n# e\nUSER e\n# f\nRUN f\n# g\nRUN g\nFROM alpine AS last\n")
	ops := m.Stages[0].Ops
	of := func(body ir.Body, from ...*ir.Op) *ir.Op {
		op := &ir.Op{Body: body, Origin: &ir.Origin{By: "x"}}
		for _, f := range from {
			op.Origin.From = append(op.Origin.From, f.Origin)
		}
		return op
	}
	script := func(line string) ir.Body { return &ir.Run{Command: ir.Command{Line: line}} }
	merged := of(script("a && b"), ops[0], ops[1])
	m.Stages[0].Ops = []*ir.Op{
		of(ops[2].Body, ops[2]),           // moved
		of(script("more"), merged),        // made of what was made, and
		of(script("more"), merged),        // once more
		of(script("beside"), ops[4]),      // of one that stays
		of(script("first half"), ops[5]),  // of one that is in two
		of(script("second half"), ops[5]), // now
		ops[4],                            // and the one with # e is gone
	}
	m.Stages[1].Ops = []*ir.Op{{Body: script("of a FROM"), Origin: &ir.Origin{By: "x", From: []*ir.Origin{m.Stages[1].Origin}}}}
	const want = "FROM alpine\n# c\nRUN c \\\n  d\n\n# a\n# b\n# of b\nRUN more\nRUN more\nRUN beside\n# g\nRUN first half\nRUN second half\n# f\nRUN f\nFROM alpine AS last\nRUN of a FROM\n"
	got, err := dockerfile.Print(m)
	if err != nil || got != want {
		t.Errorf("%v\n%q\nwant\n%q", err, got, want)
	}
}

func TestLongLines(t *testing.T) {
	const size = 200_000
	for _, c := range []struct{ name, line string }{
		{"words", strings.Repeat("word ", size/5)},
		{"no blanks", strings.Repeat("a", size)},
		{"comment marks", strings.Repeat("## a # ", size/7)},
		{"escapes", strings.Repeat(`\\\\ \a \\ `, size/11)},
		{"blanks", strings.Repeat("a"+strings.Repeat(" ", 50_000), 4) + "b"},
		{"runes", strings.Repeat("é世", size/5)},
		{"blank runes", strings.Repeat("\u2003\u00a0é", size/7)},
		{"ends in escapes", strings.Repeat("a", size) + `\\`},
		{"ends in an escape", strings.Repeat("a", 59<<10) + " " + strings.Repeat("b", 60<<10) + `\`},
	} {
		for _, escape := range []byte{'\\', '`'} {
			line := strings.TrimSpace(c.line)
			m := &ir.Module{Escape: escape, Stages: []*ir.Stage{{Base: "a", Ops: []*ir.Op{
				{Body: &ir.Run{Command: ir.Command{Line: line}}},
				{Body: &ir.Cmd{Command: ir.Command{Exec: true, Args: []string{line, "#"}}}},
				{Body: &ir.Run{Command: ir.Command{Line: line + " x <<E"}, Heredocs: []ir.Heredoc{{Name: "E", Data: "x\n"}}}},
				{Body: &ir.User{Name: "end"}},
			}}}}
			text, err := dockerfile.Print(m)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			got, ok := irtest.Build("Dockerfile", text)
			if !ok || same(m, got) != "" {
				t.Errorf("%s, escape %c: does not read back", c.name, escape)
			}
			if err := stock(text); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	long := strings.Repeat("a", 70_000)
	for _, c := range []struct {
		name, want string
		m          *ir.Module
	}{
		{"nil", "module: there is none", nil},
		{"nil stage", "stage 0: it is nil", &ir.Module{Escape: '\\', Stages: []*ir.Stage{nil}}},
		{"nil op", "op 1 of stage 0 (b): it has no body", &ir.Module{Escape: '\\', Stages: []*ir.Stage{{Name: "b", Base: "a", Ops: []*ir.Op{nil}}}}},
		{"nil body", "global argument 1: it has no body", &ir.Module{Escape: '\\', Args: []*ir.Op{{Body: (*ir.Arg)(nil)}}}},
		{"custom", "op 1 of stage 0: INSTALL has to be expanded by a plugin", irtest.Module(t, "FROM a\nINSTALL x\n")},
		{"long here document", "op 1 of stage 0: a line is longer than docker reads, and cannot be folded", irtest.Module(t, "FROM a\nCOPY <<E /x\n"+long+"\nE\n")},
		{"nothing to fold at", "op 1 of stage 0: a line is longer", irtest.Module(t, "FROM a\nRUN "+strings.Repeat("#", 70_000)+"\n")},
	} {
		_, err := dockerfile.Print(c.m)
		var e *dockerfile.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.name, err, c.want)
		}
	}
}
