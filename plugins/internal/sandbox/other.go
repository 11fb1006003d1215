//go:build !linux

package sandbox

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// Box is a program, without a sandbox.
type Box struct{ *exec.Cmd }

// New makes the command of the program: there is no sandbox.
func New(_ []string, s Spec) (*Box, error) {
	if s.Level != None {
		return nil, &Failure{Text: "there is no sandbox on this system"}
	}
	cmd := exec.Command(s.Program, s.Args...)
	cmd.Dir = s.Shared
	return &Box{cmd}, nil
}

// Started waits for nothing.
func (b *Box) Started() error { return nil }

// End knows nothing more than the command.
func (b *Box) End() string { return "" }

// Close ends nothing.
func (b *Box) Close() error { return nil }

// Kill ends the process.
func (b *Box) Kill() { b.Process.Kill() }

// Ended waits for nothing: it is for systems with process groups.
func (b *Box) Ended() {}

// Watch holds a program to nothing.
func (b *Box) Watch(context.Context, Limits) error { return nil }

// Socket is for the full sandbox.
func (b *Box) Socket(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Enter is not there.
func Enter(string) error { return errors.New("there is no sandbox on this system") }
