package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/output"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// The words that are given for a flag are those that its help lists.
func TestEnumerated(t *testing.T) {
	said := map[string]string{} // what the help says of a flag
	for _, c := range allCommands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			said["--"+f.Name] += f.Usage
			if c.Parent() == nil {
				said[c.Name()+" --"+f.Name] += f.Usage
			}
		})
	}
	for flag, words := range enumerated() {
		for _, word := range words {
			if word != "all" && !strings.Contains(said[flag], word) {
				t.Errorf("the help of %s says %q, and nothing of %s", flag, said[flag], word)
			}
		}
	}
}

// Flags that take neither a file nor one of few words are completed with nothing, and
// not with the names of files.
func TestCompletionOfFlags(t *testing.T) {
	root := newProcess(noEnv).Root([]string{"__complete"})
	for name, files := range map[string]bool{"file": true, "output": true, "secret": true, "label": false, "shm-size": false, "progress": false} {
		build := cli.Child(root, "build")
		if words := (completer{}).values(build, name); (words == nil) != files {
			t.Errorf("--%s: names of files: %v, want %v", name, words == nil, files)
		}
	}
}

// An output is where its kind of thing is looked for: in the help, on the reference page, and
// among the words that a shell completes. What a frontend is asked for is a call, too.
func TestOutputs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	root := newProcess(noEnv).Root([]string{"__complete"})
	offered := func(cmd, flag string) (words []string) {
		words, _ = (completer{}).values(cli.Child(root, cmd), flag)(nil, nil, "")
		return words
	}
	for _, o := range output.All() {
		first, _, _ := strings.Cut(o.Doc, "\n")
		line := regexp.MustCompile(`(?m)^  ` + o.Name + ` +` + regexp.QuoteMeta(first) + `$`)
		if !line.MatchString(cli.Child(root, "compile").Long) || !line.Match(page) {
			t.Errorf("the help and the reference page have no line about %s", o.Name)
		}
		if !slices.Contains(offered("compile", "emit"), o.Name) {
			t.Errorf("--emit=%s is not completed", o.Name)
		}
		if o.Call == "" {
			continue
		}
		if name := "strake." + o.Call; !slices.Contains(offered("build", "call"), name) {
			t.Errorf("--call=%s is not completed", name)
		} else if got, err := (&buildRun{call: name}).method(); err != nil || got != name {
			t.Errorf("--call=%s: asks for %q, %v", name, got, err)
		}
	}
}
