package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// kind is what a program may see of directories that a RUN mounts.
type kind uint8

const (
	unknown   kind = iota // anything
	quiet                 // the files that it is told
	walker                // all that is below its operands
	installer             // what it installs brings programs of its own; see docs/plugins/cache-mounts.md
	changer               // quiet, and it changes the directory that words are relative to
)

// quietPrograms are those of POSIX and of GNU coreutils 9.1 that read no directories, builtins
// of shells, and programs that fetch or unpack what they are told, by their manual pages in
// Debian 12. upx, gdebi and the tools of other distributions are not checked against a manual.
var quietPrograms = strings.Fields(`: [ test true false echo printf pwd popd set unset export readonly local read shift exit return break continue
	umask ulimit wait type which command hash sleep date uname id whoami hostname nproc arch getconf env printenv dirname basename realpath readlink
	cat head tail tee tr cut sort uniq wc sed awk gawk mawk grep egrep fgrep diff cmp expr seq base64 od xxd md5sum sha1sum sha256sum sha512sum
	mkdir mkfifo rmdir touch truncate ln install chmod chown chgrp cp rm unlink dd mktemp ldconfig file strip upx strings
	tar gzip gunzip zcat bzip2 bunzip2 xz unxz zstd unzip curl wget gpg gpg2 openssl update-ca-certificates
	useradd adduser groupadd addgroup usermod groupmod passwd chpasswd setcap update-alternatives a2enmod a2dismod a2ensite a2dissite locale-gen
	localedef update-locale jq envsubst patch visudo ssh-keyscan setfacl lsb_release sync yes alternatives update-java-alternatives dpkg-divert dpkg-statoverride xargs`)

// systemDirs are where distributions have their programs, and ownPlaces are managers that stand
// with the projects or environments that they are of.
var (
	systemDirs = strings.Fields("/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin")
	ownPlaces  = strings.Fields("mvn mvnw gradle gradlew composer composer.phar python python3 npm yarn go cargo conda mamba micromamba poetry pipenv uv bundle gem rustup php")
)

// installers are package managers without a cache here, and tools of their packages.
var installers = strings.Fields(`apt-get apt apt-cache apt-mark apt-key add-apt-repository apt-add-repository dpkg dpkg-reconfigure dpkg-query debconf-set-selections gdebi
	apk dnf dnf5 yum microdnf rpm zypper pacman gem bundle bundler pecl pear docker-php-ext-install docker-php-ext-enable docker-php-ext-configure
	docker-php-source conda mamba micromamba poetry pipenv uv pnpm corepack rustup yum-config-manager dnf-config-manager`)

// kindOf tells what a command may see. Options can make a walker of a quiet program.
func kindOf(c *shell.Command) kind {
	if effects.MayRun(c) || c.Sets("PATH") || c.Apart {
		return unknown
	}
	if dir := path.Dir(c.Prog.Text); strings.Contains(c.Prog.Text, "/") && !slices.Contains(systemDirs, dir) && !slices.Contains(ownPlaces, c.Name) && !pipName().MatchString(c.Name) {
		return unknown // one of the author's, whatever its name
	}
	if changesDir(c) {
		return changer
	}
	switch name := c.Name; name {
	case "ls", "dir", "du", "find", "rsync", "mv":
		return walker
	case "apk":
		task, _ := effects.TaskOf(c)
		return when(task.Command != "audit") // which walks over all there is
	case "git":
		return when(quietGit(c))
	case "cp":
		return walks(c, "rRa", "--recursive", "--archive")
	case "rm", "chmod", "chown", "chgrp", "setfacl":
		return walks(c, "rR", "--recursive")
	case "grep", "egrep", "fgrep":
		return walks(c, "rRd", "--recursive", "--dereference-recursive", "--directories")
	case "diff", "gzip", "gunzip", "zstd":
		return walks(c, "r", "--recursive")
	case "useradd", "adduser": // useradd(8) 4.13: it copies a skeleton
		if hasWord(c, skeleton().MatchString) {
			return unknown
		}
		return quiet
	case "openssl": // openssl(1) 3.0: engines and providers are libraries
		if hasWord(c, func(text string) bool {
			return text == "engine" || strings.HasPrefix(text, "-engine") || strings.HasPrefix(text, "-provider") || strings.HasPrefix(text, "-conf")
		}) {
			return unknown
		}
		return quiet
	case "tar":
		if slices.ContainsFunc(c.Args[:min(1, len(c.Args))], func(w shell.Word) bool { return oldLinks().MatchString(w.Text) }) || hasWord(c, tarLinks().MatchString) {
			return unknown
		}
		return tarKind(c)
	case ".", "source":
		if c.Arg(0) == "/etc/os-release" { // os-release(5): assignments only
			return quiet
		}
		return unknown
	case "npm":
		return when(isNpm(append(npmInstalls, "config", "cache", "set", "get", "uninstall", "prune", "dedupe", "pack", "view", "root", "prefix")...)(c) && !c.Has("edit") || isQuestion(c))
	case "yarn", "yarnpkg":
		return when(yarnUses(c) || isQuestion(c) || slices.Contains([]string{"config", "cache"}, subcommand(c)))
	case "go":
		return when(sub([]string{"go"}, "build", "install", "get", "vet", "mod", "list", "version", "env", "fmt", "clean")(c))
	case "cargo":
		return when(sub([]string{"cargo"}, "build", "install", "fetch", "check", "clippy", "chef", "update", "rustc", "doc", "clean", "init", "new")(c) || isQuestion(c))
	case "mvn", "mvnw", "mvnd":
		return when(mavenUses(c) || isQuestion(c))
	case "gradle", "gradlew":
		return when(gradleUses(c) || isQuestion(c))
	case "composer", "composer.phar":
		return installer
	default:
		if _, isPip := pipAt(c); isPip || composerUses(c) || slices.Contains(installers, name) {
			return installer
		}
		if slices.Contains(quietPrograms, name) {
			return quiet
		}
	}
	return unknown
}

var skeleton = late.Regexp(`^(-[A-Za-z]*k|--sk)`)

// changesDir tells a builtin that changes the directory.
func changesDir(c *shell.Command) bool {
	return slices.Contains([]string{"cd", "chdir", "pushd"}, c.Name)
}

func when(known bool) kind {
	if known {
		return installer
	}
	return unknown
}

// walks tells whether one of the options is there, alone or among other letters, in full or
// short of its end. A word that is not known may be one.
func walks(c *shell.Command, letters string, long ...string) kind {
	for _, w := range c.Args {
		short := strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--")
		if abbreviates(w.Text, long...) || short && strings.ContainsAny(w.Text, letters) || !w.Known && strings.IndexByte("$`{", strings.Trim(w.Text, `"`+" ")[0]) >= 0 {
			return walker
		}
	}
	return quiet
}

// hasWord tells whether a word of a command is of a kind.
func hasWord(c *shell.Command, is func(text string) bool) bool {
	return slices.ContainsFunc(c.Args, func(w shell.Word) bool { return is(w.Text) })
}

// abbreviates tells whether a word is one of the long options, or the start of one.
func abbreviates(text string, options ...string) bool {
	name, _, _ := strings.Cut(text, "=")
	return len(name) > 2 && strings.HasPrefix(name, "--") && slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, name) })
}

// tarLinks are options of tar(1) 1.34 that leave the tree by links, and oldLinks letters without a
// dash that do.
var (
	tarLinks = late.Regexp(`^(-[A-Za-z]*h|--dereference$)`)
	oldLinks = late.Regexp(`^[A-Za-z]*h[A-Za-z]*$`)
)

// tarKind tells extracting and listing from what reads files. The first word may have
// letters without a dash.
func tarKind(c *shell.Command) kind {
	for i, w := range c.Args {
		letters, dash := strings.CutPrefix(w.Text, "-")
		switch {
		case !w.Known, strings.HasPrefix(w.Text, "--") && slices.Contains([]string{"--create", "--append", "--update", "--concatenate", "--compare", "--to-command"}, strings.SplitN(w.Text, "=", 2)[0]):
			if w.Known || i == 0 {
				return walker
			}
		case (dash && !strings.HasPrefix(letters, "-") || i == 0) && strings.ContainsAny(strings.SplitN(letters, "/", 2)[0], "cruAd"):
			return walker
		}
	}
	return quiet
}
