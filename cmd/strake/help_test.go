package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// callsOf gives the words of the calls of strake in a line of shell. What another command
// prints stands as a word, and patterns stand as they are.
func callsOf(t *testing.T, line string) [][]string {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(line), "")
	if err != nil {
		t.Errorf("%s: %v", line, err)
		return nil
	}
	conf := &expand.Config{Env: expand.FuncEnviron(func(string) string { return "x" }), NoUnset: false}
	var calls [][]string
	syntax.Walk(file, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		if name := call.Args[0].Lit(); name != "strake" && name != "bin/strake" {
			return true
		}
		var words []string
		for _, word := range call.Args {
			text, err := expand.Literal(conf, word)
			if err != nil { // $(…)
				text = "output"
			}
			words = append(words, text)
		}
		calls = append(calls, words)
		return true
	})
	return calls
}

// accepted fails unless a line of shell calls commands that there are, with flags that
// they have.
func accepted(t *testing.T, line string) {
	t.Helper()
	calls := callsOf(t, line)
	if len(calls) == 0 {
		t.Errorf("%s: no call of strake", line)
	}
	for _, call := range calls {
		if err := parses(call[1:]); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// parses tells whether the words behind the program's name are a command, with flags that
// it has.
func parses(args []string) error {
	cmd, rest, err := newProcess(noEnv).Root(args).Traverse(cli.Words(args))
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// The command that is made for a name has that name.
func TestMakers(t *testing.T) {
	for _, m := range commands() {
		if c := m.Make(newProcess(noEnv)); c.Name() != m.Name {
			t.Errorf("%s makes %s", m.Name, c.Name())
		}
	}
}

// allCommands are those of groups, too.
func allCommands() []*cobra.Command {
	var list []*cobra.Command
	for _, c := range newProcess(noEnv).Asked(nil) {
		list = append(append(list, c), c.Commands()...)
	}
	return list
}

// The examples of every command's help call commands that there are, with flags and
// arguments that they take: nothing is done, as it is cancelled, but that comes after.
func TestHelpExamples(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"token.txt", "alpine.json"} {
		if err := os.WriteFile(name, []byte("{}"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	env := func(name string) (string, bool) {
		return map[string]string{"HOME": dir, "STRAKE_HOME": filepath.Join(dir, "home")}[name], true
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	seen := 0
	for _, c := range allCommands() {
		for _, line := range quotedCommands(c.Long) {
			accepted(t, line)
		}
		for line := range strings.Lines(c.Example) {
			line = strings.TrimSpace(line)
			accepted(t, line)
			for _, call := range callsOf(t, line) {
				seen++
				p := newProcess(env)
				p.Stdin, p.Stdout, p.Stderr = strings.NewReader(""), new(bytes.Buffer), new(bytes.Buffer)
				if slices.Contains(call, "-it") { // it asks for a terminal
					p.Stdin = testbed.Terminal(t)
				}
				var usage *cli.UsageError
				if _, err := p.Call(ctx, call[1:]); errors.As(err, &usage) {
					t.Errorf("%s: %v", line, usage)
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d calls were found", seen)
	}
}

// The pages and the examples' READMEs show commands that there are.
func TestPages(t *testing.T) {
	root := filepath.Join("..", "..")
	var pages []string
	for _, dir := range []string{"docs", "examples"} {
		if err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if d.IsDir() && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if filepath.Ext(path) == ".md" {
				pages = append(pages, path)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	shownAs := regexp.MustCompile(`^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:bin/)?strake [a-z]`)
	seen := 0
	for _, path := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commandsOf(string(text)) {
			if shownAs.MatchString(c.command) && !strings.ContainsAny(c.command, "─→…") {
				seen++
				accepted(t, strings.TrimPrefix(c.command, "$ "))
			}
		}
		for _, line := range quotedCommands(string(text)) {
			if !strings.ContainsAny(line, "…|") && line != "strake run" {
				seen++
				if words := strings.Fields(line); strings.HasPrefix(words[len(words)-1], "--") {
					line += " x" // it is about the flag
				}
				accepted(t, line)
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d commands were found", seen)
	}
}
