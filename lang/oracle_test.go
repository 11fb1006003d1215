package lang_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// The known differences: what BuildKit's parser refuses and Parse does not.
const (
	// longLine is a line of 64 KiB or more, which does not fit BuildKit's
	// buffer. There is no reason to refuse it.
	longLine = "dockerfile line greater than max allowed size"
	// flagValue is a value that package ir checks, where variables are known:
	// a mount, a network, a security mode, a device, a duration or a number.
	flagValue = "the value of a flag"
	// crash is a panic of BuildKit.
	crash = "BuildKit panics"
)

// laterFlags are the flags of which package ir checks the value.
var laterFlags = []string{"--mount=", "--network=", "--security=", "--device=",
	"--interval=", "--timeout=", "--start-period=", "--start-interval=", "--retries="}

// buildkit is what BuildKit makes of a Dockerfile.
type buildkit struct {
	result *parser.Result // nil when it cannot even be cut into lines
	err    error
	known  string // the known difference that explains err
}

func askBuildKit(text string) (b buildkit) {
	defer func() {
		if p := recover(); p != nil {
			b = buildkit{err: fmt.Errorf("%s: %v", crash, p), known: crash}
		}
	}()
	b.result, b.err = parser.Parse(strings.NewReader(text))
	if b.err != nil {
		b.result = nil
		if strings.Contains(b.err.Error(), longLine) {
			b.known = longLine
		}
		return b
	}
	stages, _, err := instructions.Parse(b.result.AST, quiet())
	switch {
	case err != nil && onlyFlagValues(b.result.AST):
		b.known = flagValue
	case err == nil && len(stages) == 0: // found by dockerfile2llb
		err = errors.New("dockerfile contains no stages to build")
	}
	b.err = err
	return b
}

// quiet is a linter that reports nothing; without one, BuildKit fails on
// "check" comments.
func quiet() *linter.Linter { return linter.New(&linter.Config{SkipAll: true}) }

// onlyFlagValues tells whether BuildKit takes a file once the flags that
// package ir checks have no bad values.
func onlyFlagValues(ast *parser.Node) bool {
	bare := *ast
	bare.Children = nil
	for _, n := range ast.Children {
		if _, err := instructions.ParseInstructionWithLinter(n, quiet()); err != nil {
			copied := *n
			copied.Flags = slices.DeleteFunc(slices.Clone(n.Flags), func(flag string) bool {
				return slices.ContainsFunc(laterFlags, func(later string) bool { return strings.HasPrefix(flag, later) })
			})
			n = &copied
		}
		bare.Children = append(bare.Children, n)
	}
	_, _, err := instructions.Parse(&bare, quiet())
	return err == nil
}

// checkAgainstBuildKit holds Parse against BuildKit: whether the file is
// accepted, and what is in it. It gives the known difference that it met.
func checkAgainstBuildKit(t *testing.T, name, text string) (known string) {
	t.Helper()
	src := source.NewFile("Dockerfile", text)
	file, diags := lang.Parse(src)
	diags = append(diags, lang.Unclaimed(file)...)
	want := askBuildKit(text)
	if want.known == "" && (want.err != nil) != diags.HasErrors() {
		t.Errorf("%s: BuildKit: %v; Parse: %v", name, want.err, diags.Err())
	}
	if want.result == nil {
		return want.known
	}
	if got := rune(file.Escape); got != want.result.EscapeToken {
		t.Errorf("%s: escape is %q, want %q", name, got, want.result.EscapeToken)
	}
	warnings := 0
	for _, d := range diags {
		if d.Code == "empty-continuation" {
			warnings++
		}
	}
	if warnings != len(want.result.Warnings) {
		t.Errorf("%s: %d warnings, want %d", name, warnings, len(want.result.Warnings))
	}
	got := file.Instructions()
	if len(got) != len(want.result.AST.Children) {
		t.Errorf("%s: %d instructions, want %d", name, len(got), len(want.result.AST.Children))
		return want.known
	}
	for i, n := range want.result.AST.Children {
		for _, problem := range compareNode(src, got[i], n) {
			t.Errorf("%s: line %d: %s", name, n.StartLine, problem)
		}
	}
	return want.known
}

// compareNode gives the differences of an instruction.
func compareNode(src *source.File, in lang.Instruction, n *parser.Node) (problems []string) {
	compare := func(what string, got, want any) {
		if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
			problems = append(problems, fmt.Sprintf("%s is %s, want %s", what, g, w))
		}
	}
	h := in.Head()
	compare("keyword", h.Keyword.Text, n.Value)
	compare("code", h.Code, n.Original)
	first, last := src.LineRange(h.At)
	compare("lines", [2]int{first, last}, [2]int{n.StartLine, n.EndLine})
	compare("flags", flagTexts(h), n.Flags)
	compare("heredocs", docs(h), nodeDocs(n))
	if got, want, ok := arguments(in, n); ok {
		compare("arguments", got, want)
	}
	o, ok := in.(*lang.Onbuild)
	if !ok || n.Next == nil || o.Trigger == nil {
		return problems
	}
	child := *n.Next.Children[0]
	compare("trigger", o.Trigger.Head().Keyword.Text, child.Value)
	if child.Original != o.Trigger.Head().Code {
		problems = append(problems, "the code of the trigger differs")
	}
	compare("flags of the trigger", flagTexts(o.Trigger.Head()), child.Flags)
	child.Heredocs = n.Heredocs
	if got, want, ok := arguments(o.Trigger, &child); ok {
		compare("arguments of the trigger", got, want)
	}
	return problems
}

func flagTexts(h *lang.Header) (out []string) {
	for _, f := range h.Flags {
		text := "--" + f.Name
		if f.HasValue {
			text += "=" + f.Value
		}
		out = append(out, text)
	}
	return out
}

func docs(h *lang.Header) (out []string) {
	for _, d := range h.Heredocs {
		out = append(out, fmt.Sprint(d.Name, d.Expand, d.Chomp, d.Body.Text))
	}
	return out
}

func nodeDocs(n *parser.Node) (out []string) {
	for _, d := range n.Heredocs {
		out = append(out, fmt.Sprint(d.Name, d.Expand, d.Chomp, d.Content))
	}
	return out
}

// arguments gives the arguments of an instruction as we have them and as
// BuildKit does. It reports false where BuildKit refuses the instruction.
func arguments(in lang.Instruction, n *parser.Node) (got, want []string, ok bool) {
	theirs, err := instructions.ParseInstructionWithLinter(n, quiet())
	if err != nil {
		return nil, nil, false
	}
	return ourArguments(in), theirArguments(theirs), true
}

func texts(words []lang.Word) (out []string) {
	for _, w := range words {
		out = append(out, w.Text)
	}
	return out
}

func command(c lang.Command) []string {
	if c.Exec {
		return append([]string{"exec"}, texts(c.Args)...)
	}
	if c.Line.Text == "" {
		return []string{"shell"}
	}
	return []string{"shell", c.Line.Text}
}

func pairTexts(pairs []lang.Pair) (out []string) {
	for _, p := range pairs {
		out = append(out, p.Key.Text, fmt.Sprint(p.HasValue, p.Legacy), p.Value.Text)
	}
	return out
}

func ourArguments(in lang.Instruction) []string {
	switch n := in.(type) {
	case *lang.From:
		return []string{n.Base.Text, strings.ToLower(n.As.Text)}
	case *lang.Run:
		return command(n.Command)
	case *lang.Cmd:
		return command(n.Command)
	case *lang.Entrypoint:
		return command(n.Command)
	case *lang.Shell:
		return command(n.Command)
	case *lang.Healthcheck:
		if kind := strings.ToUpper(n.Kind.Text); kind == "NONE" {
			return append([]string{kind}, texts(n.Command.Args)...)
		}
		return append([]string{"CMD"}, command(n.Command)...)
	case *lang.Copy:
		return transfer(in.Head(), n.Paths.Sources, n.Paths.Dest)
	case *lang.Add:
		return transfer(in.Head(), n.Paths.Sources, n.Paths.Dest)
	case *lang.Env:
		return pairTexts(n.Pairs.List)
	case *lang.Label:
		return pairTexts(n.Pairs.List)
	case *lang.Arg:
		return pairTexts(n.Pairs.List)
	case *lang.Expose:
		return slices.Sorted(slices.Values(texts(n.Ports.List)))
	case *lang.Volume:
		out := texts(n.Paths.List)
		for i, s := range out {
			out[i] = strings.TrimSpace(s)
		}
		return out
	case *lang.Workdir:
		return []string{n.Path.Text}
	case *lang.User:
		return []string{n.Name.Text}
	case *lang.StopSignal:
		return []string{n.Signal.Text}
	case *lang.Maintainer:
		return []string{n.Name.Text}
	case *lang.Onbuild:
		return nil
	}
	return []string{fmt.Sprintf("%T", in)}
}

// transfer gives the destination, the files and the here documents of COPY or
// ADD.
func transfer(h *lang.Header, sources []lang.Word, dest lang.Word) []string {
	bodies := map[string]string{}
	for _, d := range h.Heredocs {
		bodies[d.Name] = d.Body.Text
	}
	out, inline := []string{dest.Text}, []string(nil)
	for _, w := range sources {
		doc, ok := lexer.ParseHeredoc(w.Text)
		if !ok {
			out = append(out, w.Text)
			continue
		}
		body := bodies[doc.Name]
		if doc.Chomp {
			body = lexer.Chomp(body)
		}
		inline = append(inline, fmt.Sprint("<<", doc.Name, doc.Expand, body))
	}
	return append(out, inline...)
}

func theirCommand(c instructions.ShellDependantCmdLine) []string {
	if c.PrependShell {
		return append([]string{"shell"}, c.CmdLine...)
	}
	return append([]string{"exec"}, c.CmdLine...)
}

func theirPairs(pairs instructions.KeyValuePairs) (out []string) {
	for _, p := range pairs {
		out = append(out, p.Key, fmt.Sprint(true, p.NoDelim), p.Value)
	}
	return out
}

func theirTransfer(s instructions.SourcesAndDest) []string {
	out := append([]string{s.DestPath}, s.SourcePaths...)
	for _, c := range s.SourceContents {
		out = append(out, fmt.Sprint("<<", c.Path, c.Expand, c.Data))
	}
	return out
}

func theirArguments(v any) []string {
	switch n := v.(type) {
	case *instructions.Stage:
		return []string{n.BaseName, n.Name}
	case *instructions.RunCommand:
		return theirCommand(n.ShellDependantCmdLine)
	case *instructions.CmdCommand:
		return theirCommand(n.ShellDependantCmdLine)
	case *instructions.EntrypointCommand:
		return theirCommand(n.ShellDependantCmdLine)
	case *instructions.ShellCommand:
		return append([]string{"exec"}, n.Shell...)
	case *instructions.HealthCheckCommand:
		switch test := n.Health.Test; test[0] {
		case "CMD-SHELL":
			return append([]string{"CMD", "shell"}, test[1:]...)
		case "CMD":
			return append([]string{"CMD", "exec"}, test[1:]...)
		default:
			return test
		}
	case *instructions.CopyCommand:
		return theirTransfer(n.SourcesAndDest)
	case *instructions.AddCommand:
		return theirTransfer(n.SourcesAndDest)
	case *instructions.EnvCommand:
		return theirPairs(n.Env)
	case *instructions.LabelCommand:
		return theirPairs(n.Labels)
	case *instructions.ArgCommand:
		var out []string
		for _, a := range n.Args {
			out = append(out, a.Key, fmt.Sprint(a.Value != nil, false), a.ValueString())
		}
		return out
	case *instructions.ExposeCommand:
		return n.Ports
	case *instructions.VolumeCommand:
		return n.Volumes
	case *instructions.WorkdirCommand:
		return []string{n.Path}
	case *instructions.UserCommand:
		return []string{n.User}
	case *instructions.StopSignalCommand:
		return []string{n.Signal}
	case *instructions.MaintainerCommand:
		return []string{n.Maintainer}
	case *instructions.OnbuildCommand:
		return nil // compareNode looks at the trigger
	}
	return []string{fmt.Sprintf("%T", v)}
}

func TestBuildKit(t *testing.T) {
	met := map[string]int{}
	samples(t, func(t *testing.T, name, text string) {
		t.Helper()
		known := checkAgainstBuildKit(t, name, text)
		if met[known]++; known != "" && strings.HasPrefix(name, "corpus/") {
			t.Logf("%s: BuildKit refuses %s", name, known)
		}
	})
	if met[longLine] == 0 || met[flagValue] == 0 || met[crash] != 0 {
		t.Errorf("the list of known differences is out of date: %v", met)
	}
}
