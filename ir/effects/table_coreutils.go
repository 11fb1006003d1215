package effects

// coreutilsRows are of GNU coreutils 9.1, whose options those of busybox 1.35 are among.
func coreutilsRows() []program {
	const source = "the program's manual page, coreutils 9.1"
	const sums = "-b|--binary -t|--text -z|--zero --tag --ignore-missing --quiet --status --strict -w|--warn -s -c|--check -a|--algorithm=text -l|--length=text --untagged"
	return []program{
		{Names: "cat tac nl", Alone: true, Sees: seesNamed, Source: source, Options: "-A|--show-all -b -e -E|--show-ends -n|--number -s|--squeeze-blank -t -T|--show-tabs -u -v|--show-nonprinting", Operands: "read..."},
		{Names: "head tail", Alone: true, Sees: seesNamed, Source: source, Options: "-c|--bytes=text -n|--lines=text -q|--quiet -v|--verbose -z -f -F -0 -1 -2 -3 -4 -5 -6 -7 -8 -9", Operands: "read..."},
		{Names: "wc", Alone: true, Sees: seesNamed, Source: source, Options: "--files0-from=run -c|--bytes -m|--chars -l|--lines -L -w|--words", Operands: "read..."},
		{Names: "cut", Alone: true, Sees: seesNamed, Source: source, Options: "-b|--bytes=text -c|--characters=text -d|--delimiter=text -f|--fields=text -n -s|--only-delimited --complement --output-delimiter=text -z", Operands: "read..."},
		{Names: "tr", Alone: true, Sees: seesNamed, Source: source, Options: "-c -C|--complement -d|--delete -s|--squeeze-repeats -t", Operands: "text..."},
		{Names: "paste fold fmt expand unexpand", Alone: true, Sees: seesNamed, Source: source, Options: "-d=text -s -w=text -t=text -i -z", Operands: "read..."},
		{Names: "comm join", Alone: true, Sees: seesNamed, Source: source, Options: "-1 -2 -3 -i -j=text -t=text -z --check-order --nocheck-order --output-delimiter=text --total", Operands: "read..."},
		{Names: "sort", Alone: true, Sees: seesNamed, Source: source, Operands: "read...", Options: "-b|--ignore-leading-blanks -d|--dictionary-order -f|--ignore-case -g|--general-numeric-sort -h|--human-numeric-sort -i -M|--month-sort -n|--numeric-sort -r|--reverse -R|--random-sort -V|--version-sort " +
			"-c|--check -m|--merge -o|--output=write -s|--stable -u|--unique -z|--zero-terminated -C! -T|--temporary-directory=writes --compress-program=run -k|--key=text -t|--field-separator=text -S|--buffer-size=text --parallel=text"},
		{Names: "uniq", Alone: true, Sees: seesNamed, Source: source, Options: "-c|--count -d|--repeated -D -u|--unique -i|--ignore-case -f=text -s=text -w=text -z", Operands: "read write"},
		{Names: "basename dirname", Alone: true, Sees: seesNamed, Source: source, Options: "-a|--multiple -s|--suffix=text -z", Operands: "text..."},
		{Names: "readlink realpath", Alone: true, Sees: seesNamed, Source: source, Options: "-f|--canonicalize -e|--canonicalize-existing -m|--canonicalize-missing -n -q -s -v -z -P -L --relative-to=text --relative-base=text", Operands: "read..."},
		{Names: "id whoami groups logname", Alone: true, Sees: seesNamed, Source: source, Options: "-a -g|--group -G|--groups -n|--name -r|--real -u|--user -z", Operands: "text...", Reads: "/etc/passwd /etc/group", Prints: word},
		{Names: "uname arch nproc", Alone: true, Sees: seesNamed, Source: source, Options: "-a|--all -s -n -r -v -m|--machine -p -i -o --all --ignore=text", Operands: "", Does: "proc", Prints: word},
		{Names: "sleep", Alone: true, Sees: seesNamed, Source: source, Operands: "text..."},
		{Names: "seq expr factor yes", Alone: true, Sees: seesNamed, Source: source, Plain: true},
		{Names: "env", Alone: true, Sees: seesNamed, Source: source + ": with a command it is a wrapper", Options: "-0|--null -S|--split-string=run", Operands: "text..."},
		{Names: "printenv", Alone: true, Sees: seesNamed, Source: source, Options: "-0", Operands: "text..."},
		{Names: "md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum", Alone: true, Sees: seesNamed, Source: source, Options: sums, Operands: "read...", Then: checksums},
		{Names: "od base32 base64 hexdump", Alone: true, Sees: seesNamed, Source: source + ", hexdump(1) of util-linux 2.38", Options: "-A=text -t=text -N=text -j=text -v -d|--decode -i -w|--wrap=text -c=text -n=text -e=text -p -x -C", Operands: "read..."},
		{Names: "xxd", Sees: seesNamed, Source: "xxd(1) 9.0", Single: true, Options: "-a -b -C -d -e -E -i -p -ps -plain -r -u -c=text -cols=text -g=text -l=text -len=text -n=text -name=text -o=text -s=text -seek=text", Operands: "read write"},
		{Names: "date", Alone: true, Sees: seesNamed, Source: source, Options: "-u|--utc -d|--date=text -R -I[=text] -r|--reference=read -f|--file=read -s|--set! --rfc-3339=text", Operands: "text...", Does: "clock"},
		{Names: "ls dir vdir", Alone: true, Orders: true, Sees: seesBelow, Source: source, Options: "-a|--all -A -b -B -c -C -d|--directory -f -F -g -G -h|--human-readable -H -i -k -l -L -m -n -N -o -p -q -Q -r -R|--recursive -s -S -t -u -U -v -w=text -x -X -Z -1 --color[=text] --time-style=text --full-time --group-directories-first", Operands: "reads...", Then: here},
		{Names: "du", Sees: seesBelow, Source: source, Options: "-a -b -c|--format=text -d|--max-depth=text -f -h|--human-readable -H -k -L -m -s|--summarize -S -t=text -T -x --printf=text --total --apparent-size", Operands: "reads...", Does: "proc"},
		{Names: "df", Source: source, Options: "-a -b -c|--format=text -d|--max-depth=text -f -h|--human-readable -H -k -L -m -s|--summarize -S -t=text -T -x --printf=text --total --apparent-size", Operands: "reads...", Does: "proc"},
		{Names: "stat", Alone: true, Then: stats, Source: source, Options: "-a -b -c|--format=text -d|--max-depth=text -f -h|--human-readable -H -k -L -m -s|--summarize -S -t=text -T -x --printf=text --total --apparent-size", Operands: "reads...", Does: "proc"},
		{Names: "cmp diff", Alone: true, Sees: seesNamed, Tree: "--recursive", Source: "cmp(1), diff(1), diffutils 3.8", Options: "-a -b -B -c -i -I=text -l -n=text -N -q|--brief -r|--recursive -s|--silent|--quiet -u -U=text -w -x|--exclude=text -y --strip-trailing-cr --color[=text]", Operands: "reads..."},
		{Names: "sync", Alone: true, Sees: seesNamed, Source: source, Options: "-d -f", Operands: "read..."},
		{Names: "tee", Alone: true, Sees: seesNamed, Source: source, Options: "-a|--append -i -p", Operands: "write..."},
		{Names: "touch", Alone: true, Sees: seesNamed, Source: source, Options: "-a -c|--no-create -d|--date=text -f -h -m -r|--reference=read -t=text --time=text", Operands: "write...", Does: "clock"},
		{Names: "truncate", Alone: true, Sees: seesNamed, Source: source, Options: "-c -o -r=read -s|--size=text", Operands: "write..."},
		{Names: "mkdir", Alone: true, Sees: seesNamed, Source: source, Options: "-m|--mode=text -p|--parents -v|--verbose -Z --context[=text]", Operands: "make...", Then: makeDirs},
		{Names: "rmdir", Alone: true, Orders: true, Sees: seesNamed, Source: source, Options: "-p|--parents -v|--verbose --ignore-fail-on-non-empty", Operands: "remove...", Then: removesDirs},
		{Names: "rm", Alone: true, Orders: true, Sees: seesNamed, Source: source, Options: "-f|--force -i -I --interactive[=text] -r|-R|--recursive -d|--dir -v|--verbose --one-file-system --preserve-root[=text] --no-preserve-root", Operands: "remove...", Tree: "--recursive", Then: tellsOrder},
		{Names: "unlink", Alone: true, Sees: seesNamed, Source: source, Operands: "remove"},
		{Names: "shred", Alone: true, Sees: seesNamed, Source: source, Options: "-f -n=text -s=text -u -v -x -z", Operands: "edit...", Does: "random", Then: func(k *call) {
			for _, f := range k.operands {
				k.role(given{roleRemove, f}, false)
			}
		}},
		{Names: "cp", Alone: true, Orders: true, Sees: seesNamed, Source: source, Operands: "text...", Tree: "--recursive --archive", Then: copies,
			Options: "-a|--archive -d -f|--force -H -i -l|--link -L|--dereference -n|--no-clobber -P|--no-dereference -p --preserve[=text] --no-preserve=text --parents -R|-r|--recursive --reflink[=text] --remove-destination --sparse=text -s|--symbolic-link -t|--target-directory=text -T|--no-target-directory -u|--update -v|--verbose -x|--one-file-system"},
		{Names: "mv", Alone: true, Orders: true, Sees: seesBelow, Source: source, Operands: "text...", Then: copies,
			Options: "-f|--force -i -n|--no-clobber -t|--target-directory=text -T|--no-target-directory -u|--update -v|--verbose"},
		{Names: "ln", Alone: true, Renames: true, Sees: seesNamed, Source: source, Operands: "text...", Then: copies,
			Options: "-f|--force -i -L -n|--no-dereference -P -r|--relative -s|--symbolic -t|--target-directory=text -T|--no-target-directory -v|--verbose"},
		{Names: "link", Sees: seesNamed, Source: source, Operands: "edit write"},
		{Names: "install", Alone: true, Sees: seesNamed, Source: source, Operands: "text...", Then: installs, Reads: "/etc/passwd /etc/group",
			Options: "-c -C|--compare -d|--directory -D -g|--group=text -m|--mode=text -o|--owner=text -p|--preserve-timestamps -s|--strip! --strip-program=run -b! --backup[=unchosen] -S|--suffix=unchosen -t|--target-directory=text -T|--no-target-directory -v|--verbose"},
		{Names: "chmod", Alone: true, Orders: true, Sees: seesNamed, Source: source, Operands: "text...", Options: "-c|--changes -f|--silent|--quiet -v|--verbose -R|--recursive --reference=read --preserve-root", Tree: "--recursive", Then: chmods},
		{Names: "chown chgrp", Alone: true, Orders: true, Sees: seesNamed, Source: source, Operands: "text...", Reads: "/etc/passwd /etc/group", Options: "-c|--changes -f|--silent|--quiet -v|--verbose -R|--recursive -h|--no-dereference --dereference -H! -P -L! --from=text --reference=read --preserve-root", Tree: "--recursive", Then: chmods},
		{Names: "mktemp", Alone: true, Renames: true, Sees: seesNamed, Source: source, Options: "-d|--directory -u|--dry-run -q|--quiet -p=text --tmpdir[=text] -t --suffix=text", Operands: "text...", Does: "random", Then: makesTemp, Prints: tempName},
		{Names: "mkfifo mknod", Alone: true, Sees: seesNamed, Source: source, Options: "-m|--mode=text", Operands: "write text..."},
		{Names: "dd", Alone: true, Sees: seesNamed, Source: source, Plain: true, Then: ddFiles},
		{Names: "split", Alone: true, Sees: seesNamed, Source: source, Operands: "read text", Then: splits,
			Options: "-a|--suffix-length=text -b|--bytes=text -C|--line-bytes=text -d -e|--elide-empty-files -l|--lines=text -n|--number=text -t|--separator=text -u|--unbuffered -x --numeric-suffixes[=text] --hex-suffixes[=text] --additional-suffix=text --verbose --filter=run"},
		{Names: "csplit", Source: source + ": files of names of its own", Plain: true, Runs: "makes files with names of its own"},
		{Names: "getconf", Alone: true, Sees: seesNamed, Source: "getconf(1), glibc 2.36", Options: "-a", Operands: "text...", Does: "proc", Prints: word},
		{Names: "tty stty who", Sees: seesNamed, Source: source, Options: "-a", Operands: "text...", Does: "proc", Prints: word},
		{Names: "chroot", Source: source, Plain: true, Runs: "runs programs in another root"},
	}
}
