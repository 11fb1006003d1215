package build

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/input"
)

var update = flag.Bool("update", false, "add errors that are new to testdata/census.txt, without a verdict")

// censused are the packages of BuildKit in which an error of a build can start, with those
// below them. What the client and the gateway say of requests that are malformed is no
// error of a build of ours.
var censused = []string{
	"solver/llbsolver", "cache/contenthash", "source", "executor", "exporter", "session", "cache/remotecache", "util/entitlements",
	"util/pull", "util/push", "util/resolver", "util/gitutil", "util/progress/logs",
}

// skipped are packages below them that no build of ours runs.
var skipped = []string{"/testutil", "/session/grpchijack", "/policyverifier", "/history", "_windows", "_darwin", "_freebsd"}

// verdicts are what the table may say of an error besides the code that it becomes.
var verdicts = map[string]string{
	"protocol": "what the compiler makes, or the client sends, is never so",
	"option":   "names the option of an output, a cache or an attestation that is wrong: the text says it all",
	"engine":   "a fault of the engine's machine or state, which the text tells of as it is",
	"inside":   "is looked at by BuildKit itself, and never ends a build as such",
	"wrapped":  "BuildKit puts more around it, and the whole of that is translated",
	"named":    "names what is wrong, in the words of who asked for it, and there is no other next step",
}

// TestCensus holds the errors that BuildKit's source can give for a build against a table:
// each is translated, or somebody has looked at it and said why it need not be. Errors that
// only wrap another are left out, as it is the innermost text that counts. A new version of
// BuildKit shows here what is new in it; -update adds that to the table, as "new".
func TestCensus(t *testing.T) {
	found := census(t)
	file := filepath.Join("testdata", "census.txt")
	data, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	table := map[string]string{} // by package and text
	for line := range strings.Lines(string(data)) {
		verdict, text, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if ok && !strings.HasPrefix(line, "#") {
			table[text] = verdict
		}
	}
	for _, text := range slices.Sorted(maps.Keys(found)) {
		verdict, known := table[text]
		switch _, listed := verdicts[verdict]; {
		case !known && *update:
			table[text] = "new"
		case !known:
			t.Errorf("an error of BuildKit that is not in %s: %s", file, text)
		case !listed:
			if got := translated(t, text); got != verdict {
				t.Errorf("%s: it becomes %q, and %s says %q", text, got, file, verdict)
			}
		}
	}
	for text := range table {
		if !found[text] {
			t.Errorf("BuildKit has no such error any more: %s", text)
			delete(table, text)
		}
	}
	if *update {
		writeCensus(t, file, string(data), table)
	}
}

// translated gives the code that an error of BuildKit becomes; its verbs are filled in.
func translated(t *testing.T, entry string) string {
	_, text, _ := strings.Cut(entry, "\t")
	text = strings.ReplaceAll(text, "%q", `"x"`)
	text = verb.ReplaceAllString(text, "7")
	if strings.HasPrefix(entry, "source/git") || strings.HasPrefix(entry, "source/http") || strings.HasPrefix(entry, "util/gitutil") {
		if d, ok := input.ExplainFetch(t.Context(), text, "/nowhere"); ok && d.Hint != "" {
			return d.Code
		}
	}
	j := &job{log: newStepLog()}
	f := &failure{text: text}
	d := j.meaning(t.Context(), f)
	if d.Hint == "" {
		return "nothing that helps: " + d.Code
	}
	return d.Code
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// census reads the texts out of the source of BuildKit that this module uses.
func census(t *testing.T) map[string]bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/moby/buildkit").Output()
	root := strings.TrimSpace(string(out))
	if err != nil || root == "" {
		t.Skipf("the source of BuildKit is not here: %v", err)
	}
	found := map[string]bool{}
	for _, dir := range censused {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, e fs.DirEntry, err error) error {
			rel, _ := filepath.Rel(root, name)
			rel = "/" + filepath.ToSlash(rel)
			skip := slices.ContainsFunc(skipped, func(s string) bool { return strings.Contains(rel, s) })
			if err != nil || e.IsDir() || skip || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, ".pb") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if text, ok := origin(n); ok {
					found[path.Dir(rel)[1:]+"\t"+text] = true
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// origin gives the text of a call that makes an error which wraps no other.
func origin(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	pkg, ok := f.X.(*ast.Ident)
	if !ok {
		return "", false
	}
	arg := 0
	switch pkg.Name + "." + f.Sel.Name {
	case "errors.New", "errors.Errorf", "fmt.Errorf":
	case "status.Error", "status.Errorf":
		arg = 1
	default:
		return "", false
	}
	lit, ok := call.Args[min(arg, len(call.Args)-1)].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil || strings.Contains(text, "%w") {
		return "", false
	}
	return strings.NewReplacer("\n", `\n`, "\t", " ").Replace(text), true
}

// writeCensus keeps the comments at the top of the table.
func writeCensus(t *testing.T, file, old string, table map[string]string) {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(old) {
		if strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(table)) {
		b.WriteString(table[text] + "\t" + text + "\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
