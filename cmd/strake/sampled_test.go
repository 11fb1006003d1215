package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wholeRun is a line of the Makefile that runs tests whole of which make test has a sample.
type wholeRun struct {
	tests *regexp.Regexp
	dirs  []string // none is any
}

// wholeRuns reads them.
func wholeRuns(t *testing.T, makefile string) (list []wholeRun) {
	t.Helper()
	tests, dirs := regexp.MustCompile(`-run '([^']+)'`), regexp.MustCompile(` \./(\S+)`)
	for line := range strings.Lines(makefile) {
		if strings.Contains(line, "run ./cmd/internal/attack") { // it finds them
			list = append(list, wholeRun{tests: regexp.MustCompile("^TestAttack")})
		}
		found := tests.FindStringSubmatch(line)
		if found == nil || !strings.Contains(line, "STRAKE_LONG=1") && !strings.Contains(line, "./cmd/internal/bench") {
			continue
		}
		run := wholeRun{tests: regexp.MustCompile(strings.ReplaceAll(found[1], "$$", "$"))}
		for _, dir := range dirs.FindAllStringSubmatch(line, -1) {
			run.dirs = append(run.dirs, dir[1])
		}
		list = append(list, run)
	}
	return list
}

// sampled lists the tests of a package that ask whether they are to be whole, or call what does.
func sampled(files []*ast.File) (tests []string) {
	asks, calls := map[string]bool{}, map[string][]string{}
	for _, f := range files {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := fn.Name.Name
			ast.Inspect(fn, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					asks[name] = asks[name] || n.Value == `"STRAKE_LONG"`
				case *ast.SelectorExpr:
					x, _ := n.X.(*ast.Ident)
					asks[name] = asks[name] || x != nil && x.Name == "testbed" && n.Sel.Name == "Sample"
				case *ast.Ident:
					calls[name] = append(calls[name], n.Name)
				}
				return true
			})
		}
	}
	for again := true; again; {
		again = false
		for name, list := range calls {
			if !asks[name] && slices.ContainsFunc(list, func(called string) bool { return asks[called] }) {
				asks[name], again = true, true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(asks)) {
		if asks[name] && strings.HasPrefix(name, "Test") {
			tests = append(tests, name)
		}
	}
	return tests
}

// TestSampled holds that what make test runs a sample of is run whole by another target.
func TestSampled(t *testing.T) {
	root := filepath.Join("..", "..")
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	runs, set, packages := wholeRuns(t, string(makefile)), token.NewFileSet(), map[string][]*ast.File{}
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "bin", "testdata", "suite"}, d.Name()):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		dir, _ := filepath.Rel(root, filepath.Dir(name))
		packages[filepath.ToSlash(dir)] = append(packages[filepath.ToSlash(dir)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for dir, files := range packages {
		for _, name := range sampled(files) {
			found++
			if !slices.ContainsFunc(runs, func(r wholeRun) bool {
				return (r.dirs == nil || slices.Contains(r.dirs, dir)) && r.tests.MatchString(name)
			}) {
				t.Errorf("%s of %s is never whole: name it in the Makefile, at long", name, path.Clean(dir))
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d tests are samples", found)
	}
}
