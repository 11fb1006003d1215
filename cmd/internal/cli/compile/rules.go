package compile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/codes"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/lang/repo"
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
			return &cli.UsageError{Message: fmt.Sprintf("invalid --rule %q: expected RULE=LEVEL, with %s", g, project.Either(lint.Levels())), Help: hadolintLevel(level, "off", "off")}
		}
		c.settings = append(c.settings, lint.Setting{Name: name, Level: level})
	}
	if _, errs := (lint.Config{Settings: c.settings}).Choose(c.rules); len(errs) > 0 {
		e := &cli.UsageError{Message: "invalid --rule: " + errs[0].Error()}
		if unknown := new(lint.UnknownError); errors.As(errs[0], &unknown) && unknown.Near != "" {
			e.Hint = unknown.Near
		} else if !unknown.Ends {
			e.Help = "The rules are listed by `strake lint --explain`."
		}
		return e
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
		for _, code := range codes.All() {
			fmt.Fprintf(w, "%s\t%s\t%s\n", code.Name, code.Severity, code.Doc)
		}
		return w.Flush()
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(r lint.Rule) bool { return strings.EqualFold(r.Name, name) })
		if i < 0 {
			text := rules.OfCode(name)
			if text != "" {
				cli.Printf(c.Stdout, "%s", text)
				continue
			}
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
		list, err := c.meant(ctx, arg)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	if len(args) == 1 {
		return out, nil
	}
	return c.distinct(out), nil
}

// distinct drops the Dockerfiles that were there before, perhaps by a name with links to its directory.
// Where one of the names says what the build context is, it is known.
func (c *lintRun) distinct(args []string) (out []string) {
	first := map[string]string{}
	for _, arg := range args {
		at := arg
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			at = filepath.Join(physical(arg), input.OwnName)
		} else if arg != "-" && !input.IsRemote(arg) {
			at = filepath.Join(physical(filepath.Dir(arg)), filepath.Base(arg))
		}
		if before, ok := first[at]; ok {
			c.below[before] = c.below[before] && c.below[arg]
			continue
		}
		first[at] = arg
		out = append(out, arg)
	}
	return out
}

// meant are the Dockerfiles that an argument stands for.
func (c *lintRun) meant(ctx context.Context, arg string) ([]string, error) {
	if arg == "-" || input.IsRemote(arg) {
		return []string{arg}, nil
	}
	info, err := os.Stat(arg)
	switch {
	case err != nil && strings.ContainsAny(arg, "*?["):
		found, bad := matching(ctx, arg)
		if bad != nil || len(found) == 0 {
			return nil, cli.Misuse("no file matches %s", arg)
		}
		return c.dockerfiles(ctx, found)
	case err == nil && info.IsDir():
		return c.inDirectory(ctx, arg)
	}
	c.below[arg] = c.below[arg] || err == nil && !c.standsAtTop(arg)
	return []string{arg}, nil
}

// standsAtTop tells a file of the working directory, or of the directory that its repository begins
// at. Of others nobody knows the build context, whether they are named or found.
func (c *lintRun) standsAtTop(name string) bool {
	at := physical(filepath.Dir(name))
	if at == physical(".") {
		return true
	}
	home, _ := c.Env("HOME")
	top, found := repo.Root(at, home)
	return found && top == at
}

// inDirectory are the Dockerfiles in a directory and below it. Its own is called as it is: it is a
// build context, and where there is none that is told, and nobody waits for a pipe of that name.
func (c *lintRun) inDirectory(ctx context.Context, dir string) ([]string, error) {
	found, err := project.Dockerfiles(ctx, c.Process, dir)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return []string{dir}, nil
	}
	for i, name := range found {
		switch {
		case input.IsOwn(dir, name):
			found[i] = dir
		case filepath.Dir(name) != filepath.Clean(dir):
			c.below[name] = true
		}
	}
	return found, nil
}

// matching are the files and directories of a pattern, in which ** stands for any number of
// directories.
func matching(ctx context.Context, pattern string) ([]string, error) {
	pattern = filepath.ToSlash(filepath.Clean(pattern))
	if pattern == "**" {
		pattern = "." // all below
	}
	pattern = strings.TrimSuffix(pattern, "/**")
	parts := strings.Split(pattern, "/")
	if !slices.Contains(parts, "**") {
		return filepath.Glob(filepath.FromSlash(pattern))
	}
	first := slices.IndexFunc(parts, func(p string) bool { return strings.ContainsAny(p, "*?[") })
	dir := cmp.Or(strings.Join(parts[:first], "/"), ".")
	if first == 1 && parts[0] == "" {
		dir = "/"
	}
	return input.Below(ctx, filepath.FromSlash(dir), func(name string) bool { return config.MatchPath(pattern, filepath.ToSlash(name)) })
}
