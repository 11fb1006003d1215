package effects

// archiveRows are programs that pack and unpack.
func archiveRows() []program {
	const squeeze = "-1 -2 -3 -4 -5 -6 -7 -8 -9 -c|--stdout|--to-stdout -d|--decompress|--uncompress -f|--force -k|--keep -l|--list -n -N -q|--quiet -r|--recursive -t|--test -v|--verbose -z -e --fast --best --rm -T=text -T0"
	return []program{
		{Names: "tar bsdtar", Alone: true, Sees: seesNamed, Hands: tarHands, Tree: "--create --append --update --concatenate --diff",
			Source: "tar(1) 1.34; busybox 1.35", Old: true, Unless: "TAR_OPTIONS TAPE", Then: tars, Operands: "text...",
			Options: "-c|--create -x|--extract|--get -t|--list -A|--catenate|--concatenate! -d|--compare|--diff! --delete! -r|--append -u|--update -f|--file=text -C|--directory=text -z|--gzip|--gunzip|--ungzip -j|--bzip2 -J|--xz --zstd --lzma -a|--auto-compress " +
				"-v|--verbose -p|--preserve-permissions|--same-permissions -m|--touch -k|--keep-old-files -h|--dereference -o|--no-same-owner --same-owner --no-same-permissions --strip|--strip-component|--strip-components=text " +
				"--exclude=text --exclude-vcs -X|--exclude-from=read --wildcards --no-wildcards --anchored --one-top-level[=writes] --owner=text --group=text --mtime=text --numeric-owner --sort=text --xform|--transform=text --xattrs --acls --selinux " +
				"--overwrite --no-overwrite-dir --skip-old-files --warning=text --ignore-failed-read --null -T|--files-from=run -O|--to-stdout --checkpoint[=text] --no-recursion --totals --force-local -S|--sparse -U|--unlink-first -b=text -B " +
				"-w! -P|--absolute-names! -R! -W! -Z! -i|--ignore-zeros! -l! -n! -s! -H|--format=unchosen -K=unchosen -L=unchosen -N=unchosen -V|--label=unchosen --lzip! --lzop! --add-file=unchosen --delay-directory-restore! --no-delay-directory-restore! " +
				"--owner-map=unchosen --group-map=unchosen --mode=unchosen --hard-dereference! --ignore-case! --keep-directory-symlink! --keep-newer-files! --no-acls! --no-anchored! --no-auto-compress! --no-selinux! --no-xattrs! --xattrs-include=unchosen " +
				"--wildcards-match-slash! --no-wildcards-match-slash! --one-file-system! --overwrite-dir! --recursion! --recursive-unlink! --remove-files! --show-transformed-names! --version! --help! " +
				"-I|--use-compress-program=run -F|--info-script|--new-volume-script=run --to-command=run --checkpoint-action=run --rmt-command=run --rsh-command=run"},
		{Names: "gzip gunzip zcat bzip2 bunzip2 bzcat xz unxz xzcat lzma unlzma zstd unzstd zstdcat lz4 pigz", Alone: true, Sees: seesNamed, Tree: "--recursive", Source: "gzip(1) 1.12, bzip2(1) 1.0.8, xz(1) 5.4, zstd(1) 1.5", Unless: "GZIP XZ_OPT XZ_DEFAULTS BZIP BZIP2",
			Options: squeeze, Operands: "text...", Then: squeezes},
		{Names: "unzip", Alone: true, Deals: dealsNames, Sees: seesNamed, Source: "unzip(1) 6.0", Unless: "UNZIP UNZIPOPT", Operands: "text...", Then: unzips,
			Options: "-o -q -n -j -u -f -a -b -C -L -l -t -v -p -c -z -K -X -d=text -x=text -P=text -:! -O=text -I=text"},
		{Names: "zip", Source: "zip(1) 3.0", Unless: "ZIPOPT", Operands: "text reads...", Options: "-r|--recurse-paths -q|--quiet -j|--junk-paths -9 -0 -1 -y -X -u -x=text -i=text -P=text -e -D", Then: zips},
		{Names: "7z 7za 7zr p7zip", Source: "7z(1) 16.02", Unless: "", Commands: []program{
			{Names: "x e", Options: "-o=text -y -p=text -aoa -aos -bd -bso0", Operands: "read text...", Single: true, Then: sevenZips},
			{Names: "l t", Options: "-p=text", Operands: "read text..."},
		}},
		{Names: "cpio", Source: "cpio(1) 2.13: names come from its input", Options: "-i|--extract -d|--make-directories -m|--preserve-modification-time -v -u|--unconditional -H=text -t --quiet --no-absolute-filenames", Operands: "text...", Then: cpios},
		{Names: "rpm2cpio dpkg-deb ar jar", Source: "rpm2cpio(8), dpkg-deb(1) 1.21, ar(1) of binutils 2.40, jar(1)", Plain: true, Then: belowHere},
		{Names: "rsync", Sees: seesBelow, Source: "rsync(1) 3.2", Unless: "RSYNC_RSH RSYNC_PROXY RSYNC_CONNECT_PROG", Operands: "text...", Then: rsyncs,
			Options: "-a|--archive -v|--verbose -r|--recursive -z|--compress -h|--human-readable -P --progress -l|--links -L|--copy-links -H|--hard-links -p|--perms -o|--owner -g|--group -t|--times -D -u|--update -q|--quiet -x --delete --exclude=text --include=text --exclude-from=read --chown=text --chmod=text --stats --info=text --ignore-existing -A -X -S|--sparse -n|--dry-run -I! -J! -K|--keep-dirlinks! -N! -O! -R|--relative! -U! -W! -c|--checksum! -d! -i|--itemize-changes! -k! -B=unchosen -T=unchosen -f|--filter=unchosen " +
				"--acls! --xattrs! --copy-unsafe-links! --safe-links! --delete-after! --delete-before! --delete-excluded! --devices! --specials! --existing! --force! --include-from=unchosen --inplace! --mkpath! --no-group! --no-owner! --no-perms! --no-times! " +
				"--numeric-ids! --one-file-system! --partial! --prune-empty-dirs! --remove-source-files! --size-only! -e|--rsh=run --rsync-path=run"},
	}
}
