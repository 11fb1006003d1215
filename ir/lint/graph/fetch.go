package graph

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// fetchers are the programs of effects.Downloads.
var fetchers = []string{"curl", "wget"}

func fetchWithoutChecksum() lint.Rule {
	r := rule("fetch-without-checksum", diag.Info, "security", "What is fetched should be compared with a checksum that stands in the file: who has the server has the image otherwise")
	adds := lint.OnBody(func(s *lint.Step, add *ir.Add, r *lint.Report) {
		if add.Checksum == "" && slices.ContainsFunc(add.Sources, plainURL) {
			r.Step(s, "nothing says what has to come from this URL: add --checksum=sha256:…")
		}
	})
	r.View = lint.Each(adds, lint.OnScript(func(script *lint.Script, r *lint.Report) {
		if slices.ContainsFunc(script.Commands, verifies) {
			return
		}
		for _, c := range script.Commands {
			if url, ok := unverified(script, c); ok {
				r.Command(script, c, "nothing says what has to come from "+url+": compare it with sha256sum -c, or use ADD --checksum")
			}
		}
	}, fetchers...))
	return r
}

// plainURL tells a file of the web; the branch of a repository is another rule's.
func plainURL(source string) bool {
	return (strings.HasPrefix(source, "https://") || strings.HasPrefix(source, "http://")) && !isGit(source)
}

// isGit tells the URL of a repository, as ADD has it.
func isGit(source string) bool {
	url, _, _ := strings.Cut(source, "#")
	return strings.HasPrefix(url, "git@") || strings.HasPrefix(url, "git://") || strings.HasPrefix(url, "ssh://") || strings.HasSuffix(url, ".git")
}

// verifies tells a command that compares checksums or signatures.
func verifies(c *shell.Command) bool {
	switch c.Name {
	case "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shasum", "md5sum", "b2sum", "rhash", "openssl", "cosign", "minisign", "gpgv", "slsa-verifier", "signify":
		return true
	case "gpg", "gpg2":
		return c.Has("--verify", "--batch", "--decrypt")
	case "[", "test": // with a digest
		return slices.ContainsFunc(c.Args, func(w shell.Word) bool { return len(w.Text) >= 64 })
	}
	return false
}

// harmless are ends of what is no program: keys and signatures by which others are verified, lists.
var harmless = []string{".asc", ".sig", ".gpg", ".key", ".pub", ".list", ".repo", ".sources", ".txt", ".md", ".crt", ".pem", ".sha256", ".sha512", ".md5"}

// unverified is the URL of programs or archives that a command fetches by one URL into a file, or
// into one that unpacks it.
func unverified(s *lint.Script, c *shell.Command) (string, bool) {
	files, ok := effects.Downloads(c)
	if !ok {
		return "", false
	}
	var urls []string
	for _, w := range c.Operands() {
		if strings.Contains(w.Text, "://") {
			urls = append(urls, strings.Trim(w.Text, `"'`))
		}
	}
	if len(urls) != 1 || slices.ContainsFunc(harmless, func(end string) bool { return strings.HasSuffix(urls[0], end) }) {
		return "", false
	}
	if slices.ContainsFunc(files, func(name string) bool {
		return name != "-" && !strings.HasPrefix(name, "/dev/") && !slices.Contains(harmless, path.Ext(name))
	}) {
		return urls[0], true
	}
	unpacked := false
	s.Pipes(func(from, to *shell.Command) {
		unpacked = unpacked || from == c && slices.Contains([]string{"tar", "bsdtar", "gunzip", "gzip", "xz", "unzip", "dpkg", "cpio"}, to.Name)
	})
	return urls[0], unpacked
}

// shells and the like read a program from their standard input.
var interpreters = []string{"sh", "bash", "ash", "dash", "zsh", "python", "python2", "python3", "perl", "ruby", "node", "php"}

func pipeToShell() lint.Rule {
	r := rule("pipe-to-shell", diag.Warning, "security", "What is fetched should not run unseen, and half of it not at all: save it, compare its checksum, then run it")
	r.View = lint.OnScript(func(s *lint.Script, r *lint.Report) {
		const message = "what the server sends runs unseen, be it half a script: save it, compare its checksum, then run it"
		told := map[*shell.Command]bool{}
		s.Pipes(func(from, to *shell.Command) {
			files, ok := effects.Downloads(from)
			if ok && (len(files) == 0 || slices.Contains(files, "-")) && slices.Contains(interpreters, to.Name) && readsProgram(to) && !told[from] {
				told[from] = true
				r.Command(s, from, message)
			}
		})
		for _, c := range s.Commands {
			if slices.Contains(interpreters, c.Name) || isSource(c) {
				if slices.ContainsFunc(c.Args, func(w shell.Word) bool { return hasCall(w, "curl", "wget") }) {
					r.Command(s, c, message)
				}
			}
		}
	}, append([]string{"eval", "source", "."}, interpreters...)...)
	return r
}

// isSource tells a command by which a shell runs what it is given itself.
func isSource(c *shell.Command) bool { return c.Name == "eval" || c.Name == "source" || c.Name == "." }

// readsProgram tells whether an interpreter is given no program but its standard input.
func readsProgram(c *shell.Command) bool {
	for i, w := range c.Args {
		switch {
		case w.Text == "-" || w.Text == "-s" || w.Text == "--":
			return true
		case strings.HasPrefix(w.Text, "-c") || w.Text == "-m" || w.Text == "-e" && c.Name != "sh" && c.Name != "bash":
			return false
		case !strings.HasPrefix(w.Text, "-") && (i == 0 || c.Arg(i-1) != "-o"):
			return w.Text == "/dev/stdin"
		}
	}
	return true
}

func fetchInClear() lint.Rule {
	r := rule("fetch-in-clear", diag.Warning, "security", "What is fetched by http:// may be changed on its way: use https://, or compare a checksum")
	adds := lint.OnBody(func(s *lint.Step, add *ir.Add, r *lint.Report) {
		if add.Checksum == "" && slices.ContainsFunc(add.Sources, inClear) {
			r.Step(s, "what comes by http:// may be changed on its way: use https://, or --checksum")
		}
	})
	r.View = lint.Each(adds, lint.OnScript(func(script *lint.Script, r *lint.Report) {
		if slices.ContainsFunc(script.Commands, verifies) {
			return
		}
		for _, c := range script.Commands {
			if _, fetches := effects.Downloads(c); !fetches && !clones(c) {
				continue
			}
			for _, w := range c.Operands() {
				if url := strings.Trim(w.Text, `"'`); inClear(url) {
					r.Command(script, c, "what comes by "+url[:strings.Index(url, ":")+3]+" may be changed on its way: use https://")
					break
				}
			}
		}
	}, append([]string{"git"}, fetchers...)...))
	return r
}

// inClear tells a URL of another machine without encryption.
func inClear(url string) bool {
	rest, ok := strings.CutPrefix(url, "http://")
	if !ok {
		rest, ok = strings.CutPrefix(url, "git://")
	}
	return ok && !strings.HasPrefix(rest, "localhost") && !strings.HasPrefix(rest, "127.") && !strings.HasPrefix(rest, "[::1]") && !strings.HasPrefix(rest, "$")
}

func tlsCheckOff() lint.Rule {
	r := rule("tls-check-off", diag.Warning, "security", "Without a check of certificates anybody on the way can send another file: add the certificate that is missing")
	const why = "anybody on the way can send something else without this check: add the certificate that is missing"
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		if env, ok := s.Body.(*ir.Env); ok {
			for _, p := range env.Pairs {
				if noCheck(p.Key, strings.Trim(p.Value, `"'`)) {
					r.Step(s, p.Key+" is for all that runs: "+why)
				}
			}
			return
		}
		for _, c := range s.Commands() {
			if i := slices.IndexFunc(c.Args, func(w shell.Word) bool { return unchecked(c, w) }); i >= 0 {
				r.Word(s.Script(), c, c.Args[i], why)
			} else if slices.ContainsFunc(c.Env, func(v shell.Var) bool { return noCheck(v.Name, v.Value.Lit()) }) {
				r.Command(s.Script(), c, why)
			}
		}
	}, "ENV", "RUN")
	return r
}

func noCheck(name, value string) bool {
	switch name {
	case "NODE_TLS_REJECT_UNAUTHORIZED", "PYTHONHTTPSVERIFY":
		return value == "0"
	case "GIT_SSL_NO_VERIFY", "NPM_CONFIG_STRICT_SSL", "npm_config_strict_ssl":
		return value == "1" && name[0] == 'G' || value == "true" && name[0] == 'G' || value == "false" && name[0] != 'G'
	}
	return false
}

// unchecked tells an argument that turns a check of certificates off.
func unchecked(c *shell.Command, w shell.Word) bool {
	switch c.Name {
	case "curl":
		letters, short := strings.CutPrefix(w.Text, "-")
		if short && !strings.HasPrefix(letters, "-") { // up to a letter that takes the rest for its value
			if i := strings.IndexAny(letters, "oHuXdAebcFTUxYyzCDEKmPQrtw"); i >= 0 {
				letters = letters[:i]
			}
			return strings.Contains(letters, "k")
		}
		return w.Text == "--insecure"
	case "wget":
		return w.Text == "--no-check-certificate"
	case "git":
		return strings.EqualFold(w.Text, "http.sslVerify=false") || strings.EqualFold(w.Text, "http.sslVerify") && c.Has("false")
	case "npm", "yarn", "pnpm":
		return w.Text == "strict-ssl" && c.Has("false") || w.Text == "--strict-ssl=false" || w.Text == "strict-ssl=false"
	case "pip", "pip3":
		return w.Text == "--trusted-host" || strings.HasPrefix(w.Text, "--trusted-host=")
	}
	return false
}

func signatureCheckOff() lint.Rule {
	r := rule("signature-check-off", diag.Warning, "security", "Packages should be installed with their signatures checked: add the key of the repository instead")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		manager := effects.SystemManager(c.Name)
		for _, w := range c.Args {
			if manager != "" && slices.Contains([]string{"--allow-unauthenticated", "--force-yes", "--allow-untrusted", "--nogpgcheck", "--no-gpg-checks", "--nosignature",
				"APT::Get::AllowUnauthenticated=true", "Acquire::AllowInsecureRepositories=true"}, w.Text) ||
				(c.Name == "echo" || c.Name == "printf") && strings.Contains(w.Text, "trusted=yes") && strings.Contains(w.Text, "deb ") {
				r.Word(s, c, w, "without its signature a package may be anybody's: add the key of the repository instead")
				return
			}
		}
	}, append(effects.SystemManagers(), "echo", "printf")...)
	return r
}

func aptKey() lint.Rule {
	r := rule("apt-key", diag.Warning, "security", "A key that apt-key adds is trusted for all repositories, and apt-key is gone in new releases: name a file with signed-by")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if c.Has("add", "adv") {
			r.Command(s, c, "apt-key has the key trusted for all repositories, and is gone in new releases: put it below /etc/apt/keyrings and name it with signed-by")
		}
	}, "apt-key")
	return r
}

func unpinnedClone() lint.Rule {
	r := rule("unpinned-clone", diag.Info, "pinning", "A repository should be cloned at a tag or checked out at a commit: the cache keeps the branch as it once was, and another build gets another one")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if !clones(c) || !slices.ContainsFunc(c.Args, func(w shell.Word) bool { return strings.Contains(w.Text, "://") || strings.Contains(w.Text, "git@") }) {
			return
		}
		if slices.ContainsFunc(c.Args, func(w shell.Word) bool {
			return w.Text == "-b" || strings.HasPrefix(w.Text, "--branch") || strings.HasPrefix(w.Text, "--revision") || w.Text == "--mirror" || w.Text == "--bare"
		}) {
			return
		}
		if checksOut(s.Step) {
			return
		}
		for o := range s.Step.After() {
			if checksOut(o) {
				return
			}
		}
		r.Command(s, c, "this is the branch as it was when the step was last built: clone a tag with --branch, or check a commit out")
	}, "git")
	return r
}

func clones(c *shell.Command) bool {
	if c.Name != "git" {
		return false
	}
	sub, _ := effects.Subcommand(c)
	return sub == "clone"
}

// checksOut tells whether a step has git go to another commit, or may.
func checksOut(s *lint.Step) bool {
	return slices.ContainsFunc(s.Commands(), func(c *shell.Command) bool {
		if c.Name != "git" {
			return false
		}
		sub, ok := effects.Subcommand(c)
		return !ok || slices.Contains([]string{"checkout", "reset", "switch", "fetch", "pull"}, sub)
	})
}

func unpinnedGitSource() lint.Rule {
	r := rule("unpinned-git-source", diag.Info, "pinning", "ADD of a repository should name a tag or a commit behind #: its branch is another tree tomorrow")
	r.View = lint.OnBody(func(s *lint.Step, add *ir.Add, r *lint.Report) {
		for _, source := range add.Sources {
			if isGit(source) && !strings.Contains(source, "#") && add.Checksum == "" && !strings.Contains(source, "$") {
				r.Step(s, "the default branch is another tree tomorrow: name a tag or a commit, as in "+source+"#v1.2.3")
			}
		}
	})
	return r
}

// locks are the files by which managers install just what they did before, and what does so.
var locks = map[string]struct{ file, want string }{
	"npm":  {"package-lock.json", "npm ci"},
	"yarn": {"yarn.lock", "yarn install --frozen-lockfile"},
	"pnpm": {"pnpm-lock.yaml", "pnpm install --frozen-lockfile"},
}

func installWithoutLock() lint.Rule {
	r := rule("install-without-lock", diag.Warning, "pinning", "Where a lock file is copied the packages should be installed by it, and not be allowed to change it")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		lock := locks[c.Name]
		sub, ok := effects.Subcommand(c)
		bare := c.Name == "yarn" && len(c.Operands()) == 0
		if !ok || !bare && sub != "install" && sub != "i" || s.Step.Onbuild || c.Nested {
			return
		}
		p, _ := effects.ProjectOf(c)
		if p == nil || len(p.Packages) > 0 || slices.ContainsFunc(c.Args, func(w shell.Word) bool {
			return strings.Contains(w.Text, "frozen") || strings.Contains(w.Text, "immutable") || strings.Contains(w.Text, "lockfile") || strings.Contains(w.Text, "package-lock") || w.Text == "-g" || w.Text == "--global"
		}) {
			return
		}
		for o := range s.Step.Before() {
			sources, _, ok := copied(o.Body)
			if !ok || !slices.ContainsFunc(sources, func(source string) bool { return path.Base(source) == lock.file }) {
				continue
			}
			f := r.Command(s, c, lock.file+" is there, and this may install other versions than it names: use "+lock.want)
			if i := slices.IndexFunc(c.Args, func(w shell.Word) bool { return w.Known && w.Text == sub && w.Start >= 0 }); i >= 0 && c.Name == "npm" {
				f.Fix("use npm ci", diag.Intent, s.Edit(c.Args[i].Start, c.Args[i].End, "ci")...)
			}
			return
		}
	}, "npm", "yarn", "pnpm")
	return r
}
