package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page of the variables has those that the source reads, and no others.
func TestVariables(t *testing.T) {
	root := filepath.Join("..", "..")
	name := regexp.MustCompile(`\bSTRAKE_[A-Z_]*[A-Z]\b`)
	read := map[string]string{} // where one is
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || d.Name() == "variables_test.go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, v := range name.FindAllString(string(text), -1) {
			// Tests give these to processes that they start; a build has the second.
			if !strings.HasPrefix(v, "STRAKE_TEST_") && v != "STRAKE_WORD" {
				read[v] = path
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "contributing", "environment.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := name.FindAllString(string(page), -1)
	for _, v := range slices.Sorted(maps.Keys(read)) {
		if !slices.Contains(told, v) {
			t.Errorf("%s of %s is not on docs/contributing/environment.md", v, read[v])
		}
	}
	for _, v := range told {
		if read[v] == "" {
			t.Errorf("docs/contributing/environment.md has %s, which nothing reads", v)
		}
	}
}
