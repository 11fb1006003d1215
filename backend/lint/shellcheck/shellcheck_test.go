package shellcheck

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/source"
)

func look(t *testing.T, rules []lint.Rule, text string) []lint.Finding {
	t.Helper()
	found, err := lint.Run(rules, lint.Read(source.NewFile("Dockerfile", text)))
	if err != nil {
		t.Fatal(err)
	}
	return found.Findings
}

// list is findings with the text that they are about.
func list(text string, found []lint.Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %v %q", f.Rule, f.Severity, text[f.Span.Start:f.Span.End]))
	}
	return strings.Join(out, "; ")
}

// TestPlaces looks at where in the Dockerfile is what the program finds.
func TestPlaces(t *testing.T) {
	if _, err := exec.LookPath(Name); err != nil {
		t.Skip("no shellcheck")
	}
	for name, c := range map[string]struct{ text, want string }{
		"one line":          {"FROM a\nRUN tr a-z A-Z\n", `SC2018 info "a-z"; SC2019 info "A-Z"`},
		"continued":         {"FROM a\nARG v\nRUN echo ü \"$v\" \\\n # why\n && tr \\\n  a-z x\n", `SC2018 info "a-z"`},
		"a here document":   {"FROM a\nRUN <<-EOF\n\tid\n\t\ttr a-z ü\n\tEOF\n", `SC2018 info "a-z"`},
		"first line":        {"FROM a\nENV v=1\nRUN <<EOF\n#!/bin/bash\necho \"$v\"\ntr a-z x\nEOF\n", `SC2018 info "a-z"`},
		"ONBUILD":           {"FROM a\nONBUILD RUN tr a-z x\n", `SC2018 info "a-z"`},
		"ours finds it":     {"FROM a\nRUN ls $HOME\n", ``},
		"no shell it knows": {"FROM a\nSHELL [\"pwsh\"]\nRUN tr a-z x\n", ``},
		"exec form":         {"FROM a\nRUN [\"tr\", \"a-z\"]\n", ``},
		"skipped":           {"# check=skip=SC2018\nFROM a\nRUN tr a-z x\n", ``},
		"files are passed":  {"FROM a\nRUN . /x\n", ``},
		"broken elsewhere":  {"FROM a\nCOPY\nRUN tr a-z x\n", `SC2018 info "a-z"`},
	} {
		if got := list(c.text, look(t, Rules(t.Context(), "on"), c.text)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestBroken holds that a program which does not work is told of once, and ends nothing.
func TestBroken(t *testing.T) {
	dir := t.TempDir()
	made := func(name, script string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct{ program, want string }{
		"missing":  {filepath.Join(dir, "none"), "no such file"},
		"fails":    {made("fails", "echo why >&2; exit 3"), "exit status 3: why"},
		"crashes":  {made("crashes", "kill -SEGV $$"), "segmentation fault"},
		"no JSON":  {made("text", "echo hello"), "not its JSON"},
		"says all": {made("all", "yes"), "longer than"},
		"hangs":    {made("hangs", "sleep 3 & sleep 3"), "longer than"},
	} {
		p := &program{name: c.program, limit: 300 * time.Millisecond}
		rule := lint.Rule{Name: Name, View: func(v *lint.View, r *lint.Report) { p.look(t.Context(), v, r) }}
		start := time.Now()
		found := look(t, []lint.Rule{rule}, "FROM a\nRUN id\nRUN id\n")
		if len(found) != 1 || !strings.Contains(found[0].Message, c.want) || found[0].Hint == "" || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, found, time.Since(start))
		}
	}
}

// TestSettings looks at what the settings give.
func TestSettings(t *testing.T) {
	for setting, want := range map[string]int{"": 0, "off": 0, "on": 1, "auto": 1, "/x": 1} {
		if _, err := exec.LookPath(Name); err != nil && setting == "auto" {
			want = 0
		}
		if got := len(Rules(t.Context(), setting)); got != want {
			t.Errorf("%q gives %d rules", setting, got)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if len(Rules(t.Context(), "auto")) != 0 {
		t.Error("auto gives a rule without a program")
	}
	found := look(t, Rules(t.Context(), "on"), "FROM a\nRUN id\n")
	if len(found) != 1 || !strings.Contains(found[0].Hint, "install") {
		t.Errorf("without a program: %v", found)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found := look(t, Rules(ctx, "on"), "FROM a\nRUN id\n"); len(found) != 0 {
		t.Errorf("when nobody waits: %v", found)
	}
}
