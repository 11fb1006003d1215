package pass

import (
	"context"
	"encoding/hex"
	"os"
	"strings"

	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/host"
)

// SandboxCommand is the hidden command of a program that starts plugins: it stands
// between that and a plugin in a sandbox, and calls host.Sandboxed with its arguments.
const SandboxCommand = "plugin-sandbox"

// Starter starts the programs of plugins.
type Starter struct{}

// Start implements config.Starter.
func (s Starter) Start(ctx context.Context, p config.Program) (config.Started, error) {
	started, err := s.Launch(ctx, p)
	if err != nil {
		return nil, err
	}
	return started, nil
}

// Launch is Start, for who wants to know more of the program.
func (Starter) Launch(ctx context.Context, p config.Program) (*host.Program, error) {
	sum, err := hex.DecodeString(strings.TrimPrefix(p.SHA256, "sha256:"))
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return host.Start(ctx, host.Options{
		Name: p.Name, Path: p.Path, Args: p.Args, SHA256: sum, Grants: p.Grants, Reads: []string{p.Dir},
		Helper: []string{self, SandboxCommand},
	})
}
