package shell_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// structure writes a statement with the operators and what stands on their sides, each with its
// text, and a function as "F".
func structure(s *syntax.Stmt, text string) string {
	var b strings.Builder
	if s.Negated {
		b.WriteString("! ")
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		b.WriteString("(" + structure(c.X, text) + " " + c.Op.String() + " " + structure(c.Y, text) + ")")
	case *syntax.FuncDecl:
		b.WriteString("F")
		if _, list := c.Body.Cmd.(*syntax.BinaryCmd); list {
			b.WriteString("…")
		}
	case *syntax.CallExpr:
		b.WriteString(c.Args[0].Lit())
	}
	end := s.End().Offset()
	if s.Semicolon.IsValid() {
		end = s.Semicolon.Offset()
	}
	own := strings.TrimSpace(strings.ReplaceAll(text[s.Pos().Offset():end], function, "F"))
	if !s.Negated { // the parser has the first command of a negated pipe start at its "!"
		own = strings.TrimPrefix(own, "! ")
	}
	return b.String() + "<" + own + ">"
}

const function = "f() { x; }"

// TestFunctions holds that a function stands in a script as another command in its place does.
func TestFunctions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	lines := []string{"F && g", "a || F && g", "a | F && g", "a && F | g", "! F && g", "a && ! F | g || h", "F & g", "a && F && b | F || g", "F | F | F && F"}
	for range 2000 {
		var b strings.Builder
		for i := range 1 + random.IntN(6) {
			if i > 0 {
				b.WriteString([]string{" && ", " || ", " | ", "; "}[random.IntN(4)])
			}
			if piped := strings.HasSuffix(b.String(), "| ") && !strings.HasSuffix(b.String(), "|| "); !piped && random.IntN(5) == 0 {
				b.WriteString("! ")
			}
			b.WriteString([]string{"a", "F"}[random.IntN(2)])
		}
		lines = append(lines, b.String())
	}
	for _, line := range lines {
		for _, sh := range [][]string{nil, {"bash", "-c"}} {
			var got [2]string
			for i, text := range []string{line, strings.ReplaceAll(line, "F", function)} {
				script, err := shell.Parse(runOf(t, text), sh)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				for _, s := range script.Tree().Stmts {
					got[i] += structure(s, script.Text) + "\n"
				}
			}
			if got[0] != got[1] {
				t.Fatalf("%s:\n%sis\n%s", line, got[1], got[0])
			}
		}
	}
	if _, err := shell.Parse(runOf(t, "time f() { x; } && g"), []string{"bash", "-c"}); err == nil {
		t.Error("a function behind time")
	}
}

// TestEditBehindFunction removes what stands behind a function.
func TestEditBehindFunction(t *testing.T) {
	script := parse(t, "f() { a; } && g && h")
	e := script.Edit()
	e.Remove(script.Find("g")[0])
	if got := e.Text(); got != "f() { a; } && h" {
		t.Error(got)
	}
	var pipes []string
	parse(t, "f() { a; } | b").Pipes(func(from, to *shell.Command) { pipes = append(pipes, from.Name+"|"+to.Name) })
	if len(pipes) != 1 || pipes[0] != "a|b" {
		t.Error(pipes)
	}
}
