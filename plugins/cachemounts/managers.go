package cachemounts

import (
	"regexp"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/plugins/shell"
)

// manager is a package manager, and where its caches are.
type manager struct {
	config  string // its name in strake.yaml
	name    string // in ids
	native  bool   // what it caches depends on the platform and the distribution
	locked  bool   // two builds must not use the cache at once
	root    bool   // it works as root only
	optIn   bool
	uses    func(c *shell.Command) bool // the command puts something into the cache
	cleans  func(c *shell.Command) bool // the command only empties the cache
	caches  []cache
	places  func(j *job, u *use) []target // directories that depend on more than variables
	off     []string                      // options that switch the cache off
	offVar  string                        // a variable that does, and its value that does not
	away    []string                      // options that lead the cache elsewhere
	useless []string                      // paths that rm has nothing to do with any more
	adjust  func(j *job, u *use) bool     // more edits; none when it is false
	keeps   *keeps                        // what later RUNs count on
}

// cache is a directory of a manager.
type cache struct {
	id       string // behind the name, when there are several
	vars     []place
	home     string // below HOME
	absolute string // or wherever HOME is
	redirect string // variables that lead the cache to DIR, for commands alone
}

// place is where a variable leads to.
type place struct{ name, below string }

// vars are the variables that a script could change the place by.
func (m *manager) vars() []string {
	var names []string
	for _, c := range m.caches {
		for _, v := range c.vars {
			names = append(names, v.name)
		}
		for _, set := range strings.Fields(c.redirect) {
			name, _, _ := strings.Cut(set, "=")
			names = append(names, name)
		}
	}
	return names
}

// leadsAway tells options that say where the cache is.
func (m *manager) leadsAway(w shell.Word) bool {
	return slices.ContainsFunc(m.away, func(o string) bool {
		return w.Text == o || strings.HasPrefix(w.Text, o+"=") || strings.HasSuffix(o, "*") && strings.HasPrefix(w.Text, o[:len(o)-1])
	})
}

// sub makes a test for one of the first words behind a program, options aside.
func sub(programs []string, subs ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		if !slices.Contains(programs, c.Name) {
			return false
		}
		ops := c.Operands()
		return slices.ContainsFunc(ops[:min(2, len(ops))], func(w shell.Word) bool { return w.Known && slices.Contains(subs, w.Text) })
	}
}

var pipName = regexp.MustCompile(`^pip[0-9.]*$`)

// pip tells pip, or python -m pip, with a sub-command.
func pip(subs ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		args := c.Operands()
		if strings.HasPrefix(c.Name, "python") && c.Has("-m") && len(args) > 1 && args[0].Text == "pip" {
			return slices.Contains(subs, args[1].Text)
		}
		return pipName.MatchString(c.Name) && len(args) > 0 && slices.Contains(subs, args[0].Text)
	}
}

// isPipPurge tells `pip cache purge`.
func isPipPurge(c *shell.Command) bool { return pip("cache")(c) && c.Has("purge", "remove") }

// yarnUses tells yarn by itself, with options, or with a sub-command.
func yarnUses(c *shell.Command) bool {
	if c.Name != "yarn" && c.Name != "yarnpkg" || c.Has("--version", "-v", "--help") {
		return false
	}
	ops := c.Operands()
	return len(ops) == 0 || slices.Contains([]string{"install", "add", "global", "upgrade"}, ops[0].Text)
}

// bundleUses tells bundle install, which is also what bundle alone does.
func bundleUses(c *shell.Command) bool {
	if c.Name != "bundle" && c.Name != "bundler" || c.Has("--version", "-v", "--help") {
		return false
	}
	ops := c.Operands()
	return len(ops) == 0 || ops[0].Text == "install" || ops[0].Text == "update"
}

// program tells any use of a program, save for a question.
func program(names ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		return slices.Contains(names, c.Name) && !c.Has("--version", "-v", "-version", "--help", "-h")
	}
}

func composer(subs ...string) func(*shell.Command) bool {
	direct, php := sub([]string{"composer", "composer.phar"}, subs...), sub([]string{"php"}, subs...)
	return func(c *shell.Command) bool {
		if c.Name != "php" {
			return direct(c)
		}
		ops := c.Operands()
		return len(ops) > 0 && strings.HasSuffix(ops[0].Text, "composer.phar") && php(c)
	}
}

var (
	goProgram    = []string{"go"}
	npmInstall   = []string{"ci", "install", "i", "add", "update", "clean-install", "install-test", "isntall"}
	goDownloads  = []string{"build", "install", "get", "test", "vet", "run", "generate", "download", "tidy", "vendor", "verify", "list"}
	goCompiles   = []string{"build", "install", "test", "vet", "run"}
	cargoFetches = []string{"build", "install", "fetch", "test", "check", "run", "clippy", "chef", "vendor", "update", "rustc", "bench", "doc"}
)

// managers are in the order that their mounts get.
var managers = []manager{
	{config: "apt", name: "apt", native: true, locked: true, root: true, uses: isApt(aptInstalls...), cleans: isApt("clean", "autoclean", "auto-clean", "distclean"),
		places: aptPlaces, away: []string{"Dir::*", "-oDir::*", "-c", "--config-file"}, adjust: adjustApt,
		useless: []string{"/var/cache/apt/archives/*.deb", "/var/cache/apt/*.bin", "/var/cache/apt/archives/partial/*.deb"}},
	{config: "apk", name: "apk", native: true, locked: true, root: true, uses: sub([]string{"apk"}, "add", "upgrade", "fix"), cleans: isApkClean,
		places: apkPlaces, away: []string{"--cache-dir", "-p", "--root", "--initdb"}, adjust: adjustApk},
	{config: "dnf", name: "dnf", native: true, locked: true, root: true, uses: sub(dnfPrograms, dnfInstalls...), cleans: sub(dnfPrograms, "clean"),
		places: dnfPlaces, away: []string{"--installroot", "--setopt=cachedir*", "--setopt=keepcache*", "-c", "--config", "--releasever"}, adjust: adjustDnf},
	{config: "pip", name: "pip", native: true, uses: pip("install", "wheel", "download"), cleans: isPipPurge,
		caches: []cache{{vars: []place{{"PIP_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "pip"}}, home: ".cache/pip", redirect: "PIP_CACHE_DIR=DIR"}},
		off:    []string{"--no-cache-dir", "--no-cache"}, offVar: "PIP_NO_CACHE_DIR=", away: []string{"--cache-dir", "--isolated"}},
	{config: "uv", name: "uv", native: true, uses: sub([]string{"uv"}, "pip", "sync", "add", "tool", "run", "build", "lock"), cleans: twoWords("uv", "cache", "clean", "prune"),
		caches: []cache{{vars: []place{{"UV_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "uv"}}, home: ".cache/uv", redirect: "UV_CACHE_DIR=DIR"}},
		off:    []string{"--no-cache", "-n", "--no-cache-dir"}, offVar: "UV_NO_CACHE=false", away: []string{"--cache-dir", "--link-mode", "--config-file"}, adjust: adjustUv},
	{config: "npm", name: "npm", uses: sub([]string{"npm"}, npmInstall...), cleans: twoWords("npm", "cache", "clean", "clear", "rm"),
		caches: []cache{{vars: []place{{"npm_config_cache", ""}, {"NPM_CONFIG_CACHE", ""}}, home: ".npm", redirect: "npm_config_cache=DIR"}},
		away:   []string{"--cache", "--userconfig"}},
	{config: "pnpm", name: "pnpm", native: true, uses: sub([]string{"pnpm"}, "install", "i", "add", "update", "import", "deploy"), cleans: twoWords("pnpm", "store", "prune"),
		caches: []cache{{vars: []place{{"npm_config_store_dir", ""}, {"PNPM_HOME", "store"}, {"XDG_DATA_HOME", "pnpm/store"}}, home: ".local/share/pnpm/store"}},
		away:   []string{"--store-dir"}, keeps: &keeps{programs: []string{"pnpm"}, offline: []string{"--offline", "--prefer-offline"}, loose: true}},
	{config: "yarn", name: "yarn", locked: true, uses: yarnUses, cleans: isYarnClean,
		caches: []cache{{vars: []place{{"YARN_CACHE_FOLDER", ""}}, absolute: "/usr/local/share/.cache/yarn", redirect: "YARN_CACHE_FOLDER=DIR"}},
		places: yarnPlaces, away: []string{"--cache-folder", "--global-folder"}},
	{config: "go", name: "go-mod", uses: sub(goProgram, goDownloads...), cleans: isGoClean("-modcache"),
		caches: []cache{{vars: []place{{"GOMODCACHE", ""}, {"GOPATH", "pkg/mod"}}, home: "go/pkg/mod"}},
		keeps:  &keeps{programs: []string{"go"}, traces: []string{"pkg/mod"}, offVars: []string{"GOPROXY=off"}}},
	{config: "go", name: "go-build", native: true, uses: sub(goProgram, goCompiles...), cleans: isGoClean("-cache", "-testcache"),
		caches: []cache{{vars: []place{{"GOCACHE", ""}, {"XDG_CACHE_HOME", "go-build"}}, home: ".cache/go-build", redirect: "GOCACHE=DIR"}}},
	{config: "cargo", name: "cargo", locked: true, uses: sub([]string{"cargo"}, cargoFetches...),
		caches: []cache{{id: "-registry", vars: []place{{"CARGO_HOME", "registry"}}, home: ".cargo/registry"}, {id: "-git", vars: []place{{"CARGO_HOME", "git"}}, home: ".cargo/git"}},
		keeps: &keeps{programs: []string{"cargo"}, traces: []string{"cargo/registry", "cargo/git"},
			offline: []string{"--offline", "--frozen"}, offVars: []string{"CARGO_NET_OFFLINE=true"}}},
	{config: "cargo", name: "cargo-target", native: true, locked: true, optIn: true, uses: sub([]string{"cargo"}, "build", "test", "check", "clippy", "rustc", "bench", "doc"),
		places: cargoTarget, away: []string{"--target-dir", "--manifest-path"}},
	{config: "maven", name: "maven", locked: true, uses: program("mvn", "mvnw", "mvnd"),
		caches: []cache{{home: ".m2/repository"}}, away: []string{"-Dmaven.repo.local", "-s", "--settings", "-gs"},
		keeps: &keeps{programs: []string{"mvn", "mvnw", "mvnd"}, traces: []string{".m2"}, offline: []string{"-o", "--offline"},
			last: []string{"install", "install:install-file"}}},
	{config: "gradle", name: "gradle", locked: true, uses: program("gradle", "gradlew"),
		caches: []cache{{id: "-caches", vars: []place{{"GRADLE_USER_HOME", "caches"}}, home: ".gradle/caches"},
			{id: "-wrapper", vars: []place{{"GRADLE_USER_HOME", "wrapper"}}, home: ".gradle/wrapper"}},
		away:  []string{"-g", "--gradle-user-home", "--project-cache-dir", "-Dgradle.user.home"},
		keeps: &keeps{programs: []string{"gradle", "gradlew"}, traces: []string{".gradle"}, offline: []string{"--offline"}, last: []string{"publishToMavenLocal"}}},
	{config: "composer", name: "composer", locked: true, uses: composer("install", "update", "require", "create-project"), cleans: composer("clear-cache", "clearcache", "cc"),
		caches: []cache{{vars: []place{{"COMPOSER_CACHE_DIR", ""}}, redirect: "COMPOSER_CACHE_DIR=DIR"}},
		off:    []string{"--no-cache"}, useless: []string{"/root/.composer/cache", "/root/.composer/cache/*", "/tmp/cache", "/root/.cache/composer"}},
	{config: "bundler", name: "bundler", native: true, locked: true, uses: bundleUses,
		caches: []cache{{vars: []place{{"BUNDLE_USER_CACHE", ""}}, redirect: "BUNDLE_GLOBAL_GEM_CACHE=true BUNDLE_USER_CACHE=DIR"}},
		away:   []string{"--local"}},
}
