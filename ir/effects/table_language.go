package effects

// Where packages of languages go, besides the directories around their manager: those of the
// system, and of who runs it.
const (
	homeTrees  = systemTrees + " ~/.local/ ~/.cache/ ~/.config/"
	npmTrees   = "~/.npm/ ${NPM_CONFIG_PREFIX:-/usr/local}/ ${npm_config_prefix:-/usr/local}/ ${NPM_CONFIG_CACHE:-~/.npm}/ ${npm_config_cache:-~/.npm}/"
	gemTrees   = homeTrees + " ~/.gem/ ${GEM_HOME:-~/.gem}/ ~/.bundle/"
	condaTrees = homeTrees + " ~/.conda/ ~/.mamba/ ~/micromamba/ ~/.condarc ~/.mambarc ~/.bashrc ~/.bash_profile ~/.zshrc ~/.xonshrc ~/.tcshrc ${MAMBA_ROOT_PREFIX:-/opt/conda}/ ${CONDA_PREFIX:-/opt/conda}/ ${CONDA_ROOT:-/opt/conda}/"
	cargoTrees = "${CARGO_HOME:-~/.cargo}/ ${RUSTUP_HOME:-~/.rustup}/ /usr/local/ ${TMPDIR:-/tmp}/ ~/.profile ~/.bashrc"
)

// languageRows are interpreters, and package managers of languages. A build or a script of the
// author's may do anything; one of a package of a registry is taken to keep to where its manager
// has packages. What is installed and fetched is said all the same.
func languageRows() []program {
	const npmOptions = "-g|--global --location=text -q|--quiet|--silent -s -d -f|--force --no-audit --no-fund --no-progress --loglevel=text --prefix=writes --registry=url --unsafe-perm[=text] --cache=writes --legacy-peer-deps --no-optional --omit=text --include=text --production[=text] --only=text --no-package-lock --save --save-dev -D --save-exact -E --no-save --ignore-scripts --ignore-optional --frozen-lockfile --pure-lockfile --immutable --non-interactive --network-timeout=text --no-cache --verbose --network-concurrency=text --allow-root --fetch-retries=text --cache-folder=writes --no-update-notifier"
	const gemOptions = "-N|--no-document -v|--version=text -f|--force -q|--quiet --no-ri --no-rdoc --without=text --with=text -j|--jobs=text --retry=text --deployment --path=writes --clean -s|--source=source --clear-sources --conservative --user-install -i|--install-dir=writes --bindir=writes --default --system --global --local --no-cache --minimal-deps"
	const pipAsks = "-y|--yes -r=read -o --outdated --format=text"
	const builds = "runs the build or the scripts of packages"
	const script = "runs a script that the table does not read"
	// asked are options of managers that take no value.
	const asked = "-q|--quiet -n|--no-interaction -v|--verbose -y|--yes -s|--silent -r|--recursive --no-ansi --ansi --no-plugins --no-color"
	return []program{
		{Names: "pip", Versions: true, Sees: seesPackages, Git: true, Source: "pip 23 documentation, uv pip 0.4", Manager: "pip", Operands: "", Anywhere: true,
			Unless:  "PIP_TARGET PIP_PREFIX PIP_ROOT PIP_SRC PIP_CONFIG_FILE PIP_REQUIREMENT PIP_CONSTRAINT PIP_CACHE_DIR PIP_LOG PYTHONHOME PYTHONUSERBASE PYTHONPYCACHEPREFIX XDG_CACHE_HOME PIP_PYTHON UV_PYTHON UV_CONSTRAINT",
			Options: "-q|--quiet -v|--verbose -V|--version -qq -h|--help --disable-pip-version-check --no-cache-dir --no-cache --no-input --isolated --python! --log=write --cache-dir=writes --proxy=url --retries=text --timeout=text --default-timeout=text --trusted-host=text --cert=read --no-color --root-user-action=text --progress-bar=text --use-deprecated=text --use-feature=text --exists-action=text --require-virtualenv", Commands: []program{
				{Names: "install wheel download", Action: ToInstall, Operands: "package...", Fetches: "https://pypi.org", Reads: homeTrees, Writes: homeTrees, Removes: homeTrees, Then: pips,
					Options: "-U|--upgrade -r|--requirement=source -c|--constraint=source -e|--editable=package -t|--target=writes --user --no-deps --pre --no-binary=text --only-binary=text --prefer-binary --no-build-isolation --no-compile --compile --ignore-installed -I --force-reinstall --upgrade-strategy=text -i|--index-url=source --extra-index-url=source --no-index -f|--find-links=source --prefix=writes --root=writes --src=writes --require-hashes --no-warn-script-location --no-warn-conflicts --break-system-packages --use-pep517 --no-use-pep517 --global-option=text --install-option=text --config-settings=text --platform=text --python-version=text --implementation=text --abi=text --no-clean -d|--dest=writes -w|--wheel-dir=writes --ignore-requires-python --no-dependencies -b|--build=text --process-dependency-links --egg -N " +
						"--system --reinstall --prerelease=text --index-strategy=text --compile-bytecode"},
				{Names: "list show freeze", Action: ToAsk, Options: pipAsks, Operands: "text...", Reads: homeTrees, Writes: homeTrees, Removes: homeTrees, Then: func(k *call) { k.installsIn(k.prefixes()) }},
				{Names: "cache", Action: ToClean, Options: pipAsks, Operands: "text...", Reads: homeTrees, Writes: homeTrees, Removes: homeTrees, Then: func(k *call) { k.installsIn(k.prefixes()) }},
				{Names: "uninstall check config debug hash search inspect", Options: pipAsks, Operands: "text...", Reads: homeTrees, Writes: homeTrees, Removes: homeTrees, Then: func(k *call) { k.installsIn(k.prefixes()) }},
			}},
		{Names: "npm", Git: true, Sees: seesPackages, Hands: npmHands, Anywhere: true, Tasks: "ci install i add update clean-install in ins up ic config cache set get uninstall prune dedupe pack view root prefix", Source: "npm 10 documentation; each command may ask for a newer npm", Manager: "npm", Fetches: "https://registry.npmjs.org", Unless: "NODE_OPTIONS NPM_CONFIG_GLOBAL npm_config_global NPM_CONFIG_USERCONFIG npm_config_userconfig NPM_CONFIG_GLOBALCONFIG npm_config_globalconfig", Reads: "/etc/ ~/.npmrc " + npmTrees, Writes: npmTrees,
			Options: npmOptions + " -v|--version", Commands: []program{
				{Names: "install i add ci install-clean clean-install", Action: ToInstall, Operands: "package...", Fetches: "https://registry.npmjs.org", Reads: homeTrees + " " + npmTrees, Writes: homeTrees + " " + npmTrees, Removes: homeTrees + " " + npmTrees, Then: npms},
				{Names: "cache", Action: ToClean, Operands: "text...", Removes: npmTrees},
				{Names: "config set get", Operands: "text...", Writes: homeTrees + " ~/.npmrc " + npmTrees, Then: belowHereOnly},
				{Names: "view info show search ping whoami outdated", Operands: "text...", Fetches: "*"},
				{Names: "update upgrade up", Operands: "text...", Fetches: "https://registry.npmjs.org", Runs: "runs scripts of the package"},
				{Names: "run run-script test build start exec rebuild uninstall rm remove prune audit link pack publish version init dedupe ls list shrinkwrap", Operands: "text...", Runs: "runs scripts of the package, or of npm's own settings"},
			}},
		{Names: "npx cnpm bower grunt gulp", Default: "run", Source: "yarn 1.22, pnpm 8 documentation", Manager: "npm", Options: npmOptions, Commands: []program{
			{Names: "install i add ci", Action: ToInstall, Operands: "package...", Runs: builds, Fetches: "https://registry.npmjs.org"},
			{Names: "update upgrade up", Operands: "text...", Runs: builds, Fetches: "https://registry.npmjs.org"},
			{Names: "run run-script test build start exec rebuild uninstall remove config cache prune audit link set get pack publish version init dedupe ls list workspaces workspace global policies why info view dlx create", Operands: "text...", Runs: "runs scripts of the package, or of its manager's own settings"},
		}},
		{Names: "yarn yarnpkg", Git: true, Default: "install", Sees: seesPackages, Anywhere: true, Tasks: "install add global upgrade config cache", Source: "yarn 1.22, pnpm 8 documentation", Manager: "npm", Options: npmOptions, Commands: []program{
			{Names: "install i add ci", Action: ToInstall, Operands: "package...", Runs: builds, Fetches: "https://registry.npmjs.org"},
			{Names: "update upgrade up", Operands: "text...", Runs: builds, Fetches: "https://registry.npmjs.org"},
			{Names: "run run-script test build start exec rebuild uninstall remove config cache prune audit link set get pack publish version init dedupe ls list workspaces workspace global policies why info view dlx create", Operands: "text...", Runs: "runs scripts of the package, or of its manager's own settings"},
		}},
		{Names: "pnpm", Git: true, Sees: seesPackages, Tasks: "install i add fetch config store prune update remove import set", Source: "yarn 1.22, pnpm 8 documentation", Manager: "npm", Options: npmOptions, Commands: []program{
			{Names: "install i add ci", Action: ToInstall, Operands: "package...", Runs: builds, Fetches: "https://registry.npmjs.org"},
			{Names: "update upgrade up", Operands: "text...", Runs: builds, Fetches: "https://registry.npmjs.org"},
			{Names: "run run-script test build start exec rebuild uninstall remove config cache prune audit link set get pack publish version init dedupe ls list workspaces workspace global policies why info view dlx create", Operands: "text...", Runs: "runs scripts of the package, or of its manager's own settings"},
		}},
		{Names: "gem", Sees: seesPackages, Tasks: "install i update sources cleanup uninstall environment env list query search", Source: "gem(1) 3.3", Manager: "gem", Options: gemOptions, Anywhere: true, Unless: "RUBYOPT GEM_SPEC_CACHE", Commands: []program{
			{Names: "install", Action: ToInstall, Operands: "package...", Fetches: "https://rubygems.org", Reads: gemTrees, Writes: gemTrees, Removes: gemTrees, Then: gems},
			{Names: "update uninstall cleanup list sources env", Options: "-a|--all -x|--executables -I --add=url --remove=text", Operands: "text...", Fetches: "https://rubygems.org", Reads: gemTrees, Writes: gemTrees, Removes: gemTrees, Then: gems},
			{Names: "exec pristine build check", Operands: "text...", Runs: builds},
		}},
		{Names: "bundle bundler", Git: true, Default: "install", Sees: seesPackages, Tasks: "install config check clean update lock package cache version", Anywhere: true, Source: "bundle(1) 2.3: a Gemfile is a program", Manager: "gem", Options: gemOptions, Commands: []program{
			{Names: "install", Action: ToInstall, Operands: "package...", Runs: builds, Fetches: "https://rubygems.org"},
			{Names: "update", Operands: "text...", Runs: builds, Fetches: "https://rubygems.org"},
			{Names: "list config exec clean pristine check env", Operands: "text...", Runs: builds},
		}},
		{Names: "go", Git: true, Sees: seesPackages, Anywhere: true, Tasks: "build install get vet mod list version env fmt clean", Source: "go help, 1.21, and go.dev/doc/security/policy", Manager: "go", Single: true, Unless: "GOFLAGS GOENV GOTMPDIR GOROOT CC CXX AR PKG_CONFIG CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_LDFLAGS GOCACHEPROG GOCOVERDIR XDG_CACHE_HOME XDG_CONFIG_HOME",
			Options: "-a -n -v -x -i -u -t -d -race -msan -asan -work -trimpath -mod=text -tags=text -ldflags=text -gcflags=text -asmflags=text -buildmode=text -buildvcs[=text] -installsuffix=text -p=text -C=cd -linkshared -modcacherw -pgo=text", Commands: []program{
				{Names: "build", Single: true, Options: "-o=writes", Operands: "text...", Fetches: "*", Then: goes},
				{Names: "install get", Single: true, Operands: "text...", Fetches: "*", Then: goes},
				{Names: "mod", Single: true, Options: "-o=writes -x -json -e -compat=text -go=text -require=text -replace=text -dropreplace=text -droprequire=text -module=text", Operands: "text...", Fetches: "*", Then: goes},
				{Names: "version env clean list", Single: true, Options: "-w -u -json -m -f=text -cache -modcache -testcache -deps -e -find", Operands: "text...", Fetches: "*", Then: goes},
				{Names: "run test generate tool vet fix work bug doc fmt", Operands: "text...", Options: "-c!", Runs: "runs what it builds, or another tool", Fetches: "*"},
			}},
		{Names: "cargo", Git: true, Sees: seesPackages, Anywhere: true, Tasks: "build install fetch check clippy chef update rustc doc clean init new", Source: "cargo(1) 1.70", Manager: "cargo", Options: "-q|--quiet -v|--verbose -V|--version --locked --offline --frozen --color=text", Reads: cargoTrees, Writes: cargoTrees, Removes: cargoTrees, Commands: []program{
			{Names: "fetch generate-lockfile search", Options: "--target=text --manifest-path!", Operands: "text...", Fetches: "*", Then: func(k *call) { k.installsIn(k.topmost()) }},
			{Names: "fmt init new clean component publish", Options: "--path! --config!", Operands: "text...", Runs: builds},
			{Names: "build install test run check doc clippy rustc bench metadata chef update vendor binstall auditable xwin zigbuild", Options: "--path! --config!", Operands: "text...", Runs: builds, Fetches: "*"},
		}},
		{Names: "rustup", Sees: seesPackages, Tasks: "target component toolchain default update set show install override self", Anywhere: true, Source: "rustup 1.26 documentation: it unpacks toolchains", Options: "-q|--quiet -v|--verbose -V|--version", Reads: cargoTrees, Writes: cargoTrees, Removes: cargoTrees, Commands: []program{
			{Names: "default target toolchain component update self show set", Options: "--profile=text --toolchain=text -t=text -c=text --target=text --component=text --allow-downgrade --force --no-self-update --no-update-default-toolchain", Operands: "text...", Fetches: "https://static.rust-lang.org"},
		}},
		{Names: "rustc rustup-init", Source: "rustc(1) 1.70: macros of what it compiles run", Plain: true, Runs: builds, Fetches: "https://static.rust-lang.org"},
		{Names: "conda mamba micromamba", Sees: seesPackages, Tasks: "install create env update upgrade clean config info list init remove search", Source: "conda 23 documentation", Manager: "conda", Anywhere: true, Unless: "CONDARC PYTHONPATH CONDA_PKGS_DIRS CONDA_ENVS_PATH CONDA_ENVS_DIRS", Options: "-y|--yes -q|--quiet -v -V|--version -n|--name=text -p|--prefix=writes -c|--channel=text --override-channels --freeze-installed --strict-channel-priority --no-channel-priority -S --no-deps --insecure --json --offline --copy --root-prefix=writes -r=writes", Commands: []program{
			{Names: "install create", Action: ToInstall, Options: "-f|--file=read -k --no-default-packages --update-deps --no-update-deps --dev --no-pin --clone=text --relocate-prefix=text", Operands: "package...", Fetches: "https://conda.anaconda.org", Reads: condaTrees, Writes: condaTrees, Removes: condaTrees, Then: condas},
			{Names: "clean", Options: "-a|--all -f|--force-pkgs-dirs -t|--tarballs -i|--index-cache -l|--logfiles --tempfiles -p|--packages", Operands: "", Reads: condaTrees, Writes: condaTrees, Removes: condaTrees, Then: condas},
			{Names: "update upgrade remove env config init run info list build shell search index develop", Options: "-a|--all -f|--force --file=read --add --set --remove --append --prepend --env --system --live-stream --no-capture-output --update-deps", Operands: "text...", Fetches: "*", Reads: condaTrees, Writes: condaTrees, Removes: condaTrees, Then: condas},
			{Names: "activate deactivate", Operands: "text...", Runs: "sets a shell up by scripts of packages"},
		}},
		{Names: "python pypy", Versions: true, Source: "python(1) 3.11", Manager: "pip", Plain: true, Anywhere: true, Then: pythons},
		{Names: "pyvenv", Source: "venv of python 3.11, as `python -m venv`", Options: "--system-site-packages --symlinks --copies --clear --upgrade --without-pip --prompt=text --upgrade-deps", Operands: "text...", Reads: homeTrees, Writes: homeTrees, Removes: homeTrees, Fetches: "*", Then: venvs},
		{Names: "uv", Git: true, Sees: seesPackages, Anywhere: true, Tasks: "sync pip venv lock add export python cache", Source: "uv 0.4 documentation", Manager: "pip", Plain: true, Options: asked, Then: uvs},
		{Names: "poetry", Git: true, Sees: seesPackages, Anywhere: true, Tasks: "install config lock add remove update export check cache show self", Source: "documentation of poetry 1.8", Plain: true, Options: asked, Runs: script, Fetches: "*"},
		{Names: "pipenv", Git: true, Sees: seesPackages, Anywhere: true, Tasks: "install sync lock update requirements clean", Source: "documentation of pipenv 2023", Plain: true, Options: asked, Runs: script, Fetches: "*"},
		{Names: "virtualenv pyenv pipx easy_install pytest flake8 jupyter-kernelspec django-admin manage.py", Source: "documentation of virtualenv 20 and of the others", Plain: true, Runs: script, Fetches: "*"},
		{Names: "perl ruby node nodejs php lua Rscript R ghc stack cabal ghcup erl elixir mix rebar rebar3 swift julia dart deno bun groovy scala tclsh racket guile sbcl ocaml opam luarocks cpan cpanm cpanp install2.r r littler nvm rvm rbenv", Source: "perl(1) 5.36 and the manuals of the others", Plain: true, Runs: script, Fetches: "*"},
		{Names: "composer composer.phar", Sees: seesPackages, Anywhere: true, Tasks: "install update require create-project config clear-cache clearcache cc dump-autoload dumpautoload self-update selfupdate global show validate remove diagnose", Source: "composer 2 documentation", Git: true, Options: asked, Commands: []program{
			{Names: "install update require create-project global", Operands: "text...", Runs: builds, Fetches: "*"},
			{Names: "config clear-cache clearcache cc dump-autoload dumpautoload self-update selfupdate show validate remove diagnose run-script run exec", Operands: "text...", Runs: builds},
		}},
		{Names: "corepack", Sees: seesPackages, Tasks: "enable disable prepare install use pack", Source: "corepack 0.28 documentation", Plain: true, Options: asked, Runs: builds, Fetches: "*"},
		{Names: "pecl pear docker-php-ext-install docker-php-ext-configure docker-php-ext-enable docker-php-source", Sees: seesPackages, Source: "scripts of the image php, 8.2", Plain: true, Runs: builds, Fetches: "*"},
		{Names: "phpize drush wp", Source: "documentation of drush 12 and of the others", Plain: true, Runs: builds, Fetches: "*"},
		{Names: "dotnet nuget", Deals: dealsDaemon, Source: "dotnet(1) 7: its build leaves servers", Plain: true, Runs: "runs the build of a project", Fetches: "*"},
		{Names: "mono powershell pwsh", Source: "mono(1) 6.12, pwsh(1) 7.3", Plain: true, Runs: "runs the build of a project", Fetches: "*"},
		{Names: "kubectl helm terraform gcloud aws az docker podman ansible ansible-playbook puppet salt-call", Source: "their documentation: they do what files and servers say", Plain: true, Runs: "does what files and servers say", Fetches: "*"},
		{Names: "mysql psql sqlite3 redis-cli mongo mysql_install_db initdb createdb influx", Source: "mysql(1) 8, psql(1) 15", Plain: true, Runs: "is a database, or asks one"},
	}
}
