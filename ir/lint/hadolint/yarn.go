package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// yarnClean wants the cache of yarn emptied where the image has it.
func yarnClean() lint.Rule {
	return lint.Rule{
		Name: "DL3060", Doc: "Run yarn cache clean behind yarn install, in the same RUN", URL: lint.Page("DL3060"), Severity: diag.Info, Tags: []string{"packages", "size"},
		View: eachScript(func(s *lint.Script, r *lint.Report) {
			if s.Step.Stage.Shipped() { // what others leave is in no image
				yarnLeft(s, r)
			}
		}, "yarn", "yarnpkg"),
	}
}

func yarnLeft(s *lint.Script, r *lint.Report) {
	var last *shell.Command
	for _, c := range commands(s) {
		switch {
		case c.Name == "rm" && hasOption(c, "r", "R", "recursive") && slices.ContainsFunc(c.Args, func(w shell.Word) bool { return isYarnCache(w.Text) }):
			last = nil
		case c.Name != "yarn" && c.Name != "yarnpkg":
		case c.Has("cache") && c.Has("clean"):
			last = nil
		case isYarnInstall(expanded(s, c)):
			last = c
		}
	}
	if last == nil || yarnMounted(s) {
		return
	}
	f := r.Command(s, last, "what yarn fetched stays in the layer: run yarn cache clean behind it, in the same RUN")
	if at := commandEnd(last); len(last.Via) == 0 {
		f.Fix("empty the cache", diag.Intent, s.Edit(at, at, " && yarn cache clean")...)
	}
}

// isYarnInstall tells yarn without a word, too, which is the same.
func isYarnInstall(c *shell.Command) bool {
	for i, w := range c.Args {
		switch {
		case !w.Known:
			return false
		case w.Text == "--version", w.Text == "-v", w.Text == "--help", w.Text == "-h":
			return false
		case strings.HasPrefix(w.Text, "-"):
		case i > 0 && slices.Contains([]string{"--cwd", "--cache-folder", "--modules-folder", "--network-timeout", "--registry"}, c.Args[i-1].Text):
		default:
			return w.Text == "install"
		}
	}
	return true
}

func isYarnCache(dir string) bool {
	return strings.Contains(dir, "/.cache") || strings.Contains(dir, "/.yarn") || strings.Contains(dir, "/yarn")
}

func yarnMounted(s *lint.Script) bool {
	dirs := []string{"/usr/local/share/.cache/yarn", "~/.cache/yarn", "~/.yarn", "~/.yarn-cache", "~/yarn"}
	if dir, ok := variable(s.Step, "YARN_CACHE_FOLDER"); ok && dir != "" {
		dirs = append(dirs, strings.TrimRight(dir, "/"))
	}
	return cached(s, dirs...)
}
