package project

import (
	"context"
	"os"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/plugins/config"
)

// RulesFile is the strake.yaml of a Dockerfile whose word counts on which rules look, and the
// directory that relative names of Dockerfiles start at; nil is none. All are the rules that
// there are: a name in it that none of them has is a *Findings.
func (f *PluginFlags) RulesFile(ctx context.Context, p *cli.Process, in *input.Input, all []lint.Rule) (*config.File, string, error) {
	read, err := f.File(ctx, p, in)
	if err != nil || read == nil || read.File.Lint == nil {
		return nil, "", err
	}
	if bad := read.File.CheckRules(all); len(bad) > 0 {
		return nil, "", &cli.Findings{Set: read.Set, List: bad}
	}
	dir, err := os.Getwd()
	return read.File, dir, err
}

// BuildRules has the rules look at a build that its strake.yaml asks to see there.
func (f *PluginFlags) BuildRules(ctx context.Context, p *cli.Process, in *input.Input, c *compile.Config) error {
	if f.off {
		return nil
	}
	file, dir, err := f.RulesFile(ctx, p, in, rules.All())
	if err != nil || file == nil {
		return err
	}
	c.Lint = compile.BuildLint(file, in.Known(), dir)
	return nil
}
