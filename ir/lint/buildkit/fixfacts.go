package buildkit

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
)

// What the fixes of the rules do that need the values of one build. The trigger of an ONBUILD in
// another stage goes back to a FROM, where there is nothing to edit.

// withoutPlatform takes the --platform of a FROM out.
func withoutPlatform(r *lint.Report, f plan.PlatformFlag) []diag.Edit {
	from, ok := r.Node(f.At()).(*lang.From)
	if !ok {
		return nil
	}
	flag, ok := lint.Flag(from, "platform")
	if !ok {
		return nil
	}
	return r.Text().RemoveFlag(flag)
}

// renameVariable has the words of an instruction use another variable. There is no edit where one
// may stand in quotes that keep it from being one, or where a shell reads it.
func renameVariable(r *lint.Report, at *ir.Origin, name, near string) (edits []diag.Edit) {
	in := r.Node(at)
	if in == nil || name == "" || near == "" {
		return nil
	}
	text := r.Text().File.Source
	for _, span := range expandedIn(in) {
		part := text.Slice(span)
		if strings.ContainsAny(part, "'"+string(rune(r.Text().File.Escape))) {
			return nil
		}
		for _, i := range variables(part, name) {
			at := source.Span{File: span.File, Start: span.Start + uint32(i), End: span.Start + uint32(i+len(name))}
			edits = append(edits, diag.Edit{Span: at, New: near})
		}
	}
	return edits
}

// expandedIn are the places of an instruction whose variables the compiler expands.
func expandedIn(in lang.Instruction) (list []source.Span) {
	switch in.(type) {
	case *lang.Run, *lang.Cmd, *lang.Entrypoint, *lang.Healthcheck, *lang.Onbuild, *lang.Shell:
		for _, f := range in.Head().Flags {
			list = append(list, f.At)
		}
		return list
	}
	if len(in.Head().Heredocs) > 0 {
		return nil
	}
	return []source.Span{in.Span()}
}

// variables are the places of a name behind a dollar sign, or one with a brace.
func variables(text, name string) (list []int) {
	for i := 0; ; {
		j := strings.Index(text[i:], name)
		if j < 0 {
			return list
		}
		start, end := i+j, i+j+len(name)
		i = end
		front := text[:start]
		if (strings.HasSuffix(front, "$") || strings.HasSuffix(front, "${")) && (end == len(text) || !lint.NameByte(text[end])) {
			list = append(list, start)
		}
	}
}

// modernPair writes "key value" as "key=value", in quotes where the value has blanks. The value
// has the same text then, or nothing in it but variables which mean in quotes what they mean
// outside of them.
func modernPair(r *lint.Report, f plan.LegacyPair) []diag.Edit {
	t := r.Text()
	var pairs []lang.Pair
	in := r.Node(f.At())
	switch in := in.(type) {
	case *lang.Env:
		pairs = in.Pairs.List
	case *lang.Label:
		pairs = in.Pairs.List
	}
	if len(pairs) != 1 || !pairs[0].Legacy {
		return nil
	}
	key, value := pairs[0].Key, pairs[0].Value
	between := source.Span{File: key.At.File, Start: key.At.End, End: value.At.Start}
	if !t.Has(key) || !t.Has(value) || strings.Trim(t.File.Source.Slice(between), " \t") != "" {
		return nil
	}
	for _, quote := range []string{"", `"`} {
		if quote != "" && strings.ContainsAny(value.Text, `"'`+string(rune(t.File.Escape))) {
			continue
		}
		text := quote + value.Text + quote
		if isPair(t, in.Head().Keyword.Text+" "+key.Text+"="+text, key.Text, text) {
			return []diag.Edit{{Span: between, New: "=" + quote}, lint.Insert(value.At, quote)}
		}
	}
	return nil
}

// isPair tells whether an instruction has just one pair.
func isPair(t *lint.Text, line, key, value string) bool {
	if isName(key) && value != "" && !strings.ContainsFunc(value, func(r rune) bool { return !strings.ContainsRune("/._-:", r) && (r > 127 || !lint.NameByte(byte(r))) }) {
		return true // as most
	}
	body, err := ir.ParseBody(line, t.File.Escape)
	if err != nil {
		return false
	}
	var pairs []ir.Pair
	switch b := body.(type) {
	case *ir.Env:
		pairs = b.Pairs
	case *ir.Label:
		pairs = b.Pairs
	}
	return len(pairs) == 1 && pairs[0] == ir.Pair{Key: key, Value: value}
}

// mountSecret takes an ARG out that gives a secret to the RUNs of its stage, and mounts the secret
// where they name it.
func mountSecret(r *lint.Report, f plan.Declared) []diag.Edit {
	arg, ok := r.Node(f.At()).(*lang.Arg)
	if !ok || len(arg.Pairs.List) != 1 || arg.Pairs.List[0].Value.Text != "" || !isName(f.Key) {
		return nil
	}
	step := r.View().StepOf(arg)
	if step == nil || !slices.Contains([]string{"", "docker/dockerfile:1"}, r.View().Module.Syntax) { // env= is new in 1.10
		return nil
	}
	var edits []diag.Edit
	for _, stage := range r.View().Stages {
		for _, s := range stage.Steps {
			switch run, isRun := s.Node.(*lang.Run); {
			case s.Node == arg || !stage.Within(step.Stage) || !lint.Mentions(s.Node, f.Key):
			case stage != step.Stage || s.Onbuild || !isRun || s.Index < step.Index:
				return nil
			default:
				edits = append(edits, lint.Insert(run.Keyword.At, " --mount=type=secret,id="+f.Key+",env="+f.Key))
			}
		}
	}
	if len(edits) == 0 {
		return nil
	}
	return append(edits, r.Text().Remove(arg)...)
}

func isName(text string) bool {
	for i := range len(text) {
		if !lint.NameByte(text[i]) {
			return false
		}
	}
	return text != ""
}

// execForm writes a command as JSON that is nothing but words.
func execForm(r *lint.Report, f plan.DefaultShell) []diag.Edit {
	var command lang.Command
	in := r.Node(f.At())
	switch in := in.(type) {
	case *lang.Cmd:
		command = in.Command
	case *lang.Entrypoint:
		command = in.Command
	default:
		return nil
	}
	words, ok := plainWords(command.Line.Text)
	if !ok || len(in.Head().Heredocs) > 0 || slices.ContainsFunc(r.Text().File.Trivia(in), func(t lang.Trivia) bool { return t.Kind == lang.InnerComment }) {
		return nil
	}
	var out bytes.Buffer
	for i, w := range words {
		text, err := quoteJSON(w)
		if err != nil {
			return nil
		}
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(text)
	}
	return []diag.Edit{{Span: command.Line.At, New: "[" + out.String() + "]"}}
}

func quoteJSON(text string) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}

// plainWords are the words of a line in which a shell would change nothing.
func plainWords(line string) (words []string, ok bool) {
	script, err := shell.Parse(&ir.Run{Command: ir.Command{Line: line}}, nil)
	if err != nil || len(script.Tree().Stmts) != 1 {
		return nil, false
	}
	stmt := script.Tree().Stmts[0]
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || stmt.Negated || stmt.Background || len(stmt.Redirs) > 0 || len(call.Assigns) > 0 || len(stmt.Comments) > 0 || len(script.Tree().Last) > 0 {
		return nil, false
	}
	for _, w := range call.Args {
		word := shell.WordOf(w)
		if !word.Known || slices.ContainsFunc(w.Parts, isPattern) {
			return nil, false
		}
		words = append(words, word.Text)
	}
	if len(words) > 1 && words[0] == "exec" && !strings.HasPrefix(words[1], "-") {
		words = words[1:]
	}
	return words, !slices.Contains(builtins, words[0])
}

// builtins are commands of a shell that are no programs, or others.
var builtins = strings.Fields(". : alias bg break cd command continue eval exec exit export fg getopts hash jobs local read readonly return set shift source times trap type ulimit umask unalias unset wait")

// isPattern tells a part that the shell looks files or users up for.
func isPattern(p syntax.WordPart) bool {
	lit, ok := p.(*syntax.Lit)
	return ok && strings.ContainsAny(lit.Value, "*?[~{")
}

// plainPath is a path in which nothing is expanded.
var plainPath = late.Regexp(`^[A-Za-z0-9_.][A-Za-z0-9_./@+-]*$`)

// absolute puts what is known of the directory in front of a relative WORKDIR. The graph is kept
// where the file itself tells; what images have may be another thing tomorrow.
func absolute(r *lint.Report, f plan.RelativeDir) (diag.Keeps, []diag.Edit) {
	in, ok := r.Node(f.At()).(*lang.Workdir)
	if !ok || in.Path.Text != f.Path || !plainPath().MatchString(f.Path) {
		return 0, nil
	}
	step := r.View().StepOf(in)
	if step == nil || step.State().OS != "" && step.State().OS != "linux" {
		return 0, nil
	}
	keeps, dir := diag.Graph, written(step)
	if dir == "" {
		keeps, dir = diag.Intent, step.State().Workdir
	}
	if !strings.HasPrefix(dir, "/") || dir != "/" && !plainPath().MatchString(dir[1:]) {
		return 0, nil
	}
	return keeps, r.Text().Replace(in.Path, path.Join(dir, f.Path))
}

// written is the directory in front of a step as the file has it, "" when an image has a say.
func written(s *lint.Step) string {
	states := eval.New(s.Stage.View.Module, func(stage int) *eval.State {
		dir := ""
		if s.Stage.View.Module.Stages[stage].Base == "scratch" {
			dir = "/"
		}
		return eval.NewState("", false, dir, nil, nil)
	})
	return states.Stage(s.Stage.Index)[s.Index].Workdir
}

// port writes a port of an EXPOSE in another way.
func port(r *lint.Report, f plan.Port, spec string) []diag.Edit {
	in, ok := r.Node(f.At()).(*lang.Expose)
	if !ok || spec == "" {
		return nil
	}
	for _, w := range in.Ports.List {
		if w.Text == f.Spec {
			return r.Text().Replace(w, spec)
		}
	}
	return nil
}
