package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms are the top folders, and which of them each may import besides itself.
var rooms = map[string][]string{
	"lang":    nil,
	"ir":      {"lang"},
	"plugins": {"ir", "lang"},
	"backend": {"plugins", "ir", "lang"},
	"cmd":     {"lang", "ir", "plugins", "backend"},
}

// replaced are the packages of BuildKit that this project is a new writing of.
// Only tests use them, as oracles.
var replaced = []string{"parser", "instructions", "dockerfile2llb", "builder"}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// TestImports holds the one direction of the pipeline.
func TestImports(t *testing.T) {
	const module = "github.com/seed-e0495807/strake/"
	for _, p := range list(t) {
		room, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed, known := rooms[room]
		if !known {
			t.Errorf("%s is in no room", p.ImportPath)
		}
		for _, dep := range p.Imports {
			if rest, ok := strings.CutPrefix(dep, module); ok {
				other, _, _ := strings.Cut(rest, "/")
				if other != room && !slices.Contains(allowed, other) {
					t.Errorf("%s imports %s: %s may import only %v", p.ImportPath, dep, room, allowed)
				}
			}
			if rest, ok := strings.CutPrefix(dep, "github.com/moby/buildkit/frontend/dockerfile/"); ok && slices.Contains(replaced, rest) {
				t.Errorf("%s imports %s, which only tests may", p.ImportPath, dep)
			}
		}
	}
}

// TestPluginPrograms holds what a program of a plugin has in it to being small: no planner, and
// so nothing of registries and BuildKit.
func TestPluginPrograms(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../../plugins/sdk").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if strings.HasSuffix(name, "/strake/ir/plan") || strings.HasPrefix(name, "github.com/moby/buildkit/") {
			t.Errorf("plugins/sdk brings in %s", name)
		}
	}
}

// TestLightProgram holds what a command about containers has to start with to what it needs. The
// packages here are those that take a process long to start, or bring such in.
func TestLightProgram(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../strake-light").Output()
	if err != nil {
		t.Fatal(err)
	}
	const most = 240
	names := strings.Fields(string(out))
	if len(names) > most {
		t.Errorf("strake-light brings in %d packages, want at most %d", len(names), most)
	}
	for _, name := range names {
		for _, heavy := range []string{"google.golang.org/", "cel.dev/", "github.com/moby/buildkit/", "go.opentelemetry.io/", "net/http", "encoding/gob"} {
			if strings.HasPrefix(name, heavy) {
				t.Errorf("strake-light brings in %s", name)
			}
		}
	}
}

// linters are the packages of BuildKit, with the texts of its build checks, that bring in
// its parser. Nothing of them parses here.
var linters = []string{"github.com/moby/buildkit/frontend/dockerfile/linter", "github.com/moby/buildkit/frontend/subrequests/lint"}

// TestParser holds that participle is what parses Dockerfiles in the program, and that
// nothing brings BuildKit's parser in but the texts of its build checks.
func TestParser(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	participle := false
	for _, line := range strings.Split(string(out), "\n") {
		name, imports, _ := strings.Cut(line, " ")
		for _, dep := range strings.Fields(imports) {
			if dep == "github.com/alecthomas/participle/v2" && strings.HasSuffix(name, "/strake/lang") {
				participle = true
			}
			rest, ok := strings.CutPrefix(dep, "github.com/moby/buildkit/frontend/dockerfile/")
			if ok && slices.Contains(replaced, rest) && !slices.Contains(linters, name) {
				t.Errorf("%s brings in %s", name, dep)
			}
		}
	}
	if !participle {
		t.Error("lang does not parse with participle")
	}
}

func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "../../...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
