#!/usr/bin/env bash
# Runs the suite $1 with the arguments behind it, in namespaces of its own: what it starts
# ends with it, what it writes below /etc, /opt and /var/lib is in $STATE, and it has no
# network but what it makes itself.
set -euo pipefail
if [ -z "${INSIDE:-}" ]; then
	INSIDE=1 exec unshare --mount --pid --fork --mount-proc --net --kill-child -- "$0" "$@"
fi
busybox ip link set lo up
for dir in etc opt var/lib; do
	mkdir -p "$STATE/$dir/upper" "$STATE/$dir/work"
	mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$STATE/$dir/upper,workdir=$STATE/$dir/work" "/$dir"
done
mkdir -p /opt/cni/bin /etc/buildkit
cp "$CNI"/* /opt/cni/bin/
cat >/etc/buildkit/cni.json <<'JSON'
{"cniVersion": "1.0.0", "name": "buildkit", "type": "bridge", "bridge": "conformance0", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.199.0.0/16"}]]}}
JSON
exec "$@"
