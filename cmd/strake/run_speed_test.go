package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestRunSpeed measures the time until a container has written something, by the strake that make
// install puts in front, beside runc with a bundle that was made before.
func TestRunSpeed(t *testing.T) {
	if os.Getenv("STRAKE_BENCH") == "" {
		t.Skip("set STRAKE_BENCH, or run make bench")
	}
	strake, light, rootfs := testbed.Strake(t), testbed.Light(t), testbed.Unpack(t, testbed.Image(t, testbed.Busybox)).Rootfs
	home, bundle := t.TempDir(), t.TempDir()
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = bundle, append(os.Environ(), "STRAKE_HOME="+home)
		return cmd
	}
	for _, args := range [][]string{
		{"tar", "-C", rootfs, "-cf", "image.tar", "."},
		{strake, "import", "image.tar", "busybox"},
		{strake, "run", "--name", "first", "busybox", "true"},
	} {
		if out, err := command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	prepare(t, home, bundle, rootfs)
	first := func(cmd *exec.Cmd) time.Duration {
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		n, err := out.Read(make([]byte, 1))
		took := time.Since(start)
		if werr := cmd.Wait(); n == 0 || werr != nil {
			t.Fatalf("%s: %v, %v", cmd, err, werr)
		}
		return took
	}
	var ours, theirs []time.Duration
	for range 3 * rounds {
		theirs = append(theirs, first(command("runc", "run", "strake-speed")))
		ours = append(ours, first(command(light, "run", "--rm", "busybox", "echo", "out")))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	limit(t, "first output of strake run, runc run", ours[len(ours)/2], theirs[len(theirs)/2], 1.2)
}

// prepare writes a bundle for the same command, out of that of strake's container.
func prepare(t *testing.T, home, bundle, rootfs string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(home, "containers", "*", "oci", "config.json"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	var spec specs.Spec
	data, err := os.ReadFile(names[0])
	if err == nil {
		err = json.Unmarshal(data, &spec)
	}
	if err != nil {
		t.Fatal(err)
	}
	spec.Root.Path, spec.Process.Args, spec.Linux.CgroupsPath = rootfs, []string{"echo", "out"}, "/strake-speed"
	if data, err = json.Marshal(spec); err == nil {
		err = os.WriteFile(filepath.Join(bundle, "config.json"), data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
