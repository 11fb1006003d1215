package scaffold_test

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/seed-e0495807/strake/plugins/scaffold"
)

const pages = "../../docs/plugins"

// What a small plugin may cost that is built as the pages say; docs/adr/0006 has the reasons.
const (
	maxSize    = 12_000_000 // bytes
	maxModules = 25         // in its go.mod
)

var (
	block   = regexp.MustCompile("(?s)\n```(\\w*)\n(.*?)\n```")
	fileRef = regexp.MustCompile("(?s)`([\\w/]+\\.(?:go|txtar))`")
	lineRef = regexp.MustCompile("plugin\\.go`:\\s+`([A-Z][^`]+,)`")
)

// TestTutorial follows the page as it is written: each block goes into the file that is
// named above it, each line into plugin.go, and the tests are run.
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	page, err := os.ReadFile(filepath.Join(pages, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "## Your first plugin")
	if text, _, _ = strings.Cut(text, "\n## "); !ok {
		t.Fatal("the page has no first plugin")
	}
	dir := made(t)
	main := read(t, filepath.Join(dir, "plugin.go"))
	for _, g := range lineRef.FindAllStringSubmatch(text, -1) {
		field, _, _ := strings.Cut(g[1], ":")
		if old := regexp.MustCompile(`(?m)^\t\t` + field + `:.*$`); old.MatchString(main) {
			main = old.ReplaceAllString(main, "\t\t"+g[1])
		} else {
			main = strings.Replace(main, "\t\tRewrite: rewrite,\n", "\t\tRewrite: rewrite,\n\t\t"+g[1]+"\n", 1)
		}
		if !strings.Contains(main, g[1]) {
			t.Fatalf("there is no place for %s", g[1])
		}
	}
	write(t, filepath.Join(dir, "plugin.go"), main)
	files := 0
	for _, g := range block.FindAllStringSubmatchIndex(text, -1) {
		kind, code := text[g[2]:g[3]], text[g[4]:g[5]]+"\n"
		switch {
		case kind == "go" && !strings.HasPrefix(code, "package "):
			if !strings.Contains(main, strings.TrimSpace(code)) {
				t.Errorf("plugin.go has no such line: %s", code)
			}
		case kind == "go" || kind == "":
			names := fileRef.FindAllStringSubmatch(text[:g[0]], -1)
			name := names[len(names)-1][1]
			if kind == "go" { // the file comes first, then plugin.go
				name = names[len(names)-2][1]
			}
			write(t, filepath.Join(dir, name), code)
			files++
		}
	}
	if files != 3 {
		t.Fatalf("%d files, not apt.go, maintained.go and testdata/apt.txtar", files)
	}
	run(t, dir, "vet", "-mod=mod", "./...")
	run(t, dir, "test", "-mod=mod", "./...")
	run(t, dir, "build", "-mod=mod", "-tags", "grpcnotrace", "-ldflags", "-s -w", "-o", "acme-labels", ".")
	if info, err := os.Stat(filepath.Join(dir, "acme-labels")); err != nil {
		t.Error(err)
	} else if info.Size() > maxSize {
		t.Errorf("a program of a few lines has %d bytes, more than %d", info.Size(), maxSize)
	}
	needs, err := modfile.Parse("go.mod", []byte(read(t, filepath.Join(dir, "go.mod"))), nil)
	if err != nil {
		t.Fatal(err)
	}
	linked, err := buildinfo.ReadFile(filepath.Join(dir, "acme-labels"))
	if err != nil {
		t.Fatal(err)
	}
	if len(needs.Require) > maxModules || len(linked.Deps) > maxModules || len(linked.Deps) < 2 {
		t.Errorf("a program of a few lines needs %d modules and has %d in it, more than %d", len(needs.Require), len(linked.Deps), maxModules)
	}
	t.Logf("%d modules in go.mod, %d in the program", len(needs.Require), len(linked.Deps))
	if out, err := exec.Command("gofmt", "-l", filepath.Join(dir, "apt.go"), filepath.Join(dir, "maintained.go")).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v\n%s", err, out)
	}
}

// TestPagesCompile compiles what else the pages have of Go: whole files as they are, and
// pieces as the body of a function of a plugin.
func TestPagesCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	for _, name := range []string{"sdk.md", "cookbook.md", "protocol.md"} {
		page := read(t, filepath.Join(pages, name))
		t.Run(name, func(t *testing.T) {
			for i, g := range block.FindAllStringSubmatch(page, -1) {
				if g[1] != "go" {
					continue
				}
				dir := made(t)
				code := g[2] + "\n"
				if strings.HasPrefix(code, "package ") {
					for _, old := range []string{"plugin.go", "main.go"} {
						if err := os.Remove(filepath.Join(dir, old)); err != nil {
							t.Fatal(err)
						}
					}
				} else if !strings.HasPrefix(code, "func ") {
					code = "package main\n\nimport (\n\t\"github.com/seed-e0495807/strake/ir\"\n\t\"github.com/seed-e0495807/strake/plugins\"\n\t\"github.com/seed-e0495807/strake/plugins/sdk\"\n)\n\n" +
						"func piece(c *sdk.Call, op sdk.Op) {\n" + code + "}\n\nvar _ = piece\nvar _ ir.Body\nvar _ plugins.Place\n"
				} else {
					continue // the scaffold has it
				}
				write(t, filepath.Join(dir, "piece.go"), code)
				t.Logf("block %d", i)
				run(t, dir, "build", "-mod=mod", "-o", os.DevNull, ".")
			}
		})
	}
}

// made is a plugin of the scaffold.
func made(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "acme-labels")
	v := scaffold.Values{Name: "acme-labels", Module: "example.com/acme-labels", Version: "v0.0.0", Replace: root, Go: "1.26"}
	if err := scaffold.New(dir, v); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), read(t, filepath.Join(root, "go.sum"))) // needs no network
	return dir
}

func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
