// Package irtest makes modules for the tests of the rooms behind ir: those of
// the shared cases and of the corpus, and ones that no Dockerfile gives. It is
// imported by tests only.
package irtest

import (
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
)

// Build makes the module of a Dockerfile, or reports false when it has errors.
// Of the instructions that a plugin could claim it takes those with a name in
// ASCII.
func Build(name, text string) (*ir.Module, bool) {
	file, diags := lang.Parse(source.NewFile(name, text))
	m, more := ir.Build(file)
	var claims []lang.Claim
	for _, in := range file.Instructions() {
		if c, ok := in.(*lang.Custom); ok && claimable().MatchString(c.Keyword.Text) {
			claims = append(claims, lang.Claim{Keyword: strings.ToUpper(c.Keyword.Text)})
		}
	}
	diags = append(append(diags, more...), lang.Unclaimed(file, claims...)...)
	return m, !diags.HasErrors()
}

var claimable = late.Regexp(`^[A-Za-z][A-Za-z0-9_-]*$`)

// Module is Build for a Dockerfile that has no errors.
func Module(t testing.TB, text string) *ir.Module {
	t.Helper()
	m, ok := Build("Dockerfile", text)
	if !ok {
		t.Fatalf("%q has errors", text)
	}
	return m
}

// Diff says how two modules differ, "" when they do not. Nil and empty lists are
// one.
func Diff(want, got *ir.Module) string {
	if reflect.DeepEqual(want, got) { // much faster
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// Modules gives valid modules by name: of every case and every file of the
// corpus that is accepted, and those of Made.
func Modules(t testing.TB) iter.Seq2[string, *ir.Module] {
	t.Helper()
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(string, *ir.Module) bool) {
		for _, c := range cases.All() {
			if m, ok := Build("Dockerfile", c.Dockerfile); ok && !yield(c.Name, m) {
				return
			}
		}
		for _, f := range files {
			if m, ok := Build(f.Name, string(f.Data)); ok && !yield(f.Name, m) {
				return
			}
		}
		for name, m := range Made() {
			if !yield(name, m) {
				return
			}
		}
	}
}

// Made gives valid modules as plugins make them: every body with every field,
// odd strings, and origins that share and chain.
func Made() map[string]*ir.Module {
	author := &ir.Origin{Span: source.Span{Start: 0, End: 11}}
	pass := &ir.Origin{By: "pass", Why: "a reason with \"quotes\"\nand lines", From: []*ir.Origin{author, {Span: source.Span{Start: 1, End: 2}}}}
	again := &ir.Origin{Span: source.Span{File: 1, Start: 3, End: 3}, By: "again \xff", From: []*ir.Origin{pass, pass, author}}
	return map[string]*ir.Module{
		"made/bodies": {
			Files:  []ir.File{{Name: "Dockerfile", Text: "FROM alpine\nx"}, {Name: "odd \"\xff\n", Text: "\x00\xff\r\n\n"}, {}},
			Escape: '\\', Syntax: "docker/dockerfile:1", Check: "skip=all",
			Args: []*ir.Op{{Body: &ir.Arg{Defaults: []ir.Default{{Key: "A"}, {Key: "B", Set: true}, {Key: "C", Value: "\"c d\"", Set: true}}}, Origin: again}},
			Stages: []*ir.Stage{
				{Name: "a", Base: "golang:${A}", Platform: "$BUILDPLATFORM", Code: "FROM …", Comments: []string{"a", "b \"\xff"}, Origin: author, Ops: ops(author, pass, again)},
				{Base: "scratch", Origin: &ir.Origin{By: "x"}},
			},
		},
		"made/backtick": {
			Escape: '`',
			Stages: []*ir.Stage{{Base: "a", Origin: again0(), Ops: []*ir.Op{
				{Body: &ir.Copy{Sources: []string{`c:\a`, "b"}, Dest: `d:\`}, Origin: again0()},
				{Body: &ir.Copy{Sources: []string{"a b", "b`"}, Dest: "c`", From: "`x y\"'"}, Origin: again0()},
				{Body: &ir.Workdir{Path: `c:\`}, Origin: again0()},
			}}},
		},
	}
}

func again0() *ir.Origin { return &ir.Origin{By: "made"} }

func ops(origins ...*ir.Origin) []*ir.Op {
	yes, no := true, false
	bodies := []ir.Body{
		&ir.Run{Command: ir.Command{Line: "go build \"./...\" \xff\x00\\n"}, Network: "none", Security: "insecure",
			Mounts:  []ir.Mount{{{Key: "type", Value: "cache", HasValue: true}, {Key: "target", Value: "/a,\"b\" c'\\", HasValue: true}, {Key: "ro"}, {Key: "", Value: "", HasValue: true}}},
			Devices: []ir.Device{{Name: "vendor.com/class=gpu", Required: true}, {Name: "é"}}},
		&ir.Run{Command: ir.Command{Line: "cat <<A <<-\"B C\" <<A"}, Heredocs: []ir.Heredoc{{Name: "A", Data: "a\nb\r\n\xff\n"}, {Name: "B C", Data: "\tx\n", Chomp: true}, {Name: "A"}}},
		&ir.Run{Command: ir.Command{Exec: true, Args: []string{"", " ", "a\nb", "\"", "<<X", "\u2028<&>"}}},
		&ir.Run{Command: ir.Command{Exec: true}},
		&ir.Run{},
		&ir.Run{Command: ir.Command{Line: "--x"}},
		&ir.Copy{Sources: []string{"a", "--b"}, Dest: "c", From: "é 1", Chown: "1:2", Chmod: "u+x", Link: true, Parents: true, Excludes: []string{"a b", "", "\"'"}},
		&ir.Copy{Sources: []string{"--a", "b c", "\n"}, Dest: ""},
		&ir.Copy{Sources: []string{"[a"}, Dest: "\\"},
		&ir.Copy{Sources: []string{"--a"}, Inline: []ir.Inline{{Word: "<<F", Name: "F", Data: "one\ntwo\n", Expand: true}, {Word: "<<-'G'", Name: "G", Data: "x\n"}}, Dest: "/"},
		&ir.Copy{Inline: []ir.Inline{{Word: "<<'F G'", Name: "F G"}}, Dest: "a b"},
		&ir.Add{Sources: []string{"https://example.com/x"}, Dest: "/x", Chown: "a", Chmod: "1", Checksum: "sha256:1", Link: true, KeepGitDir: &yes, Unpack: &no, Excludes: []string{"x"}},
		&ir.Add{Sources: []string{"x"}, Inline: []ir.Inline{{Word: "<<F", Name: "F", Data: "$a\n", Expand: true}}, Dest: "/x", KeepGitDir: &no, Unpack: &yes},
		&ir.Env{Pairs: []ir.Pair{{Key: "A", Value: "1"}, {Key: "odd-key.x", Value: "\"a b\""}}},
		&ir.Env{Pairs: []ir.Pair{{Key: "A", Value: "b c=d", Legacy: true}}},
		&ir.Label{Pairs: []ir.Pair{{Key: "--A", Value: ""}, {Key: "\"b c\"", Value: "'\n'"[:1] + "x'"}}},
		&ir.Arg{Defaults: []ir.Default{{Key: "A", Value: "$B", Set: true}}},
		&ir.Cmd{Command: ir.Command{Line: "x"}},
		&ir.Cmd{Command: ir.Command{Exec: true, Args: []string{"x", "y"}}},
		&ir.Entrypoint{Command: ir.Command{Exec: true, Args: []string{"x"}}},
		&ir.Entrypoint{Command: ir.Command{Line: "[x"}},
		&ir.Shell{Args: []string{"/bin/sh", "-c"}},
		&ir.Workdir{Path: "/a b"},
		&ir.User{Name: "--u"},
		&ir.Expose{Ports: []string{"--1", "80/tcp", "81"}},
		&ir.Volume{Paths: []string{"/a", "/b c"}},
		&ir.Volume{Paths: []string{"/a"}},
		&ir.StopSignal{Signal: "9"},
		&ir.Maintainer{Name: "me <me@x>"},
		&ir.Healthcheck{None: true},
		&ir.Healthcheck{Command: ir.Command{Exec: true, Args: []string{"x"}}, Interval: time.Minute, Timeout: time.Millisecond, StartPeriod: 90 * time.Second, StartInterval: 1500001 * time.Nanosecond, Retries: 3},
		&ir.Healthcheck{Command: ir.Command{Line: "--x"}},
		&ir.Onbuild{Trigger: "RUN cat <<E\nx\nE"},
		&ir.Onbuild{Trigger: "-- x"},
		&ir.Custom{Name: "INSTALL", Flags: []string{"--a=b c", "--é"}, Args: "--curl wget"},
		&ir.Custom{Name: "CUSTOM"},
		&ir.Custom{Name: "FILE", Args: "/x <<E"},
		&ir.Custom{Name: "FILE", Args: "/x <<E <<-'F G'", Heredocs: []ir.Heredoc{{Name: "E", Data: "RUN a\n"}, {Name: "F G", Data: "\t# b\n", Chomp: true}}},
		&ir.Custom{Name: "FILE", Args: "<<E", Heredocs: []ir.Heredoc{{Name: "E"}}},
	}
	out := make([]*ir.Op, len(bodies))
	for i, b := range bodies {
		out[i] = &ir.Op{Body: b, Code: strings.Repeat("x", i), Origin: origins[i%len(origins)]}
	}
	return out
}
