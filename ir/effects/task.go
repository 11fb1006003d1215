package effects

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// Task is what a command has a package manager do, by the table of programs.
type Task struct {
	Manager string // as of Package: "apt" of apt-get, apt and aptitude
	Command string // the word that says what to do, as "dist-upgrade"; "" when none is known
	Action  Action
	System  bool           // the packages are those of a distribution, whose policy their scripts keep to
	Given   []shell.Option // options that the table knows
	// Packages are what is installed, upgraded, removed or fetched: the operands behind the word.
	Packages []shell.Word

	// Named says that all operands are names of a repository's: none is a file or a URL, or is a
	// word of which nobody knows whether it is. Nor may there be more, as behind xargs. A variable
	// behind the start of a name, as in "nginx=$VERSION", is taken for a part of it.
	Named bool
	// Tame says that nothing that the command is given leads the manager to a program, a file, a
	// directory or settings of the author's: all its options are known, and it has neither another
	// root nor another environment. What packages and the manager's own files do is another thing.
	Tame bool
}

// Action is what a package manager's word comes to.
type Action string

// The actions. A word that is none of these, like one for a script of a package, has "".
const (
	ToInstall Action = "install"
	ToUpgrade Action = "upgrade"
	ToRemove  Action = "remove"
	ToUpdate  Action = "update" // of the lists of packages that there are: `dnf update` is an upgrade
	ToClean   Action = "clean"  // of what was fetched
	ToFetch   Action = "fetch"  // and leave it as files
	ToAsk     Action = "ask"
	ToSet     Action = "set" // of settings, like those of repositories
)

// TaskOf reads a command. It is false for what is no package manager.
func TaskOf(c *shell.Command) (Task, bool) {
	top := rows().find(c.Name)
	if top == nil || top.Manager == "" || len(top.Commands) == 0 {
		return Task{}, false
	}
	dir, _ := path.Split(c.Prog.Text)
	more := c.Fed()
	t := Task{Manager: top.Manager, System: top.System, Tame: !more && !c.Apart && !sets(c, top.Unless) && (dir == "" || standard(dir))}
	row, rest := top, c.Args
	for row != nil && len(row.Commands) > 0 {
		row, rest = t.next(top, row, rest)
	}
	t.Named = !more && !slices.ContainsFunc(rest, func(w shell.Word) bool { return !isPackage(w) })
	if row == nil {
		return t, true
	}
	if t.Action = row.Action; slices.Contains([]Action{ToInstall, ToUpgrade, ToRemove, ToFetch}, t.Action) {
		t.Packages = rest
	}
	return t, true
}

// SystemManager is the manager of a distribution's packages that a program is, as of Package: "apt" of
// apt-get, and "dpkg". It is "" of other programs.
func SystemManager(name string) string {
	if row := rows().find(name); row != nil && row.System {
		return row.Manager
	}
	return ""
}

// SystemManagers are the programs that SystemManager knows, sorted. It reads no table, which takes
// its time, so that rules may name them when a program starts.
func SystemManagers() []string {
	return strings.Fields("apk apk-install apt apt-get apt-install aptitude clean-install dnf dnf5 dpkg microdnf pacman rpm rpmkeys tdnf yum zypper")
}

// Clones tells whether a command may get packages with git, whose URLs and settings count then: that of
// a manager that can, as far as its row says when it fetches. So may what `python -m pip` does.
func Clones(c *shell.Command) bool {
	row, args := rows().find(c.Name), c.Args
	if row != nil && strings.HasPrefix(row.Names, "python ") {
		if i := slices.IndexFunc(args, func(w shell.Word) bool { return w.Text == "-m" }); i >= 0 && i+1 < len(args) {
			row, args = rows().find(args[i+1].Lit()), args[i+2:]
		}
	}
	if row == nil || !row.Git {
		return false
	}
	t := Task{}
	for command := row; len(command.Commands) > 0; {
		next, rest := t.next(row, command, args)
		if next == nil && command.Default != "" && len(rest) == 0 {
			next = command.commandOf(shell.Word{Text: command.Default, Known: true})
		}
		if next == nil {
			return false
		}
		command, args = next, rest
		if len(command.Commands) == 0 {
			return command.Fetches != ""
		}
	}
	return true
}

// next goes on with the command of a row that a word names, nil when there is none, and what
// stands behind that, without the options.
func (t *Task) next(top, row *program, args []shell.Word) (*program, []shell.Word) {
	args = t.options(top, row, args, false)
	for i, w := range args {
		if next := row.commandOf(w); next != nil {
			t.Command = strings.TrimSpace(t.Command + " " + w.Text)
			t.Tame = t.Tame && i == 0 // another word in front is the value of an option, or nobody knows what
			return next, t.options(top, next, args[i+1:], true)
		}
	}
	t.Tame = t.Tame && len(args) == 0
	return nil, args
}

// options drops those of a row. Of words that the row does not know, those with a dash are.
func (t *Task) options(top, row *program, args []shell.Word, mixed bool) (operands []shell.Word) {
	known := row.words()
	given, operands, ok := known.Parse(args, mixed)
	if !ok {
		t.Tame = false
		given, operands = loosely(known, args)
		t.Given = append(t.Given, given...)
		return operands
	}
	if t.Given == nil {
		t.Given = given
	} else {
		t.Given = append(t.Given, given...)
	}
	t.Tame = t.Tame && !slices.ContainsFunc(given, func(o shell.Option) bool { return !row.tame(top, o) })
	return operands
}

// loosely reads one word after the other. Of those that are not known, those with a dash are options.
func loosely(known shell.Options, args []shell.Word) (given []shell.Option, operands []shell.Word) {
	for len(args) > 0 {
		n := min(2, len(args))
		list, others, ok := known.Parse(args[:n], false)
		if !ok && n > 1 { // the next may be what is not known
			n = 1
			list, others, ok = known.Parse(args[:n], false)
		}
		switch {
		case ok && len(others) < n:
			given = append(given, list...)
			n -= len(others)
		case strings.HasPrefix(args[0].Text, "-"):
			n = 1
		default:
			operands, n = append(operands, args[0]), 1
		}
		args = args[n:]
	}
	return given, operands
}

// readWords gives the options of a row.
func (p *program) readWords() shell.Options {
	var o shell.Options
	for name, option := range p.known {
		long, isLong := strings.CutPrefix(name, "--")
		switch {
		case !isLong && len(name) != 2:
		case isLong && option.takes == '=':
			o.Long = append(o.Long, long+"=")
		case isLong:
			o.Long = append(o.Long, long)
		case option.takes == '=':
			o.Values += name[1:]
		case option.takes == '[':
			o.Attached += name[1:]
		default:
			o.Flags += name[1:]
		}
	}
	return o
}

// option is one that a command is given, as the row has it.
func (p *program) option(o shell.Option) option {
	if len(o.Name) == 1 {
		return p.known["-"+o.Name]
	}
	return p.known["--"+o.Name]
}

// roleOf is that of an option.
func (p *program) roleOf(o shell.Option) string { return p.option(o).role }

// tame tells an option that names no file, and no setting that would lead elsewhere.
func (p *program) tame(top *program, o shell.Option) bool {
	switch p.roleOf(o) {
	case "", roleText:
		return true
	case roleSetting:
		return top.Setting(o.Value.Text)
	case roleSource:
		return strings.Contains(o.Value.Text, "://") && !strings.Contains(o.Value.Text, "file:")
	case roleWrites:
		return strings.HasPrefix(o.Value.Text, "/dev/") && !strings.Contains(o.Value.Text, "..") // a mount, which is of no image
	}
	return false
}

// isPackage tells a word that may be the name of a package in a repository, and nothing else.
func isPackage(w shell.Word) bool {
	text := strings.Trim(w.Text, `"'`)
	return !w.MayBeOption() && text != "" && !strings.ContainsAny(text[:1], "/.~") && !strings.Contains(text, "://") &&
		!isFileOfPackage(text)
}

// aptSettings are what apt.conf(5) of apt 2.6 has that starts no program and leads to no other files
// than those of certificates, in lower case; one that ends in ":" stands for all below it.
var aptSettings = strings.Fields(`acquire::retries acquire::check-valid-until acquire::check-date acquire::forceipv4 acquire::forceipv6 acquire::gzipindexes acquire::languages
	acquire::compressiontypes:: acquire::allowinsecurerepositories acquire::allowweakrepositories acquire::allowdowngradetoinsecurerepositories acquire::queue-mode acquire::max-validto
	acquire::min-validto acquire::by-hash acquire::http::proxy acquire::https::proxy acquire::http::timeout acquire::https::timeout acquire::ftp::timeout acquire::http::pipeline-depth
	acquire::http::no-cache acquire::https::no-cache acquire::http::dl-limit acquire::https::dl-limit acquire::https::verify-peer acquire::https::verify-host acquire::https::cainfo acquire::::proxy
	acquire::pdiffs acquire::indextargets:: apt::install-recommends apt::install-suggests apt::get:: apt::autoremove:: apt::immediate-configure apt::default-release apt::acquire::retries
	apt::cache-limit apt::cache-start apt::sandbox::user apt::color apt::status-fd apt::keep-downloaded-packages dpkg::use-pty dpkg::progress-fancy dpkg::progress
	dpkg::lock::timeout dpkg::options:: debug:: quiet`)

// aptSetting is about "KEY=VALUE" of -o.
func aptSetting(text string) bool {
	key, value, _ := strings.Cut(strings.TrimLeft(text, `="`), "=")
	key, value = strings.ToLower(key), strings.Trim(value, `"`)
	switch {
	case strings.HasPrefix(key, "dpkg::options:"): // of dpkg(1), which has hooks, too
		return strings.HasPrefix(value, "--force-") || strings.HasPrefix(value, "--no-") || strings.HasPrefix(value, "--path-")
	case key == "dir::cache": // in the /dev of the step, which no image has, as the plugin cache-mounts does
		return strings.HasPrefix(value, "/dev/") && path.Clean(value) == value && !strings.ContainsAny(value, "$`\\*?[{'")
	case key == "dir::cache::pkgcache", key == "dir::cache::srcpkgcache":
		return value == "" // without one
	case strings.HasPrefix(key, "apt::get::download"), strings.HasPrefix(key, "apt::get::compile"):
		return false
	}
	return slices.ContainsFunc(aptSettings, func(s string) bool {
		return key == s || strings.HasSuffix(s, ":") && strings.HasPrefix(key, s)
	})
}

// dnfSettings are what dnf.conf(5) of DNF 4.14 has that names no file and no plugin.
var dnfSettings = strings.Fields(`install_weak_deps tsflags keepcache gpgcheck repo_gpgcheck localpkg_gpgcheck skip_if_unavailable skip_missing_names_on_install skip_missing_names_on_update retries timeout best
	sslverify obsoletes strict deltarpm fastestmirror max_parallel_downloads ip_resolve metadata_expire multilib_policy override_install_langs enabled exclude excludepkgs includepkgs
	clean_requirements_on_remove install_only_limit installonly_limit priority module_hotfixes zchunk minrate throttle assumeyes debuglevel errorlevel color diskspacecheck upgrade_group_objects_upgrade
	protected_multilib group_package_types allow_vendor_change module_platform_id proxy`)

// dnfSetting is about "KEY=VALUE" or "REPOSITORY.KEY=VALUE" of --setopt.
func dnfSetting(text string) bool {
	key, _, _ := strings.Cut(strings.TrimLeft(text, `"`), "=")
	return slices.Contains(dnfSettings, key[strings.LastIndexByte(key, '.')+1:])
}
