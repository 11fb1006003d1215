package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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

// TestLightVersion holds that the whole program warns of a strake-light of another version, which says its own.
func TestLightVersion(t *testing.T) {
	t.Parallel()
	whole := testbed.Strake(t)
	says := func(program string, env ...string) (out, errs string) {
		var o, e bytes.Buffer
		cmd := exec.CommandContext(t.Context(), program, "version")
		cmd.Env = append([]string{"STRAKE_HOME=" + t.TempDir()}, env...)
		cmd.Stdout, cmd.Stderr = &o, &e
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, &e)
		}
		return o.String(), e.String()
	}
	out, errs := says(whole, "STRAKE_LIGHT=v0.0.1")
	if strings.Count(errs, "warning: ") != 1 || !strings.Contains(errs, "behind a strake-light of version v0.0.1") {
		t.Errorf("another version: %s", errs)
	}
	first, _, _ := strings.Cut(out, "\n")
	version := strings.TrimPrefix(first, "strake version ")
	if _, errs := says(whole, "STRAKE_LIGHT="+version); errs != "" {
		t.Errorf("the same version: %s", errs)
	}
	dir := t.TempDir()
	light := filepath.Join(dir, "strake-light")
	err := exec.Command("cp", testbed.Light(t), light).Run()
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, "strake"), []byte("#!/bin/sh\necho $STRAKE_LIGHT\n"), 0o755))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := says(light); got != version+"\n" {
		t.Errorf("strake-light says that it is %q", got)
	}
}
