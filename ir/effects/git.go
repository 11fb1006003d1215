package effects

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// gitTasks are commands of git(1) 2.39 that run no program which they are told, and no editor, as
// long as their words do not say so: see gitHands.
const gitTasks = "clone fetch pull checkout init submodule rev-parse describe log show config reset apply remote tag branch lfs " +
	"ls-remote ls-tree switch restore sparse-checkout am commit cherry-pick merge rev-list diff archive cat-file update-index"

// gitHarmless are what git-config(1) 2.39 has that names no program, in lower case.
var gitHarmless = late.Regexp(`(?i)^"?(user\.(name|email)|https?\..*|safe\.\w+|advice\.\w+|init\.defaultbranch|color\.[\w.]+|(pull|push|fetch|pack|gc|index|transfer|feature|receive)\.\w+|merge\.(ff|renames|renamelimit)|diff\.(renames|renamelimit)|protocol\.(version|(file|git|ssh|https?)\.allow)|` +
	`submodule\.(recurse|fetchjobs)|submodule\..*\.(url|branch|update|shallow)|remote\.[\w-]+\.(url|fetch|tagopt|mirror|prune)|branch\.[\w-]+\.(remote|merge)|commit\.gpgsign|tag\.gpgsign|` +
	`core\.(autocrlf|longpaths|compression|filemode|symlinks|sparsecheckout|ignorecase|eol|quotepath|preloadindex|untrackedcache|bigfilethreshold|packedgitlimit|packedgitwindowsize|excludesfile|logallrefupdates|bare|safecrlf|protectntfs)|` +
	`url\..*\.(push)?insteadof|credential\.(.*\.)?(username|usehttppath))"?$`)

// gitSetting tells "NAME=VALUE" that names no program.
func gitSetting(text string) bool {
	name, value, _ := strings.Cut(text, "=")
	if strings.EqualFold(name, "credential.helper") {
		return value == "store" || value == "cache" || value == ""
	}
	return gitHarmless().MatchString(name) && !strings.Contains(text, "::") && !strings.HasPrefix(value, "!")
}

// gitHands tells words of a command of git by which it runs a program of the author's: hooks, aliases,
// helpers and commands in a configuration are such.
func gitHands(command string, given []shell.Option, operands []shell.Word) bool {
	if hasOption(given, "ext-diff") || slices.ContainsFunc(operands, func(w shell.Word) bool { return strings.Contains(w.Text, "::") }) {
		return true // a program that shows differences, or a helper for a protocol
	}
	switch command {
	case "submodule": // foreach runs a script
		return len(operands) > 0 && !slices.Contains(strings.Fields("init update status sync add deinit summary"), operands[0].Lit())
	case "diff": // two paths are those of any tree
		return len(operands) > 1
	case "commit": // without a message it asks an editor for one
		return !hasOption(given, "m", "message", "F", "no-edit")
	case "config":
		asks := len(operands) < 2 || hasOption(given, "get", "get-all", "list", "l", "unset", "unset-all")
		return !asks && !gitSetting(operands[0].Text+"="+operands[1].Text)
	}
	return false
}

// followedSettings tells settings of `git -c` that run no program, and change nothing else that is said.
func followedSettings(k *call) bool {
	for _, c := range k.given["-c"] {
		name, _, _ := strings.Cut(strings.ToLower(c.plain()), "=")
		if !slices.Contains([]string{"advice.detachedhead", "http.sslverify", "user.name", "user.email", "init.defaultbranch", "safe.directory", "core.autocrlf", "protocol.version", "http.postbuffer", "core.eol", "fsck.zeropaddedfilemode", "fetch.fsck.zeropaddedfilemode", "receive.fsck.zeropaddedfilemode"}, name) {
			k.fail("`" + k.Text + "` has settings that are not followed")
			return false
		}
	}
	return true
}

// gitClone is `git clone`: into a directory that it makes, named as the repository.
func gitClone(k *call) {
	if !followedSettings(k) || k.loose && !k.all() && len(k.operands) > 0 && k.operands[0].loose {
		return
	}
	if len(k.operands) == 0 {
		return
	}
	k.cloneFrom(k.operands[0])
	k.deals(Names)
	if k.has("--recurse-submodules", "--recursive", "--remote-submodules") { // which are fetched
		k.deals(Daemon)
	}
	dest := field{}
	if len(k.operands) > 1 {
		dest = k.operands[1]
	} else if k.operands[0].known {
		t := strings.TrimSuffix(strings.TrimRight(k.operands[0].text, "/"), ".git")
		t = t[strings.LastIndexAny(t, "/:")+1:]
		if k.has("--bare", "--mirror") {
			t += ".git"
		}
		dest = field{text: t, known: t != ""}
	} else { // somewhere below
		dest = field{text: "*", known: true}
	}
	p := dest.paths(k.dirs, true)
	k.writes(p)
	k.around(dest)
	for _, q := range p.List {
		if !q.Glob && q.Grade != Unknown {
			k.w.repos = append(k.w.repos, q.Name)
		}
	}
}

// cloneFrom notes where a clone is from. Objects of a repository in a directory get another link, which
// changes them, too.
func (k *call) cloneFrom(f field) {
	scheme, _, isURL := strings.Cut(f.text, "://")
	host, _, colon := strings.Cut(f.text, ":") // as in git@example.org:x
	switch {
	case isURL && scheme == "file":
		k.deals(Helpers)
		f.text = f.text[len("file://"):]
		k.read(f, true)
	case isURL || colon && !strings.Contains(host, "/") || !f.known:
		k.carried(f)
		k.fetch(f)
		k.out.Reads.add(k.constant("~/.ssh/ ~/.netrc ~/.git-credentials")) // gitcredentials(7), ssh(1)
	default:
		k.deals(Helpers)
		k.read(f, true)
		if !k.has("--no-hardlinks") {
			k.deals(Links)
			k.writes(f.paths(k.dirs, true))
		}
	}
}

// carried notes programs by which git gets what a URL names: ssh and helpers of protocols (gitremote-helpers(7)).
func (k *call) carried(url field) {
	scheme, _, _ := strings.Cut(strings.TrimLeft(url.text, `"'`), "://")
	if !slices.Contains([]string{"http", "https", "git"}, scheme) {
		k.deals(Helpers)
	}
}

// gitRemote is `git ls-remote`, of a URL, or of what settings of a repository name.
func gitRemote(k *call) {
	if len(k.operands) == 0 {
		k.deals(Helpers)
		return
	}
	k.carried(k.operands[0])
}

// repository is the work tree that a command stands in: one that the script has made, whose settings
// name no hook and no other helper of the author's, else it may start in any directory around.
func (k *call) repository() (p Paths, made bool) {
	for _, r := range k.w.repos {
		if len(k.dirs) > 0 && !slices.ContainsFunc(k.dirs, func(d string) bool { t, ok := text(d); return !ok || t != r && !strings.HasPrefix(t, r+"/") }) {
			return tree(r), true
		}
	}
	return k.topmost(), false
}

// worked is the repository of a command that may run hooks, filters and monitors.
func (k *call) worked() Paths {
	p, made := k.repository()
	if !made {
		k.deals(Helpers)
	}
	return p
}

// gitTree is for commands that change the work tree or what git keeps of it.
func gitTree(k *call) {
	if !followedSettings(k) {
		return
	}
	if k.loose {
		k.fail("a word of `" + k.Text + "` may be an option, or several words")
		return
	}
	if k.row.Names != "" && len(k.Args) > 0 && k.Has("init") && !k.Has("submodule", "lfs") {
		dest := field{text: ".", known: true}
		if len(k.operands) > 0 {
			dest = k.operands[0]
		}
		dest.text += "/.git"
		k.writes(dest.paths(k.dirs, true))
		k.around(dest)
		return
	}
	if k.Has("apply", "lfs", "svn", "bisect", "rebase", "worktree", "stash", "mv", "am") {
		k.writes(Anything())
		k.out.Removes.add(Anything())
	}
	p := k.worked()
	k.out.Reads.add(p)
	k.writes(p)
	k.out.Removes.add(p)
}

// gitReads is for commands that read what git keeps.
func gitReads(k *call) {
	if k.has("--dirty") {
		gitLooks(k)
	} else if followedSettings(k) {
		p, _ := k.repository()
		k.out.Reads.add(p)
	}
}

// gitLooks is for commands that look at the work tree.
func gitLooks(k *call) {
	if followedSettings(k) {
		p := k.worked()
		k.out.Reads.add(p)
		k.writes(p) // the index is freshened
	}
}

// gitConfig is `git config`.
func gitConfig(k *call) {
	around, _ := k.repository()
	if k.has("--get", "--get-all", "--get-regexp", "--list") {
		k.out.Reads.add(around)
		return
	}
	if !k.harmlessSetting() {
		k.deals(Helpers)
	}
	own := func(p *Path) { p.Own = true }
	switch {
	case k.has("--global"):
		k.writes(k.own("~/.gitconfig ~/.gitconfig.lock ${XDG_CONFIG_HOME:-~/.config}/git/config")) // the second where it is alone
	case k.has("--system"):
		k.writes(k.own("/etc/gitconfig /etc/gitconfig.lock"))
	case k.has("--file"):
	default:
		k.writes(around.each(own))
	}
}

// harmlessSetting tells `git config` of a setting by which later commands run nothing, and go nowhere
// else: a helper for credentials may stay, and another URL may be one that ssh carries.
func (k *call) harmlessSetting() bool {
	if len(k.operands) == 0 || !k.operands[0].known {
		return false
	}
	name, value := k.operands[0].plain(), ""
	if len(k.operands) > 1 {
		value = k.operands[1].text
	}
	section, _, _ := strings.Cut(strings.ToLower(name), ".")
	return section != "credential" && section != "url" && gitSetting(name+"="+value)
}
