package effects

// leftovers are what package managers leave. A cache of which Needs does not speak is fetched again
// by its program where it is gone.
var leftovers = []leftover{
	{Programs: "apt-get apt aptitude", Kind: Lists, Source: "apt-get(8) 2.6, FILES", Paths: "/var/lib/apt/lists/*", By: "update",
		Needs: "install upgrade remove fetch ask", Readers: "apt-cache apt-file apt-mark add-apt-repository apt-add-repository gdebi aptdcon deb-get apt-install clean-install mk-build-deps apt-utils dselect tasksel"},
	{Programs: "apt-get apt aptitude", Kind: Caches, Source: "apt-get(8) 2.6, FILES; apt.conf(5) 2.6, Dir::Cache", Paths: "/var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/* /var/cache/apt/*.bin",
		By: "install upgrade", Offline: "--no-download", Hook: "docker-clean"},
	{Programs: "apt-get apt aptitude", Kind: Caches, Source: "ldconfig(8) 2.36, FILES; debconf(7) 1.5, of the file that a database had before", Paths: "/var/cache/ldconfig/* /var/cache/debconf/*-old",
		By: "install upgrade remove"},
	{Programs: "apt-get apt aptitude", Kind: Logs, Source: "apt.conf(5) 2.6, Dir::Log; dpkg(1) 1.21, FILES; update-alternatives(1) 1.21, FILES", Paths: "/var/log/apt/* /var/log/alternatives.log /var/log/dpkg.log",
		By: "install upgrade remove"},
	{Programs: "apt-get apt aptitude", Kind: Backups, Source: "not in a manual: dpkg 1.21 renames a database to that before it writes it anew", Paths: "/var/lib/dpkg/*-old",
		By: "install upgrade remove"},

	{Programs: "apt-get apt aptitude", Kind: Docs, Source: "Debian Policy 4.6, 12.1 to 12.8: no program may need them, and copyright files stay; update-alternatives(1) 1.21 fails without a directory for a manual page",
		Paths: "/usr/share/man/* /usr/share/info/* /usr/share/doc/*/changelog* /usr/share/doc/*/NEWS* /usr/share/doc/*/README* /usr/share/doc/*/TODO* /usr/share/doc/*/AUTHORS* /usr/share/doc/*/examples",
		By:    "install upgrade", Needs: "install upgrade remove", Readers: "dpkg update-alternatives man info apropos whatis"},

	{Programs: "apt-get apt aptitude", Kind: Catalogues, Source: "gettext 0.21 manual, 11.2: a program without a catalogue speaks as it was written", Paths: "/usr/share/locale/*/LC_MESSAGES", By: "install upgrade"},

	{Programs: "apk", Kind: Lists, Source: "apk(8) 2.12, apk-cache(5) 2.14", Paths: "/var/cache/apk/*", By: "update install upgrade", Without: "--no-cache --cache-dir --root -p",
		Needs: "install upgrade remove fetch ask", Fresh: "--no-cache -U --update --update-cache"},

	{Programs: "dnf yum dnf5", Kind: Caches, Source: "dnf.conf(5) 4.14, cachedir; yum.conf(5) 3.4, cachedir", Paths: "/var/cache/dnf/* /var/cache/yum/* /var/cache/libdnf5/*",
		By: "install upgrade remove update ask set", Without: "--installroot", Offline: "-C --cacheonly"},
	{Programs: "microdnf tdnf", Kind: Caches, Source: "microdnf(8) 3.9; tdnf 3.3 has no manual: /etc/tdnf/tdnf.conf, cachedir", Paths: "/var/cache/dnf/* /var/cache/yum/* /var/cache/tdnf/*",
		By: "install upgrade remove update ask set", Without: "--installroot", Offline: "-C --cacheonly"},
	{Programs: "dnf yum dnf5", Kind: Logs, Source: "dnf(8) 4.14, Files; yum.conf(5) 3.4, logfile", Paths: "/var/log/dnf*.log* /var/log/hawkey.log* /var/log/yum.log",
		By: "install upgrade remove update ask set"},
	{Programs: "zypper", Kind: Caches, Source: "zypper(8) 1.14, FILES", Paths: "/var/cache/zypp/*", By: "install upgrade update ask", Without: "--cache-dir", Offline: "--no-refresh -C --no-remote"},
	{Programs: "zypper", Kind: Logs, Source: "zypper(8) 1.14, FILES", Paths: "/var/log/zypper.log /var/log/zypp/*", By: "install upgrade remove"},

	{Programs: "pip", Kind: Caches, Source: "pip 23 documentation, Caching", Paths: "~/.cache/pip", By: "install", Without: "--no-cache-dir --cache-dir --no-cache",
		Unless: "PIP_CACHE_DIR PIP_NO_CACHE_DIR XDG_CACHE_HOME PIP_CONFIG_FILE", Needs: "cache"},
	{Programs: "npm", Kind: Caches, Source: "npm 10 documentation, config: cache", Paths: "~/.npm", By: "install ci i add update clean-install", Without: "--cache",
		Unless: "npm_config_cache NPM_CONFIG_CACHE npm_config_userconfig NPM_CONFIG_USERCONFIG npm_config_globalconfig NPM_CONFIG_GLOBALCONFIG", Needs: "cache", Readers: "npx", Offline: "--offline --prefer-offline"},
	{Programs: "yarn yarnpkg", Kind: Caches, Source: "yarn 1.22: yarn cache dir, as root", Paths: "/usr/local/share/.cache/yarn", By: "install add -", Without: "--cache-folder",
		Unless: "YARN_CACHE_FOLDER yarn_cache_folder", Needs: "cache", Offline: "--offline --prefer-offline"},
	{Programs: "go", Kind: Caches, Source: "go help cache, 1.21", Paths: "~/.cache/go-build", By: "build install get run test vet list generate tool", Unless: "GOCACHE XDG_CACHE_HOME GOENV",
		Needs: "build install get run test vet list generate tool", Cleans: "-cache"},
	{Programs: "go", Kind: Caches, Source: "go help modcache, 1.21; GOPATH of the image golang, by its Dockerfile", Paths: "/go/pkg/mod/cache", By: "build install get run test vet list generate mod",
		Needs: "build install get run test vet list generate tool mod work", Cleans: "-modcache"},
	{Programs: "gem bundle bundler", Kind: Caches, Source: "gem(1) 3.3, install: it keeps what it fetched; directories of Debian and of the image ruby, by its Dockerfile", By: "install update", Needs: "pristine",
		Paths: "/var/lib/gems/*/cache/*.gem /usr/local/bundle/cache/*.gem /usr/local/lib/ruby/gems/*/cache/*.gem", Offline: "--local"},
	{Programs: "cargo", Kind: Caches, Source: "the Cargo book 1.70, Cargo home; CARGO_HOME of the image rust, by its Dockerfile", Paths: "/usr/local/cargo/registry/cache /usr/local/cargo/registry/index /usr/local/cargo/git/db", By: "build install fetch update",
		Needs: "metadata vendor", Offline: "--offline --frozen"},
}
