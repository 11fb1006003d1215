#!/usr/bin/env bash
# Makes what stands in for the base images of the suite, in the directory $1: a rootfs
# for busybox, one for alpine, each as a tar. What their tests install with apk is in the
# alpine one, taken from this machine.
set -euo pipefail
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rootfs() { # of busybox, in directory $1
	local d=$1 applet
	mkdir -p "$d"/{bin,dev,etc,home,mnt,proc,root,sbin,sys,tmp,usr/bin,usr/sbin,var/spool/mail}
	chmod 1777 "$d/tmp"
	chmod 0700 "$d/root"
	cp "$(command -v busybox)" "$d/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -sf busybox "$d/bin/$applet"
	done
	printf '%s\n' root:x:0:0:root:/root:/bin/sh daemon:x:1:1:daemon:/usr/sbin:/bin/false \
		bin:x:2:2:bin:/bin:/bin/false sys:x:3:3:sys:/dev:/bin/false mail:x:8:8:mail:/var/spool/mail:/bin/false \
		www-data:x:33:33:www-data:/var/www:/bin/false nobody:x:65534:65534:nobody:/home:/bin/false >"$d/etc/passwd"
	printf '%s\n' root:x:0: daemon:x:1: bin:x:2: sys:x:3: adm:x:4: tty:x:5: disk:x:6: mail:x:8: wheel:x:10:root \
		www-data:x:33: staff:x:50: users:x:100: nobody:x:65534: >"$d/etc/group"
	cut -d: -f1 "$d/etc/passwd" | sed 's/$/:*:::::::/' >"$d/etc/shadow"
	echo 'passwd: files
group: files
hosts: files dns' >"$d/etc/nsswitch.conf"
	rm -f "$d"/bin/{adduser,addgroup}
	cat >"$d/bin/addgroup" <<'SH'
#!/bin/sh
gid=
while [ $# -gt 1 ]; do
	case $1 in -g) gid=$2; shift ;; esac
	shift
done
[ -n "$gid" ] || gid=$(awk -F: '$3 >= 1000 && $3 < 60000 && $3 >= n { n = $3 + 1 } END { print n ? n : 1000 }' /etc/group)
echo "$1:x:$gid:" >>/etc/group
SH
	cat >"$d/bin/adduser" <<'SH'
#!/bin/sh
uid= group=
while [ $# -gt 1 ]; do
	case $1 in
	-u) uid=$2; shift ;;
	-G) group=$2; shift ;;
	esac
	shift
done
[ -n "$uid" ] || uid=$(awk -F: '$3 >= 1000 && $3 < 60000 && $3 >= n { n = $3 + 1 } END { print n ? n : 1000 }' /etc/passwd)
[ -n "$group" ] || { group=$1; addgroup -g "$uid" "$1"; }
gid=$(awk -F: -v g="$group" '$1 == g { print $3 }' /etc/group)
echo "$1:x:$uid:$gid:$1:/home/$1:/bin/sh" >>/etc/passwd
mkdir -p "/home/$1" && chown "$uid:$gid" "/home/$1"
SH
	chmod 0755 "$d"/bin/{adduser,addgroup}
}

# package NAME PROGRAM…: the programs with their libraries, as what apk installs.
package() {
	local name=$1 files=() program
	shift
	for program; do
		program=$(PATH=$PATH:/usr/sbin:/sbin command -v "$program")
		files+=("$program")
		while read -r lib; do files+=("$lib"); done < <(ldd "$program" | grep -o '/[^ ]*' | sort -u)
	done
	tar -chf "$work/alpine/lib/apk/bundle/$name.tar" -C / "${files[@]#/}" 2>/dev/null
}

rootfs "$work/busybox"
rootfs "$work/alpine"
mkdir -p "$work/alpine/lib/apk/bundle"
echo 3.22.0 >"$work/alpine/etc/alpine-release"
printf '%s\n' 'NAME="Alpine Linux"' ID=alpine VERSION_ID=3.22.0 >"$work/alpine/etc/os-release"
package git git
package e2fsprogs mke2fs mkfs.ext4
package fuse fusermount3
package ssh-add ssh-add
cat >"$work/alpine/sbin/apk" <<'SH'
#!/bin/sh
[ "$1" = add ] || exit 0
shift
for name; do
	case $name in
	openssh-client-default)
		tar -xf /lib/apk/bundle/ssh-add.tar -C /
		printf '#!/bin/sh\nexec ssh-add -l\n' >/usr/bin/ssh
		printf '#!/bin/sh\n' >/usr/bin/ssh-keyscan
		chmod 0755 /usr/bin/ssh /usr/bin/ssh-keyscan ;;
	-*) ;;
	*) tar -xf "/lib/apk/bundle/$name.tar" -C / || exit 1 ;;
	esac
done
[ ! -e /usr/bin/fusermount3 ] || ln -sf fusermount3 /usr/bin/fusermount
SH
chmod 0755 "$work/alpine/sbin/apk"
for image in busybox alpine; do
	tar -cf "$out/$image.tar" --owner=0 --group=0 --numeric-owner -C "$work/$image" .
done
