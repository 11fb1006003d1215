package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// pipCache wants of pip that it keeps no copies of what it fetched.
func pipCache() lint.Rule {
	r := rule("DL3042", "Have pip keep no cache: use --no-cache-dir", diag.Warning, "packages", "size")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if !mayBePip(c) {
			return
		}
		pip := pipOf(expanded(s, c))
		if pip == nil || pip.Name != "pip" || hasOption(pip, "no-cache-dir", "no-cache") {
			return
		}
		t, ok := s.Task(pip)
		if !ok || t.Manager != "pip" || t.Command != "install" || cacheless(s, pip) || cached(s, pipCaches(s, pip)...) {
			return
		}
		f := r.Command(s, c, "pip keeps copies of what it fetches, which nobody needs in an image: add --no-cache-dir")
		if i := slices.IndexFunc(c.Args, func(w shell.Word) bool { return w.Text == "install" }); i >= 0 {
			f.Fix("add --no-cache-dir", diag.Intent, s.Edit(c.Args[i].End, c.Args[i].End, " --no-cache-dir")...)
		}
	})
	return r
}

// mayBePip tells the programs of pip, and those that may run it, whatever version they are of.
func mayBePip(c *shell.Command) bool {
	return strings.HasPrefix(c.Name, "pip") || strings.HasPrefix(c.Name, "pypy") || strings.HasPrefix(c.Name, "python")
}

// pipOf is the command of pip or pipx that a command is, or that `python -m` runs: nil when there is
// none. Which environment it works on is left out.
func pipOf(c *shell.Command) *shell.Command {
	if !mayBePip(c) {
		return nil
	}
	pip := *c
	pip.Name = strings.TrimRight(c.Name, "0123456789.")
	if pip.Name == "python" || pip.Name == "pypy" {
		i := 0
		for i < len(c.Args) && strings.HasPrefix(c.Arg(i), "-") && (strings.HasPrefix(c.Arg(i), "--") || !strings.HasSuffix(c.Arg(i), "m")) {
			i++
		}
		pip.Name, pip.Args = c.Arg(i+1), c.Args[min(i+2, len(c.Args)):]
	}
	if pip.Name != "pip" && pip.Name != "pipx" {
		return nil
	}
	pip.Args = withoutOption(pip.Args, "--python")
	return &pip
}

// cacheless tells whether PIP_NO_CACHE_DIR is set for a command, to something that means yes.
func cacheless(s *lint.Script, c *shell.Command) bool {
	const name = "PIP_NO_CACHE_DIR"
	for _, v := range slices.Concat(c.Env, s.Sets) {
		if v.Name == name {
			return !v.Value.Known || isYes(v.Value.Text)
		}
	}
	if value, ok := variable(s.Step, name); ok {
		return isYes(value)
	}
	_, set, _ := s.Step.State().Var(name)
	return set && !s.Step.State().Lost()
}

// isYes reads a value as strtobool of Python's distutils does.
func isYes(value string) bool {
	return !slices.Contains([]string{"", "0", "off", "no", "n", "f", "false"}, strings.ToLower(strings.TrimSpace(value)))
}

// pipCaches are where pip may keep its copies.
func pipCaches(s *lint.Script, c *shell.Command) []string {
	dirs := []string{"~/.cache/pip"}
	for i, w := range c.Args {
		if dir, ok := strings.CutPrefix(w.Text, "--cache-dir="); ok {
			return []string{dir}
		} else if w.Text == "--cache-dir" && c.Arg(i+1) != "" {
			return []string{c.Arg(i + 1)}
		}
	}
	if dir, ok := variable(s.Step, "PIP_CACHE_DIR"); ok && dir != "" {
		dirs = append(dirs, strings.TrimRight(dir, "/"))
	}
	if dir, ok := variable(s.Step, "XDG_CACHE_HOME"); ok && dir != "" {
		dirs = append(dirs, strings.TrimRight(dir, "/")+"/pip")
	}
	return dirs
}
