package effects

// systemTrees are the directories of the Filesystem Hierarchy Standard 3.0, where packages of
// distributions have their files and their scripts write (Debian Policy 9.1.1), and their users'
// homes.
const systemTrees = "/bin/ /boot/ /etc/ /home/ /lib/ /lib32/ /lib64/ /libx32/ /media/ /mnt/ /opt/ /root/ /run/ /sbin/ /srv/ /tmp/ /usr/ /var/ ${TMPDIR:-/tmp}/"

// packageRows are the package managers of distributions. Scripts of packages run as root: what
// they write and read is taken to be in the directories above.
func packageRows() []program {
	const aptFiles = "/var/lib/ /var/cache/ /var/log/ /tmp/ /run/ ${TMPDIR:-/tmp}/"
	const aptOptions = "-y|--yes|--assume-yes --assume-no -q|--quiet[=text] -f|--fix-broken -m|--fix-missing -d|--download-only -s|--simulate|--dry-run|--just-print|--no-act -V|--verbose-versions -u|--show-upgraded --with-new-pkgs -R|--without-recommends -r|--with-recommends --no-install-recommends --install-recommends --install-suggests --no-install-suggests --allow-unauthenticated --allow-downgrades --allow-change-held-packages --allow-remove-essential --allow-insecure-repositories --allow-releaseinfo-change --force-yes --reinstall --no-upgrade --only-upgrade --purge --auto-remove --autoremove --show-progress --ignore-missing --ignore-hold --trivial-only --no-remove --print-uris -t|--target-release|--default-release=text -o|--option=setting -a|--host-architecture=text --no-download --arch-only --indep-only -b|--compile|--build --dsc-only --diff-only --no-allow-insecure-repositories --error-on=text -P|--build-profiles=text --list-cleanup --no-list-cleanup --solver=text -v|--version -h|--help --autoclean! --keyring=unchosen --update! --recurse! --no-all-versions! -c|--config-file=run"
	const rpmOptions = "-y|--assumeyes -q|--quiet -v|--verbose --nogpgcheck --nodocs --setopt=setting --enablerepo=text --disablerepo=text --enable --repo=text --repoid=text --allowerasing --best --nobest --skip-broken --noplugins --refresh -x|--exclude=text -C|--cacheonly --releasever=text --disableplugin=text --enableplugin=text --downloadonly --security --obsoletes --allow-downgrade -d=text -e=text -R=text --noautoremove --disableexcludes=text --disable-repo=text --forcearch=text -4 -6 --installroot=root -c|--config=run --downloaddir=writes --destdir=writes"
	const apkOptions = "-q|--quiet -v|--verbose -f|--force -U|--update|--update-cache --no-cache --no-progress --progress --purge --virtual=text -t=text --allow-untrusted --wait=text -X|--repository=source -u|--upgrade -l|--latest -i|--interactive --no-network --no-scripts --force-overwrite --force-broken-world --force-refresh --force-old-apk --force-non-repository --clean-protected --no-interactive --arch=text --simulate -s -a|--available --initdb -p|--root=root --cache-dir=writes --repositories-file=read --keys-dir=reads --cache-max-age=text --no-chown"
	const dnfFiles = "/etc/ /var/cache/ /var/lib/ /var/log/ /tmp/ /run/ /var/tmp/"
	const zypperFiles = "/var/cache/zypp/ /var/lib/zypp/ /var/lib/rpm/ /usr/lib/sysimage/rpm/ /var/log/ /var/tmp/ /tmp/ /run/ /etc/zypp/"
	const dnfAsks = "--installed --available --all --showduplicates -l --qf=text"
	return []program{
		{Names: "apt-get apt aptitude apt-install clean-install", Sees: seesPackages, Source: "apt-get(8) 2.6", System: true, Manager: "apt", Unless: "APT_CONFIG", Reads: "/etc/ /var/cache/apt/ /var/lib/apt/ /var/lib/dpkg/", Options: aptOptions, Setting: aptSetting, Commands: []program{
			{Names: "update", Action: ToUpdate, Operands: "text...", Fetches: "*", Reads: "/etc/ " + aptFiles, Writes: aptFiles, Removes: aptFiles, Does: "clock"},
			{Names: "install reinstall build-dep satisfy", Action: ToInstall, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees, Does: "clock random", Then: builtWith},
			{Names: "remove purge autoremove autopurge", Action: ToRemove, Operands: "text...", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees, Does: "clock"},
			{Names: "upgrade dist-upgrade full-upgrade safe-upgrade dselect-upgrade", Action: ToUpgrade, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees, Does: "clock random", Then: upgrades},
			{Names: "clean autoclean auto-clean distclean dist-clean", Action: ToClean, Operands: "text...", Writes: "/var/cache/apt/ /var/lib/apt/", Removes: "/var/cache/apt/ /var/lib/apt/"},
			{Names: "edit-sources changelog", Operands: "text...", Runs: "opens an editor or a pager"},
			{Names: "download source", Action: ToFetch, Operands: "text...", Fetches: "*", Then: func(k *call) {
				belowHereOnly(k)
				if k.row.Names != "" && k.Has("source") && k.has("--build") {
					k.fail("`" + k.Text + "` builds what it fetches")
				}
			}},
			{Names: "list show search check policy moo indextargets showsrc depends", Action: ToAsk, Options: "--installed --upgradable --all-versions --manual-installed --names-only -n", Operands: "text...", Writes: "/var/cache/apt/"},
		}},
		{Names: "apt-cache apt-config", Alone: true, Settings: true, Sees: seesPackages, Source: "apt-cache(8), apt-config(8) 2.6", Operands: "text...", Options: aptOptions + " --installed --names-only -n --full --important --no-pre-depends --no-depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances -i", Setting: aptSetting, Reads: "/etc/ /var/cache/apt/ /var/lib/apt/ /var/lib/dpkg/", Writes: "/var/cache/apt/"},
		{Names: "apt-mark", Alone: true, Settings: true, Sees: seesPackages, Source: "apt-mark(8) 2.6", Options: "-q|--quiet[=text] -y -f|--file=read -o|--option=setting -c|--config-file=run", Setting: aptSetting, Operands: "text...", Writes: "/var/lib/apt/ /var/lib/dpkg/", Removes: "/var/lib/dpkg/"},
		{Names: "apt-key", Deals: dealsDaemon, Sees: seesPackages, Source: "apt-key(8) 2.6: with the options of gpg(1)", Plain: true, Options: gpgOptions, Reads: "/etc/apt/ /etc/dpkg/ /var/lib/apt/ ~/.gnupg/ /tmp/ ${TMPDIR:-/tmp}/", Writes: "/etc/apt/ ~/.gnupg/ /tmp/ ${TMPDIR:-/tmp}/", Removes: "/etc/apt/ /tmp/ ${TMPDIR:-/tmp}/", Then: aptKeys},
		{Names: "add-apt-repository apt-add-repository", Sees: seesPackages, Source: "add-apt-repository(1), software-properties 0.99", Plain: true, Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
		{Names: "apt-file apt-utils deb-get aptdcon gdebi", Sees: seesPackages, Source: "apt-file(1) 3.3, gdebi(1) 0.9", Plain: true, Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
		{Names: "dpkg", Alone: true, Settings: true, Sees: seesPackages, System: true, Source: "dpkg(1) 1.21", Unless: "DPKG_ROOT DPKG_ADMINDIR", Manager: "dpkg", Operands: "text...", Reads: "/var/lib/dpkg/ /etc/dpkg/", Then: dpkgs,
			Options: "-i|--install -r|--remove -P|--purge --unpack --configure -a|--pending -R|--recursive -l|--list -L|--listfiles -s|--status -S|--search -p --print-architecture --print-foreign-architectures --add-architecture --remove-architecture --get-selections --set-selections --clear-selections -x|--extract -c|--contents -I|--info --compare-versions -E -G --force-all --force-depends --force-confold --force-confdef --force-confnew --force-overwrite --force-architecture --force-not-root --no-triggers --ignore-depends=text -B --force-remove-reinstreq --force-confmiss --force-bad-path --force-unsafe-io --audit -C --verify --no-pager --force-help " +
				"-A|--record-avail! -O! -W|--show! -X|--vextract! -b! -e! -f|--field! --abort-after=unchosen --assert-multi-arch! --force-bad-version! --force-breaks! --force-conflicts! --force-remove-essential! --help! --version! --refuse-downgrade! --skip-same-version! " +
				"--triggers-only! --validate-pkgname! --pre-invoke=run --post-invoke=run --status-logger=run --root=root --admindir=run --instdir=root", Prints: word},
		{Names: "dpkg-query", Alone: true, Settings: true, Sees: seesPackages, Source: "dpkg-query(1) 1.21", Plain: true, Reads: "/var/lib/dpkg/", Prints: word},
		{Names: "dpkg-parsechangelog debsums", Source: "dpkg-query(1) 1.21", Plain: true, Reads: "/var/lib/dpkg/", Prints: word},
		{Names: "dpkg-architecture", Alone: true, Settings: true, Source: "dpkg-architecture(1) 1.21: -c runs a command", Options: "-l|--list -L|--list-known -e|--equal=text -i|--is=text -q|--query=text -s|--print-set -u|--print-unset -a|--host-arch=text -t|--host-type=text -A|--target-arch=text -T|--target-type=text -f|--force --version -c|--command=run", Operands: "", Reads: "/usr/share/dpkg/ /var/lib/dpkg/", Prints: word},
		{Names: "dpkg-divert dpkg-statoverride", Sees: seesNamed, Source: "dpkg-divert(1) 1.21", Plain: true, Reads: "/etc/dpkg/ /var/lib/dpkg/", Writes: "/var/lib/dpkg/", Then: namedPaths},
		{Names: "dpkg-reconfigure", Deals: dealsLocales, Sees: seesPackages, Source: "dpkg-reconfigure(8), debconf 1.5", Plain: true, Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
		{Names: "debconf-set-selections", Alone: true, Settings: true, Sees: seesPackages, Source: "debconf-set-selections(1) 1.5", Options: "-v -c", Operands: "read...", Reads: "/etc/debconf.conf ~/.debconfrc /etc/shadow /var/cache/debconf/", Writes: "/var/cache/debconf/"},
		{Names: "debconf", Source: "debconf(1) 1.5", Plain: true, Runs: "runs the program that it is given"},
		{Names: "apk apk-install", Sees: seesPackages, Source: "apk(8) 2.12", System: true, Manager: "apk", Reads: "/etc/apk/ /lib/apk/", Options: apkOptions, Commands: []program{
			{Names: "add fix", Action: ToInstall, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
			{Names: "del", Action: ToRemove, Options: "-r|--rdepends", Operands: "text...", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
			{Names: "update", Action: ToUpdate, Operands: "", Fetches: "*", Writes: "/var/cache/apk/ /etc/apk/cache/ /lib/apk/", Does: "clock"},
			{Names: "upgrade", Action: ToUpgrade, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees, Then: upgrades},
			{Names: "cache", Action: ToClean, Operands: "text...", Writes: "/var/cache/apk/ /etc/apk/cache/", Removes: "/var/cache/apk/ /etc/apk/cache/"},
			{Names: "info list search version policy verify dot stats", Action: ToAsk, Options: "-e|--installed -L|--contents -R|--depends -W|--who-owns -vv -x|--exact -a -d -w -P|--provides", Operands: "text...", Writes: "/var/cache/apk/"},
			{Names: "audit", Sees: seesAll, Action: ToAsk, Options: "-e|--installed -L|--contents -R|--depends -W|--who-owns -vv -x|--exact -a -d -w -P|--provides", Operands: "text...", Writes: "/var/cache/apk/"},
			{Names: "fetch", Action: ToFetch, Options: "-o|--output=writes -R|--recursive -L|--link --stdout", Operands: "text...", Fetches: "*", Writes: "/var/cache/apk/", Then: belowHereOnly},
		}},
		{Names: "yum dnf microdnf tdnf dnf5", Sees: seesPackages, Source: "dnf(8) 4.14, yum(8) 3.4", System: true, Manager: "dnf", Reads: "/etc/yum.repos.d/ /etc/dnf/ /var/lib/rpm/", Options: rpmOptions, Setting: dnfSetting, Commands: []program{
			{Names: "install in reinstall rei localinstall groupinstall builddep downgrade dg swap distro-sync dsync", Action: ToInstall, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
			{Names: "group groups grp module", Commands: []program{
				{Names: "install switch-to", Action: ToInstall, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
				{Names: "update upgrade", Action: ToUpgrade, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
				{Names: "remove", Action: ToRemove, Operands: "text...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
				{Names: "list info summary provides", Action: ToAsk, Options: dnfAsks, Operands: "text...", Fetches: "*", Reads: dnfFiles, Writes: dnfFiles, Removes: dnfFiles},
				{Names: "enable disable reset mark", Action: ToSet, Operands: "text...", Fetches: "*", Reads: dnfFiles, Writes: dnfFiles, Removes: dnfFiles},
			}},
			{Names: "update upgrade up upgrade-minimal up-min update-minimal", Action: ToUpgrade, Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees, Then: upgrades},
			{Names: "remove erase rm autoremove groupremove", Action: ToRemove, Operands: "text...", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
			{Names: "clean", Action: ToClean, Operands: "text...", Reads: dnfFiles, Writes: dnfFiles, Removes: dnfFiles},
			{Names: "makecache", Action: ToUpdate, Options: "--timer", Operands: "text...", Fetches: "*", Reads: dnfFiles, Writes: dnfFiles, Removes: dnfFiles},
			{Names: "check-update repolist list info search provides repoquery check needs-restarting", Action: ToAsk, Options: dnfAsks, Operands: "text...", Fetches: "*", Reads: dnfFiles, Writes: dnfFiles, Removes: dnfFiles},
			{Names: "config-manager versionlock copr", Action: ToSet, Options: "--add-repo=source --set-enabled --set-disabled --save --dump", Operands: "text...", Fetches: "*", Reads: dnfFiles, Writes: dnfFiles, Removes: dnfFiles},
		}},
		{Names: "yum-config-manager dnf-config-manager yum-builddep package-cleanup yumdownloader", Sees: seesPackages, Source: "yum-utils 1.1", Plain: true, Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
		{Names: "zypper", Sees: seesPackages, Source: "zypper(8) 1.14", System: true, Manager: "zypper", Reads: "/etc/zypp/ /var/lib/rpm/", Options: "-n|--non-interactive -q|--quiet -v|--verbose --no-color -A|--no-abbrev --gpg-auto-import-keys --no-gpg-checks --ignore-unknown --non-interactive-include-reboot-patches --no-refresh --no-cd --no-remote --releasever=text -p|--plus-repo=source --plus-content=text -y|--no-confirm -l|--auto-agree-with-licenses -f|--force -D|--dry-run -r|--repo=text -R|--root=root --installroot=root -c|--config=run --pkg-cache-dir=writes -C|--cache-dir=writes --raw-cache-dir=writes --solv-cache-dir=writes --reposd-dir=run", Commands: []program{
			{Names: "install in source-install si", Action: ToInstall, Options: "--no-recommends --recommends -t|--type=text --from=text --oldpackage --allow-unsigned-rpm --replacefiles --force-resolution --no-force-resolution --details -d|--download-only --allow-downgrade --allow-vendor-change --name --capability", Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
			{Names: "remove rm", Action: ToRemove, Options: "-u|--clean-deps -U|--no-clean-deps -t|--type=text", Operands: "text...", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
			{Names: "refresh ref refresh-services refs", Action: ToUpdate, Options: "-s|--services", Operands: "text...", Fetches: "*", Reads: zypperFiles, Writes: zypperFiles, Removes: zypperFiles},
			{Names: "update up patch dist-upgrade dup", Action: ToUpgrade, Options: "--no-recommends --recommends -t|--type=text --from=text --replacefiles --force-resolution --details -d|--download-only --allow-downgrade --allow-vendor-change --no-allow-vendor-change --with-interactive --skip-interactive", Operands: "package...", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees, Then: upgrades},
			{Names: "clean cc", Action: ToClean, Options: "-a|--all -m|--metadata -M|--raw-metadata", Operands: "text...", Reads: zypperFiles, Writes: zypperFiles, Removes: zypperFiles},
			{Names: "search se info if repos lr packages pa patches pch list-updates lu what-provides wp locks ll services ls", Action: ToAsk, Options: "-i|--installed-only -s|--details -u|--uri -d --match-exact -t|--type=text --provides --requires", Operands: "text...", Fetches: "*", Reads: zypperFiles, Writes: zypperFiles, Removes: zypperFiles},
			{Names: "addrepo ar", Action: ToSet, Options: "-r|--repo=source -G|--no-gpgcheck --gpgcheck -g -F|--no-refresh --refresh -e|--enable -d|--disable -k|--keep-packages -K|--no-keep-packages -C|--check --no-check -t|--type=text --name=text --priority=text -a|--all --remote --local --loose-auth", Operands: "source text", Fetches: "*", Reads: zypperFiles, Writes: zypperFiles, Removes: zypperFiles},
			{Names: "removerepo rr modifyrepo mr renamerepo nr addlock al removelock rl", Action: ToSet, Options: "-G|--no-gpgcheck --gpgcheck -g -F|--no-refresh --refresh -e|--enable -d|--disable -k|--keep-packages -K|--no-keep-packages -C|--check --no-check -t|--type=text --name=text --priority=text -a|--all --remote --local --loose-auth", Operands: "text...", Fetches: "*", Reads: zypperFiles, Writes: zypperFiles, Removes: zypperFiles},
		}},
		{Names: "rpm rpmkeys", Alone: true, Settings: true, Setting: rpmMacros, Sees: seesPackages, System: true, Source: "rpm(8) 4.16", Manager: "rpm", Unless: "RPM_CONFIGDIR", Options: "-i|--install -U|--upgrade -F|--freshen -e|--erase -v|--verbose -h|--hash -q|--query -a|--all -l|--list -f|--file -p|--package --import --nodeps --force --quiet --replacepkgs --nosignature --nodigest --qf=text --queryformat=text -V|--verify --percent --oldpackage --ignorearch --noscripts --excludedocs --rebuilddb --initdb -K|--checksig --provides --requires -R -c -d --scripts --changelog -s! --allmatches! --justdb! --replacefiles! --test! --version! --prefix=unchosen --relocate=unchosen -r|--root=root --dbpath=run -E|--eval=setting -D|--define=run --pipe=run --load=run --macros=run --rcfile=run", Operands: "text...", Then: rpms},
		{Names: "pacman", Sees: seesPackages, Source: "pacman(8) 6.0", System: true, Manager: "pacman", Operands: "text...",
			Options: "-S|--sync -y|--refresh -u|--sysupgrade -w -U|--upgrade -Q|--query -R|--remove -s|--recursive -c|--clean -i -n|--nosave -k -q|--quiet -T -D -F -d -l -g -t -m -o -e --noconfirm --needed --noprogressbar --asdeps --asexplicit --overwrite=text --ignore=text --disable-download-timeout --hookdir=run --config=run -r|--root=root --sysroot=root", Fetches: "*", Reads: systemTrees, Writes: systemTrees, Removes: systemTrees},
		{Names: "snap flatpak brew nix nix-env port emerge xbps-install opkg", Source: "their manuals: packages have places of their own", Plain: true, Fetches: "*", Runs: "installs in places of its own"},
		{Names: "alien makepkg abuild", Source: "makepkg(8) 6.0, alien(1) 8.95", Plain: true, Runs: "builds packages by their scripts"},
		{Names: "xx-apk xx-apt xx-apt-get", Source: "github.com/tonistiigi/xx 1.6: for another platform, below a directory of its own", Plain: true, Fetches: "*", Runs: "installs below a directory that the platform names"},
	}
}
