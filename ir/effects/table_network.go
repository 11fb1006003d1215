package effects

// gpgOptions are those of gpg(1) 2.2.
const gpgOptions = "--batch --yes --no --no-tty -q|--quiet -v|--verbose -a|--armor -o|--output=write --dearmor --enarmor --import --keyserver=text --keyserver-options=text --recv-keys --receive-keys --recv-key --recv --refresh-keys --search-keys --verify --export --export-secret-keys --delete-key --delete-keys --list-keys -k --list-secret-keys -K --fingerprint --with-fingerprint --with-colons --show-keys --import-options=text --no-default-keyring --keyring=text --primary-keyring=text --homedir=writes --trust-model=text --trust-mode=text --always-trust --import-ownertrust --fetch-keys --no-options --no-auto-check-trustdb --pinentry-mode=text --passphrase=text --status-fd=text --logger-fd=text --allow-weak-key-signatures -d|--decrypt --version --display-charset=text --ignore-time-conflict --no-use-agent --lock-never " +
	"-h|--help! -r|--recipient=unchosen -u|--local-user=unchosen --allow-non-selfsigned-uid! --allow-secret-key-import! --armour! --check-sigs! --cipher-algo=unchosen --dearmour! --default-key=unchosen --export-options=unchosen --export-ownertrust! " +
	"--ignore-mdc-error! --keyid-format=unchosen --list-key! --list-public-keys! --list-options=unchosen --list-packets! --lsign-key! --no-greeting! --no-permission-warning! --no-random-seed-file! --passphrase-fd=unchosen --passphrase-file=unchosen " +
	"--secret-keyring=unchosen --symmetric! --tofu-default-policy=unchosen --with-subkey-fingerprint! --options=run --agent-program=run --dirmngr-program=run --photo-viewer=run --exec-path=run"

// gpgCommands are those of its options that are commands: without one it finds out what a file is, and
// writes what was encrypted beside it.
const gpgCommands = gpgQuiet + " --import --recv-keys --receive-keys --recv-key --recv --refresh-keys --search-keys --verify --export --export-secret-keys --delete-key --delete-keys --list-keys -k " +
	"--list-secret-keys -K --fingerprint --show-keys --import-ownertrust --fetch-keys --decrypt --version"

// gpgQuiet are its commands that only change how bytes are written: they start no agent and open no keys.
const gpgQuiet = "--dearmor --enarmor"

// networkRows are programs that fetch.
func networkRows() []program {
	return []program{
		{Names: "curl", Alone: true, Settings: true, Saves: "--output --remote-name --remote-name-all", Sees: seesNamed, Source: "curl(1) 7.88", Operands: "url...", Then: curls, Unless: "CURL_HOME SSLKEYLOGFILE", Reads: "~/.curlrc",
			Options: "-L|--location -s|--silent -S|--show-error -f|--fail --fail-with-body -k|--insecure -g|--globoff -v|--verbose -i|--include -I|--head -#|--progress-bar -4|--ipv4 -6|--ipv6 -j -N|--no-buffer -n|--netrc -q|--disable -a|--append -l -G|--get -0 -1 -2 -3 " +
				"-o|--output=text -O|--remote-name --remote-name-all -J|--remote-header-name --output-dir=text --create-dirs -C|--continue-at=text -R|--remote-time " +
				"-d|--data=text --data-raw=text --data-binary=text --data-urlencode=text --json=text -F|--form=text -H|--header=text -A|--user-agent=text -e|--referer=text -u|--user=text -X|--request=text -x|--proxy=url -r|--range=text -m|--max-time=text -w|--write-out=text " +
				"-b|--cookie=read -c|--cookie-jar=write -D|--dump-header=write -E|--cert=read --key=read --cacert=read --capath=reads -T|--upload-file=read -K|--config=more --engine=more --libcurl=write --netrc-file=read --stderr=write --trace=write --trace-ascii=write --trace-time -Q! " +
				"--retry=text --retry-delay=text --retry-max-time=text --retry-connrefused --retry-all-errors --connect-timeout=text --compressed --proto=text --proto-redir=text --proto-default=unchosen --tlsv1 --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3 --ssl-reqd --http1.1 --http2 --http1.0 --url=url --max-redirs=text --limit-rate=text --oauth2-bearer=text --no-progress-meter --noproxy=text --resolve=text --ciphers=text --location-trusted --speed-time=text --speed-limit=text --keepalive-time=text --parallel -Z --fail-early --tls-max=text --anyauth --basic --no-keepalive --ssl-no-revoke"},
		{Names: "wget", Alone: true, Settings: true, Saves: "--output-document *", Sees: seesNamed, Source: "wget(1) 1.21; busybox 1.35", Operands: "url...", Then: wgets, Unless: "WGETRC SYSTEM_WGETRC", Reads: "~/.wgetrc ~/.netrc /etc/wgetrc", Writes: "~/.wget-hsts",
			Options: "-q|--quiet -v|--verbose -nv|--no-verbose -n=text -O|--output-document=write -P|--directory-prefix=text -c|--continue -N|--timestamping -S|--server-response -T|--timeout=text -t|--tries=text -i|--input-file=read -o|--output-file=write -a|--append-output=write -4|--inet4-only -6|--inet6-only -U|--user-agent=text -Y=text " +
				"--no-check-certificate --progress=text --show-progress --no-hsts --no-cache --no-cookies --no-proxy --header=text --user=text --password=text --http-user=text --http-password=text --post-data=text --method=text --body-data=text --secure-protocol=text --https-only --retry-connrefused --waitretry=text --read-timeout=text --connect-timeout=text --dns-timeout=text --max-redirect=text --random-wait -w|--wait=text --ca-certificate=read --content-disposition --trust-server-names --auth-no-challenge --no-clobber --prefer-family=text --retry-on-http-error=text --compression=text --limit-rate=text " +
				"-r|--recursive -m|--mirror -p|--page-requisites -l|--level=text -A|--accept=text -R|--reject=text --no-parent --no-host-directories --cut-dirs=text --no-directories -E|--adjust-extension! -F! -H! -K! -L! -b! -d! -k|--convert-links! -x! -B=unchosen -D=unchosen -I=unchosen -Q=unchosen -X=unchosen --ca-directory=unchosen --certificate=unchosen --private-key=unchosen --check-certificate! " +
				"--ftp-user=unchosen --ftp-password=unchosen --load-cookies=unchosen --save-cookies=unchosen --keep-session-cookies! --no-dns-cache! --no-iri! --post-file=unchosen --restrict-file-names=unchosen --retry-on-host-error! --spider! --version! --help! " +
				"-e|--execute=run --use-askpass=run --config=run"},
		{Names: "git", Alone: true, Settings: true, Servers: "fetch pull merge rebase am commit gc remote maintenance svn daemon fsmonitor--daemon", Sees: seesPackages, Tasks: gitTasks, Hands: gitHands, Setting: gitSetting, Source: "git(1) 2.39", Unless: gitElsewhere,
			Options: "-C=cd --no-pager -p --bare --no-replace-objects -c=setting --version -h! -v! --help! --git-dir=unchosen --work-tree=unchosen --exec-path[=run]", Reads: "~/.gitconfig /etc/gitconfig ${XDG_CONFIG_HOME:-~/.config}/git/", Commands: gitCommands()},
		{Names: "ssh-keyscan", Alone: true, Settings: true, Sees: seesNamed, Source: "ssh-keyscan(1), OpenSSH 9.2", Options: "-4 -6 -H -c -D -v -f=read -p=text -T=text -t=text", Operands: "url..."},
		{Names: "ssh-keygen", Alone: true, Settings: true, Source: "ssh-keygen(1), OpenSSH 9.2", Operands: "text...", Then: keygens, Does: "random",
			Options: "-A -q -t=text -b=text -N=text -P=text -C=text -f=text -F=text -R=text -H -l -y -E=text -m=text -a=text -v -o"},
		{Names: "ssh scp sftp ftp telnet nc ncat", Source: "ssh(1), OpenSSH 9.2", Plain: true, Runs: "runs what is elsewhere, or by settings of its own", Fetches: "*"},
		{Names: "getent", Alone: true, Source: "getent(1), glibc 2.36", Plain: true, Fetches: "*"},
		{Names: "nslookup dig host ping", Source: "dig(1) of bind 9.18, ping(8)", Plain: true, Fetches: "*"},
		{Names: "gpgv", First: true, Sees: seesNamed, Source: "gpgv(1) 2.2", Operands: "read...", Then: gpgs, Does: "clock random", Options: gpgOptions},
		{Names: "gpg gpg2", First: true, Alone: true, Settings: true, Deals: dealsDaemon, Quiet: gpgQuiet, Sees: seesNamed, Source: "gpg(1) 2.2", Operands: "read...", Then: gpgs, Does: "clock random", Options: gpgOptions},
		{Names: "gpgconf gpg-agent dirmngr", Deals: dealsDaemon, Source: "gpgconf(1) 2.2", Plain: true, Writes: "${GNUPGHOME:-~/.gnupg}/ /run/user/"},
	}
}
