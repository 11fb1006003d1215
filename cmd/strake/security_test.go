package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)
	// A package, and the tests of it that stand behind it: `backend/store` TestA, FuzzB.
	heldBy   = regexp.MustCompile("`([\\w/.-]+)` ((?:(?:Test|Fuzz)\\w+|\\w+\\.txtar)(?:, (?:(?:Test|Fuzz)\\w+|\\w+\\.txtar))*)")
	testWord = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*|\w+\.txtar`)
)

// testsOf are the tests of each package, by the package's directory, and the scripts.
func testsOf(t *testing.T) map[string]map[string]bool {
	t.Helper()
	root := filepath.Join("..", "..")
	all := map[string]map[string]bool{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		script := strings.HasSuffix(name, ".txtar") && filepath.Base(filepath.Dir(name)) == "script"
		if err != nil || d.IsDir() || !script && !strings.HasSuffix(name, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		dir := strings.TrimSuffix(filepath.ToSlash(rel), "/testdata/script")
		if all[dir] == nil {
			all[dir] = map[string]bool{}
		}
		if script {
			all[dir][filepath.Base(name)] = true
			return nil
		}
		text, err := os.ReadFile(name)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			all[dir][string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSecurityPage holds that every test which docs/security.md names is there, in the
// package that it says, and that the page names every test that attacks.
func TestSecurityPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	all, named := testsOf(t), map[string]bool{}
	for _, m := range heldBy.FindAllStringSubmatch(string(text), -1) {
		for _, name := range strings.Split(m[2], ", ") {
			named[m[1]+" "+name] = true
			if !all[m[1]][name] {
				t.Errorf("there is no %s in %s", name, m[1])
			}
		}
	}
	if len(named) < 30 {
		t.Errorf("the page names %d tests", len(named))
	}
	count := 0
	for _, m := range heldBy.FindAllStringSubmatch(string(text), -1) {
		count += len(testWord.FindAllString(m[2], -1))
	}
	if words := len(testWord.FindAllString(string(text), -1)); words != count {
		t.Errorf("of %d tests on the page %d stand behind their package", words, count)
	}
	for dir, tests := range all {
		for name := range tests {
			if strings.HasPrefix(name, "TestAttack") && !named[dir+" "+name] {
				t.Errorf("docs/security.md does not say what %s in %s holds", name, dir)
			}
		}
	}
}
