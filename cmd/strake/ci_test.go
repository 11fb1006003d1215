package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestCIExamples reads the files of examples/ci, and runs what they run of ours in an old repository
// with a baseline: that passes, and no longer does when something new is found.
func TestCIExamples(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "strake")); err != nil { // see TestMain
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	call := func(line string) (string, error) {
		cmd := exec.Command("sh", "-ec", line)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+dir, "STRAKE_HOME="+filepath.Join(dir, "home"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const old = "FROM scratch\nRUN sudo make\n"
	write(old)
	if out, err := call("strake lint --offline --baseline lint.json --write-baseline ."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := call("cd / && strake lint --offline --baseline $HOME/lint.json $HOME/Dockerfile"); err != nil {
		t.Errorf("from another directory the baseline does not hold: %v\n%s", err, out)
	}
	if out, err := call("strake lint --offline --baseline lint.json --fix=safe --format tty missing Dockerfile"); err == nil || !strings.Contains(out, "missing") || strings.Contains(out, "DL3004") {
		t.Errorf("one file that is not there: %v\n%s", err, out)
	}
	ours := regexp.MustCompile(`(?m)(?:run: |entry: |- )(strake lint[^\n]*)`)
	files, err := filepath.Glob("../../examples/ci/*.yml")
	hooks, _ := filepath.Glob("../../examples/ci/*.yaml")
	if files = append(files, hooks...); err != nil || len(files) != 3 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var read map[string]any
		if err := yaml.Unmarshal(text, &read); err != nil || len(read) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		failed := 0
		found := ours.FindAllStringSubmatch(string(text), -1)
		for _, f := range found {
			line := f[1]
			if filepath.Ext(name) == ".yaml" {
				line += " Dockerfile" // as pre-commit does
			}
			write(old)
			if out, err := call(line); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, line, err, out)
			}
			write(old + "RUN sudo make install\n")
			if _, err := call(line); err != nil {
				failed++
			}
		}
		if failed == 0 {
			t.Errorf("%s: something new, and nothing fails: %v", name, found)
		}
	}
}
