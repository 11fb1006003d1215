package project

import (
	"io"
	"log"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// ProgressMode is the default of --progress, as docker has it.
func ProgressMode(env func(string) (string, bool)) string {
	if v, _ := env("BUILDKIT_PROGRESS"); v != "" {
		return v
	}
	return "auto"
}

// Progress shows builds as --progress says; what -q says goes before it. It gives the mode, too.
func Progress(w io.Writer, mode string, quiet bool) (*build.Progress, string, error) {
	if quiet {
		if mode != "auto" && mode != "quiet" {
			return nil, "", cli.Misuse("--quiet and --progress=%s contradict each other", mode)
		}
		mode = "quiet"
	}
	p, err := build.NewProgress(w, mode)
	if err != nil {
		return nil, "", cli.Misuse("invalid --progress %q: %v", mode, err)
	}
	return p, mode, nil
}

// Watch logs the work of a compile, which is seen with STRAKE_DEBUG.
func Watch(w compile.Work) { log.Printf("compile: %s", w) }
