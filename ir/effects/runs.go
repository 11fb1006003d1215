package effects

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// MayRun tells whether what a command gives its program may have that run another: by an option,
// a setting or a script, or in a way that nobody knows, like an option that the table has not. Of
// a program that runs no other whatever it is given it is false, and so it is of one that has no
// options like that in the table, or no row: it says nothing of what these do. Who asks has a list
// of programs for which it counts. What the distribution's own files have a program run, like
// scripts of packages, does not count, nor do files that it finds.
func MayRun(c *shell.Command) bool {
	if words, ok := managers(c.Name); ok {
		return behindXargs(c) || !words.are(c)
	}
	row, options, mixed := runner(c.Name)
	if row == nil {
		return false
	}
	args := c.Args
	if row.Old && len(args) > 0 {
		args = dashed(args, args[0].Lit(), func(name string) shell.Word { return shell.Word{Text: name, Known: true, Start: -1, End: -1} }, row.valued)
	}
	given, operands, ok := options.Parse(args, mixed)
	return behindXargs(c) || !ok || slices.ContainsFunc(given, func(o shell.Option) bool { return row.runs(o) }) || hasScript(c, given, operands)
}

// behindXargs tells a command that is given words which nobody knows.
func behindXargs(c *shell.Command) bool { return slices.Contains(c.Via, "xargs") }

// runs tells an option that may have its program run another.
func (p *program) runs(o shell.Option) bool {
	role := p.roleOf(o)
	return role == roleRun || role == roleRoot || role == roleSetting && !p.Setting(o.Value.Text)
}

// runner gives the row of a program that can run others, as its options say, with those of its
// commands. They may stand behind operands, or end at the first.
func runner(name string) (row *program, options shell.Options, mixed bool) {
	switch name {
	case "env", "xargs": // what they run is a command of its own, where it is known
		return &program{}, shell.Options{}, false
	case "hash": // bash(1) 5.2: -p puts one program in the place of another
		return &program{}, shell.Options{Flags: "r"}, false
	case "visudo": // visudo(8) 1.9.13: an editor, unless it checks
		return &program{}, shell.Options{Flags: "cqs", Values: "f", Long: []string{"check", "quiet", "strict", "file="}}, false
	case "pacman": // pacman(8) 6.0: not --hookdir and --config
		return &program{}, shell.Options{Flags: "SyuwUQRscinkqTDFdlgtmoe", Long: strings.Fields("sync refresh sysupgrade upgrade remove query noconfirm needed noprogressbar clean recursive nosave quiet asdeps asexplicit overwrite= ignore= disable-download-timeout")}, true
	case "apt-cache", "apt-mark": // apt-cache(8), apt-mark(8) 2.6: as apt-get
		name = "apt-get"
	case "apt-key": // apt-key(8) 2.6: as gpg
		name = "gpg"
	}
	row = rows().byName[name]
	if row == nil || !row.canRun {
		return nil, options, false
	}
	return row, row.all(), !row.First
}

// hasScript tells words that have a program run others, or may for all that is known.
func hasScript(c *shell.Command, given []shell.Option, operands []shell.Word) bool {
	values := func(names ...string) (list []shell.Word) {
		for _, o := range given {
			if slices.Contains(names, o.Name) {
				list = append(list, o.Value)
			}
		}
		return list
	}
	scripts := func(names ...string) []shell.Word {
		if list := values(names...); len(list) > 0 {
			return list
		}
		return operands[:min(1, len(operands))]
	}
	unlike := func(list []shell.Word, is func(string) bool) bool {
		return slices.ContainsFunc(list, func(w shell.Word) bool { return !w.Known || w.Text == "{}" || !is(w.Text) })
	}
	switch c.Name {
	case "awk", "gawk", "mawk":
		return len(scripts("e")) == 0 || unlike(scripts("e"), func(s string) bool { return !awkRuns(s) })
	case "sed":
		return unlike(scripts("e", "expression"), func(s string) bool { _, ok := sedScript(s); return ok })
	case "apt-get", "apt", "apt-cache", "aptitude", "apt-mark":
		return len(operands) > 0 && slices.Contains([]string{"edit-sources", "changelog"}, operands[0].Text)
	case "visudo":
		return len(operands) > 0 && operands[0].Lit() != "/etc/sudoers" || !slices.ContainsFunc(given, func(o shell.Option) bool { return o.Name == "c" || o.Name == "check" })
	}
	return false
}

// tasks are words for what a manager of a language is to do that hand on nothing to programs of
// the project; the manager brings its own, and those of packages.
type tasks []string

// managers knows them by their documentation: Bundler 2.5, conda 23, poetry 1.8, pipenv 2023, uv
// 0.4, pnpm 9, corepack 0.28, rustup 1.27, Composer 2 and gem(1) 3.3.
func managers(name string) (tasks, bool) {
	words := map[string]string{
		"bundle":   "install config check clean update lock package cache version --version",
		"conda":    "install create env update upgrade clean config info list init remove search --version",
		"poetry":   "install config lock add remove update export check cache show self --version",
		"pipenv":   "install sync lock update requirements clean --version",
		"uv":       "sync pip venv lock add export python cache --version",
		"pnpm":     "install i add fetch config store prune update remove import set --version",
		"corepack": "enable disable prepare install use pack --version",
		"rustup":   "target component toolchain default update set show install override self --version",
		"composer": "install update require create-project config clear-cache clearcache cc dump-autoload dumpautoload self-update selfupdate global show validate remove diagnose --version",
		"gem":      "install i update sources cleanup uninstall environment env list query search --version",
	}
	switch name {
	case "bundler":
		name = "bundle"
	case "mamba", "micromamba":
		name = "conda"
	case "composer.phar":
		name = "composer"
	}
	text, ok := words[name]
	return strings.Fields(text), ok
}

// alone are options that take no value, in front of what a manager is to do.
const alone = "-q -n -v -vv -vvv -y -s -r --no-interaction --no-ansi --ansi --quiet --silent --yes --verbose --recursive --no-plugins --no-color"

// are tells whether a command is one of them, or is told nothing.
func (t tasks) are(c *shell.Command) bool {
	at := slices.IndexFunc(c.Args, func(w shell.Word) bool { return !strings.HasPrefix(w.Text, "-") || slices.Contains(t, w.Text) })
	if at < 0 {
		return len(c.Args) == 0
	}
	for _, w := range c.Args[:at] {
		if !slices.Contains(strings.Fields(alone), w.Text) && !strings.Contains(w.Text, "=") {
			return false // it may take the next word
		}
	}
	return slices.Contains(t, c.Args[at].Lit()) && (c.Args[at].Text != "global" || slices.Contains(t, c.Arg(at+1)))
}
