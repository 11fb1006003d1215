package compile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/lint/shellcheck"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config"
)

// declareRules declares the flags of commands in which all rules look.
func (c *compileRun) declareRules(f *pflag.FlagSet) {
	c.rules = rules.All()
	f.StringArrayVar(&c.given, "rule", nil, "`RULE=LEVEL` Set a rule, a pattern of names or tag/TAG to off, on, error, warning, info or hint")
}

// chooseRules reads --rule.
func (c *compileRun) chooseRules() error {
	for _, g := range c.given {
		name, level, ok := strings.Cut(g, "=")
		if !ok || name == "" || !slices.Contains(lint.Levels(), level) {
			return cli.Misuse("invalid --rule %q: expected RULE=LEVEL, with %s", g, cli.Either(lint.Levels()))
		}
		c.settings = append(c.settings, lint.Setting{Name: name, Level: level})
	}
	if _, errs := (lint.Config{Settings: c.settings}).Choose(c.rules); len(errs) > 0 {
		return cli.Misuse("invalid --rule: %v; `strake lint --explain` lists the rules", errs[0])
	}
	return nil
}

// explainRules writes what there is to say of some rules, or a list of all.
func (c *lintRun) explainRules(names []string) error {
	all := c.rules
	if len(names) == 0 {
		w := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
		for _, r := range all {
			level := r.Severity.String()
			if r.Level == lint.Experimental {
				level = "off"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.Name, level, r.Doc)
		}
		return w.Flush()
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(r lint.Rule) bool { return strings.EqualFold(r.Name, name) })
		if i < 0 {
			hint := ""
			if near := lint.Near(all, name); near != "" {
				hint = ": did you mean " + near + "?"
			}
			return cli.Misuse("no rule is called %q%s", name, hint)
		}
		cli.Printf(c.Stdout, "%s", rules.Text(&all[i]))
	}
	return nil
}

// dockerfiles are the arguments with the Dockerfiles in place of directories.
func (c *lintRun) dockerfiles(ctx context.Context, args []string) ([]string, error) {
	if len(args) == 0 {
		args = []string{"."}
	}
	if c.file != "" || c.Targeted() {
		return args, nil // one of the directory
	}
	if c.below == nil {
		c.below = map[string]bool{}
	}
	var out []string
	for _, arg := range args {
		if arg == "-" || input.IsRemote(arg) {
			out = append(out, arg)
			continue
		}
		info, err := os.Stat(arg)
		switch {
		case err != nil && strings.ContainsAny(arg, "*?["):
			found, bad := filepath.Glob(arg)
			if bad != nil || len(found) == 0 {
				return nil, cli.Misuse("no file matches %s", arg)
			}
			more, err := c.dockerfiles(ctx, found)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		case err == nil && info.IsDir():
			found, err := c.Dockerfiles(ctx, arg)
			if err != nil {
				return nil, err
			}
			if len(found) == 0 {
				found = []string{arg} // which tells that there is none
			}
			for i, name := range found {
				if dir, base := filepath.Split(name); filepath.Clean(dir) != filepath.Clean(arg) {
					c.below[name] = true
				} else if base == "Dockerfile" {
					found[i] = arg // which is its build context, and whose Dockerfile is never waited for
				}
			}
			out = append(out, found...)
		default:
			out = append(out, arg)
		}
	}
	return cli.Distinct(out), nil
}

// linted says which rules look at the Dockerfile of an argument: strake.yaml, else hadolint's
// config, and what the command line has before both.
func (c *compileRun) linted(ctx context.Context, in *input.Input, out *compile.Config) error {
	file, dir, err := c.RulesFile(ctx, c.Process, in, c.rules)
	if err != nil {
		return err
	}
	out.Lint = &compile.Lint{All: c.rules}
	if file != nil {
		out.Lint.Rules, out.Lint.Options = file.Choose(c.rules, in.Known(), dir, c.settings...), file.Lint.Options
		out.Lint.Rules = append(out.Lint.Rules, shellcheck.Rules(ctx, file.Lint.ShellCheck)...)
		return nil
	}
	chosen, err := c.hadolint(ctx, in.Known())
	if err != nil {
		return err
	}
	chosen.Settings = append(chosen.Settings, c.settings...)
	out.Lint.Rules, _ = chosen.Choose(c.rules) // hadolint may have rules that are newer
	out.Lint.Options = chosen.Options
	return nil
}

// hadolint reads the config that hadolint has for a Dockerfile; without one it is the zero value.
func (c *compileRun) hadolint(ctx context.Context, name string) (lint.Config, error) {
	if name == "" {
		return lint.Config{}, nil
	}
	home, _ := c.Env("HOME")
	set := &source.Set{}
	found, bad, err := config.Hadolint(ctx, filepath.Dir(name), home, set)
	switch {
	case len(bad) > 0:
		return lint.Config{}, &cli.Findings{Set: set, List: bad}
	case err != nil || found == nil:
		return lint.Config{}, err
	}
	return *found, nil
}
