package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// A Dockerfile as it is found and as it is fixed.
func toFix(size int) (old, fixed string) {
	rest := "RUN true\n" + strings.Repeat("# "+strings.Repeat("x", 97)+"\n", size/100)
	return "FROM debian:12\nMAINTAINER me\n" + rest, "FROM debian:12\nLABEL org.opencontainers.image.authors=\"me\"\n" + rest
}

// fixAll is a call that fixes Dockerfiles in a directory, which are made.
func fixAll(t *testing.T, dir, command string, sizes ...int) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	args := append(strings.Fields(command), "--offline", "--rule", "*=off", "--rule", "MaintainerDeprecated=on")
	for i, size := range sizes {
		name := fmt.Sprintf("%03d.Dockerfile", i)
		old, _ := toFix(size)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(old), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	cmd, stderr = exec.Command("strake", args...), &bytes.Buffer{}
	cmd.Dir, cmd.Stderr = dir, stderr
	return cmd, stderr
}

// whole tells which files are as they were, and holds that the others are fixed.
func whole(t *testing.T, dir string, sizes []int) (left []string) {
	t.Helper()
	for i, size := range sizes {
		name := fmt.Sprintf("%03d.Dockerfile", i)
		text, err := os.ReadFile(filepath.Join(dir, name))
		old, fixed := toFix(size)
		if string(text) == old {
			left = append(left, name)
		} else if err != nil || string(text) != fixed {
			t.Errorf("%s is neither old nor new: %v, %d bytes:\n%.100s", name, err, len(text), text)
		}
	}
	return left
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// TestFixOnFullDisk fixes files of which some have no room.
func TestFixOnFullDisk(t *testing.T) {
	for _, command := range []string{"lint --fix=unsafe --fail-on never", "fix --unsafe"} {
		t.Run(command, func(t *testing.T) { fixOnFullDisk(t, command) })
	}
}

func fixOnFullDisk(t *testing.T, command string) {
	dir := t.TempDir()
	ownDisk(t, dir, 2<<20)
	defer syscall.Unmount(dir, 0)
	sizes := []int{100, 300_000, 200, 200_000, 300}
	cmd, stderr := fixAll(t, dir, command, sizes...)
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for free := freeBytes(t, dir); free > 64<<10; free = freeBytes(t, dir) {
		if _, err := filler.Write(make([]byte, free-32<<10)); err != nil {
			t.Fatal(err)
		}
	}
	filler.Close()
	code := exitCode(cmd.Run())
	left := whole(t, dir, sizes)
	if want := "001.Dockerfile 003.Dockerfile"; code != cli.ExitFailure || strings.Join(left, " ") != want {
		t.Errorf("exit code %d, as they were are %v\n%s", code, left, stderr)
	}
	for _, name := range left {
		if !strings.Contains(stderr.String(), "cannot write "+name+": no space left on device [disk-full]") {
			t.Errorf("%s is not told:\n%s", name, stderr)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != len(sizes)+1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestFixInterrupted interrupts the fixing of many files at several points, and kills it.
func TestFixInterrupted(t *testing.T) {
	t.Parallel()
	var sizes []int
	for i := range 120 {
		sizes = append(sizes, 2000+i*300)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		for _, at := range []int{0, 7, 40} {
			dir := t.TempDir()
			cmd, stderr := fixAll(t, dir, "lint --fix=unsafe --fail-on never", sizes...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			old, _ := toFix(sizes[at])
			for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
				if text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%03d.Dockerfile", at))); err == nil && string(text) != old {
					break
				}
			}
			cmd.Process.Signal(signal)
			code := exitCode(cmd.Wait())
			left := whole(t, dir, sizes)
			t.Logf("%v at %d: exit code %d, %d of %d as they were", signal, at, code, len(left), len(sizes))
			if signal == syscall.SIGKILL || len(left) == 0 {
				continue
			}
			if code != cli.ExitInterrupt || !strings.Contains(stderr.String(), "as they were are "+left[0]) {
				t.Errorf("%d is not said: exit code %d\n%.2000s", len(left), code, stderr)
			}
			if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != len(sizes) {
				t.Errorf("%d files", len(names))
			}
		}
	}
}
