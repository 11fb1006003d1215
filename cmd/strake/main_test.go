package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// soon is what anything that happens at once may take on a machine that does much else.
// What would not happen without the code under test takes much longer, or for ever.
const soon = 20 * time.Second

// bounded is how long any command may take; what takes longer hangs.
const bounded = 3 * time.Minute

func noEnv(string) (string, bool) { return "", false }

// inDirWith makes a directory with a Dockerfile, and makes it the working directory.
func inDirWith(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("Dockerfile", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A binary definition must not mess up a terminal.
func TestTerminalRefused(t *testing.T) {
	inDirWith(t, "FROM scratch\nWORKDIR /w\n")
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"compile", "--emit=llb"}, strings.NewReader(""), testbed.Terminal(t), &stderr, noEnv)
	if code != cli.ExitUsage || !strings.Contains(stderr.String(), "refusing to write a binary definition to a terminal") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}

// An interrupt ends the program while it waits for input, without output.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "compile", "-o", "out", "-")
	cmd.Args[0] = "strake" // see TestMain
	cmd.Dir = dir
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It reads what does not end: when it takes more than a pipe holds, it is
	// past its start.
	stdin.Write(bytes.Repeat([]byte("#\n"), 1<<20))
	cmd.Process.Signal(syscall.SIGINT)
	killer := time.AfterFunc(soon, func() { cmd.Process.Kill() })
	defer killer.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != cli.ExitInterrupt {
		t.Errorf("%v, want exit code %d", err, cli.ExitInterrupt)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v was left", left)
	}
}

// What is cancelled before it starts does nothing.
func TestCancelled(t *testing.T) {
	inDirWith(t, "FROM scratch\nWORKDIR /w\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	for range 20 { // results and the end of the context may come at once
		if code := run(ctx, []string{"compile", "-o", "out"}, nil, &stdout, &stderr, noEnv); code != cli.ExitInterrupt {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		if _, err := os.Stat("out"); err == nil {
			t.Fatal("there is output")
		}
	}
}

// Many arguments at once come in order.
func TestOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	var args []string
	for i := range 64 {
		name := filepath.Join("d", strings.Repeat("x", i+1))
		os.MkdirAll(name, 0o777)
		os.WriteFile(filepath.Join(name, "Dockerfile"), []byte("FROM scratch\nWORKDIR /"+name+"\n"), 0o666)
		args = append(args, name)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"compile", "--emit=dot"}, args...), nil, &stdout, &stderr, noEnv); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	var got []string
	for line := range strings.Lines(stdout.String()) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "// "); ok {
			got = append(got, name)
		}
	}
	if !slices.Equal(got, args) {
		t.Errorf("got %v", got)
	}
}
