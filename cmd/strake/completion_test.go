package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/output"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/completion"
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
	for flag, words := range completion.Enumerated() {
		for _, word := range words {
			if word != "all" && !strings.Contains(said[flag], word) {
				t.Errorf("the help of %s says %q, and nothing of %s", flag, said[flag], word)
			}
		}
	}
}

// completed gives the words that a shell is given at the end of a command line, and whether
// it may complete the names of files.
func completed(t *testing.T, line ...string) (words []string, files bool) {
	t.Helper()
	var out, err bytes.Buffer
	if code := run(t.Context(), append([]string{"__completeNoDesc"}, line...), nil, &out, &err, noEnv); code != 0 {
		t.Fatalf("%q: exit code %d: %s", line, code, &err)
	}
	list, directive, _ := strings.Cut(out.String(), ":")
	return strings.Fields(list), strings.TrimSpace(directive) == "0"
}

// Flags that take neither a file nor one of few words are completed with nothing, and
// not with the names of files.
func TestCompletionOfFlags(t *testing.T) {
	for name, want := range map[string]bool{"file": true, "output": true, "secret": true, "label": false, "shm-size": false, "progress": false} {
		if _, files := completed(t, "build", "--"+name, ""); files != want {
			t.Errorf("--%s: names of files: %v, want %v", name, files, want)
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
	root := newProcess(noEnv).Root(nil)
	forms, _ := completed(t, "compile", "--emit", "")
	calls, _ := completed(t, "build", "--call", "")
	for _, o := range output.All() {
		first, _, _ := strings.Cut(o.Doc, "\n")
		line := regexp.MustCompile(`(?m)^  ` + o.Name + ` +` + regexp.QuoteMeta(first) + `$`)
		if !line.MatchString(cli.Child(root, "compile").Long) || !line.Match(page) {
			t.Errorf("the help and the reference page have no line about %s", o.Name)
		}
		if !slices.Contains(forms, o.Name) {
			t.Errorf("--emit=%s is not completed", o.Name)
		}
		if o.Call == "" {
			continue
		}
		name := "strake." + o.Call
		if !slices.Contains(calls, name) {
			t.Errorf("--call=%s is not completed", name)
		}
		if err := asked(t, "build", "--call="+name, "."); err != nil {
			t.Errorf("--call=%s: %v", name, err)
		}
	}
	if err := asked(t, "build", "--call=strake.nothing", "."); err == nil {
		t.Error("anything may be called")
	}
}

// asked gives the mistake in a command line, nil when there is none. What it asks for is
// not done.
func asked(t *testing.T, line ...string) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := newProcess(noEnv)
	p.Stdin, p.Stdout, p.Stderr = strings.NewReader(""), io.Discard, io.Discard
	var usage *cli.UsageError
	if _, err := p.Call(ctx, line); errors.As(err, &usage) {
		return usage
	}
	return nil
}
