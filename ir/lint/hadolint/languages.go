package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// pipPins: what a file of requirements or of constraints says is up to that file.
func pipPins() lint.Rule {
	r := rule("DL3013", "Packages that pip installs have a version", diag.Warning, "reproducible")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		pip := pipOf(c)
		if pip == nil {
			return
		}
		pip.Name = "pip" // pipx installs in the same way
		task, ok := installs(s, pip, "install")
		if !ok || isGiven(task, "r", "requirement", "c", "constraint") || slices.ContainsFunc(task.Packages, func(w shell.Word) bool { return w.Lit() == "." }) {
			return
		}
		sayUnpinned(s, c, r, unpinned(s, task.Packages, isPipPin), "flask==3.0.2")
	})
	return r
}

// withoutOption drops an option and its value, wherever it is given.
func withoutOption(args []shell.Word, option string) []shell.Word {
	for {
		i := slices.IndexFunc(args, func(w shell.Word) bool { return w.Lit() == option })
		if i < 0 {
			return args
		}
		args = append(slices.Clone(args[:i]), args[min(i+2, len(args)):]...)
	}
}

func isGiven(task effects.Task, names ...string) bool {
	return slices.ContainsFunc(task.Given, func(o shell.Option) bool { return slices.Contains(names, o.Name) })
}

// isPipPin: a repository has to name what of it, and a path or an archive is what it is.
func isPipPin(name string) bool {
	if scheme, rest, ok := strings.Cut(name, "://"); ok {
		_, inside, _ := strings.Cut(rest, "/")
		return !strings.Contains(scheme, "+") || strings.Contains(inside, "@")
	}
	if strings.ContainsAny(name, "=<>~!/") || name[0] == '.' {
		return true
	}
	return slices.ContainsFunc([]string{".whl", ".tar.gz", ".tar.bz2", ".tgz", ".zip"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

func npmPins() lint.Rule {
	r := rule("DL3016", "Packages that npm installs have a version", diag.Warning, "reproducible")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if task, ok := installs(s, c, "install", "i", "add"); ok {
			sayUnpinned(s, c, r, unpinned(s, task.Packages, isNpmPin), "express@4.18.2")
		}
	}, "npm")
	return r
}

// isNpmPin: of a repository a commit has to be named, and a directory or an archive is what it is.
func isNpmPin(name string) bool {
	for _, start := range []string{"/", "./", "../", "~/"} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	switch git := strings.HasPrefix(name, "git") && strings.Contains(name, ":") || strings.HasSuffix(name, ".git"); {
	case name == ".", name == "..", strings.Contains(name, "#"):
		return true
	case git:
		return false
	case strings.Contains(name, "://"), strings.HasPrefix(name, "file:"):
		return true
	}
	if slices.ContainsFunc([]string{".tar", ".tar.gz", ".tgz"}, func(end string) bool { return strings.HasSuffix(name, end) }) {
		return true
	}
	return strings.Contains(name[1:], "@") // in front it starts a scope
}

// gemPins: -v is about all gems of the command, and behind "--" stand options of their build.
func gemPins() lint.Rule {
	r := rule("DL3028", "Gems that are installed have a version", diag.Warning, "reproducible")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		gem := *c
		if end := slices.IndexFunc(gem.Args, func(w shell.Word) bool { return w.Lit() == "--" }); end >= 0 {
			gem.Args = gem.Args[:end]
		}
		if gem.Arg(0) == "i" {
			gem.Args = slices.Clone(gem.Args)
			gem.Args[0].Text = "install"
		}
		task, ok := installs(s, &gem, "install")
		if !ok || isGiven(task, "v", "version") || slices.ContainsFunc(gem.Args, isGemfile) {
			return
		}
		sayUnpinned(s, c, r, unpinned(s, task.Packages, func(name string) bool {
			return strings.ContainsAny(name, ":/") || strings.HasSuffix(name, ".gem")
		}), "rails:7.1.3")
	}, "gem")
	return r
}

// isGemfile tells the option by which a Gemfile says what is installed.
func isGemfile(w shell.Word) bool {
	return w.Text == "-g" || w.Text == "--file" || strings.HasPrefix(w.Text, "--file=")
}
