package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/container"
)

// TestLightSays holds that strake-light says of each of its commands what the whole program says:
// the help, and what is wrong with a command line.
func TestLightSays(t *testing.T) {
	t.Parallel()
	whole, light := testbed.Strake(t), testbed.Light(t)
	home := t.TempDir()
	says := func(program string, args []string) [3]string {
		var out, errs bytes.Buffer
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = append(os.Environ(), "STRAKE_HOME="+home, "NO_COLOR=1")
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return [3]string{cmd.ProcessState.String(), out.String(), errs.String()}
	}
	lines := [][]string{
		{}, {"--help"}, {"--version"}, {"help"}, {"nonesuch"}, {"--nonesuch"}, {"rnu", "x"},
		{"run", "--network", "bridge", "x"}, {"run", "--pull", "never", "nonesuch"}, {"run", "--volumes-from", "x", "y"},
		{"run", "-m", "1", "x"}, {"run", "-it", "--pull", "never", "x"}, {"run", "--cpus", "x", "y"}, {"run", "--mount", "x", "y"},
		{"ps", "--format", "{{.Nonesuch}}"}, {"ps", "--filter", "x"}, {"logs", "--since", "x", "y"}, {"stop", "-t", "x", "y"},
		{"cp", "x", "y"}, {"cp", "x:y"}, {"cp", "x:/y", "z:/y"}, {"kill", "-s", "NONE", "x"},
	}
	fetch := func(context.Context, *cli.Process, *store.Store, container.Wanted) error { return nil }
	for _, m := range container.Commands(fetch) {
		for _, args := range [][]string{{}, {"--help"}, {"--nonesuch"}, {"x"}, {"x", "y"}} {
			if m.Name == "run" && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
				args = append([]string{"--pull=never"}, args...)
			}
			lines = append(lines, append([]string{m.Name}, args...))
		}
	}
	for _, args := range lines {
		if a, b := says(whole, args), says(light, args); a != b {
			t.Errorf("strake %q: the whole program\n%s\nstrake-light\n%s", args, a, b)
		}
	}
}
