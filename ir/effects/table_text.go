package effects

// textRows are programs that look for text and change it, and find.
func textRows() []program {
	return []program{
		{Names: "grep egrep fgrep zgrep", Alone: true, Orders: true, Sees: seesNamed, Tree: "--recursive --directories", Source: "grep(1) 3.8", Then: greps, Operands: "text...",
			Options: "-a -A|--after-context=text -B|--before-context=text -b -c|--count -C|--context=text --color[=text] -d|--directories=text -D=text -e|--regexp=text -E|--extended-regexp -f|--file=read -F|--fixed-strings -G -h|--no-filename -H -i|--ignore-case --include=text --exclude=text --exclude-dir=text -I -l|--files-with-matches -L -m|--max-count=text -n|--line-number -o|--only-matching -P|--perl-regexp -q|--quiet|--silent -r|-R|--dereference-recursive|--recursive -s|--no-messages -v|--invert-match -w|--word-regexp -x|--line-regexp -z -Z -U -y"},
		{Names: "sed", Alone: true, Renames: true, Sees: seesNamed, Hands: sedHands, Source: "sed(1) 4.9", Then: seds, Operands: "text...",
			Options: "-n|--quiet|--silent -e|--expression=text -f|--file=run -E|-r|--regexp-extended -i|--in-place[=text] -l|--line-length=text -s|--separate -u|--unbuffered -z|--null-data --posix --follow-symlinks --sandbox --debug"},
		{Names: "awk gawk mawk", Alone: true, Sees: seesNamed, Hands: awkHands, Source: "gawk(1) 5.2: what its program may do is looked for in its text", Then: awks, Operands: "text...", First: true, Options: "-F=text -v=text -e=text -f=run -E=run -i=run -l=run"},
		{Names: "find", Alone: true, Orders: true, Sees: seesBelow, Hands: findHands, Source: "find(1), findutils 4.9", Plain: true, Then: finds},
		{Names: "xargs", Alone: true, Sees: seesNamed, Source: "xargs(1), findutils 4.9: with a command it is a wrapper, and alone it is echo", Options: "-0|--null -r|--no-run-if-empty -t|--verbose -n|--max-args=text -L=text", Operands: "run..."},
		{Names: "jq yq", Alone: true, Sees: seesNamed, Source: "jq(1) 1.6", Options: "-r|--raw-output -c -n -e -s -S -M -C -j -a -f|--from-file=read --tab --indent=text", Operands: "text read..."},
		{Names: "column", Alone: true, Sees: seesNamed, Source: "column(1), util-linux 2.38", Options: "-t -s=text -o=text -x -c=text -N=text -J -n=text", Operands: "read..."},
		{Names: "file strings nm size objdump readelf", Alone: true, Sees: seesNamed, Source: "file(1) 5.44, binutils 2.40, scanelf(1) of pax-utils 1.3", Options: "--needed --nobanner --format=text --recursive -F=text -b -i -L -z -k -n=text -a -d -t -x -h -l -S -D -C -p -T -s", Operands: "read..."},
		{Names: "scanelf", Source: "file(1) 5.44, binutils 2.40, scanelf(1) of pax-utils 1.3", Options: "--needed --nobanner --format=text --recursive -F=text -b -i -L -z -k -n=text -a -d -t -x -h -l -S -D -C -p -T -s", Operands: "read..."},
		{Names: "rev", Alone: true, Sees: seesNamed, Source: "rev(1), util-linux 2.38", Operands: "read..."},
		{Names: "dos2unix unix2dos", Sees: seesNamed, Source: "dos2unix(1) 7.4", Options: "-q -k -f -o", Operands: "edit..."},
		{Names: "patch", Sees: seesNamed, Source: "patch(1) 2.7: the patch names the files", Operands: "text...", Then: patches,
			Options: "-p|--strip=text -i|--input=read -d|--directory=cd -N|--forward -s|--silent|--quiet -f|--force -t|--batch -u|--unified -l|--ignore-whitespace -E|--remove-empty-files -R|--reverse -b|--backup --verbose --dry-run --binary " +
				"-T! -Z! -c! -n! --no-backup-if-mismatch! -B=unchosen -D=unchosen -F|--fuzz=unchosen -V=unchosen -Y=unchosen -o|--output=unchosen -r=unchosen -z=unchosen -e|--ed=run"},
		{Names: "envsubst", Sees: seesNamed, Source: "envsubst(1), gettext 0.21", Operands: "text"},
		{Names: "iconv", Sees: seesNamed, Source: "iconv(1), glibc 2.36", Options: "-f=text -t=text -c -o=write -s", Operands: "read..."},
		{Names: "xmlstarlet vi vim ed ex nano", Source: "ed(1) 1.19: they run scripts of their own", Plain: true, Runs: "runs a script of its own"},
	}
}
