package project

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// EngineFlags say where BuildKit is. Their names are buildctl's.
type EngineFlags struct {
	Silent bool // say nothing of what takes long

	addr string
	tls  engine.TLS
}

// Declare declares the flags.
func (e *EngineFlags) Declare(f *pflag.FlagSet) {
	f.StringVar(&e.addr, "addr", "", "`ADDRESS` Use the BuildKit there, such as tcp://host:1234 (default $BUILDKIT_HOST, else searched)")
	f.StringVar(&e.tls.CA, "tlscacert", "", "`FILE` CA of the BuildKit at tcp://")
	f.StringVar(&e.tls.Cert, "tlscert", "", "`FILE` Certificate to show to it")
	f.StringVar(&e.tls.Key, "tlskey", "", "`FILE` Key of that certificate")
	f.StringVar(&e.tls.ServerName, "tlsservername", "", "`NAME` Name in its certificate (default the host of the address)")
}

// EngineOptions is where the engine of a command is looked for.
func (e *EngineFlags) EngineOptions(p *cli.Process, home string) engine.Options {
	o := engine.Options{Addr: e.addr, TLS: e.tls, Dir: cli.EngineDir(home), Env: p.Env}
	if o.Addr == "" {
		o.Addr, _ = p.Env("BUILDKIT_HOST")
	}
	config := filepath.Join(home, "buildkitd.toml")
	if v, _ := p.Env("STRAKE_BUILDKITD_CONFIG"); v != "" {
		o.Config = v
	} else if _, err := os.Stat(config); err == nil {
		o.Config = config
	}
	o.Say = func(text string) {
		if cli.IsTerminal(p.Stderr) && !p.OnlyErrors && !e.Silent {
			cli.Printf(p.Stderr, "%s\n", text)
		}
	}
	return o
}

// WithEngine finds the engine for a command.
func (e *EngineFlags) WithEngine(ctx context.Context, p *cli.Process, do func(*engine.Engine) error) error {
	home, err := p.Home()
	if err != nil {
		return err
	}
	found, err := engine.Find(ctx, e.EngineOptions(p, home))
	if err != nil {
		return err
	}
	defer found.Close()
	return found.Explain(do(found))
}
