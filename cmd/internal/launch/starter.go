// Package launch starts the programs of plugins, for the command line and the frontend alike.
package launch

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/config/trust"
	"github.com/seed-e0495807/strake/plugins/host"
	"github.com/seed-e0495807/strake/plugins/host/helper"
)

// Starter starts the programs of plugins.
type Starter struct {
	// Warn is told of each program that runs with less than the whole sandbox; nil does not.
	Warn func(text string)
}

// Start implements config.Starter.
func (s Starter) Start(ctx context.Context, p config.Program) (config.Started, error) {
	started, err := s.Launch(ctx, p)
	if err != nil {
		return nil, err
	}
	return started, nil
}

// Launch is Start, for who wants to know more of the program.
func (s Starter) Launch(ctx context.Context, p config.Program) (*host.Program, error) {
	sum, err := hex.DecodeString(strings.TrimPrefix(p.SHA256, "sha256:"))
	if err != nil {
		return nil, err
	}
	command, err := helper.Command()
	if err != nil {
		return nil, err
	}
	least := map[trust.Sandbox]host.Level{trust.Weak: host.Weak, trust.None: host.None}[p.Sandbox]
	started, err := host.Start(ctx, host.Options{
		Name: p.Name, Path: p.Path, Args: p.Args, SHA256: sum, Notes: p.Notes, Grants: p.Grants, Reads: []string{p.Dir},
		Helper: command, Sandbox: least,
	})
	if errors.Is(err, host.ErrSandbox) {
		return nil, diag.Diagnostic{Code: "plugin-sandbox", Message: err.Error(),
			Hint: "`strake plugin doctor` says what is missing; if you trust the program with that, run `strake plugin allow --weak-sandbox " + p.Name + "`, or --no-sandbox"}
	}
	if err == nil && s.Warn != nil {
		if lacks := started.Sandbox(); len(lacks) > 0 {
			s.Warn("the plugin " + p.Name + " runs with a weak sandbox, as you have allowed; it lacks " + lacks[len(lacks)-1])
		}
	}
	return started, err
}
