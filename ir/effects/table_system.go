package effects

// systemRows are programs that set a system up.
func systemRows() []program {
	const serviceOptions = "-f|--force -q|--quiet --now --no-reload --system --global --level=text"
	return []program{
		{Names: "ldconfig", Alone: true, Settings: true, Sees: seesNamed, Source: "ldconfig(8), glibc 2.36", Options: "-n -N -X -v|--verbose -p|--print-cache -f=read -C=write -l! -r!", Operands: "writes...", Reads: "/etc/ld.so.conf /etc/ld.so.conf.d/ /lib/ /usr/lib/ /usr/local/lib/",
			Writes: "/etc/ld.so.cache /etc/ld.so.cache~ /var/cache/ldconfig/ /lib/ /lib32/ /lib64/ /libx32/ /usr/lib/ /usr/lib32/ /usr/lib64/ /usr/libx32/ /usr/local/lib/ /usr/local/lib64/ /opt/", Then: moreLibraries},
		{Names: "locale-gen localedef", Deals: dealsLocales, Sees: seesNamed, Source: "locale-gen(8), glibc 2.36", Plain: true, Reads: "/etc/locale.gen /etc/locale.alias /usr/share/i18n/ /var/lib/locales/", Writes: "/usr/lib/locale/ /usr/lib/locales/ /etc/locale.gen /etc/locale.conf /etc/default/locale /var/lib/locales/ /usr/share/i18n/ /tmp/ ${TMPDIR:-/tmp}/"},
		{Names: "locale", Alone: true, Sees: seesNamed, Source: "locale(1), glibc 2.36", Plain: true, Reads: "/usr/lib/locale/"},
		{Names: "update-locale", Deals: dealsLocales, Sees: seesNamed, Source: "update-locale(8), locales 2.36", Plain: true, Writes: "/etc/default/ /etc/locale.conf"},
		{Names: "update-alternatives alternatives update-java-alternatives", Alone: true, Settings: true, Renames: true, Deals: dealsNames, Sees: seesNamed, Source: "update-alternatives(1), dpkg 1.21", Plain: true, Reads: "/etc/alternatives/ /var/lib/", Writes: "/etc/alternatives/ /var/lib/dpkg/alternatives/ /var/lib/alternatives/ /var/log/ /usr/ /bin/ /sbin/ /lib/ /etc/", Removes: "/etc/alternatives/ /var/lib/dpkg/alternatives/ /usr/ /bin/ /sbin/ /lib/ /etc/", Then: namedPaths},
		{Names: "update-ca-certificates update-ca-trust", Alone: true, Settings: true, Deals: dealsNames, Sees: seesNamed, Source: "update-ca-certificates(8), ca-certificates 2023; it runs hooks of packages", Options: "-f|--fresh -v|--verbose --default! --certsconf=unchosen --localcertsdir=unchosen --etccertsdir=unchosen --hooksdir=run", Operands: "text...", Reads: "/etc/ /usr/local/share/ca-certificates/ /usr/share/", Writes: "/etc/ /var/lib/ /usr/lib/jvm/ /usr/local/share/ca-certificates/ /tmp/ ${TMPDIR:-/tmp}/", Removes: "/etc/ /tmp/ ${TMPDIR:-/tmp}/"},
		{Names: "ca-certificates-java.postinst", Anywhere: true, Source: "ca-certificates-java 20230103", Plain: true, Writes: "/etc/ /usr/ /var/ /tmp/", Removes: "/etc/ /usr/ /var/ /tmp/"},
		{Names: "update-rc.d rc-update chkconfig", Source: "systemctl(1) 252, update-rc.d(8): what is started may do anything", Operands: "text...", Options: serviceOptions, Then: services},
		{Names: "systemctl service rc-service invoke-rc.d initctl", Deals: dealsDaemon, Source: "systemctl(1) 252, update-rc.d(8): what is started may do anything", Operands: "text...", Options: serviceOptions, Then: services},
		{Names: "a2enmod a2dismod a2ensite a2dissite a2enconf a2disconf phpenmod phpdismod", Alone: true, Settings: true, Deals: dealsNames, Sees: seesNamed, Source: "a2enmod(8), apache2 2.4; phpenmod(8)", Options: "-q|--quiet -f|--force -m -p -s=text -v=text", Operands: "text...", Reads: "/etc/apache2/ /etc/php/", Writes: "/etc/apache2/ /var/lib/apache2/ /etc/php/ /var/lib/php/", Removes: "/etc/apache2/ /var/lib/apache2/ /etc/php/ /var/lib/php/"},
		{Names: "setcap", Alone: true, Sees: seesNamed, Source: "setcap(8), libcap 2.66", Options: "-q -v -r -n=text", Operands: "text...", Then: capabilities},
		{Names: "setfacl", Alone: true, Sees: seesNamed, Tree: "--recursive", Source: "setfacl(1) 2.3", Plain: true, Options: "-R|--recursive", Then: stripped},
		{Names: "getcap getfacl", Alone: true, Source: "getcap(8), libcap 2.66; getfacl(1) 2.3", Options: "-r -v -n -a -c -d -e -E -R|--recursive -p -t -s --absolute-names --omit-header", Operands: "reads..."},
		{Names: "setfattr chattr lsattr", Source: "setfattr(1) 2.5, chattr(1), e2fsprogs 1.47", Plain: true, Then: stripped},
		{Names: "crontab", Source: "crontab(1), cron 3.0", Options: "-u=text -l -r -e!", Operands: "read", Writes: "/var/spool/cron/ /etc/crontabs/", Removes: "/var/spool/cron/"},
		{Names: "lsb_release", Alone: true, Sees: seesNamed, Source: "lsb_release(1) 12", Options: "-a -c|--codename -s|--short -i|--id -r|--release -d|--description", Operands: "", Reads: "/etc/lsb-release /etc/os-release /usr/share/distro-info/ /etc/debian_version", Prints: word},
		{Names: "hostname domainname dnsdomainname", Deals: dealsContainer, Sees: seesNamed, Source: "hostname(1) 3.23", Options: "-f -s -i -I -d", Operands: "text", Does: "proc", Reads: "/etc/hostname /etc/hosts", Prints: word},
		{Names: "free uptime lscpu lsblk vmstat", Source: "free(1), procps 4.0; lscpu(1), util-linux 2.38", Plain: true, Does: "proc"},
		{Names: "ps pgrep pidof top lsof fuser pstree", Deals: dealsProcesses, Source: "ps(1), procps 4.0; lsof(8) 4.95, fuser(1), psmisc 23.6", Plain: true, Does: "proc"},
		{Names: "kill pkill killall killall5", Deals: dealsProcesses, Source: "kill(1), procps 4.0; killall(1), psmisc 23.6; killall5(8), sysvinit 3.06", Plain: true, Does: "proc"},
		{Names: "mount umount sysctl modprobe losetup swapon swapoff ip ifconfig route iptables unshare nsenter ipcmk ipcrm prlimit renice", Deals: dealsContainer, Source: "mount(8), util-linux 2.38; ip(8), iproute2 6.1; route(8), net-tools 2.10; sysctl(8), procps 4.0", Plain: true, Runs: "changes the container"},
		{Names: "openssl", Alone: true, Settings: true, Default: "commands", Sees: seesNamed, Hands: opensslHands, Source: "openssl(1) 3.0", Single: true, Unless: "OPENSSL_CONF OPENSSL_CONF_INCLUDE OPENSSL_ENGINES OPENSSL_MODULES RANDFILE", Reads: "/etc/ssl/ /usr/lib/ssl/", Writes: "~/.rnd", Does: "random", Commands: opensslCommands()},
		{Names: "busybox", Source: "busybox 1.35: with a name it is that program", Plain: true, Runs: "is the program that its argument names, or installs all"},
		{Names: "fc-cache mkfontscale mkfontdir", Source: "fc-cache(1) 2.14", Options: "-f|--force -v|--verbose -s -r", Operands: "reads...", Reads: "/usr/share/fonts/ /usr/local/share/fonts/ /etc/fonts/ ~/.fonts/", Writes: "/var/cache/fontconfig/ ~/.cache/fontconfig/ ~/.fontconfig/ /usr/share/fonts/ /usr/local/share/fonts/"},
		{Names: "gtk-update-icon-cache update-mime-database update-desktop-database glib-compile-schemas mandb", Source: "their manuals: caches of the system", Plain: true, Writes: "/usr/ /var/ /etc/ /lib/ /run/ /tmp/", Removes: "/usr/ /var/ /run/ /tmp/"},
		{Names: "fix-permissions", Source: "a script of the images of jupyter/docker-stacks", Operands: "writes..."},
	}
}

// opensslCommands are those of which it is sure what they read and write. Each has options of its
// own, and one that it has not is not followed: as -config, -engine and -CAcreateserial.
func opensslCommands() []program {
	const files = "-in=read -out=write -inform=text -outform=text -passin=text -passout=text -pass=text -password=text -text -noout -aes128 -aes192 -aes256 -aes-256-cbc -aes-128-cbc -des3 "
	const digests = "-md5 -sha1 -sha224 -sha256 -sha384 -sha512 "
	list := []program{
		{Names: "req", Options: files + digests + "-new -x509 -newkey=text -keyout=write -key=read -nodes -noenc -batch -subj=text -days=text -addext=text -extensions=text -reqexts=text -set_serial=text -utf8 -verify -pubkey -modulus -subject -verbose", Operands: "text"},
		{Names: "x509", Options: files + digests + "-req -days=text -key=read -signkey=read -CA=read -CAkey=read -set_serial=text -extfile=read -extensions=text -fingerprint -subject -issuer -dates -startdate -enddate -serial -hash -subject_hash -subject_hash_old -issuer_hash -pubkey -modulus -email -checkend=text -nameopt=text -ext=text", Operands: "text"},
		{Names: "rsa ec dsa pkey pkcs8", Options: files + "-pubin -pubout -traditional -check -modulus -topk8 -nocrypt -conv_form=text -v1=text -v2=text", Operands: "text"},
		{Names: "genrsa gendsa genpkey", Options: files + "-algorithm=text -pkeyopt=text -3 -f4 -F4 -traditional -verbose -quiet", Operands: "text"},
		{Names: "dhparam ecparam dsaparam", Options: files + "-2 -5 -dsaparam -check -genkey -name=text -param_enc=text -quiet", Operands: "text"},
		{Names: "pkcs12", Options: files + "-export -inkey=read -certfile=read -CAfile=read -chain -name=text -caname=text -nodes -noenc -nokeys -nocerts -clcerts -cacerts -legacy -info -macalg=text", Operands: "text"},
		{Names: "pkcs7 crl crl2pkcs7", Options: files + "-print_certs -nocrl -certfile=read", Operands: "text"},
		{Names: "verify", Options: "-CAfile=read -CApath=reads -untrusted=read -verbose -purpose=text", Operands: "read..."},
		{Names: "dgst md5 sha1 sha224 sha256 sha384 sha512", Options: files + digests + "-r -hex -binary -c -sign=read -verify=read -signature=read -hmac=text", Operands: "read..."},
		{Names: "enc base64 aes-256-cbc aes-128-cbc", Options: files + digests + "-e -d -a -A -base64 -salt -nosalt -iv=text -pbkdf2 -iter=text -md=text", Operands: "text"},
		{Names: "rand", Options: "-out=write -hex -base64", Operands: "text"},
		{Names: "passwd", Options: "-in=read -1 -5 -6 -apr1 -salt=text -stdin -noverify -quiet -table", Operands: "text..."},
		{Names: "commands", Runs: "reads commands from its input", Operands: "text..."}, // openssl(1) 1.1, without one
		{Names: "version ciphers list", Options: "-a -v -V -s -d", Operands: "text..."},
	}
	for i := range list {
		list[i].Single, list[i].Then = true, openssls
	}
	return list
}
