//go:build !linux

package engine

import (
	"context"
	"path/filepath"

	"github.com/seed-e0495807/strake/backend/engine/install"
)

// session is the use of the embedded engine, of which there is none here.
type session struct{}

func (*session) release() {}

func (*session) relieved(do func() error) error { return do() }

func (*session) ended(bool) (string, bool) { return "", false }

func noEngine() error {
	return fail("no-engine", "start Docker, or give --addr or BUILDKIT_HOST the address of a BuildKit", "no BuildKit is running, and strake has one of its own on Linux only")
}

func embedded(context.Context, *Options) (*Engine, error) { return nil, noEngine() }

func inspectEmbedded(context.Context, *Options) (*Status, error) { return nil, noEngine() }

// Supervise needs Linux.
func Supervise(context.Context, string) error { return noEngine() }

// Stop needs Linux.
func Stop(context.Context, Options) (bool, error) { return false, noEngine() }

// Install needs Linux.
func Install(context.Context, Options, install.Options) (*Installed, error) { return nil, noEngine() }

// LogFile is the log of the embedded engine.
func LogFile(dir string) string { return filepath.Join(dir, "log") }
