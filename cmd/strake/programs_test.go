package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/late"
)

// programNames are programs whose names in code mean that it knows what they do.
var programNames = strings.Fields(`apt-get aptitude apt-cache dpkg apk dnf dnf5 yum microdnf zypper pacman rpm pip pip3 npm yarn pnpm gem bundle cargo conda mamba poetry pipenv mvn gradle composer
	curl wget rsync useradd adduser groupadd usermod chown chmod sed awk tar unzip gunzip xargs find`)

// listed are words one behind the other, as programs stand in a table.
var listed = late.Regexp(`^[a-z0-9_.:\[+-]+( [a-z0-9_.:\[+-]+)*$`)

// knowers are files that know programs outside of ir/effects, ir/distro and ir/shell.
var knowers = map[string]string{}

// TestPrograms holds that what programs do is known in one place, the rows of ir/effects: files outside
// of it that name programs are few, and each says why.
func TestPrograms(t *testing.T) {
	root := filepath.Join("..", "..")
	used := map[string]bool{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		rel = filepath.ToSlash(rel)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != root || slices.Contains([]string{"ir/effects", "ir/distro", "ir/shell", "bin"}, rel) || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found, err := namesIn(string(text))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return nil
		}
		if knowers[rel] == "" {
			t.Errorf("%s names %s: what programs do is asked of ir/effects", rel, strings.Join(found, ", "))
		}
		used[rel] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range knowers {
		if !used[name] {
			t.Errorf("%s names no programs any more, and stands in the list", name)
		}
	}
}

// namesIn are the programs that strings of a Go file name, alone or in a list of words.
func namesIn(text string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		value, err := strconv.Unquote(lit.Value)
		if words := strings.Fields(value); err == nil && listed().MatchString(strings.Join(words, " ")) {
			for _, w := range words {
				found[w] = found[w] || slices.Contains(programNames, w)
			}
		}
		return true
	})
	var out []string
	for w, is := range found {
		if is {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out, nil
}
