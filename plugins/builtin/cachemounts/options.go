package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// tame is what a program that can run others may be given so that it runs none: these options
// and, as the first operand, these words. Anything else, a word that may be an option or a long
// option short of its end included, and nobody knows what it does.
type tame struct {
	shell.Options
	first []string // nil is any
	mixed bool     // options may stand behind operands
}

// long are names of long options.
func long(names string) []string { return strings.Fields(names) }

// tameOf knows the programs by name, each by its manual page. It is false for one that runs no
// other whatever it is given.
func tameOf(name string) (tame, bool) {
	switch name {
	case "env", "xargs": // what they run is a command of its own, where it is known
		return tame{}, true
	case "awk", "gawk", "mawk": // gawk(1) 5.2: not -f, -E, -i and -l, which read programs
		return tame{Options: shell.Options{Values: "Fv"}}, true
	case "sed": // sed(1) 4.9: not -f
		return tame{mixed: true, Options: shell.Options{Flags: "nrEsuz", Values: "el", Attached: "i",
			Long: long("quiet silent regexp-extended expression= in-place null-data separate unbuffered follow-symlinks posix sandbox line-length=")}}, true
	case "tar": // tar(1) 1.34: not -I, -F, --to-command and the like, and not -T and -h, which leave the tree
		return tame{mixed: true, Options: shell.Options{Flags: "xctruAdzjJaZvkpPOmSUlwBisnoWR", Values: "fCXbHVKNL",
			Long: long(`extract get create list append update delete diff compare concatenate catenate file= directory= strip-components= strip-component= strip= exclude= exclude-from=
				exclude-vcs gzip gunzip ungzip bzip2 xz lzma lzip lzop zstd auto-compress no-auto-compress verbose same-owner no-same-owner same-permissions
				no-same-permissions preserve-permissions wildcards no-wildcards wildcards-match-slash no-wildcards-match-slash anchored no-anchored ignore-case
				transform= xform= one-file-system owner= group= mode= mtime= sort= format= overwrite overwrite-dir no-overwrite-dir keep-old-files skip-old-files
				keep-newer-files keep-directory-symlink unlink-first recursive-unlink touch to-stdout absolute-names hard-dereference ignore-failed-read
				recursion no-recursion null numeric-owner owner-map= group-map= warning= totals checkpoint show-transformed-names acls no-acls xattrs no-xattrs
				xattrs-include= selinux no-selinux delay-directory-restore no-delay-directory-restore remove-files sparse ignore-zeros add-file= label= version help`)}}, true
	case "sort": // sort(1), coreutils 9.1: not --compress-program
		return tame{mixed: true, Options: shell.Options{Flags: "bdfgiMhnRrVcCmsuz", Values: "kotST",
			Long: long("ignore-leading-blanks dictionary-order ignore-case general-numeric-sort month-sort human-numeric-sort numeric-sort random-sort reverse version-sort unique zero-terminated stable merge check key= field-separator= output= temporary-directory= buffer-size=")}}, true
	case "install": // install(1), coreutils 9.1: not --strip-program
		return tame{mixed: true, Options: shell.Options{Flags: "bcCdDpsTv", Values: "gmotS",
			Long: long("compare directory group= mode= owner= preserve-timestamps strip suffix= target-directory= no-target-directory verbose backup")}}, true
	case "rsync": // rsync(1) 3.2: not -e and --rsync-path
		return tame{mixed: true, Options: shell.Options{Flags: "avzrlptgoDHAXuchPqnixSRkKLWIOJUNd", Values: "fBT",
			Long: long("archive verbose compress recursive links perms times group owner devices specials hard-links acls xattrs update checksum human-readable progress quiet dry-run itemize-changes one-file-system sparse relative exclude= exclude-from= include= include-from= filter= delete delete-after delete-before delete-excluded ignore-existing existing remove-source-files safe-links copy-links copy-unsafe-links keep-dirlinks size-only inplace numeric-ids chown= chmod= stats partial force no-owner no-group no-perms no-times prune-empty-dirs mkpath info=")}}, true
	case "wget": // wget(1) 1.21: not -e, --use-askpass and --config
		return tame{mixed: true, Options: shell.Options{Flags: "qvdcNSrkpKHLFbxEmn46", Values: "OoaPUtTQwRAiDIXlB", Attached: "",
			Long: long(`quiet verbose no-verbose output-document= output-file= append-output= directory-prefix= no-check-certificate check-certificate continue timestamping no-clobber
				show-progress progress= tries= timeout= connect-timeout= read-timeout= dns-timeout= wait= waitretry= retry-connrefused retry-on-host-error retry-on-http-error=
				random-wait user-agent= header= post-data= post-file= user= password= http-user= http-password= ftp-user= ftp-password= no-cookies save-cookies= load-cookies= keep-session-cookies
				content-disposition trust-server-names auth-no-challenge recursive level= no-parent no-host-directories no-directories cut-dirs= reject= accept= input-file=
				mirror convert-links page-requisites adjust-extension spider server-response limit-rate= max-redirect= inet4-only inet6-only prefer-family= no-proxy
				https-only secure-protocol= ca-certificate= ca-directory= certificate= private-key= no-hsts no-cache no-dns-cache no-iri compression= method= body-data= restrict-file-names= version help`)}}, true
	case "gpg", "gpg2", "apt-key": // gpg(1) 2.2, apt-key(8) 2.6: not the options of programs and viewers
		return tame{mixed: true, Options: shell.Options{Flags: "aqvdkKh", Values: "oru",
			Long: long(`batch yes no no-tty quiet verbose keyserver= keyserver-options= recv-keys recv-key recv receive-keys fetch-keys search-keys verify dearmor dearmour armor armour enarmor
				output= import import-options= export export-options= export-ownertrust import-ownertrust no-default-keyring default-key= keyring= secret-keyring= primary-keyring= homedir= fingerprint with-fingerprint
				with-colons with-subkey-fingerprint keyid-format= list-keys list-key list-public-keys list-secret-keys list-packets check-sigs show-keys decrypt passphrase= passphrase-file= passphrase-fd= pinentry-mode= trust-model= always-trust
				allow-secret-key-import ignore-time-conflict no-permission-warning no-greeting no-auto-check-trustdb lock-never no-random-seed-file delete-keys delete-key refresh-keys status-fd= logger-fd= ignore-mdc-error list-options=
				version help allow-weak-key-signatures allow-non-selfsigned-uid tofu-default-policy= symmetric cipher-algo= local-user= recipient= lsign-key`)}}, true
	case "patch": // patch(1) 2.7: not -e, of which ed runs commands
		return tame{mixed: true, Options: shell.Options{Flags: "bcnNuRsftETZl", Values: "pidorFVDBYz",
			Long: long("strip= input= directory= reverse forward batch force silent quiet backup unified no-backup-if-mismatch fuzz= ignore-whitespace binary dry-run verbose output= remove-empty-files")}}, true
	case "visudo": // visudo(8) 1.9.13
		return tame{Options: shell.Options{Flags: "cqs", Values: "f", Long: long("check quiet strict file=")}, first: []string{"/etc/sudoers"}}, true
	case "update-ca-certificates": // update-ca-certificates(8): not --hooksdir
		return tame{Options: shell.Options{Flags: "fv", Long: long("fresh verbose default certsconf= localcertsdir= etccertsdir=")}}, true
	case "hash": // bash(1) 5.2: not -p, which puts one program in the place of another
		return tame{Options: shell.Options{Flags: "r"}}, true
	}
	return tameInstaller(name)
}

// tameInstaller are package managers and their tools.
func tameInstaller(name string) (tame, bool) {
	switch name {
	case "apt-get", "apt", "apt-cache", "aptitude", "apt-mark": // apt-get(8), apt(8) 2.6: not -c; what -o may say, tameApt knows
		return tame{mixed: true, Options: shell.Options{Flags: "ydsfmuVbvhR", Values: "ota", Attached: "q",
			Long: long(`yes assume-yes assume-no quiet no-install-recommends no-install-suggests install-recommends install-suggests without-recommends with-recommends fix-broken fix-missing ignore-missing
				ignore-hold no-upgrade only-upgrade reinstall purge auto-remove autoremove autoclean no-remove allow-unauthenticated allow-downgrades allow-change-held-packages
				allow-remove-essential allow-insecure-repositories allow-releaseinfo-change no-allow-insecure-repositories force-yes target-release= default-release= option= show-progress with-new-pkgs
				no-download download-only print-uris simulate dry-run just-print trivial-only verbose-versions show-upgraded compile build error-on= arch-only host-architecture= build-profiles= solver= installed upgradable manual-installed names-only all-versions update
				list-cleanup keyring= recurse no-all-versions version help`)}}, true
	case "dpkg": // dpkg(1) 1.21: not the hooks, --status-logger and --root
		return tame{mixed: true, Options: shell.Options{Flags: "irPClLsSpGERBOAxXceIbW",
			Long: long("install remove purge unpack configure record-avail add-architecture remove-architecture print-architecture print-foreign-architectures get-selections set-selections clear-selections list listfiles status search audit compare-versions " +
				"force-all force-depends force-overwrite force-confold force-confdef force-confnew force-confmiss force-architecture force-bad-path force-remove-reinstreq force-remove-essential force-not-root force-bad-version force-help force-conflicts force-breaks force-unsafe-io " +
				"pending validate-pkgname skip-same-version refuse-downgrade extract vextract contents info field show version help no-triggers triggers-only recursive ignore-depends= D assert-multi-arch abort-after=")}}, true
	case "rpm": // rpm(8) 4.18: not -E, --eval, --define, --pipe and --load
		return tame{mixed: true, Options: shell.Options{Flags: "iUFeqvhVKaflcdps",
			Long: long("install upgrade freshen erase query verify import checksig hash force nodeps noscripts replacepkgs replacefiles oldpackage nosignature nodigest quiet verbose all file list package queryformat= qf= allmatches excludedocs percent test justdb initdb rebuilddb version")}}, true
	case "bundle", "bundler": // Bundler 2.5
		return subcommands("install config check clean update lock package cache version --version"), true
	case "conda", "mamba", "micromamba":
		return subcommands("install create env update upgrade clean config info list init remove search --version"), true
	case "poetry":
		return subcommands("install config lock add remove update export check cache show self --version"), true
	case "pipenv":
		return subcommands("install sync lock update requirements clean --version"), true
	case "uv":
		return subcommands("sync pip venv lock add export python cache --version"), true
	case "pnpm":
		return subcommands("install i add fetch config store prune update remove import set --version"), true
	case "corepack":
		return subcommands("enable disable prepare install use pack --version"), true
	case "rustup":
		return subcommands("target component toolchain default update set show install override self --version"), true
	case "composer", "composer.phar":
		return subcommands("install update require create-project config clear-cache clearcache cc dump-autoload dumpautoload self-update selfupdate global show validate remove diagnose --version"), true
	case "pacman": // pacman(8) 6.0: not --hookdir and --config
		return tame{mixed: true, Options: shell.Options{Flags: "SyuwUQRscinkqTDFdlgtmoe", Long: long("sync refresh sysupgrade upgrade remove query noconfirm needed noprogressbar clean recursive nosave quiet asdeps asexplicit overwrite= ignore= disable-download-timeout")}}, true
	case "gem":
		return subcommands("install i update sources cleanup uninstall environment env list query search --version"), true
	}
	return tame{}, false
}

// alone are options that take no value, in front of what a manager is told to do.
var alone = strings.Fields("-q -n -v -vv -vvv -y -s -r --no-interaction --no-ansi --ansi --quiet --silent --yes --verbose --recursive --no-plugins --no-color")

// subcommands are what a manager may be told to do; the rest it hands on to what it manages.
func subcommands(words string) tame { return tame{first: strings.Fields(words)} }

// tamed tells whether a command of a program that can run others is known to run none. Behind
// xargs nobody knows what it is given.
func tamed(c *shell.Command, t tame) bool {
	if slices.Contains(c.Via, "xargs") {
		return false
	}
	if t.first != nil && t.Flags == "" { // options as they come
		at := slices.IndexFunc(c.Args, func(w shell.Word) bool { return !strings.HasPrefix(w.Text, "-") || slices.Contains(t.first, w.Text) })
		if at > 0 && slices.ContainsFunc(c.Args[:at], func(w shell.Word) bool { return !slices.Contains(alone, w.Text) && !strings.Contains(w.Text, "=") }) {
			return false // which may take the next word
		}
		return at < 0 && len(c.Args) == 0 || at >= 0 && slices.Contains(t.first, c.Args[at].Lit()) && (c.Args[at].Text != "global" || slices.Contains(t.first, c.Arg(at+1)))
	}
	args := c.Args
	if c.Name == "tar" {
		args = dashed(args, t.Values)
	}
	given, operands, ok := t.Parse(args, t.mixed)
	if !ok || t.first != nil && len(operands) > 0 && !slices.Contains(t.first, operands[0].Lit()) {
		return false
	}
	switch c.Name {
	case "awk", "gawk", "mawk":
		return len(operands) > 0 && operands[0].Text != "{}" && quietAwk(operands[0])
	case "sed":
		return quietSed(given, operands)
	case "apt-get", "apt", "apt-cache", "aptitude", "apt-mark":
		return quietApt(given) && (len(operands) == 0 || !slices.Contains([]string{"edit-sources", "changelog"}, operands[0].Text))
	case "visudo":
		return slices.ContainsFunc(given, func(o shell.Option) bool { return o.Name == "c" || o.Name == "check" })
	}
	return true
}

// dashed puts dashes in front of the letters that tar(1) takes without, with their values, which
// stand behind all of them.
func dashed(args []shell.Word, values string) (out []shell.Word) {
	if len(args) == 0 || !args[0].Known || strings.HasPrefix(args[0].Text, "-") {
		return args
	}
	rest := args[1:]
	for _, letter := range args[0].Text {
		out = append(out, shell.Word{Text: "-" + string(letter), Known: true, Start: -1, End: -1})
		if strings.ContainsRune(values, letter) && len(rest) > 0 {
			out, rest = append(out, rest[0]), rest[1:]
		}
	}
	return append(out, rest...)
}
