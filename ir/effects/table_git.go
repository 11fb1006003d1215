package effects

// gitMore are options of the commands among gitTasks that name no program; what they change is
// followed where a command's own row has them.
const gitMore = "-0! -1! -2! -3! -4! -5! -6! -7! -8! -9! -a! -d! -D! -f! -g! -h! -k! -l! -L! -M! -n! -N! -q! -r! -R! -s! -S! -t! -v! -w! -z! -b=unchosen -B=unchosen -j=unchosen " +
	"-m=unchosen -o=unchosen -F=unchosen -p[=unchosen] --depth=unchosen --branch=unchosen --single-branch! --no-single-branch! --recursive! --recurse-submodules! " +
	"--no-recurse-submodules! --no-tags! --tags! --quiet! --progress! --no-progress! --verbose! --jobs=unchosen --shallow-submodules! --no-checkout! --filter=unchosen " +
	"--sparse! --mirror! --bare! --origin=unchosen --init! --update! --remote! --checkout! --force! --hard! --soft! --mixed! --global! --system! --local! --worktree! " +
	"--file=unchosen --add! --unset! --unset-all! --get! --get-all! --replace-all! --list! --bool! --int! --path! --null! --name-only! --short! --abbrev! --always! --all! " +
	"--prune! --amend! --message=unchosen --allow-empty! --allow-empty-message! --no-edit! --author=unchosen --date=unchosen --no-verify! --signoff! --no-gpg-sign! --ff-only! " +
	"--ff! --no-ff! --rebase! --no-rebase! --abbrev-ref! --show-toplevel! --show-current! --verify! --format=unchosen --pretty=unchosen --oneline! --max-count=unchosen " +
	"--exact-match! --dirty! --long! --match=unchosen --first-parent! --candidates=unchosen --cached! --stat! --numstat! --summary! --theirs! --ours! --keep! --index! --check! " +
	"--directory=unchosen --include=unchosen --exclude=unchosen --whitespace=unchosen --reject! --unidiff-zero! --ignore-whitespace! --3way! --reverse! --detach! --track! " +
	"--no-track! --orphan=unchosen --set! --cone! --no-cone! --skip-worktree! --assume-unchanged! --output=unchosen --prefix=unchosen --heads! --refs! --symref! --exit-code! " +
	"--unshallow! --deepen=unchosen --shallow-since=unchosen --shallow-exclude=unchosen --reference=unchosen --dissociate! --sort=unchosen --merged! --contains! --delete! " +
	"--move! --annotate! --points-at=unchosen --no-commit! --strategy=unchosen --strategy-option=unchosen --squash! --merge! --no-fetch! --remote-tracking! --skip-smudge! " +
	"--separate-git-dir=unchosen --no-hardlinks! --shared! --initial-branch=unchosen --object-format=unchosen --no-color! --no-patch! --patch-with-stat! " +
	"--committer-date-is-author-date! --ignore-date! --count! --left-right! --since=unchosen --until=unchosen --remotes! --no-walk! --is-inside-work-tree! "

// gitElsewhere are variables by which git(1) 2.39 runs other programs, or reads and writes other files.
const gitElsewhere = "GIT_DIR GIT_WORK_TREE GIT_COMMON_DIR GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_NAMESPACE GIT_TEMPLATE_DIR GIT_EXEC_PATH " +
	"GIT_CONFIG GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS GIT_ATTR_SOURCE GIT_REDIRECT_STDOUT GIT_REDIRECT_STDERR " +
	"GIT_SSH GIT_SSH_COMMAND GIT_PROXY_COMMAND GIT_ASKPASS SSH_ASKPASS GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_EXTERNAL_DIFF GIT_ALLOW_PROTOCOL " +
	"GIT_TRACE GIT_TRACE_CURL GIT_TRACE_FSMONITOR GIT_TRACE_PACKET GIT_TRACE_PACKFILE GIT_TRACE_PACK_ACCESS GIT_TRACE_PERFORMANCE GIT_TRACE_REFS GIT_TRACE_SETUP GIT_TRACE_SHALLOW " +
	"GIT_TRACE2 GIT_TRACE2_EVENT GIT_TRACE2_PERF"

func gitCommands() []program {
	const fetch = "-q|--quiet -v|--verbose --progress --depth=text -j|--jobs=text --recurse-submodules[=text] --shallow-submodules -f|--force --no-tags --tags -t -p --prune --unshallow --all --single-branch --no-single-branch -n --filter=text"
	const reads = "-q --quiet --short[=text] --verify --abbrev-ref --abbrev[=text] --tags --always --dirty[=text] --long --all --match=text --exact-match --exclude=text -n=text -1 --format=text --pretty[=text] --oneline --name-only --name-status --stat --cached --others --exclude-standard -s --porcelain[=text] --date=text --count --first-parent --show-toplevel --is-inside-work-tree --git-dir -r -z --no-color --contains=text --decorate[=text] --sort=text --heads --hash --reverse --ignored --untracked-files=text --prefix=text --head -p -t -e --ignore-submodules --no-walk --max-parents=text --since=text --ext-diff! --no-ext-diff --output! -o! --exit-code -U=text --abbrev-commit --candidates=text -u -d -i -l -w"
	return []program{
		{Names: "clone", Options: gitMore + fetch + " -b|--branch=text -o|--origin=text --recursive --no-checkout --mirror --reference=reads --separate-git-dir! --template=run -u|--upload-pack=run --no-hardlinks --local -l -s --sparse --config=setting --remote-submodules --no-shallow-submodules --also-filter-submodules", Operands: "text...", Then: gitClone},
		{Names: "fetch pull submodule remote lfs svn", Options: gitMore + fetch + " --rebase --no-rebase --ff-only --init --recursive --remote --no-edit -b=text --upload-pack=run --exec=run", Operands: "text...", Fetches: "*", Then: gitTree},
		{Names: "checkout switch reset clean restore rm mv stash merge rebase cherry-pick revert am apply add commit tag branch worktree sparse-checkout init gc prune reflog update-index read-tree update-ref bisect",
			Options: gitMore + "-q|--quiet -f|--force -b=text -B=text -d -D -m=text -M -t --track -x -X=text -n -a|--all -A -s -u -p1 -p=text --hard --soft --mixed --detach --orphan=text --message=text --amend --no-edit --allow-empty --3way --verbose --index --cached --whitespace=text --set --init --cone --no-cone --aggressive --prune[=text] --no-verify -i --abort --continue --ff-only --no-ff --no-commit --initial-branch=text --reject --directory=text --exclude=text --recurse-submodules -r -c=text --gpg-sign --no-gpg-sign", Operands: "text...", Does: "clock", Then: gitTree},
		{Names: "config", Options: gitMore + "--global --system --local --add --unset --unset-all --get --get-all --get-regexp --replace-all -l|--list -f|--file=edit -z --type=text --bool --int --worktree!", Operands: "text...", Then: gitConfig},
		{Names: "rev-parse describe version ls-tree cat-file show-ref rev-list name-rev for-each-ref merge-base check-ignore var", Options: gitMore + reads, Operands: "text...", Then: gitReads},
		{Names: "log show status diff ls-files symbolic-ref blame grep shortlog archive", Options: gitMore + reads, Operands: "text...", Then: gitLooks},
		{Names: "ls-remote", Options: gitMore + "-q --heads --tags --refs --exit-code -t -h --sort=text --symref --get-url", Operands: "url text...", Fetches: "*", Then: gitRemote},
	}
}
