package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// manager is a package manager, and how it gets a cache. Either lead edits its commands so
// that they use directories of ours, which are in no image; then nothing that an author
// does to the manager's own directory reaches the cache, and clean-ups stay as they are. Or
// the cache is mounted where the manager has it, because the path ends up in what it makes.
// A wrong guess is then a mount that nobody uses, and BuildKit takes its mount point away.
//
// There are only caches in it that a tool keys by all that their contents depend on; what
// is left out, and why, is in docs/plugins/cache-mounts.md.
type manager struct {
	config string // its name in strake.yaml
	name   string // in ids
	native bool   // what it caches depends on the distribution
	locked bool   // two builds must not use the cache at once
	system bool   // it works as root only
	uses   func(c *shell.Command) bool
	lead   func(j *job, u *use) bool // edits the commands; false when that cannot be
	dirs   []dir
	own    []string                // where the manager has its cache by default, "~" is HOME
	leaves []string                // what of that the image has of a command that is not led
	vars   []string                // that move the cache, or switch it
	away   []string                // options that do; "x*" is all that start with x
	moved  func() *late.Expression // what else an instruction of the stage can have done to move it
	traces []string                // what paths in the cache have in common
	keeps  *keeps                  // what later RUNs count on
}

// dir is a directory to mount: of ours, or below HOME, or below what a variable says.
type dir struct {
	id       string // behind the name, when there are several
	path     string // absolute; "~" is HOME; "" is only where the variable is set
	variable string // or below the value of this, where it is set
	below    string
	scratch  bool // a tmpfs that only has the caches of the manager in it
}

// ownDir is where caches are that commands are led to. /dev is a file system of its own in
// every container, so that no mount point is left in the image, and what copies or
// measures an image leaves it out. BuildKit puts its here documents there, too.
const ownDir = "/dev/strake-"

// managers are in the order that their mounts get.
var managers = []manager{
	// apt-get(8), apt.conf(5) of apt 2.6: -o overrides every configuration file. Packages
	// have release and architecture in id and name. Of pkgcache.bin, which apt takes for
	// valid by size and time of files that differ from image to image, there is none.
	{config: "apt", name: "apt", native: true, locked: true, system: true, uses: installs("apt-get", "apt"), lead: leadApt,
		dirs: []dir{{path: ownDir + "apt"}}, own: []string{"/var/cache/apt"},
		leaves: []string{"/var/cache/apt/archives/*", "/var/cache/apt/pkgcache.bin", "/var/cache/apt/srcpkgcache.bin"},
		away:   []string{"Dir*", "-oDir*", "-c", "--config-file*", "-d", "-dy", "-yd", "--download-only", "--print-uris", "--no-download"},
		vars:   []string{"APT_CONFIG"}, traces: []string{"/var/cache/apt/"},
		moved: aptHooks},
	// apk(8), apk-cache(5) of apk-tools 2.14: packages have the hash of their contents in
	// their names, indexes have not the architecture; so the base image is part of the key.
	{config: "apk", name: "apk", native: true, locked: true, system: true, uses: installs("apk"), lead: leadApk,
		dirs: []dir{{path: ownDir + "apk"}}, own: []string{"/var/cache/apk", "/etc/apk/cache"},
		away:  []string{"--cache*", "-p*", "--ro*", "--ini*", "--no-n*", "--ar*", "--repositori*", "-s", "--si*"}, // getopt_long takes the start of an option
		moved: late.Regexp(`/etc/apk/cache|setup-apkcache|apk[^&|;\n]*--no-network|commit_hooks`)},
	// dnf(8), dnf.conf(5) of DNF 4 and 5: --setopt overrides dnf.conf; a directory of a
	// repository has the hash of its URL, architecture included. --refresh, since what is
	// known of a repository counts as new for two days.
	{config: "dnf", name: "dnf", native: true, locked: true, system: true, uses: installs("dnf", "dnf5", "yum"), lead: leadDnf,
		dirs: []dir{{path: ownDir + "dnf"}}, own: []string{"/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"}, leaves: []string{"/var/cache/dnf/*", "/var/cache/libdnf5/*"},
		away: []string{"--ins*", "--setopt=cachedir*", "--setopt=system_cachedir*", "--setopt=keepcache*", "-c", "--con*",
			"-C", "--ca*", "--dow*", "--des*", "--fo*"}, traces: []string{"/var/cache/"},
		moved: late.Regexp(`cachedir|keepcache|plugin(conf)?path|(post|pre)-transaction|actions\.d|(dnf|yum)[^&|;\n]* (-C|--cacheonly)\b`)},
	// pip 24, "Caching" and "pip cache": responses are keyed by URL and validated. Built
	// wheels are keyed by source and not by what they were built with (environment,
	// compiler, libraries): those go to a tmpfs, and so end with the RUN.
	{config: "pip", name: "pip", uses: pip("install", "wheel", "download"), lead: leadPip,
		dirs: []dir{{path: ownDir + "pip", scratch: true}, {id: "-http", path: ownDir + "pip/http-v2"}, {id: "-http-1", path: ownDir + "pip/http"}},
		own:  []string{"~/.cache/pip"}, vars: []string{"PIP_CACHE_DIR", "PIP_CONFIG_FILE", "XDG_CACHE_HOME", "PIP_LOG", "PIP_LOG_FILE", "PIP_LOCAL_LOG", "PIP_REPORT", "PIP_PYTHON"},
		away:  []string{"--ca*", "--is*", "--py*", "--lo*", "--rep*"}, // optparse takes the start of an option
		moved: late.Regexp(`pip[0-9.]* config|pip\.conf|PIP_CACHE_DIR|PIP_CONFIG_FILE|XDG_CACHE_HOME`)},
	// npm 11, "config" and "npm cache": an option overrides variables and every npmrc. Only
	// _cacache is shared, which is keyed by integrity; _npx is keyed by name alone, and
	// packages have prebuilt files in directories of their own beside it.
	{config: "npm", name: "npm", uses: isNpm(npmInstalls...), lead: leadBy(" --cache=" + ownDir + "npm"),
		dirs: []dir{{path: ownDir + "npm", scratch: true}, {path: ownDir + "npm/_cacache"}}, own: []string{"~/.npm"}, leaves: []string{"~/.npm"},
		vars: []string{"npm_config_cache", "NPM_CONFIG_CACHE", "npm_config_userconfig", "NPM_CONFIG_USERCONFIG", "npm_config_globalconfig", "NPM_CONFIG_GLOBALCONFIG",
			"npm_config_prefer_offline", "NPM_CONFIG_PREFER_OFFLINE", "npm_config_offline", "NPM_CONFIG_OFFLINE", "npm_config_logs_dir", "NPM_CONFIG_LOGS_DIR"},
		away: []string{"--cac*", "--userc*", "--globalc*", "--logs-d*", "--of*", "--prefer-of*", "--scr*", "--node*", "--onl*", "--gi*", "--she*"},
		moved: late.Regexp(`(?is)npm[^&|;\n]*\bconfig\b[^&|;\n]*(cache|config|offline|logs.dir|script.shell|node.options|onload|\bgit\b|\bshell\b)|npm[^&|;\n]*\bset\b[^&|;\n]*(cache|offline|logs.dir)|npm_config_[\w-]*(cache|config|offline|logs.dir|script.shell|node.options|onload)|npm_config_(git|shell)\b|` +
			`\b(cache|offline|logs-dir|script-shell|node-options|onload-script|(git|shell) *=)\b.*npmrc|npmrc.*\b(cache|offline|logs-dir|script-shell|node-options|onload-script|(git|shell) *=)|\b(cp|mv|ln|cat|tee|install|curl|wget|base64|envsubst)\b[^&|;\n]*npmrc`),
		keeps: &keeps{programs: []string{"npm"}, offline: []string{"--of*", "--prefer-of*"}, loose: true,
			offVars: []string{"npm_config_offline=true", "NPM_CONFIG_OFFLINE=true", "npm_config_prefer_offline=true", "NPM_CONFIG_PREFER_OFFLINE=true"}}},
	// Yarn 1.22, "yarn cache": root has it below /usr/local/share; packages are keyed by
	// integrity. Two must not write one (--mutex). A later Yarn has its cache elsewhere.
	{config: "yarn", name: "yarn", locked: true, uses: yarnUses, dirs: []dir{{path: "/usr/local/share/.cache/yarn"}},
		vars: []string{"YARN_CACHE_FOLDER", "yarn_cache_folder"}, away: []string{"--cache-folder*", "--global-folder*", "--script-shell*", "--use-yarnrc*", "--link-duplicates", "--off*", "--prefer-off*"}, traces: []string{".cache/yarn"},
		moved: late.Regexp(`(?i)yarn[^&|;\n]*\bconfig\b[^&|;\n]*(cache|offline|script.shell|yarn.path)|yarn-offline|yarn_\w*(offline|script.shell|path)|yarn_cache_folder|\.yarnrc\b`),
		keeps: &keeps{programs: []string{"yarn"}, offline: []string{"--off*", "--prefer-off*"}, loose: true}},
	// go help environment, of Go 1.26, and the Go Modules Reference: modules are checked
	// against go.sum. Their paths are in binaries, so they stay where they are.
	{config: "go", name: "go-mod", uses: sub([]string{"go"}, "build", "install", "get", "vet", "mod", "list"),
		dirs: []dir{{path: "~/go/pkg/mod", variable: "GOPATH", below: "pkg/mod"}}, vars: []string{"GOMODCACHE", "GOENV"}, away: []string{"-modcacherw*", "--modcacherw*", "-toolexec*", "--toolexec*", "-vettool*", "--vettool*"},
		traces: []string{"pkg/mod"}, moved: late.Regexp(`go env[^&|;\n]* -w|GOMODCACHE|GOFLAGS[^&|;\n]*(modcacherw|toolexec)`),
		keeps: &keeps{programs: []string{"go"}, traces: []string{"pkg/mod"}, offVars: []string{"GOPROXY=off"}}},
	// go help cache: "the build cache does not detect changes to C libraries imported with
	// cgo", so there is one only where CGO_ENABLED=0. Tests may be left out by a cache.
	{config: "go", name: "go-build", native: true, uses: sub([]string{"go"}, "build", "install"), lead: leadGoBuild,
		dirs: []dir{{path: ownDir + "go-build"}}, own: []string{"~/.cache/go-build"}, leaves: []string{"~/.cache/go-build"}, vars: []string{"GOCACHE", "GOENV", "XDG_CACHE_HOME", "GOFLAGS", "GOCACHEPROG"},
		away: []string{"-toolexec*", "-a", "-work*", "--work*"}, moved: late.Regexp(`go env[^&|;\n]* -w|go[^&|;\n]*build[^&|;\n]*\.cache`)},
	// The Cargo Book, "Cargo Home" and "Environment Variables", 1.9x: crates are checked
	// against the index. Their paths are in binaries. Cargo locks, but by files beside it.
	{config: "cargo", name: "cargo", locked: true, uses: sub([]string{"cargo"}, "build", "install", "fetch", "check", "clippy", "chef", "update", "rustc", "doc"),
		dirs:   []dir{{id: "-registry", path: "~/.cargo/registry", variable: "CARGO_HOME", below: "registry"}, {id: "-git", path: "~/.cargo/git", variable: "CARGO_HOME", below: "git"}},
		traces: []string{"cargo/registry", "cargo/git"}, moved: late.Regexp(`CARGO_HOME|offline\s*=\s*true|(?i)rustc[-_](workspace[-_])?wrapper|rustc\s*=|CARGO_BUILD_RUSTC`),
		keeps: &keeps{programs: []string{"cargo"}, traces: []string{"cargo/registry", "cargo/git"},
			offline: []string{"--offline", "--frozen", "--config*"}, offVars: []string{"CARGO_NET_OFFLINE=true"}}},
	// Maven 3.9, "Settings Reference" and mvn --help: -U asks again for snapshots and for
	// what was missing, as an empty repository would. What installs, and so shares what is
	// built here, is left alone.
	{config: "maven", name: "maven", locked: true, uses: mavenUses, lead: leadBy(" -U"), dirs: []dir{{path: "~/.m2/repository"}},
		vars: []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "MAVEN_OPTS", "MAVEN_ARGS", "MAVEN_CONFIG", "MAVEN_USER_HOME"}, away: []string{"-Dmaven.repo.local*", "-s*", "--se*", "-gs*", "--g*", "-l*", "--lo*", "-Dorg.slf4j.simpleLogger.logFile*", "-Duser.home*", "-Dmaven.ext*", "-Dmaven.multi*"},
		traces: []string{".m2"}, moved: late.Regexp(`maven\.repo|MAVEN_(OPTS|ARGS|CONFIG)|settings\.xml|\.mvn/`),
		keeps: &keeps{programs: []string{"mvn", "mvnw", "mvnd"}, traces: []string{".m2"}, also: []string{"gradle", "gradlew"}, offline: []string{"-o", "-llr", "--of*"}, last: []string{"install", "deploy", "install:install-file"}}},
	// Gradle 8, "The Gradle-managed Directories" and "Dependency Caching": modules-2 is
	// keyed by checksums, apart from versions that change, which --refresh-dependencies
	// asks for again. The build cache, transforms and compiled scripts are not shared.
	{config: "gradle", name: "gradle", locked: true, uses: gradleUses, lead: leadBy(" --refresh-dependencies"),
		dirs: []dir{{id: "-modules", path: "~/.gradle/caches/modules-2", variable: "GRADLE_USER_HOME", below: "caches/modules-2"}},
		vars: []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "GRADLE_OPTS", "GRADLE_RO_DEP_CACHE"}, away: []string{"-g*", "--gradle-user-home*", "-Dgradle.user.home*", "-Duser.home*", "publishToMavenLocal", "-m", "--dry-run", "-I*", "--init-script*"},
		traces: []string{".gradle"}, moved: late.Regexp(`GRADLE_(OPTS|RO_DEP_CACHE)|gradle\.user\.home`),
		keeps: &keeps{programs: []string{"gradle", "gradlew"}, traces: []string{".gradle"}, offline: []string{"--offline"}, last: []string{"publishToMavenLocal"}}},
	// Composer 2, "config" (cache-dir) and COMPOSER_CACHE_DIR: archives are keyed by URL and
	// reference, what repositories say is asked for again. Without COMPOSER_HOME it takes ~/.composer
	// only where that is, which a mount in it would make so.
	{config: "composer", name: "composer", locked: true, uses: composerUses,
		dirs: []dir{{variable: "COMPOSER_HOME", below: "cache"}}, vars: []string{"COMPOSER_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"},
		away: []string{"--no-cache"}, traces: []string{"composer/cache", "/tmp/cache"}, moved: late.Regexp(`composer[^&|;\n]*\bconfig\b[^&|;\n]*cache|COMPOSER_CACHE|XDG_`),
		keeps: &keeps{programs: []string{"composer"}, offVars: []string{"COMPOSER_DISABLE_NETWORK=1"}, loose: true}},
}

// leadsAway tells words that say where the cache is, or switch it off.
func (m *manager) leadsAway(w shell.Word) bool {
	return isOption(w, m.away)
}

// isOption tells whether a word is one of some, where "x*" is all that start with x.
func isOption(w shell.Word, options []string) bool {
	return slices.ContainsFunc(options, func(o string) bool {
		prefix, any := strings.CutSuffix(o, "*")
		return w.Text == o || any && strings.HasPrefix(w.Text, prefix)
	})
}
