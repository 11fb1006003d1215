//go:build !linux

// Package userns runs the program again as root of a user namespace, which only Linux has.
package userns

import (
	"context"
	"os"
	"syscall"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Options are what Run needs of its caller.
type Options struct {
	Look   func(string) string
	Caught func()
}

// IsRoot is false.
func IsRoot() bool { return false }

// Owned is false.
func Owned() bool { return false }

// Interrupts are the signals that are to interrupt this process.
func Interrupts() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// EndWithOwner does nothing.
func EndWithOwner() error { return nil }

// Run fails.
func Run(context.Context, int, []string, Options) (int, error) {
	return 0, diag.Diagnostic{Code: "no-containers", Message: "containers need Linux", Hint: "run strake on Linux, in a virtual machine or in WSL"}
}
