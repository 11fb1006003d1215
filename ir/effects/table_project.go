package effects

// Files by which version managers choose the program that runs, in the directory where it starts
// (manuals of nvm 0.39, nodenv 1.4, pyenv 2.3, rbenv 1.2 and asdf 0.14).
const (
	nodeVersions   = " .nvmrc .node-version .tool-versions mise.toml .mise.toml"
	pythonVersions = " .python-version .tool-versions mise.toml .mise.toml"
	rubyVersions   = " .ruby-version .tool-versions mise.toml .mise.toml"
	goVersions     = " .go-version .tool-versions mise.toml .mise.toml"
	phpVersions    = " .php-version .tool-versions mise.toml .mise.toml"
)

// projectRows are commands of package managers that install what a project needs.
func projectRows() []project {
	const npmOptions = "-q|--quiet -s|--silent -d --verbose --no-audit --audit[=text] --no-fund --fund[=text] --no-progress --progress[=text] --loglevel=text --registry=source --unsafe-perm[=text] --legacy-peer-deps[=text] -f|--force --no-optional --omit=text --include=text --production[=text] --only=text --ignore-scripts[=text] --prefer-offline --offline --no-update-notifier --cache=writes --foreground-scripts --maxsockets=text --strict-peer-deps --fetch-retries=text --fetch-timeout=text --network-timeout=text --no-color --no-bin-links"
	const yarnOptions = "--frozen-lockfile --pure-lockfile --production[=text] --prod[=text] --ignore-scripts --ignore-optional --ignore-engines --ignore-platform --non-interactive --no-progress -s|--silent --network-timeout=text --network-concurrency=text --prefer-offline --offline --check-files --force --cache-folder=writes --registry=source --verbose --no-bin-links --no-emoji --no-default-rc"
	const pnpmOptions = "--frozen-lockfile[=text] --no-frozen-lockfile -P|--prod|--production -D|--dev --no-optional --ignore-scripts --prefer-offline --offline --silent -s --reporter=text --store-dir=writes --registry=source --shamefully-hoist --strict-peer-dependencies --no-strict-peer-dependencies --force --no-color"
	const pipOptions = "-q|--quiet -v|--verbose --disable-pip-version-check --no-cache-dir --no-cache --no-input --isolated --cache-dir=writes --proxy=source --retries=text --timeout=text --default-timeout=text --trusted-host=text --no-color --root-user-action=text --progress-bar=text --use-deprecated=text --use-feature=text --exists-action=text "
	const pipInstall = "-U|--upgrade -r|--requirement=read -c|--constraint=read -t|--target=writes --user --no-deps --no-dependencies --pre --no-binary=text --only-binary=text --prefer-binary --no-build-isolation --no-compile --compile -I|--ignore-installed --force-reinstall --upgrade-strategy=text -i|--index-url=source --extra-index-url=source --no-index -f|--find-links=source --prefix=writes --root=writes --require-hashes --no-warn-script-location --no-warn-conflicts --break-system-packages --use-pep517 --no-use-pep517 --no-clean --ignore-requires-python"
	return []project{
		{Names: "npm", Command: "ci clean-install ic install-clean isntall-clean", Manager: "npm", Source: "npm-ci(1), package-lock.json(5), npmrc(5) of npm 10", Options: npmOptions,
			Reads: "package.json package-lock.json npm-shrinkwrap.json .npmrc" + nodeVersions, Makes: "node_modules/"},
		{Names: "npm", Command: "install i in ins inst insta instal isnt isnta isntal isntall add", Manager: "npm", Source: "npm-install(1) of npm 10: it writes the lock anew, and keeps a yarn.lock", Options: npmOptions + " --no-package-lock --no-save",
			Reads: "package.json package-lock.json npm-shrinkwrap.json yarn.lock .npmrc" + nodeVersions, Makes: "node_modules/", Locks: "package.json package-lock.json npm-shrinkwrap.json yarn.lock"},
		{Names: "yarn yarnpkg", Command: "install", Bare: true, Manager: "yarn", Source: "yarn install and .yarnrc of yarn 1.22", Options: yarnOptions,
			Reads: "package.json yarn.lock .yarnrc .npmrc .yarnclean" + nodeVersions, Makes: "node_modules/ yarn-error.log", Locks: "yarn.lock", Frozen: "--frozen-lockfile --pure-lockfile"},
		{Names: "pnpm", Command: "install i", Manager: "pnpm", Source: "pnpm install of pnpm 9", Options: pnpmOptions,
			Reads: "package.json pnpm-lock.yaml .npmrc" + nodeVersions, Makes: "node_modules/ .pnpm-store/", Locks: "pnpm-lock.yaml", Frozen: "--frozen-lockfile"},
		{Names: "pip pip3 pip2 pip3.6 pip3.7 pip3.8 pip3.9 pip3.10 pip3.11 pip3.12 pip3.13", Command: "install", Manager: "pip", Source: "pip install of pip 23; setup.cfg by distutils of Python 3.9, which says where it installs", Before: pipOptions, Options: pipOptions + pipInstall, Operands: true,
			Reads: "setup.cfg" + pythonVersions},
		{Names: "go", Command: "mod download", Manager: "go", Source: "go help mod download, 1.22: it puts what is missing into go.sum", Single: true, Options: "-x -json",
			Reads: "go.mod go.sum go.work go.work.sum" + goVersions, Locks: "go.mod go.sum go.work.sum"},
		{Names: "bundle bundler", Command: "install", Bare: true, Manager: "bundle", Source: "bundle-install(1), bundle-config(1) of Bundler 2.3", Options: "-j|--jobs=text --retry=text --quiet --without=text --with=text --no-cache --frozen --prefer-local --local --verbose --full-index --redownload --force",
			Reads: "Gemfile Gemfile.lock gems.rb gems.locked" + rubyVersions, Makes: ".bundle/ vendor/bundle/", Locks: "Gemfile.lock gems.locked", Frozen: "--frozen"},
		{Names: "composer composer.phar", Command: "install i", Manager: "composer", Source: "composer install of Composer 2.7; the version of the project is guessed from its repository", Before: "-n|--no-interaction -q|--quiet -v|--verbose --no-ansi --ansi --no-plugins --no-scripts --no-cache",
			Options: "-n|--no-interaction -q|--quiet -v|--verbose --no-ansi --ansi --no-plugins --no-cache --no-dev --dev --no-scripts --no-autoloader --no-progress --no-suggest --prefer-dist --prefer-source --ignore-platform-reqs --ignore-platform-req=text -o|--optimize-autoloader -a|--classmap-authoritative --no-security-blocking",
			Reads:   "composer.json composer.lock auth.json symfony.lock" + phpVersions, Makes: "vendor/", Locks: "composer.lock symfony.lock"},
	}
}
