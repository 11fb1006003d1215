//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestEngine runs testdata/engine, each script with an engine of its own.
func TestEngine(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	buildkitd := testbed.Buildkitd(t)
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "engine"),
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			e.Vars = append(e.Vars, "STRAKE_BUILDKITD="+buildkitd, "STRAKE_HOME="+home, "BUILDKIT_HOST=embedded")
			e.Defer(func() {
				o := engine.Options{Dir: filepath.Join(home, "engine"), Env: os.LookupEnv}
				if _, err := engine.Stop(context.Background(), o); err != nil {
					t.Error(err)
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
	})
}
