//go:build !linux

package debug

import (
	"context"
	"errors"
	"io"
)

var errNotLinux = errors.New("containers run on Linux only")

// Hold fails.
func Hold(context.Context, io.Reader, io.Writer, io.Writer) error { return errNotLinux }

// Enter fails.
func Enter([]string, io.Writer) error { return errNotLinux }
