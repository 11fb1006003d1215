package ir_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/wire"
	"github.com/seed-e0495807/strake/lang/source"
)

// alien is a body from outside the package: it has the methods of another.
type alien struct{ *ir.Run }

const valid = "# syntax=x\nARG A=1\nFROM alpine AS build\nRUN a\nCOPY <<E /x\ny\nE\n"

// body gives the change that puts a body into the first op.
func body(b ir.Body) func(*ir.Module) {
	return func(m *ir.Module) { m.Stages[0].Ops[0].Body = b }
}

func shell(line string) ir.Command { return ir.Command{Line: line} }

func origin(o *ir.Origin) func(*ir.Module) {
	return func(m *ir.Module) { m.Stages[0].Ops[0].Origin = o }
}

func at(start, end uint32) func(*ir.Module) {
	return origin(&ir.Origin{Span: source.Span{Start: start, End: end}})
}

func loop() *ir.Origin {
	a, b := &ir.Origin{By: "a"}, &ir.Origin{By: "b"}
	a.From, b.From = []*ir.Origin{b}, []*ir.Origin{a}
	return a
}

func chain(n int) *ir.Origin {
	o := &ir.Origin{By: "x"}
	for range n {
		o = &ir.Origin{By: "x", From: []*ir.Origin{o}}
	}
	return o
}

func TestVerify(t *testing.T) {
	const op = "op 1 of stage 0 (build)"
	for _, c := range []struct {
		name   string
		change func(*ir.Module)
		code   string // "" when it stays valid
		want   string // of the message
	}{
		{"unchanged", func(*ir.Module) {}, "", ""},
		{"duplicate names", func(m *ir.Module) {
			m.Stages = append(m.Stages, &ir.Stage{Name: "build", Base: "b", Origin: &ir.Origin{By: "x"}})
		}, "", ""},
		{"no stages", func(m *ir.Module) { m.Stages = nil }, "ir-no-stage", "module: has no stages"},
		{"escape", func(m *ir.Module) { m.Escape = 0 }, "ir-escape", `module: '\x00' is no escape character`},
		{"syntax of two lines", func(m *ir.Module) { m.Syntax = "a\nRUN b" }, "ir-directive", `"a\nRUN b" cannot be the value of the syntax directive`},
		{"check with blanks", func(m *ir.Module) { m.Check = " a " }, "ir-directive", "check directive"},

		{"nil global", func(m *ir.Module) { m.Args = append(m.Args, nil) }, "ir-nil", "global argument 2: is nil"},
		{"global is no ARG", func(m *ir.Module) { m.Args[0].Body = &ir.User{Name: "x"} }, "ir-global", "global argument 1 (USER): is *ir.User; only ARG"},
		{"nil stage", func(m *ir.Module) { m.Stages[0] = nil }, "ir-nil", "stage 0: is nil"},
		{"stage twice", func(m *ir.Module) { m.Stages = append(m.Stages, m.Stages[0]) }, "ir-shared", "stage 1: is in the module twice"},
		{"stage name", func(m *ir.Module) { m.Stages[0].Name = "Build" }, "ir-stage-name", `stage 0 (Build): invalid stage name "Build"`},
		{"stage name is a number", func(m *ir.Module) { m.Stages[0].Name = "1" }, "ir-stage-name", ""},
		{"no base", func(m *ir.Module) { m.Stages[0].Base = "" }, "ir-base", "stage 0 (build): has no base"},
		{"base of two words", func(m *ir.Module) { m.Stages[0].Base = "a AS b" }, "ir-read-back", "FROM a AS b AS build"},
		{"base that is an option", func(m *ir.Module) { m.Stages[0].Base = "--a" }, "", ""},
		{"base of two lines", func(m *ir.Module) { m.Stages[0].Base = "a\nRUN x" }, "ir-read-back", "there are 2 instructions"},
		{"platform", func(m *ir.Module) { m.Stages[0].Platform = "a\nb" }, "ir-read-back", ""},
		{"platform to quote", func(m *ir.Module) { m.Stages[0].Platform = "a \"b'" }, "", ""},
		{"comment of two lines", func(m *ir.Module) { m.Stages[0].Comments = []string{"a\nRUN x"} }, "ir-comment", `"a\nRUN x"`},
		{"blank comment", func(m *ir.Module) { m.Stages[0].Comments = []string{" "} }, "ir-comment", ""},
		{"code of two lines", func(m *ir.Module) { m.Stages[0].Code = "a\nb" }, "ir-code", "stage 0 (build): its code"},

		{"nil op", func(m *ir.Module) { m.Stages[0].Ops[0] = nil }, "ir-nil", op + ": is nil"},
		{"op twice", func(m *ir.Module) { m.Stages[0].Ops[1] = m.Stages[0].Ops[0] }, "ir-shared", "op 2 of stage 0 (build): is in the module twice"},
		{"code of an op", func(m *ir.Module) { m.Stages[0].Ops[0].Code = "a\nb" }, "ir-code", op},
		{"nil body", body(nil), "ir-nil", op + ": its body is nil"},
		{"nil pointer", body((*ir.Run)(nil)), "ir-nil", op + ": its body is nil"},
		{"nil custom", body((*ir.Custom)(nil)), "ir-nil", op + ": its body is nil"},
		{"alien body", body(alien{}), "ir-body", op + ": ir_test.alien is no body"},

		{"nil origin", origin(nil), "ir-origin", op + ": its origin is nil"},
		{"nil behind", origin(&ir.Origin{By: "x", From: []*ir.Origin{nil}}), "ir-origin", "is nil"},
		{"origin of nothing", origin(&ir.Origin{Why: "x"}), "ir-origin", "says nothing"},
		{"origin of itself", origin(loop()), "ir-origin", "is made out of itself"},
		{"deep origin", origin(chain(ir.MaxOriginDepth)), "ir-origin", "has more than 256 others behind it"},
		{"very deep origin", origin(chain(100_000)), "ir-origin", "has more than 256 others behind it"},
		{"deep enough", origin(chain(ir.MaxOriginDepth - 1)), "", ""},
		{"other file", origin(&ir.Origin{Span: source.Span{File: 1, End: 1}}), "ir-origin", "is in file 1; there are 1"},
		{"past the end", at(0, 1000), "ir-origin", "is at 0-1000, outside its file"},
		{"backwards", at(3, 2), "ir-origin", "is at 3-2"},
		{"whole file", at(0, uint32(len(valid))), "", ""},

		{"line break", body(&ir.Run{Command: shell("a\nb")}), "ir-line-break", op + ` (RUN): "a\nb" has a line break`},
		{"line break in a word", body(&ir.Workdir{Path: "a\nb"}), "ir-line-break", "(WORKDIR)"},
		{"line break in a value", body(&ir.Env{Pairs: []ir.Pair{{Key: "A", Value: "a\nb"}}}), "ir-read-back", "(ENV)"},
		{"carriage return at the end", body(&ir.User{Name: "a\r"}), "ir-read-back", ""},
		{"line that goes on", body(&ir.Run{Command: shell(`a \`)}), "", ""},
		{"looks like JSON", body(&ir.Cmd{Command: shell(`["a"]`)}), "ir-command", `["a"] reads back as the exec form`},
		{"looks like JSON of numbers", body(&ir.Cmd{Command: shell(` [1]`)}), "ir-command", ""},
		{"looks nearly like JSON", body(&ir.Cmd{Command: shell(`["a"`)}), "", ""},
		{"exec with a line", body(&ir.Run{Command: ir.Command{Exec: true, Line: "a", Args: []string{"a"}}}), "ir-command", "the exec form has no line"},
		{"shell with arguments", body(&ir.Run{Command: ir.Command{Line: "a", Args: []string{"a"}}}), "ir-command", "the shell form has no arguments"},
		{"argument that is no UTF-8", body(&ir.Run{Command: ir.Command{Exec: true, Args: []string{"\xff"}}}), "ir-read-back", ""},
		{"line that is no UTF-8", body(&ir.Run{Command: shell("\xff\x00")}), "", ""},
		{"blanks around a line", body(&ir.Run{Command: shell(" a")}), "ir-read-back", ""},
		{"network", body(&ir.Run{Network: "bridge"}), "ir-value", `invalid network mode "bridge"`},
		{"security", body(&ir.Run{Security: "none"}), "ir-value", `invalid security mode "none"`},
		{"upper case mount option", body(&ir.Run{Mounts: []ir.Mount{{{Key: "Type"}}}}), "ir-read-back", ""},
		{"mount option with an equals sign", body(&ir.Run{Mounts: []ir.Mount{{{Key: "a=b"}}}}), "ir-read-back", ""},
		{"mount from a variable", body(&ir.Run{Mounts: []ir.Mount{{{Key: "from", Value: "$A", HasValue: true}}}}), "ir-read-back", "doesn't support variable expansion"},
		{"device without a name", body(&ir.Run{Devices: []ir.Device{{Name: "a,b\n"}}}), "ir-read-back", ""},

		{"data without an end", body(&ir.Run{Command: shell("<<E"), Heredocs: []ir.Heredoc{{Name: "E", Data: "a"}}}), "ir-heredoc", "the here document E does not end in a newline"},
		{"terminator in the data", body(&ir.Run{Command: shell("<<E"), Heredocs: []ir.Heredoc{{Name: "E", Data: "a\nE\nb\n"}}}), "ir-heredoc", "a line with nothing but its name"},
		{"terminator and carriage return", body(&ir.Run{Command: shell("<<E"), Heredocs: []ir.Heredoc{{Name: "E", Data: "E\r\n"}}}), "ir-heredoc", ""},
		{"terminator behind tabs", body(&ir.Run{Command: shell("<<-E"), Heredocs: []ir.Heredoc{{Name: "E", Data: "\t\tE\n", Chomp: true}}}), "ir-heredoc", ""},
		{"terminator behind tabs that stay", body(&ir.Run{Command: shell("<<E"), Heredocs: []ir.Heredoc{{Name: "E", Data: "\tE\n"}}}), "", ""},
		{"here document of exec", body(&ir.Run{Command: ir.Command{Exec: true}, Heredocs: []ir.Heredoc{{Name: "E"}}}), "ir-heredoc", "the exec form cannot have"},
		{"here document that the line does not name", body(&ir.Run{Command: shell("cat"), Heredocs: []ir.Heredoc{{Name: "E"}}}), "ir-read-back", ""},
		{"line that names a here document", body(&ir.Run{Command: shell("cat <<E")}), "ir-read-back", ""},
		{"here document of a plugin", body(&ir.Custom{Name: "FILE", Args: "<<E", Heredocs: []ir.Heredoc{{Name: "E", Data: "a\n"}}}), "", ""},
		{"here document that a plugin takes for a word", body(&ir.Custom{Name: "FILE", Args: "<<E"}), "", ""},
		{"here document of a plugin that the line does not name", body(&ir.Custom{Name: "FILE", Args: "x", Heredocs: []ir.Heredoc{{Name: "E"}}}), "ir-read-back", ""},
		{"one here document of two", body(&ir.Custom{Name: "FILE", Args: "<<E <<F", Heredocs: []ir.Heredoc{{Name: "E"}}}), "ir-read-back", ""},
		{"data of a plugin without an end", body(&ir.Custom{Name: "FILE", Args: "<<E", Heredocs: []ir.Heredoc{{Name: "E", Data: "a"}}}), "ir-heredoc", "does not end"},
		{"inline data without an end", body(&ir.Copy{Inline: []ir.Inline{{Word: "<<E", Name: "E", Data: "a", Expand: true}}, Dest: "/"}), "ir-heredoc", "does not end"},
		{"terminator in inline data", body(&ir.Add{Inline: []ir.Inline{{Word: "<<E", Name: "E", Data: "E\n", Expand: true}}, Dest: "/"}), "ir-heredoc", ""},
		{"inline word of another name", body(&ir.Copy{Inline: []ir.Inline{{Word: "<<F", Name: "E", Data: "a\n", Expand: true}}, Dest: "/"}), "ir-read-back", ""},
		{"inline data that expands", body(&ir.Copy{Inline: []ir.Inline{{Word: "<<E", Name: "E"}}, Dest: "/"}), "ir-read-back", ""},
		{"leading tabs of chomped data", body(&ir.Copy{Inline: []ir.Inline{{Word: "<<-E", Name: "E", Data: "\ta\n", Expand: true}}, Dest: "/"}), "ir-read-back", ""},

		{"no sources", body(&ir.Copy{Dest: "/"}), "ir-read-back", "COPY"},
		{"source is a here document", body(&ir.Copy{Sources: []string{"<<E"}, Dest: "/"}), "ir-read-back", ""},
		{"destination is a here document", body(&ir.Copy{Sources: []string{"a"}, Dest: "<<E"}), "ir-read-back", ""},
		{"blanks in a source", body(&ir.Copy{Sources: []string{"a b", ""}, Dest: "/"}), "", ""},
		{"from is no Latin-1", body(&ir.Copy{Sources: []string{"a"}, Dest: "/", From: "世"}), "ir-read-back", ""},
		{"ports out of order", body(&ir.Expose{Ports: []string{"b", "a"}}), "ir-read-back", "`EXPOSE b a` reads back as `EXPOSE a b`"},
		{"no ports", body(&ir.Expose{}), "ir-read-back", ""},
		{"blank volume", body(&ir.Volume{Paths: []string{" "}}), "ir-read-back", ""},
		{"no pairs", body(&ir.Env{}), "ir-read-back", ""},
		{"no key", body(&ir.Label{Pairs: []ir.Pair{{Value: "x"}}}), "ir-read-back", ""},
		{"two legacy pairs", body(&ir.Env{Pairs: []ir.Pair{{Key: "a", Value: "b", Legacy: true}, {Key: "c", Value: "d", Legacy: true}}}), "ir-read-back", ""},
		{"blanks in a value", body(&ir.Env{Pairs: []ir.Pair{{Key: "a", Value: "b c"}}}), "ir-read-back", ""},
		{"default that is not set", body(&ir.Arg{Defaults: []ir.Default{{Key: "a", Value: "b"}}}), "ir-read-back", ""},
		{"empty shell", body(&ir.Shell{}), "ir-read-back", ""},
		{"short interval", body(&ir.Healthcheck{Command: shell("x"), Interval: time.Microsecond}), "ir-read-back", "cannot be less than 1ms"},
		{"negative retries", body(&ir.Healthcheck{Command: shell("x"), Retries: -1}), "ir-read-back", "negative"},
		{"none and more", body(&ir.Healthcheck{None: true, Retries: 1}), "ir-read-back", ""},
		{"no check", body(&ir.Healthcheck{}), "ir-read-back", ""},
		{"trigger of two instructions", body(&ir.Onbuild{Trigger: "RUN a\nRUN b"}), "ir-read-back", "there are 2 instructions"},
		{"trigger FROM", body(&ir.Onbuild{Trigger: "FROM a"}), "ir-read-back", "isn't allowed as an ONBUILD trigger"},
		{"no trigger", body(&ir.Onbuild{}), "ir-read-back", ""},
		{"custom", body(&ir.Custom{Name: "INSTALL", Args: "x"}), "", ""},
		{"custom that is known", body(&ir.Custom{Name: "RUN", Args: "x"}), "ir-read-back", ""},
		{"custom in lower case", body(&ir.Custom{Name: "install"}), "ir-read-back", ""},
		{"custom comment", body(&ir.Custom{Name: "#"}), "ir-read-back", ""},
		{"custom without a name", body(&ir.Custom{}), "ir-read-back", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := irtest.Module(t, valid)
			c.change(m)
			got := ir.Verify(m)
			switch {
			case c.code == "" && len(got) > 0:
				t.Errorf("%v; want none", got)
			case c.code != "" && (len(got) != 1 || got[0].Code != c.code || !strings.Contains(got[0].Message, c.want)):
				t.Errorf("%v; want one %s: %s", got, c.code, c.want)
			}
			// What is broken prints, and crosses the wire or is refused.
			_ = ir.Print(m)
			if p, err := wire.Unmarshal(wire.Marshal(m)); err == nil {
				ir.Verify(p)
			}
		})
	}
}

func TestVerifyNil(t *testing.T) {
	if got := ir.Verify(nil); len(got) != 1 || got[0].Code != "ir-nil" {
		t.Error(got)
	}
	if got := ir.Verify(&ir.Module{}); len(got) != 2 {
		t.Error(got)
	}
	if got := ir.Print(nil); got != "NIL\n" {
		t.Error(got)
	}
}

func TestVerifyLowered(t *testing.T) {
	m := irtest.Module(t, "FROM a\nINSTALL x\nRUN y\nFETCH z\n")
	if got := ir.Verify(m); len(got) > 0 {
		t.Error(got)
	}
	got := ir.VerifyLowered(m)
	if len(got) != 2 || got[0].Code != "ir-custom" || got[0].Span.Start != 7 ||
		got[1].Message != "op 3 of stage 0: FETCH was not expanded by any plugin" {
		t.Error(got)
	}
	m.Stages = append(m.Stages, nil, &ir.Stage{Ops: []*ir.Op{nil, {}}})
	ir.VerifyLowered(m)
	ir.VerifyLowered(nil)
}

// TestVerifySpan holds that an error about what a pass made is at its source.
func TestVerifySpan(t *testing.T) {
	m := irtest.Module(t, valid)
	op := m.Stages[0].Ops[0]
	was := op.Origin
	op.Origin = &ir.Origin{By: "x", From: []*ir.Origin{{By: "y", From: []*ir.Origin{was}}}}
	op.Body = &ir.User{}
	if got := ir.Verify(m); len(got) != 1 || got[0].Span != was.Span {
		t.Error(got)
	}
}

func BenchmarkVerify(b *testing.B) {
	m := irtest.Module(b, "FROM alpine\n"+strings.Repeat("RUN --mount=type=cache,target=/c go build ./...\n", 5000))
	b.ReportAllocs()
	for b.Loop() {
		if got := ir.Verify(m); len(got) > 0 {
			b.Fatal(got)
		}
	}
}
