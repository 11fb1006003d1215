//go:build !linux

package sandbox

import (
	"errors"
	"os"
	"os/exec"
)

// Command is that of the program: there is no sandbox.
func Command(_ []string, s Spec) (*exec.Cmd, *os.File, error) {
	if s.Level != NoSandbox {
		return nil, nil, &Failure{Text: "there is no sandbox on this system"}
	}
	return exec.Command(s.Program, s.Args...), nil, nil
}

// Started reports what Command's helper said.
func Started(*os.File) error { return nil }

// Kill ends a process.
func Kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		p.Kill()
	}
}

// Ended waits for nothing: it is for systems with process groups.
func Ended(int) {}

// Enter is not there.
func Enter(string) error { return errors.New("there is no sandbox on this system") }
