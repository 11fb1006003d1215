package project

import (
	"context"
	"os"

	"github.com/moby/buildkit/frontend/dockerui"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/lint/shellcheck"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config"
)

// Lint says which of all rules look at a Dockerfile: as its strake.yaml has it, else hadolint's
// configuration. Settings that are given count before both. What is wrong in these is a *Findings.
func (f *PluginFlags) Lint(ctx context.Context, p *cli.Process, in *input.Input, all []lint.Rule, given ...lint.Setting) (*compile.Lint, error) {
	file, err := f.RulesFile(ctx, p, in, all)
	if err != nil {
		return nil, err
	}
	if file != nil {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		out := compile.LintOf(file, all, in.Known(), dir, given...)
		out.Rules = append(out.Rules, shellcheck.Rules(ctx, file.Lint.ShellCheck)...)
		return out, nil
	}
	found, err := f.Hadolint(ctx, p, in.Known())
	if err != nil {
		return nil, err
	}
	found.Settings = append(found.Settings, given...)
	chosen, _ := found.Choose(all) // it may know rules that are newer
	return &compile.Lint{Rules: chosen, All: all, Options: found.Options, Levels: found.Config}, nil
}

// RulesFile is the strake.yaml of a Dockerfile whose word counts on which rules look; nil is
// none. A name in it that none of all rules has is a *Findings.
func (f *PluginFlags) RulesFile(ctx context.Context, p *cli.Process, in *input.Input, all []lint.Rule) (*config.File, error) {
	read, err := f.File(ctx, p, in)
	if err != nil || read == nil || read.File.Lint == nil {
		return nil, err
	}
	if bad := read.File.CheckRules(all); len(bad) > 0 {
		return nil, &cli.Findings{Set: read.Set, List: bad}
	}
	return read.File, nil
}

// RulesOf is RulesFile by the name of a Dockerfile, which is not read; "" is none.
func (f *PluginFlags) RulesOf(ctx context.Context, p *cli.Process, name string, all []lint.Rule) (*config.File, error) {
	in := &input.Input{}
	if name != "" {
		in.Locals = map[string]string{dockerui.DefaultLocalNameContext: directoryOf(name)}
	}
	return f.RulesFile(ctx, p, in, all)
}

// Hadolint reads the configuration that hadolint has for a Dockerfile, "" is one without a name;
// without any it is the zero value. Warnings about a file are shown once.
func (f *PluginFlags) Hadolint(ctx context.Context, p *cli.Process, name string) (config.HadolintConfig, error) {
	set := &source.Set{}
	found, bad, err := config.Hadolint(ctx, directoryOf(name), p.Env, set)
	switch {
	case bad.HasErrors():
		return config.HadolintConfig{}, &cli.Findings{Set: set, List: bad}
	case err != nil || found == nil:
		return config.HadolintConfig{}, err
	}
	if len(bad) > 0 && set.File(0) != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		if name := set.File(0).Name; !f.warned[name] {
			if f.warned == nil {
				f.warned = map[string]bool{}
			}
			f.warned[name] = true
			p.Report(set, bad)
		}
	}
	return *found, nil
}
