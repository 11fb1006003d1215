package effects

// languageRows are interpreters, and package managers of languages. A package's build or script
// may do anything, so may any script; what is installed and fetched is said all the same.
func languageRows() []program {
	const builds = "runs the build or the scripts of packages"
	const script = "runs a script that the table does not read"
	return []program{
		{Names: "pip pip3 pip2 pip3.6", Source: "pip 23 documentation", Manager: "pip", Operands: "",
			Options: "-q|--quiet -v|--verbose -qq --disable-pip-version-check --no-cache-dir --no-input --isolated --python=text --log=write --cache-dir=writes --proxy=text --retries=text --timeout=text --default-timeout=text --trusted-host=text --cert=read --no-color --root-user-action=text --progress-bar=text --use-deprecated=text --use-feature=text --exists-action=text --require-virtualenv", Commands: []program{
				{Names: "install wheel download", Action: ToInstall, Operands: "package...", Runs: builds, Fetches: "https://pypi.org",
					Options: "-U|--upgrade -r|--requirement=read -c|--constraint=read -e|--editable=package -t|--target=writes --user --no-deps --pre --no-binary=text --only-binary=text --prefer-binary --no-build-isolation --no-compile --compile --ignore-installed -I --force-reinstall --upgrade-strategy=text -i|--index-url=text --extra-index-url=text --no-index -f|--find-links=text --prefix=writes --root=writes --require-hashes --no-warn-script-location --no-warn-conflicts --break-system-packages --use-pep517 --no-use-pep517 --global-option=text --install-option=text --config-settings=text --platform=text --python-version=text --implementation=text --abi=text --no-clean -d|--dest=writes -w|--wheel-dir=writes --ignore-requires-python --no-dependencies -b|--build=text --process-dependency-links --egg -N"},
				{Names: "uninstall list show freeze check config cache debug hash search inspect", Options: "-y|--yes -r=read -o --outdated --format=text", Operands: "text...", Runs: "is Python, which writes byte code beside modules"},
			}},
		{Names: "npm npx yarn pnpm cnpm bower grunt gulp", Source: "npm 10 documentation, yarn 1.22", Manager: "npm",
			Options: "-g|--global --location=text -q|--quiet|--silent -s -d -f|--force --no-audit --no-fund --no-progress --loglevel=text --prefix=writes --registry=text --unsafe-perm[=text] --cache=writes --legacy-peer-deps --no-optional --omit=text --include=text --production[=text] --only=text --no-package-lock --save --save-dev -D --no-save --ignore-scripts --frozen-lockfile --pure-lockfile --immutable --non-interactive --network-timeout=text --no-cache --verbose --network-concurrency=text --allow-root --fetch-retries=text --cache-folder=writes --no-update-notifier", Commands: []program{
				{Names: "install i add ci", Action: ToInstall, Operands: "package...", Runs: builds, Fetches: "https://registry.npmjs.org"},
				{Names: "run run-script test build start exec rebuild uninstall remove update upgrade config cache prune audit link set get pack publish version init dedupe ls list workspaces workspace global policies why info view dlx create", Operands: "text...", Runs: "runs scripts of the package, or of npm's own settings"},
			}},
		{Names: "gem bundle bundler", Source: "gem(1) 3.3, bundle(1) 2.3", Manager: "gem", Options: "-N|--no-document -v|--version=text -f|--force -q|--quiet --no-ri --no-rdoc --without=text --with=text -j|--jobs=text --retry=text --deployment --path=writes --clean --source=text --conservative --user-install -i|--install-dir=writes --default --system --global --local --no-cache --minimal-deps", Commands: []program{
			{Names: "install", Action: ToInstall, Operands: "package...", Runs: builds, Fetches: "https://rubygems.org"},
			{Names: "update uninstall cleanup list config exec clean pristine sources build check env", Operands: "text...", Runs: builds, Fetches: "https://rubygems.org"},
		}},
		{Names: "go", Source: "go help, 1.21", Manager: "go", Plain: true, Runs: "runs compilers and what the module asks for", Fetches: "https://proxy.golang.org"},
		{Names: "cargo rustup rustc rustup-init", Source: "cargo(1) 1.70", Plain: true, Runs: builds, Fetches: "https://crates.io"},
		{Names: "conda mamba micromamba conda-lock", Source: "conda 23 documentation", Manager: "conda", Options: "-y|--yes -q|--quiet -v -n|--name=text -p|--prefix=writes -c|--channel=text --override-channels --freeze-installed --strict-channel-priority --no-channel-priority -S --no-deps --insecure --json --offline --copy --root-prefix=writes -r=writes", Commands: []program{
			{Names: "install create", Action: ToInstall, Options: "-f|--file=read -k --no-default-packages --update-deps --no-update-deps --dev --no-pin --clone=text --relocate-prefix=text", Operands: "package...", Runs: builds, Fetches: "https://conda.anaconda.org"},
			{Names: "update upgrade remove clean env config init activate run info list build shell search index develop deactivate", Options: "-a|--all -f|--force-pkgs-dirs -t -i -l --file=read --add --set --remove --append --prepend --tarballs --packages --index-cache --env --system --live-stream --no-capture-output", Operands: "text...", Runs: builds, Fetches: "*"},
		}},
		{Names: "python python2 python3 pypy pypy3 virtualenv pyenv uv poetry pipenv pipx easy_install pytest flake8 jupyter-kernelspec django-admin manage.py", Source: "python(1) 3.11, uv and poetry documentation", Plain: true, Runs: script, Fetches: "*"},
		{Names: "perl ruby node nodejs php lua Rscript R ghc stack cabal ghcup erl elixir mix rebar rebar3 swift julia dart flutter deno bun groovy scala tclsh racket guile sbcl ocaml opam luarocks cpan cpanm cpanp install2.r r littler nvm rvm rbenv", Source: "perl(1) 5.36 and the manuals of the others", Plain: true, Runs: script, Fetches: "*"},
		{Names: "composer pecl pear docker-php-ext-install docker-php-ext-configure docker-php-ext-enable docker-php-source phpize drush wp", Source: "composer 2 documentation; scripts of the image php, 8.2", Plain: true, Runs: builds, Fetches: "*"},
		{Names: "dotnet nuget mono powershell pwsh", Source: "dotnet(1) 7", Plain: true, Runs: "runs the build of a project", Fetches: "*"},
		{Names: "kubectl helm terraform gcloud aws az docker podman ansible ansible-playbook puppet chef-client salt-call", Source: "their documentation: they do what files and servers say", Plain: true, Runs: "does what files and servers say", Fetches: "*"},
		{Names: "mysql mysqld psql postgres pg_ctl sqlite3 redis-server redis-cli mongod mongo mysql_install_db initdb createdb influx asadmin", Source: "mysql(1) 8, psql(1) 15", Plain: true, Runs: "is a database, or asks one"},
	}
}
