#!/bin/sh
# Starts an SSH server and then becomes the image's own program.
# Part of ssh-server, a plugin of Strake.

# prepare makes what the server needs. It runs in a subshell: the program
# gets its variables and its umask as they were.
prepare() (
	PATH=/usr/sbin:/usr/bin:/sbin:/bin
	umask 077
	for type in ed25519 ecdsa; do
		key=/var/lib/ssh-server/ssh_host_${type}_key
		[ ! -s "$key" ] || continue
		# A key has its name when it is complete: the container may stop at any time.
		rm -f "$key.new" "$key.new.pub"
		ssh-keygen -q -t "$type" -N '' -C '' -f "$key.new" </dev/null >&2 || exit
		mv "$key.new.pub" "$key.pub" && mv "$key.new" "$key" || exit
	done
	# A server of root needs an empty directory here. /run may be a new tmpfs.
	[ "$(id -u)" != 0 ] || mkdir -p -m 755 /run/sshd
)

# Without a program, the server is the program.
if [ $# -eq 0 ]; then
	prepare && exec /usr/sbin/sshd -D -e -f /etc/ssh-server/sshd_config
	exit 1
fi

# The server makes itself a daemon. In the background of this shell, it and all that is
# run over SSH would be deaf to SIGINT.
prepare && /usr/sbin/sshd -f /etc/ssh-server/sshd_config -E /var/lib/ssh-server/sshd.log </dev/null ||
	echo "with-ssh-server: there is no SSH server" >&2
exec "$@"
