package effects

// userRows are programs that make users and groups, and tell who they are.
func userRows() []program {
	const accounts = "/etc/passwd /etc/passwd- /etc/passwd+ /etc/group /etc/group- /etc/group+ /etc/shadow /etc/shadow- /etc/shadow+ /etc/gshadow /etc/gshadow- /etc/gshadow+ /etc/subuid /etc/subuid- /etc/subgid /etc/subgid- /etc/.pwd.lock /etc/*.lock /etc/*.[0-9]* /var/log/ /var/mail/ /var/spool/mail/ /run/"
	const groupOptions = "-f|--force -g|--gid=text -K|--key=text -o|--non-unique -p|--password=text -r|--system -S -U|--users=text --uid=text --quiet -n|--new-name=text --force-badname -R! -P! --conf!"
	const passwordOptions = "-d|--delete -l|--lock -u|--unlock -e|--encrypted -c|--crypt-method=text -a=text -s|--shell=text -S|--status -q -M=text -m=text -E=text -I=text -W=text -x=text -n=text --stdin -f -R! -P!"
	return []program{
		{Names: "useradd", Alone: true, Settings: true, Deals: dealsMembership, Sees: seesNamed, Source: "useradd(8), passwd 4.13", Operands: "user", Reads: "/etc/", Writes: accounts, Then: homes,
			Options: "-b|--base-dir=text -c|--comment=text -d|--home-dir|--home=text -e|--expiredate=text -f|--inactive=text -g|--gid=text -G|--groups=text -k|--skel=reads -K|--key=text -l|--no-log-init -m|--create-home -M|--no-create-home -N|--no-user-group -o|--non-unique -p|--password=text -r|--system -s|--shell=text -u|--uid=text -U|--user-group -Z=text -R! --root! -P! -D!"},
		{Names: "adduser", Alone: true, Settings: true, Deals: dealsMembership, Sees: seesNamed, Source: "adduser(8) 3.134; busybox 1.35", Operands: "user text", Reads: "/etc/", Writes: accounts, Then: homes,
			Options: "-h|--home=text -g|--gecos|--comment=text -s|--shell=text -G|--ingroup=text -S|--system -D|--disabled-password -H|--no-create-home -u|--uid=text -k|--skel=reads --gid=text --group --quiet -q --disabled-login --allow-bad-names --force-badname --firstuid=text --lastuid=text --add_extra_groups --conf! -d=text -c=text -m -M -r -U -N -o"},
		{Names: "groupadd addgroup", Alone: true, Settings: true, Deals: dealsMembership, Sees: seesNamed, Source: "groupadd(8), passwd 4.13; addgroup(8) 3.134; busybox 1.35", Operands: "text...", Reads: "/etc/", Writes: accounts, Then: groups,
			Options: groupOptions},
		{Names: "groupmod", Alone: true, Settings: true, Deals: dealsIdentity, Sees: seesNamed, Source: "groupmod(8), passwd 4.13", Operands: "text...", Reads: "/etc/", Writes: accounts, Then: groups,
			Options: groupOptions},
		{Names: "usermod", Alone: true, Settings: true, Deals: dealsIdentity, Sees: seesNamed, Source: "usermod(8), passwd 4.13", Operands: "text", Reads: "/etc/", Writes: accounts, Then: usermods,
			Options: "-a|--append -c|--comment=text -d|--home=text -e=text -f=text -g|--gid=text -G|--groups=text -l|--login=text -L|--lock -m|--move-home -o|--non-unique -p|--password=text -s|--shell=text -u|--uid=text -U|--unlock -v=text -w=text -R! -P!"},
		{Names: "userdel deluser groupdel delgroup", Alone: true, Settings: true, Deals: dealsIdentity, Source: "userdel(8), passwd 4.13; deluser(8) 3.134", Operands: "text...", Reads: "/etc/", Writes: accounts, Removes: accounts, Then: deletes,
			Options: "-f|--force -r|--remove --remove-home --quiet --system --group --remove-all-files! -R! -P! --conf!"},
		{Names: "passwd chpasswd chage chfn", Alone: true, Settings: true, Sees: seesNamed, Source: "passwd(1), chpasswd(8) 4.13", Operands: "text...", Reads: "/etc/", Writes: accounts, Then: changesAccounts, Does: "random",
			Options: passwordOptions},
		{Names: "gpasswd chsh pwconv pwunconv grpconv", Alone: true, Settings: true, Deals: dealsIdentity, Sees: seesNamed, Source: "gpasswd(1), chsh(1), pwconv(8), vipw(8), passwd 4.13", Operands: "text...", Reads: "/etc/", Writes: accounts, Then: changesAccounts, Does: "random",
			Options: passwordOptions},
		{Names: "newusers", Deals: dealsIdentity, Source: "newusers(8), passwd 4.13", Plain: true, Runs: "makes users that its input names"},
		{Names: "newgrp sg vipw vigr", Deals: dealsIdentity, Source: "newgrp(1), sg(1), vipw(8), passwd 4.13", Plain: true, Runs: "starts a shell or an editor"},
		{Names: "visudo", Sees: seesNamed, Hands: visudoHands, Source: "visudo(8) 1.9.13: an editor, unless it checks", Options: "-c|--check -q|--quiet -s|--strict -f|--file=read", Operands: "read", Reads: "/etc/sudoers /etc/sudoers.d/", Then: visudos},
	}
}
