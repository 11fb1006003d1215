package hadolint

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// quietWget wants the bar that wget draws kept out of the log: a line for every few kilobytes.
func quietWget() lint.Rule {
	return onScript("DL3047", "Have wget draw no progress bar, which fills the log", diag.Info, []string{"log"}, func(s *lint.Script, r *lint.Report) {
		for _, c := range commands(s) {
			if c.Name != "wget" || isQuiet(expanded(s, c)) {
				continue
			}
			r.Command(s, c, "wget draws its progress into the log: add --progress=dot:giga, or -q or -nv").
				Fix("add --progress=dot:giga", diag.Intent, s.Edit(c.Prog.End, c.Prog.End, " --progress=dot:giga")...)
		}
	}, "wget")
}

// isQuiet tells a wget(1) that draws nothing, or not to where the log is, or fetches nothing.
func isQuiet(c *shell.Command) bool {
	if hasOption(c, "progress", "quiet", "no-verbose", "output-file", "append-output", "help", "version") {
		return true
	}
	return slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		if len(w.Text) < 2 || w.Text[0] != '-' || w.Text[1] == '-' {
			return false
		}
		for i, letter := range w.Text[1:] {
			switch {
			case strings.ContainsRune("qoaVh", letter):
				return true
			case letter == 'n':
				return strings.HasPrefix(w.Text[i+2:], "v")
			case strings.ContainsRune("eitOTwQUPlRADIBX", letter): // the rest is its value
				return false
			}
		}
		return false
	})
}

// oneFetcher wants one of curl and wget in an image, not both.
func oneFetcher() lint.Rule {
	return lint.Rule{
		Name: "DL4001", Doc: "Use wget or curl, not both", URL: lint.Page("DL4001"), Severity: diag.Warning, Tags: []string{"size"},
		View: func(v *lint.View, r *lint.Report) {
			used := make([]map[string]bool, len(v.Stages))
			for i, stage := range v.Stages {
				used[i] = map[string]bool{}
				if stage.Parent != nil {
					for name := range used[stage.Parent.Index] {
						used[i][name] = true
					}
				}
				fetchers(stage, used[i], r)
			}
		},
	}
}

// fetchers looks at the steps of a stage for the first command that is one fetcher too many.
func fetchers(stage *lint.Stage, used map[string]bool, r *lint.Report) {
	told := len(used) == 2
	for _, step := range stage.Steps {
		s := step.Script()
		if s == nil {
			continue
		}
		for _, c := range commands(s) {
			if c.Name != "wget" && c.Name != "curl" {
				continue
			}
			used[c.Name] = true
			if len(used) == 2 && !told {
				r.Command(s, c, "the stage has wget and curl, which do the same: use one of them everywhere, and install no other")
				told = true
			}
		}
	}
}
