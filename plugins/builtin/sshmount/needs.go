package sshmount

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// known is what earlier commands of a stage have set up.
type known struct {
	rules  []rule            // of git, whose URLs are rewritten
	cloned bool              // a repository whose remote is reached over ssh
	vcs    bool              // composer has been told of a repository over ssh
	env    map[string]string // variables of the script, and of `go env -w`
}

// rule is url.<base>.insteadOf of git-config.
type rule struct{ base, from string }

func (k *known) clone() *known {
	out := *k
	out.rules, out.env = slices.Clone(k.rules), maps.Clone(k.env)
	return &out
}

func (k *known) set(name, value string) {
	if k.env == nil {
		k.env = map[string]string{}
	}
	k.env[name] = value
}

// command tells whether a command uses ssh, and why. It also learns from it.
//
// By ssh(1), sftp(1), scp(1), ssh-add(1) of OpenSSH 9.2, rsync(1) 3.5, git(1) 2.39,
// npm-install of npm 9.2 (git+ssh:// and github:) and cargo-build(1) of cargo 0.66. Which other
// commands get packages with git the rows of ir/effects say; how URLs are written that yarn, pnpm, uv
// and pip take is not checked against a manual.
func (k *known) command(c *shell.Command, state *eval.State) (string, bool) {
	words := valuesOf(c, state)
	switch name := c.Name; {
	case name == "ssh" || name == "sftp":
		return "it runs " + name, len(c.Operands()) > 0
	case name == "scp":
		return "it runs scp", slices.ContainsFunc(words, isRemote)
	case name == "rsync":
		return "it runs rsync over ssh", slices.ContainsFunc(words, isRemote)
	case name == "ssh-add":
		return "it asks the ssh agent", c.Has("-l", "-L")
	case name == "git":
		return k.git(c, words)
	case name == "go":
		return k.golang(c, words, state)
	case isOneOf(name, "composer", "composer.phar") && slices.Contains(words, "config"):
		k.vcs = k.vcs || slices.ContainsFunc(words, isSSH)
	case !effects.Clones(c):
	case isOneOf(name, "composer", "composer.phar") && k.vcs:
		return "composer has a repository over ssh", true
	case name == "cargo":
		return k.cargo(c, words, state)
	default:
		return k.packages(c, words)
	}
	return "", false
}

// valuesOf are the arguments that are known, with variables of ENV put in.
func valuesOf(c *shell.Command, state *eval.State) []string {
	words := make([]string, len(c.Args))
	for i, w := range c.Args {
		words[i], _ = w.Value(state.Lookup)
	}
	return words
}

func isOneOf(s string, list ...string) bool { return slices.Contains(list, s) }

// git looks at the URLs of commands that connect.
func (k *known) git(c *shell.Command, words []string) (string, bool) {
	local := k
	sub := 0
	for sub < len(words) && strings.HasPrefix(words[sub], "-") {
		if words[sub] == "-c" && sub+1 < len(words) {
			key, value, _ := strings.Cut(words[sub+1], "=")
			local = local.clone()
			local.learn(key, value)
		}
		if isOneOf(words[sub], "-c", "-C", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env") {
			sub++
		}
		sub++
	}
	if sub >= len(words) {
		return "", false
	}
	rest := words[sub+1:]
	over := slices.IndexFunc(rest, func(w string) bool { return isSSH(local.rewritten(w)) })
	switch words[sub] {
	case "config":
		k.config(rest)
	case "remote":
		k.cloned = k.cloned || over >= 0 // also for the fetch that comes
	case "clone", "ls-remote", "archive":
		if over >= 0 {
			k.cloned = k.cloned || words[sub] == "clone"
			return "git " + words[sub] + " " + shown(rest[over]) + " is over ssh", true
		}
	case "fetch", "pull", "submodule", "lfs", "push":
		if over >= 0 || local.cloned {
			return "git " + words[sub] + " goes to a remote over ssh", true
		}
		if words[sub] == "submodule" && len(local.sshRules()) > 0 {
			return "git submodule may go over ssh, by insteadOf", true
		}
	}
	if c.Sets("GIT_SSH_COMMAND", "GIT_SSH") && isOneOf(words[sub], "clone", "fetch", "pull", "submodule", "ls-remote") {
		return "git is told how to run ssh", true
	}
	return "", false
}

// config learns from `git config`, see git-config(1) 2.39; set is a word of later ones.
func (k *known) config(words []string) {
	var rest []string
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case strings.HasPrefix(w, "--unset"), strings.HasPrefix(w, "--get"):
			return // it sets nothing
		case isOneOf(w, "-f", "--file", "--type", "--blob"):
			i++
		case !strings.HasPrefix(w, "-") && w != "set":
			rest = append(rest, w)
		}
	}
	if len(rest) == 2 {
		k.learn(rest[0], rest[1])
	}
}

var insteadOf = late.Regexp(`(?i)^url\.(.*)\.insteadof$`)

func (k *known) learn(key, value string) {
	if m := insteadOf().FindStringSubmatch(key); m != nil && value != "" {
		k.rules = append(k.rules, rule{m[1], value})
	}
}

// rewritten is a URL as git uses it: the longest rule that fits counts.
func (k *known) rewritten(url string) string {
	best := rule{}
	for _, r := range k.rules {
		if strings.HasPrefix(url, r.from) && len(r.from) >= len(best.from) {
			best = r
		}
	}
	if best.from == "" {
		return url
	}
	return best.base + url[len(best.from):]
}

// sshRules are those that lead to ssh.
func (k *known) sshRules() []rule {
	return slices.DeleteFunc(slices.Clone(k.rules), func(r rule) bool { return !isSSH(r.base+"x") && !isSSH(r.base) })
}

// goFetches are the commands of go(1) 1.19 and of `go mod` that fetch modules.
var goFetches = []string{"build", "install", "get", "test", "vet", "run", "generate", "download", "tidy", "vendor", "list"}

// golang fetches private modules with git, which a rule leads to ssh.
func (k *known) golang(c *shell.Command, words []string, state *eval.State) (string, bool) {
	if slices.Contains(words, "env") && slices.Contains(words, "-w") {
		for _, w := range words {
			if name, value, ok := strings.Cut(w, "="); ok {
				k.set(name, value)
			}
		}
	}
	if !c.Has(goFetches...) || len(k.sshRules()) == 0 {
		return "", false
	}
	for _, name := range []string{"GOPRIVATE", "GONOPROXY", "GOPROXY"} {
		_, set, _ := state.Var(name)
		_, here := k.env[name]
		if set || here || c.Sets(name) {
			return "go fetches private modules, which git gets over ssh by insteadOf", true
		}
	}
	return "", false
}

// packages looks for packages from git. Those in lock files go over ssh when a rule says
// so. Those of npm have names for hosts, like "github:".
func (k *known) packages(c *shell.Command, words []string) (string, bool) {
	task, _ := effects.TaskOf(c)
	for _, w := range words {
		url := w
		if _, after, ok := strings.Cut(w, " @ "); ok {
			url = after
		}
		if i := strings.Index(url, "git+"); i >= 0 {
			url = url[i+len("git+"):]
		}
		if isSSH(k.rewritten(url)) || task.Manager == "npm" && strings.HasPrefix(w, "github:") {
			return c.Name + " gets " + shown(w) + " over ssh", true
		}
	}
	if len(k.sshRules()) > 0 {
		return c.Name + " may get packages with git, which goes over ssh by insteadOf", true
	}
	return "", false
}

// cargo uses ssh for URLs on its command line, and for others by git.
func (k *known) cargo(c *shell.Command, words []string, state *eval.State) (string, bool) {
	for _, w := range words {
		if isSSH(k.rewritten(strings.TrimPrefix(w, "--git="))) {
			return "cargo gets " + shown(w) + " over ssh", true
		}
	}
	const cli = "CARGO_NET_GIT_FETCH_WITH_CLI"
	_, set, _ := state.Var(cli)
	_, here := k.env[cli]
	byGit := set || here || c.Sets(cli) || slices.Contains(words, "net.git-fetch-with-cli=true")
	if byGit || len(k.sshRules()) > 0 {
		return "cargo gets crates with git, which may go over ssh", true
	}
	return "", false
}

var scpLike = late.Regexp(`^([A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+):[^:]*$`)

// isSSH tells URLs that git reaches over ssh, see git-fetch(1).
func isSSH(url string) bool {
	for _, scheme := range []string{"ssh://", "git+ssh://", "ssh+git://"} {
		if strings.HasPrefix(url, scheme) {
			return true
		}
	}
	return !strings.Contains(url, "://") && scpLike().MatchString(url)
}

// isRemote tells the other side of scp and rsync, "host:path", but not a module of an
// rsync daemon.
func isRemote(w string) bool {
	host, rest, ok := strings.Cut(w, ":")
	return ok && host != "" && !strings.HasPrefix(w, "-") && !strings.Contains(host, "/") && !strings.HasPrefix(rest, ":") && (host == "scp" || host == "ssh" || !strings.HasPrefix(rest, "//"))
}

// shown is a word cut to what fits a line.
func shown(w string) string {
	const most = 60
	if len(w) > most {
		return w[:most] + "…"
	}
	return w
}
