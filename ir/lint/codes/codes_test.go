package codes_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint/codes"
)

// TestAll finds the codes in the source of all that `strake lint` asks, and holds that each is in the
// table, and nothing else is.
func TestAll(t *testing.T) {
	found := map[string]token.Position{}
	for _, dir := range []string{"lang", "ir", "plugins", "backend/compile", "backend/input", "backend/llb", "backend/gateway", "backend/lint", "cmd/internal/cli/compile", "cmd/internal/cli/project", "cmd/internal/cli/file.go"} {
		scan(t, filepath.Join("../../..", dir), found)
	}
	for code, at := range found {
		if _, ok := codes.Of(code); !ok {
			t.Errorf("%s: %s is not in the table", at, code)
		}
	}
	for _, c := range codes.All() {
		if _, ok := found[c.Name]; !ok {
			t.Errorf("%s is in the table, and no code of anything", c.Name)
		}
		if c.Doc == "" || strings.HasSuffix(c.Doc, ".") {
			t.Errorf("%s has no sentence without a full stop", c.Name)
		}
	}
	if !slices.IsSortedFunc(codes.All(), func(a, b codes.Code) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the table is not sorted")
	}
	t.Logf("%d codes", len(found))
}

// left out are directories of what has other findings than those of Dockerfiles, or codes under the
// name of a plugin.
var leftOut = []string{"testdata", "plugins/builtin", "plugins/include", "plugins/internal", "plugins/scaffold", "plugins/plugintest", "lang/cases", "lang/format", "ir/irtest", "ir/lint/linttest"}

var form = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// scan reads the packages below a directory.
func scan(t *testing.T, dir string, found map[string]token.Position) {
	files := map[string][]*ast.File{}
	set := token.NewFileSet()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.ContainsFunc(leftOut, func(l string) bool { return strings.HasSuffix(filepath.ToSlash(name), "/"+l) }):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		files[filepath.Dir(name)] = append(files[filepath.Dir(name)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range files {
		constants := map[string]string{}
		for _, f := range list {
			ast.Inspect(f, func(n ast.Node) bool { return constant(n, constants) })
		}
		for _, f := range list {
			ast.Inspect(f, func(n ast.Node) bool {
				for _, e := range append(places(n), row(n, set)...) {
					code := constants[nameOf(e)]
					if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						code, _ = strconv.Unquote(lit.Value)
					}
					if form.MatchString(code) && !strings.HasPrefix(code, "ir-") { // those are about the compiler itself
						found[code] = set.Position(e.Pos())
					}
				}
				return true
			})
		}
	}
}

// constant notes those of a declaration that are texts.
func constant(n ast.Node, into map[string]string) bool {
	spec, ok := n.(*ast.ValueSpec)
	if !ok {
		return true
	}
	for i, v := range spec.Values {
		if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING && i < len(spec.Names) {
			into[spec.Names[i].Name], _ = strconv.Unquote(lit.Value)
		}
	}
	return true
}

func nameOf(e ast.Expr) string {
	id, ok := e.(*ast.Ident)
	if !ok {
		return ""
	}
	return id.Name
}

// row is the second of the fields of a table's row, where that is a code.
func row(n ast.Node, set *token.FileSet) []ast.Expr {
	lit, ok := n.(*ast.CompositeLit)
	if !ok || lit.Type != nil || len(lit.Elts) < 4 || !slices.Contains([]string{"findings.go", "fetch.go"}, filepath.Base(set.Position(n.Pos()).Filename)) {
		return nil
	}
	return lit.Elts[1:2]
}

// places are where codes stand in a node: the field of a diagnostic, and the arguments of the functions
// that make one.
func places(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if name := nameOf(n.Key); name == "Code" || name == "code" {
			return []ast.Expr{n.Value}
		}
	case *ast.AssignStmt:
		for i, l := range n.Lhs {
			if sel, ok := l.(*ast.SelectorExpr); ok && sel.Sel.Name == "Code" && len(n.Rhs) == len(n.Lhs) {
				return n.Rhs[i : i+1]
			}
		}
	case *ast.CallExpr:
		name := nameOf(n.Fun)
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && nameOf(sel.X) != "fmt" {
			name = sel.Sel.Name
		}
		switch name {
		case "Errorf", "Warnf", "Infof", "Hintf":
			if len(n.Args) > 2 {
				return n.Args[1:2]
			}
		case "fail", "wrong", "problem":
			return n.Args[:min(2, len(n.Args))]
		}
	}
	return nil
}
