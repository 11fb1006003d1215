package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// gitOptions are those of git(1) 2.39 in front of the name of a command, and gitCommands what
// the commands of gitQuiet have, taken together, that names no program.
var (
	gitOptions  = shell.Options{Flags: "hv", Values: "Cc", Long: strings.Fields("git-dir= work-tree= no-pager bare version help no-replace-objects")}
	gitCommands = shell.Options{Flags: "0123456789abdDfghklLMnNpqrRsStvwz", Values: "bBcCjmoF", Attached: "p",
		Long: strings.Fields(`depth= branch= single-branch no-single-branch recursive recurse-submodules no-recurse-submodules no-tags tags quiet progress no-progress verbose jobs= shallow-submodules
			no-checkout filter= sparse mirror bare origin= init update remote checkout force hard soft mixed global system local worktree file= add unset unset-all get get-all replace-all list
			bool int path null name-only short abbrev always all prune amend message= allow-empty allow-empty-message no-edit author= date= no-verify signoff no-gpg-sign ff-only ff no-ff rebase no-rebase
			abbrev-ref show-toplevel show-current verify format= pretty= oneline max-count= exact-match dirty long match= first-parent candidates= cached stat numstat summary theirs ours keep index check
			directory= include= exclude= whitespace= reject unidiff-zero ignore-whitespace 3way reverse detach track no-track orphan= set cone no-cone skip-worktree
			assume-unchanged output= prefix= heads refs symref exit-code unshallow deepen= shallow-since= shallow-exclude= reference= dissociate sort= merged contains
			delete move annotate points-at= no-commit strategy= strategy-option= squash merge no-fetch rebase remote-tracking skip-smudge separate-git-dir= no-hardlinks shared
			initial-branch= object-format= config= no-color no-patch patch-with-stat committer-date-is-author-date ignore-date count left-right since= until= remotes no-walk is-inside-work-tree help version`)}
)

// gitQuiet are commands of git that run no program which they are told, and no editor.
var gitQuiet = strings.Fields(`clone fetch pull checkout init submodule rev-parse describe log show config reset apply remote tag branch lfs
	ls-remote ls-tree switch restore sparse-checkout am commit cherry-pick merge rev-list diff archive version help cat-file update-index`)

// gitSettings are what git-config(1) 2.39 has that names no program, in lower case.
var gitSettings = late.Regexp(`(?i)^"?(user\.(name|email)|https?\..*|safe\.\w+|advice\.\w+|init\.defaultbranch|color\.[\w.]+|(pull|push|fetch|pack|gc|index|transfer|feature|receive)\.\w+|merge\.(ff|renames|renamelimit)|diff\.(renames|renamelimit)|protocol\.(version|(file|git|ssh|https?)\.allow)|` +
	`submodule\.(recurse|fetchjobs)|submodule\..*\.(url|branch|update|shallow)|remote\.[\w-]+\.(url|fetch|tagopt|mirror|prune)|branch\.[\w-]+\.(remote|merge)|commit\.gpgsign|tag\.gpgsign|` +
	`core\.(autocrlf|longpaths|compression|filemode|symlinks|sparsecheckout|ignorecase|eol|quotepath|preloadindex|untrackedcache|bigfilethreshold|packedgitlimit|packedgitwindowsize|excludesfile|logallrefupdates|bare|safecrlf|protectntfs)|` +
	`url\..*\.(push)?insteadof|credential\.(.*\.)?(username|usehttppath))"?$`)

// quietGit tells git with what runs no program of the author's: hooks, aliases, helpers and
// commands in options are such.
func quietGit(c *shell.Command) bool {
	given, rest, ok := gitOptions.Parse(c.Args, false)
	if !ok || slices.ContainsFunc(c.Env, func(v shell.Var) bool { return runsByVariable(v.Name, v.Value.Text, v.Value.Known) }) {
		return false
	}
	for _, o := range given {
		if name, value, _ := strings.Cut(o.Value.Text, "="); o.Name == "c" && !quietSetting(name, value) {
			return false
		}
	}
	if len(rest) == 0 {
		return true
	}
	sub := rest[0].Lit()
	given, operands, ok := gitCommands.Parse(rest[1:], true)
	if !ok || !slices.Contains(gitQuiet, sub) || slices.ContainsFunc(operands, func(w shell.Word) bool { return strings.Contains(w.Text, "::") }) {
		return false
	}
	get := false
	for _, o := range given {
		name, value, _ := strings.Cut(o.Value.Text, "=")
		switch {
		case sub == "config":
			get = get || slices.Contains([]string{"get", "get-all", "list", "l", "unset", "unset-all"}, o.Name)
		case (o.Name == "c" || o.Name == "config") && !quietSetting(name, value):
			return false
		}
	}
	switch {
	case sub == "submodule": // foreach runs a script
		return len(operands) == 0 || slices.Contains([]string{"init", "update", "status", "sync", "add", "deinit", "summary"}, operands[0].Lit())
	case sub == "diff": // two paths are those of any tree
		return len(operands) < 2
	case sub == "commit":
		return slices.ContainsFunc(given, func(o shell.Option) bool { return slices.Contains([]string{"m", "message", "F", "no-edit"}, o.Name) })
	case sub != "config" || get || len(operands) == 0:
		return true
	case len(operands) == 1:
		return true // it asks
	}
	return quietSetting(operands[0].Text, operands[1].Text)
}

// quietSetting tells a setting of git that names no program.
func quietSetting(name, value string) bool {
	if strings.EqualFold(name, "credential.helper") {
		return value == "store" || value == "cache" || value == ""
	}
	return gitSettings().MatchString(name) && !strings.Contains(name+value, "::") && !strings.HasPrefix(value, "!")
}
