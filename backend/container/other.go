//go:build !linux

package container

import (
	"context"
	"time"
)

// Run needs Linux.
func (r *Runner) Run(context.Context, *Container, Streams, func()) (int, error) { return 0, errLinux }

// Detach needs Linux.
func (r *Runner) Detach(context.Context, *Container) error { return errLinux }

// Watch needs Linux.
func (r *Runner) Watch(context.Context, string) error { return errLinux }

// Hold needs Linux.
func Hold() {}

// Exec needs Linux.
func (r *Runner) Exec(context.Context, *Container, ExecConfig, Streams, bool) (int, error) {
	return 0, errLinux
}

// Destroy needs Linux.
func (r *Runner) Destroy(context.Context, *Container) error { return errLinux }

// Clean needs Linux.
func (r *Runner) Clean(context.Context, *Container) error { return errLinux }

// Init needs Linux.
func Init([]string) (int, error) { return 0, errLinux }

// Namespace needs Linux.
func (c *Container) Namespace() int { return 0 }

// Signal needs Linux.
func (c *Container) Signal(string) error { return errLinux }

// Stop needs Linux.
func (c *Container) Stop(context.Context, time.Duration) error { return errLinux }

// Kill needs Linux.
func (c *Container) Kill(context.Context) error { return errLinux }

// Root needs Linux.
func (r *Runner) Root(context.Context, *Container, func(string) error) error { return errLinux }

// Paused needs Linux.
func (r *Runner) Paused(context.Context, *Container, func() error) error { return errLinux }
