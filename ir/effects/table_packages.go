package effects

// systemTrees are the directories of the Filesystem Hierarchy Standard 3.0, where packages of
// distributions have their files and their scripts write (Debian Policy 9.1.1), and their users'
// homes.
const systemTrees = "/bin/ /boot/ /etc/ /home/ /lib/ /lib32/ /lib64/ /libx32/ /media/ /mnt/ /opt/ /root/ /run/ /sbin/ /srv/ /tmp/ /usr/ /var/ ${TMPDIR:-/tmp}/"

// packageRows are the package managers of distributions. Scripts of packages run as root: what
// they write is taken to be in the directories above.
func packageRows() []program {
	const aptFiles = "/var/lib/ /var/cache/ /var/log/ /tmp/ /run/ ${TMPDIR:-/tmp}/"
	const aptOptions = "-y|--yes|--assume-yes -q|--quiet -qq -f|--fix-broken -m|--fix-missing -d|--download-only -s|--simulate -V|--verbose-versions -u --no-install-recommends --install-recommends --install-suggests --no-install-suggests --allow-unauthenticated --allow-downgrades --allow-change-held-packages --allow-remove-essential --allow-insecure-repositories --allow-releaseinfo-change --force-yes --reinstall --no-upgrade --only-upgrade --purge --auto-remove --autoremove --show-progress --ignore-missing --ignore-hold --trivial-only --no-remove --print-uris -t|--target-release|--default-release=text -o|--option=text -a|--host-architecture=text --no-download --arch-only --indep-only -b|--compile|--build --dsc-only --diff-only --no-allow-insecure-repositories --solver=text -c!"
	const rpmOptions = "-y|--assumeyes -q|--quiet -v|--verbose --nogpgcheck --nodocs --setopt=text --enablerepo=text --disablerepo=text --enable --repo=text --repoid=text --allowerasing --best --nobest --skip-broken --noplugins --refresh -x|--exclude=text -C|--cacheonly --releasever=text --disableplugin=text --enableplugin=text --downloadonly --security --obsoletes --allow-downgrade -d=text -e=text -R=text --noautoremove --disableexcludes=text --disable-repo=text --forcearch=text -4 -6 --installroot! -c! --config! --downloaddir=writes --destdir=writes"
	const apkOptions = "-q|--quiet -v|--verbose -f|--force -U|--update-cache --no-cache --no-progress --progress --purge --virtual=text -t=text --allow-untrusted --wait=text -X|--repository=text -u|--upgrade -l|--latest -i|--interactive --no-network --no-scripts --force-overwrite --force-broken-world --force-refresh --force-old-apk --force-non-repository --clean-protected --no-interactive --arch=text --simulate -s -a|--available --initdb! -p! --root! --cache-dir=writes --repositories-file=read --keys-dir=reads --cache-max-age=text --no-chown"
	return []program{
		{Names: "apt-get apt aptitude apt-install clean-install", Source: "apt-get(8) 2.6", Manager: "apt", Unless: "APT_CONFIG", Reads: "/etc/apt/ /var/lib/apt/ /var/lib/dpkg/", Options: aptOptions, Commands: []program{
			{Names: "update", Operands: "text...", Fetches: "*", Writes: aptFiles, Removes: aptFiles, Does: "clock", Then: aptSettings},
			{Names: "install reinstall build-dep satisfy", Operands: "package...", Fetches: "*", Writes: systemTrees, Removes: systemTrees, Does: "clock random", Then: aptSettings},
			{Names: "remove purge autoremove autopurge", Operands: "text...", Writes: systemTrees, Removes: systemTrees, Does: "clock", Then: aptSettings},
			{Names: "upgrade dist-upgrade full-upgrade safe-upgrade dselect-upgrade", Operands: "package...", Fetches: "*", Writes: systemTrees, Removes: systemTrees, Does: "clock random", Then: upgrades},
			{Names: "clean autoclean auto-clean distclean", Operands: "", Writes: "/var/cache/apt/ /var/lib/apt/", Removes: "/var/cache/apt/ /var/lib/apt/", Then: aptSettings},
			{Names: "download source changelog", Operands: "text...", Fetches: "*", Then: func(k *call) {
				aptSettings(k)
				belowHereOnly(k)
				if k.row.Names != "" && k.Has("source") && k.has("--build") {
					k.fail("`" + k.Text + "` builds what it fetches")
				}
			}},
			{Names: "list show search check policy moo indextargets showsrc depends", Options: "--installed --upgradable --all-versions", Operands: "text...", Writes: "/var/cache/apt/", Then: aptSettings},
		}},
		{Names: "apt-cache apt-config", Source: "apt-cache(8) 2.6", Plain: true, Reads: "/etc/apt/ /var/lib/apt/ /var/lib/dpkg/", Writes: "/var/cache/apt/"},
		{Names: "apt-mark", Source: "apt-mark(8) 2.6", Options: "-q|--quiet -qq -y -f=read -o!", Operands: "text...", Writes: "/var/lib/apt/ /var/lib/dpkg/", Removes: "/var/lib/dpkg/"},
		{Names: "apt-key", Source: "apt-key(8) 2.6", Plain: true, Reads: "/etc/apt/", Writes: "/etc/apt/ ~/.gnupg/ /tmp/ ${TMPDIR:-/tmp}/", Removes: "/etc/apt/ /tmp/ ${TMPDIR:-/tmp}/", Then: aptKeys},
		{Names: "add-apt-repository apt-add-repository", Source: "add-apt-repository(1), software-properties 0.99", Plain: true, Fetches: "*", Writes: systemTrees, Removes: systemTrees},
		{Names: "apt-file apt-utils deb-get aptdcon gdebi", Source: "apt-file(1) 3.3, gdebi(1) 0.9", Plain: true, Fetches: "*", Writes: systemTrees, Removes: systemTrees},
		{Names: "dpkg", Source: "dpkg(1) 1.21", Unless: "DPKG_ROOT DPKG_ADMINDIR", Manager: "dpkg", Operands: "text...", Reads: "/var/lib/dpkg/ /etc/dpkg/", Then: dpkgs,
			Options: "-i|--install -r|--remove -P|--purge --unpack --configure -a|--pending -R|--recursive -l|--list -L|--listfiles -s|--status -S|--search -p --print-architecture --print-foreign-architectures --add-architecture --remove-architecture --get-selections --set-selections --clear-selections -x|--extract -c|--contents -I|--info --compare-versions -E -G --force-all --force-depends --force-confold --force-confdef --force-confnew --force-overwrite --force-architecture --force-not-root --no-triggers --ignore-depends=text -B --force-remove-reinstreq --force-confmiss --force-bad-path --force-unsafe-io --audit -C --verify --no-pager --force-help", Prints: word},
		{Names: "dpkg-query dpkg-architecture dpkg-parsechangelog debsums", Source: "dpkg-query(1) 1.21", Plain: true, Reads: "/var/lib/dpkg/", Prints: word},
		{Names: "dpkg-divert dpkg-statoverride", Source: "dpkg-divert(1) 1.21", Plain: true, Writes: "/var/lib/dpkg/", Then: namedPaths},
		{Names: "dpkg-reconfigure", Source: "dpkg-reconfigure(8), debconf 1.5", Plain: true, Writes: systemTrees, Removes: systemTrees},
		{Names: "debconf-set-selections debconf", Source: "debconf-set-selections(1) 1.5", Options: "-v -c", Operands: "read...", Writes: "/var/cache/debconf/"},
		{Names: "apk apk-install", Source: "apk(8) 2.12", Manager: "apk", Reads: "/etc/apk/ /lib/apk/", Options: apkOptions, Commands: []program{
			{Names: "add fix", Operands: "package...", Fetches: "*", Writes: systemTrees, Removes: systemTrees},
			{Names: "del", Options: "-r|--rdepends", Operands: "text...", Writes: systemTrees, Removes: systemTrees},
			{Names: "update", Operands: "", Fetches: "*", Writes: "/var/cache/apk/ /etc/apk/cache/ /lib/apk/", Does: "clock"},
			{Names: "upgrade", Operands: "package...", Fetches: "*", Writes: systemTrees, Removes: systemTrees, Then: upgrades},
			{Names: "cache", Operands: "text...", Writes: "/var/cache/apk/ /etc/apk/cache/", Removes: "/var/cache/apk/ /etc/apk/cache/"},
			{Names: "info list search version policy verify audit dot stats", Options: "-e|--installed -L|--contents -R|--depends -W|--who-owns -vv -x|--exact -a -d -w -P|--provides", Operands: "text...", Writes: "/var/cache/apk/"},
			{Names: "fetch", Options: "-o|--output=writes -R|--recursive -L|--link --stdout", Operands: "text...", Fetches: "*", Writes: "/var/cache/apk/", Then: belowHereOnly},
		}},
		{Names: "yum dnf microdnf tdnf dnf5", Source: "dnf(8) 4.14, yum(8) 3.4", Manager: "rpm", Reads: "/etc/yum.repos.d/ /etc/dnf/ /var/lib/rpm/", Options: rpmOptions, Commands: []program{
			{Names: "install reinstall localinstall groupinstall group builddep downgrade swap module distro-sync", Operands: "package...", Fetches: "*", Writes: systemTrees, Removes: systemTrees},
			{Names: "update upgrade upgrade-minimal update-minimal", Operands: "package...", Fetches: "*", Writes: systemTrees, Removes: systemTrees, Then: upgrades},
			{Names: "remove erase autoremove groupremove", Operands: "text...", Writes: systemTrees, Removes: systemTrees},
			{Names: "clean makecache check-update repolist config-manager list info search provides repoquery check versionlock copr history needs-restarting", Options: "--add-repo=text --set-enabled --set-disabled --save --installed --available --dump -l --qf=text --showduplicates", Operands: "text...", Fetches: "*", Writes: "/var/cache/ /var/lib/ /var/log/ /etc/ /tmp/ /run/ /var/tmp/", Removes: "/var/cache/ /var/lib/ /var/tmp/"},
		}},
		{Names: "yum-config-manager yum-builddep package-cleanup yumdownloader", Source: "yum-utils 1.1", Plain: true, Fetches: "*", Writes: systemTrees, Removes: systemTrees},
		{Names: "zypper", Source: "zypper(8) 1.14", Manager: "rpm", Plain: true, Fetches: "*", Writes: systemTrees, Removes: systemTrees, Then: words},
		{Names: "rpm rpmkeys", Source: "rpm(8) 4.16", Manager: "rpm", Unless: "RPM_CONFIGDIR", Options: "-i|--install -U|--upgrade -F|--freshen -e|--erase -v -h|--hash -q|--query -a|--all -l|--list -f|--file -p|--package --import --nodeps --force --quiet --replacepkgs --nosignature --nodigest --qf=text --queryformat=text -V|--verify --eval -E --percent --oldpackage --ignorearch --noscripts --excludedocs --rebuilddb --initdb -K|--checksig --provides --requires -R -c -d --scripts --changelog --root! -r! --prefix! --relocate! --dbpath!", Operands: "text...", Then: rpms},
		{Names: "pacman", Source: "pacman(8) 6.0", Manager: "pacman", Plain: true, Fetches: "*", Writes: systemTrees, Removes: systemTrees},
		{Names: "snap flatpak brew nix nix-env port emerge xbps-install opkg", Source: "their manuals: packages have places of their own", Plain: true, Fetches: "*", Runs: "installs in places of its own"},
		{Names: "alien makepkg abuild", Source: "makepkg(8) 6.0, alien(1) 8.95", Plain: true, Runs: "builds packages by their scripts"},
		{Names: "xx-apk xx-apt xx-apt-get", Source: "github.com/tonistiigi/xx 1.6: for another platform, below a directory of its own", Plain: true, Fetches: "*", Runs: "installs below a directory that the platform names"},
	}
}
