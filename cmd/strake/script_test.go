package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/moby/buildkit/cmd/buildctl/debug"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/urfave/cli/v3"

	"github.com/seed-e0495807/strake/cmd/internal/entry"
)

var update = flag.Bool("update", false, "write what the scripts compare with")

// TestMain makes the test binary the program, too, and buildctl's dump-llb, so
// that scripts run both as processes of their own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "container-helper" { // of a build in this process
		main()
		return
	}
	testscript.Main(m, map[string]func(){"strake": main, entry.DockerPlugin: main, "buildctl": buildctl, "noisy": noisy, "prober": prober, "docker-init": main})
}

// buildctl is "buildctl debug", the real one.
func buildctl() {
	app := &cli.Command{Name: "buildctl", Commands: []*cli.Command{
		{Name: "debug", Commands: []*cli.Command{debug.DumpLLBCommand}},
	}}
	if err := app.Run(context.Background(), os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestScript runs testdata/script. The scripts have a registry, and a server of
// files and git repositories, on this machine.
func TestScript(t *testing.T) {
	s := newServers(t)
	program := programPlugin(t)
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			repo, err := filepath.Abs(filepath.Join("..", ".."))
			e.Setenv("REPO", repo)
			e.Setenv("PROGRAM", program)
			user := t.TempDir() // what is allowed is not in the repository
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(user, "config"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(user, "cache"))
			return errors.Join(err, s.setup(e))
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "git":
				return s.git, nil
			case "root":
				return os.Geteuid() == 0, nil
			case "program":
				return program != "", nil
			}
			return false, errors.New("unknown condition " + name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"sparse": sparse,
		},
	})
}

// programPlugin builds the plugin in examples, which is a module of its own.
func programPlugin(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "plugin")
	// The attacks are made as another user, too, whom git shows no repository of ours.
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", name, ".")
	cmd.Dir = filepath.Join("..", "..", "examples", "plugin-go")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return name
}

// status runs a program and checks its exit code: status CODE PROGRAM [ARG]...
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE PROGRAM [ARG]...")
	}
	code := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// sparse makes a file of zeros that takes no space: sparse FILE BYTES
func sparse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sparse FILE BYTES")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	name := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(name, nil, 0o666))
	ts.Check(os.Truncate(name, size))
}
