package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

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
