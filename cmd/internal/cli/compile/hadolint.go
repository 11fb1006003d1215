package compile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
)

// hadolintFlags are those of hadolint (its README, "CLI") that strake lint has not.
func hadolintFlags() []cli.Absent {
	return []cli.Absent{
		{Names: []string{"ignore"}, Say: "A rule is switched off with --rule RULE=off, or in strake.yaml; what .hadolint.yaml ignores stays so."},
		{Names: []string{"error", "warning", "info", "style"},
			Say: "A rule is given a level with --rule RULE=LEVEL: error, warning, info, or hint for hadolint's style."},
		{Names: []string{"failure-threshold", "t"}, Say: "When a run fails is said by --fail-on: error, warning, info, hint for hadolint's style, or never."},
		{Names: []string{"no-fail"}, Say: "With --fail-on never a run does not fail, whatever is found."},
		{Names: []string{"no-color"}, Say: "Terminals alone are shown colours: NO_COLOR=1 in the environment leaves them out."},
		{Names: []string{"trusted-registry"}, Say: "Registries are listed under `lint: registries:` of strake.yaml, or in $HADOLINT_TRUSTED_REGISTRIES."},
		{Names: []string{"require-label"}, Say: "Labels are listed under `lint: labels:` of strake.yaml, or in $HADOLINT_REQUIRE_LABELS."},
		{Names: []string{"strict-labels"}, Say: "It is `strict-labels: true` under `lint:` of strake.yaml, or HADOLINT_STRICT_LABELS=true."},
		{Names: []string{"disable-ignore-pragma"}, Say: "It is `disable-ignore-pragma: true` of .hadolint.yaml, or HADOLINT_DISABLE_IGNORE_PRAGMA=true."},
		{Names: []string{"file-path-in-report"}, Say: "What is read from standard input is named by --stdin-filename; files are called as they are given."},
		{Names: []string{"verbose", "V"}, Say: "There is nothing more to tell: leave the flag out."},
		{Names: []string{"version", "v"}, Say: "The version is shown by `strake version`."},
	}
}

// hadolintFormat is the form of findings that hadolint has by a name; what to do where there is none
// is said.
func hadolintFormat(name string) (form, say string) {
	switch name {
	case "codeclimate", "gitlab_codeclimate":
		return "gitlab", "hadolint's " + name + " is --format gitlab here."
	case "gnu":
		return "tty", "hadolint's gnu is --format tty here."
	case "sonarqube":
		return "", "SonarQube reads --format sarif, too."
	case "codacy":
		return "", "What Codacy's client turns into its form is not written here: others are sarif and checkstyle."
	}
	return name, ""
}

// hadolintLevel says what a level of a rule is, or one to fail at, that hadolint calls otherwise; all and
// none are those of the ends. "" is that it has no other name.
func hadolintLevel(name, all, none string) string {
	ours := map[string]string{"style": "hint", "ignore": all, "none": none}[name]
	if ours == "" {
		return ""
	}
	return "hadolint's " + name + " is " + ours + " here."
}

// habits tells of flags that mean another thing to hadolint.
func (c *lintRun) habits() error {
	say := func(message, help string) error { return &cli.UsageError{Message: message, Help: help} }
	if strings.Contains(filepath.Base(c.Config), "hadolint") {
		return say("--config names a strake.yaml, and "+c.Config+" is hadolint's",
			"hadolint's counts where it is .hadolint.yaml beside the Dockerfile or above it, in the working directory, or the user's.")
	}
	if f := c.flags.Lookup("cpu-shares"); f.Changed {
		if _, err := strconv.Atoi(f.Value.String()); err != nil {
			return say("-c is --cpu-shares, as for docker build: a number", "The configuration is named by --config FILE; hadolint's is found where it is.")
		}
	}
	if form, help := hadolintFormat(c.file); help != "" || slices.Contains(lintFormats(), form) {
		if _, err := os.Lstat(c.file); errors.Is(err, fs.ErrNotExist) {
			return say("-f names the Dockerfile, and there is no file "+c.file, "How findings are written is said by --format.")
		}
	}
	if help := hadolintLevel(c.failOn, "hint", "never"); help != "" {
		return say("invalid --fail-on "+c.failOn+": expected "+project.Either(failLevels()), help)
	}
	if _, help := hadolintFormat(c.format); help != "" {
		return say("invalid --format "+c.format+": expected "+project.Either(lintFormats()), help)
	}
	return nil
}

// asHadolint takes from hadolint's configuration for the working directory when a run fails, and how
// findings are written, where no flag and no strake.yaml says so.
func (c *lintRun) asHadolint(ctx context.Context, args []string) error {
	found, err := c.Hadolint(ctx, c.Process, "")
	if err != nil || found.FailOn+found.Format == "" && !found.NoColor || len(args) == 0 {
		return err
	}
	if file, err := c.RulesOf(ctx, c.Process, c.nameOf(args[0]), c.rules); err != nil || file != nil {
		return err
	}
	if !c.flags.Changed("fail-on") && found.FailOn != "" {
		c.failOn = found.FailOn
	}
	if !c.flags.Changed("format") && found.Format != "" {
		form, help := hadolintFormat(found.Format)
		if !slices.Contains(lintFormats(), form) {
			return &cli.UsageError{Message: "hadolint's configuration asks for the format " + found.Format + ", which strake does not write: give --format", Help: help}
		}
		c.format = form
	}
	c.plain = found.NoColor
	return nil
}

// nameOf is the name of the Dockerfile of an argument, "" where it has none: it is not read, as what is
// no file is read once.
func (c *lintRun) nameOf(arg string) string {
	switch info, err := os.Stat(arg); {
	case arg == "-" || c.file == "-":
		return c.stdinName
	case input.IsRemote(arg):
		return ""
	case c.file != "":
		return c.file
	case err == nil && info.IsDir():
		return filepath.Join(arg, input.OwnName)
	}
	return arg
}
