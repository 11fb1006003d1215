package late_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/late"
)

func TestRegexp(t *testing.T) {
	re := late.Regexp("^a+$")
	if first := re(); !first.MatchString("aa") || first != re() {
		t.Error("it is not compiled once, or not what was given")
	}
	wrong := late.Regexp("(") // nothing happens yet
	defer func() {
		if recover() == nil {
			t.Error("a wrong expression does not panic")
		}
	}()
	wrong()
}

// TestProject compiles the expressions of this project, and holds that none is compiled
// whenever a program starts: with 108 of those, the frontend took 1.7 times the processor
// time of BuildKit's to start.
func TestProject(t *testing.T) {
	files, found := token.NewFileSet(), 0
	for path, f := range sources(t, files) {
		for _, call := range calls(f, "late", "Regexp") {
			found++
			if text, ok := text(call.Args[0]); ok {
				if _, err := regexp.Compile(text); err != nil {
					t.Errorf("%s: %v", files.Position(call.Pos()), err)
				}
			}
		}
		if slices.ContainsFunc(tools, func(dir string) bool { return strings.HasPrefix(path, dir) }) {
			continue
		}
		for _, call := range calls(f, "regexp", "MustCompile") {
			t.Errorf("%s: this is compiled at each start: write late.Regexp", files.Position(call.Pos()))
		}
	}
	if found < 50 {
		t.Errorf("only %d expressions were found", found)
	}
}

// tools are no part of a program that users start.
var tools = []string{"cmd/internal/", "backend/testbed/", "plugins/plugintest/"}

// sources are the files of this project but tests, by their paths in it.
func sources(t testing.TB, files *token.FileSet) map[string]*ast.File {
	list := map[string]*ast.File{}
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir():
			if name == "testdata" || strings.HasPrefix(name, ".") && path != "." {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		data, err := fs.ReadFile(root, path)
		if err == nil {
			list[path], err = parser.ParseFile(files, path, data, parser.SkipObjectResolution)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// calls finds the calls of a function of a package that run before main: those of declarations.
func calls(f *ast.File, pkg, name string) (list []*ast.CallExpr) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == name && len(call.Args) == 1 {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
				list = append(list, call)
			}
		}
		return true
	})
	return list
}

// text is what a string of literals says; one that is made otherwise is compiled by the tests
// of its package.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, first := text(e.X)
		b, second := text(e.Y)
		return a + b, first && second
	}
	return "", false
}

// FuzzExpression holds an expression of this project, or any, against the package regexp.
func FuzzExpression(f *testing.F) {
	files := token.NewFileSet()
	for _, file := range sources(f, files) {
		for _, call := range calls(file, "late", "Regexp") {
			if expr, ok := text(call.Args[0]); ok {
				for _, s := range []string{"", "a", "/dev/null", "PATH=/x", "RUN --mount=type=cache,target=/root/.cache pip install --no-cache-dir x", expr} {
					f.Add(expr, s)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, expr, s string) {
		re, err := regexp.Compile(expr)
		if err != nil || len(expr) > 1000 || len(s) > 1000 {
			return
		}
		e := late.Regexp(expr)()
		if got, want := e.MatchString(s), re.MatchString(s); got != want {
			t.Errorf("%q matches %q: %v, want %v", expr, s, got, want)
		}
		if got, want := e.FindAllStringSubmatch(s, -1), re.FindAllStringSubmatch(s, -1); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%q finds in %q: %q, want %q", expr, s, got, want)
		}
	})
}
