package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// sub makes a test for the first word behind a program, options aside: the name of what
// it is to do. A word that is not known is none.
func sub(programs []string, subs ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		return slices.Contains(programs, c.Name) && slices.Contains(subs, subcommand(c))
	}
}

// subcommand is the word that says what a program is to do, "" when none does.
func subcommand(c *shell.Command) string {
	if word, ok := effects.Subcommand(c); ok {
		return word
	}
	return "?"
}

var npmInstalls = []string{"ci", "install", "i", "add", "update", "clean-install", "in", "ins", "up", "ic"}

// installs makes a test for commands of these programs that get packages from repositories.
func installs(programs ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		if !slices.Contains(programs, c.Name) {
			return false
		}
		task, ok := effects.TaskOf(c)
		return ok && (task.Action == effects.ToInstall || task.Action == effects.ToUpgrade)
	}
}

func isNpm(subs ...string) func(*shell.Command) bool { return sub([]string{"npm"}, subs...) }

// pythonFlags are options of python(1) 3.12 that run no code.
var pythonFlags = late.Regexp(`^-[bBdEIOPqsSuv]+$`)

var pipName = late.Regexp(`^pip[0-9.]*$`)

// pipAt is the place of pip's sub-command among the arguments, of pip itself or of
// python -m pip. It is false for other commands.
func pipAt(c *shell.Command) (int, bool) {
	first := 0
	if strings.HasPrefix(c.Name, "python") {
		first = slices.IndexFunc(c.Args, func(w shell.Word) bool { return w.Text == "-m" }) + 2
		if first < 2 || first > len(c.Args) || c.Arg(first-1) != "pip" ||
			slices.ContainsFunc(c.Args[:first-2], func(w shell.Word) bool { return !pythonFlags().MatchString(w.Text) }) {
			return 0, false
		}
	} else if !pipName().MatchString(c.Name) {
		return 0, false
	}
	for i := first; i < len(c.Args); i++ {
		if !strings.HasPrefix(c.Args[i].Text, "-") {
			return i, true
		}
	}
	return 0, false
}

// pip tells pip with a sub-command.
func pip(subs ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		at, ok := pipAt(c)
		return ok && slices.Contains(subs, c.Arg(at))
	}
}

// installsHere tells managers whose words are read here, as the table has less of them.
func installsHere(c *shell.Command) bool {
	_, isPip := pipAt(c)
	builds := slices.Contains([]string{"mvn", "mvnw", "mvnd", "gradle", "gradlew"}, c.Name)
	return isPip || composerUses(c) || mavenUses(c) || gradleUses(c) || builds && isQuestion(c)
}

// isQuestion tells what only asks, and exits.
// What npm, yarn and cargo are given behind a word may be for a program that they run.
func isQuestion(c *shell.Command) bool {
	switch c.Name {
	case "npm", "yarn", "yarnpkg", "cargo":
		first := c.Arg(0)
		return slices.Contains([]string{"--version", "-V", "--help", "-h", "version", "help"}, first) || first == "-v" && c.Name != "cargo"
	}
	return c.Has("--version", "-v", "-V", "-version", "--help", "-h") || len(c.Args) > 0 && slices.Contains([]string{"version", "help"}, c.Arg(0))
}

// yarnUses tells yarn by itself, with options, or with a sub-command that installs.
func yarnUses(c *shell.Command) bool {
	return (c.Name == "yarn" || c.Name == "yarnpkg") && !isQuestion(c) && slices.Contains([]string{"", "install", "add", "global", "upgrade"}, subcommand(c))
}

// mavenUses tells goals that do not install: a build without one has the goal of its POM.
func mavenUses(c *shell.Command) bool {
	if !slices.Contains([]string{"mvn", "mvnw", "mvnd"}, c.Name) || isQuestion(c) {
		return false
	}
	goals := 0
	for i := 0; i < len(c.Args); i++ {
		w := c.Args[i]
		if slices.Contains([]string{"-f", "--file", "-pl", "--projects", "-P", "--activate-profiles", "-T", "--threads", "-rf"}, w.Text) {
			i++
			continue
		}
		if strings.HasPrefix(w.Text, "-") {
			continue
		}
		plugin, goal, isGoal := strings.Cut(w.Text, ":")
		tame := slices.Contains([]string{"clean", "validate", "compile", "test-compile", "test", "package", "verify", "prepare-package"}, w.Text) ||
			isGoal && plugin == "dependency" && !strings.HasPrefix(goal, "purge")
		if !w.Known || !tame {
			return false
		}
		goals++
	}
	return goals > 0
}

// gradleRuns are tasks that start the author's program, or put what it built where others look.
var gradleRuns = late.Regexp(`(?i)^[^-].*(run|exec|publish|ptm)|^(run|exec|publish|ptm)`)

func gradleUses(c *shell.Command) bool {
	if c.Name != "gradle" && c.Name != "gradlew" || isQuestion(c) || c.Has("--stop", "--status", "--args", "--", "wrapper", "run") || hasWord(c, gradleRuns().MatchString) {
		return false
	}
	tasks := c.Operands()
	return len(tasks) > 0 && !slices.ContainsFunc(tasks, func(w shell.Word) bool { return !w.Known })
}

// composerUses tells composer, and php composer.phar, with what installs.
func composerUses(c *shell.Command) bool {
	own := c.Name == "composer" || c.Name == "composer.phar"
	if !own && c.Name != "php" {
		return false
	}
	ops := c.Operands()
	if !own {
		if len(ops) == 0 || path.Base(ops[0].Text) != "composer.phar" {
			return false
		}
		ops = ops[1:]
	}
	return len(ops) > 0 && slices.Contains([]string{"install", "update", "require", "create-project"}, ops[0].Text)
}
