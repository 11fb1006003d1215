// Package plugintest tests plugins by annotated Dockerfiles.
//
// A case is a txtar archive: a file Dockerfile, and what is expected of it.
//
//	-- config.json --      the plugin's config (optional)
//	-- Dockerfile --
//	FROM debian
//	RUN apt-get update
//	# want "no package is installed"
//	-- expanded --         the module afterwards; missing means that nothing changes
//	FROM debian
//	-- fixed --            the Dockerfile with its safe fixes (optional)
//	-- context/NAME --     a file of the build context (optional)
//
// A comment "# want" below an instruction has, for each diagnostic of that
// instruction, a regular expression as a Go string; it is matched against
// "severity: code: message". Every diagnostic needs one, and every one a
// diagnostic. Files of the context can have such comments, too.
package plugintest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest/annotated"
)

// update writes what a plugin does into the cases.
var update = flag.Bool("update", false, "write golden files")

// Host is a host that has what a test gives it.
type Host = annotated.Host

// Dir runs the cases *.txtar of a directory: in-process, and over the wire.
func Dir(t *testing.T, p plugins.Plugin, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s (%v)", dir, err)
	}
	wire := Wire(t, p)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) { runCase(t, p, file, *update) })
		t.Run(name+"/wire", func(t *testing.T) { runCase(t, wire, file, false) })
	}
}

func runCase(t *testing.T, p plugins.Plugin, file string, update bool) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := annotated.Run(t.Context(), p, archive)
	if err != nil {
		t.Fatal(err)
	}
	if update {
		if err := os.WriteFile(file, txtar.Format(r.Golden), 0o666); err != nil {
			t.Fatal(err)
		}
		if r, err = annotated.Run(t.Context(), p, r.Golden); err != nil {
			t.Fatal(err)
		}
	}
	for _, problem := range r.Problems {
		t.Error(problem)
	}
}

// Run takes the text of a Dockerfile through one plugin. The module must be valid before
// and after.
func Run(t testing.TB, s plugins.Step, text string, host plugins.Host) *plugins.Output {
	t.Helper()
	out, _, err := annotated.Step(t.Context(), s, text, host)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Print writes a module as instructions, each on a line of its own, without comments.
func Print(m *ir.Module) string { return annotated.Print(m) }
