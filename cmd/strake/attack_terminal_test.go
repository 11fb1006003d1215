//go:build unix

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// escape sets the title of a terminal's window, where it gets that far.
const escape = "\x1b]0;owned\x07\u202e"

// TestAttackTerminal has names and texts that move a cursor wherever somebody else gives
// one: directories, files, what is in them, names in a strake.yaml and a lock. Nothing but
// what a program reads in its own form comes out raw.
func TestAttackTerminal(t *testing.T) {
	const broken = "FROM scratch\nLABEL a=\"" + escape + "\"\nFORM scratch\nCOPY x" + escape + " /\n"
	for _, c := range []struct {
		files map[string]string
		args  [][]string
	}{
		{map[string]string{"d" + escape + "/Dockerfile": broken}, [][]string{
			{"check", "d" + escape}, {"check", "--format=json", "d" + escape}, {"check", "--format=sarif", "d" + escape}, {"check", "--format=github", "d" + escape},
			{"compile", "d" + escape}, {"expand", "d" + escape}, {"context", "d" + escape}, {"fix", "d" + escape}, {"fix", "--unsafe", "d" + escape},
		}},
		{map[string]string{"Dockerfile": "FROM scratch\nCOPY . /\n", "f" + escape: "x", ".dockerignore": "!" + escape + "[\n"}, [][]string{
			{"context", "."}, {"context", "--json", "."}, {"context", "--all", "--depth=0", "."}, {"context", "--ignored", "."}, {"check", "."},
			{"check", "-f", "no" + escape, "."}, {"compile", "--target", escape, "."}, {"compile", "--build-context=x=oci-layout://" + escape, "."},
			{escape}, {"--" + escape}, {"check", "--x" + escape, "."}, {"engine", escape}, {"help", escape}, {"compile", "--platform=" + escape, "."},
			{"rmi", escape}, {"tag", escape, escape}, {"history", escape}, {"inspect", escape}, {"images", escape}, {"save", escape}, {"load", "-i", escape},
			{"import", escape, escape}, {"pull", escape}, {"push", escape}, {"images", "--filter", escape}, {"images", "--format", "{{" + escape},
			{"diff-image", escape, escape}, {"diff-image", "oci-layout://" + escape, escape}, {"diff-image", "--platform=" + escape, "f" + escape, "f" + escape},
			{"verify", escape, escape}, {"verify", "--dropped=[" + escape, "Dockerfile", "Dockerfile"}, {"verify", "--plugins", "--config=" + escape},
			{"plugin", "new", "p" + escape}, {"plugin", "allow", escape}, {"plugin", "docs", escape},
		}},
		{map[string]string{"Dockerfile": "FROM scratch\n", "strake.yaml": "version: 1\nplugins:\n  - use: policy" + escape + "\n"}, [][]string{{"check", "."}, {"plugin", "list"}, {"plugin", "doctor"}}},
		{map[string]string{"Dockerfile": "FROM scratch\n", "strake.yaml": "version: 1\nplugins:\n  - use: ./p" + strings.ReplaceAll(escape, "\x1b", "e") + "\n"}, [][]string{
			{"check", "."}, {"plugin", "list"}, {"plugin", "lock"}, {"plugin", "doctor"}, {"plugin", "allow"},
		}},
		{map[string]string{"Dockerfile": "FROM scratch\n", "d" + escape + "/strake.yaml": usesProgram, "d" + escape + "/program": "#!/bin/sh\n"}, [][]string{
			{"plugin", "lock", "--config", "d" + escape + "/strake.yaml"}, {"plugin", "list", "--config", "d" + escape + "/strake.yaml"},
			{"plugin", "allow", "--config", "d" + escape + "/strake.yaml"}, {"plugin", "doctor", "--config", "d" + escape + "/strake.yaml"},
		}},
		{map[string]string{"Dockerfile": "FROM scratch\n", "strake.yaml": usesProgram, "program": "", "strake.lock": `{"version":1,"plugins":{"program":{"use":"./program","digests":{"` +
			`\u001b]0;owned\u0007":"x"}}}}`}, [][]string{{"check", "."}, {"plugin", "list"}, {"plugin", "doctor"}}},
	} {
		dir := t.TempDir()
		place(t, dir, c.files)
		for _, args := range c.args {
			out, _ := attacked(t, dir, args...)
			if i := strings.IndexAny(out, "\x1b\x07\u202e"); i >= 0 {
				t.Errorf("strake %q prints it raw:\n%q", args, out[max(0, i-200):])
			}
		}
	}
}

// TestAttackPrints finds whatever prints to the terminal past tell, which escapes.
func TestAttackPrints(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			to, ok := call.Args[0].(*ast.SelectorExpr)
			if !ok || to.Sel.Name != "stdout" && to.Sel.Name != "stderr" {
				return true
			}
			if fn, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(fn.Sel.Name, "Fprint") {
				t.Errorf("%s: fmt.%s to a terminal: use tell", set.Position(call.Pos()), fn.Sel.Name)
			}
			return true
		})
	}
}
