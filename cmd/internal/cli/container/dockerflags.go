package container

import (
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// absentFlags are those that docker run has on Linux and strake run has not.
func absentFlags() []cli.Absent {
	return []cli.Absent{
		{Names: []string{"privileged", "security-opt"},
			Say: "A container gets docker's default rights and no more: give it a single one with --cap-add."},
		{Names: []string{"device", "device-cgroup-rule", "gpus", "runtime"},
			Say: "A container gets no device of this machine: what needs one is run by `docker run`, after `strake build --load`."},
		{Names: []string{"restart", "health-cmd", "health-interval", "health-retries", "health-start-interval", "health-start-period", "health-timeout", "no-healthcheck"},
			Say: "Nothing watches a container to start it again: it ends when its command does, and `strake run` makes a new one."},
		{Names: []string{"link", "network-alias", "net-alias", "link-local-ip"},
			Say: "There are no networks between containers: with --network host they reach one another at 127.0.0.1."},
		{Names: []string{"ip", "ip6", "mac-address"},
			Say: "Addresses are not chosen: --network private gives the container its own, and -p forwards ports to it."},
		{Names: []string{"dns", "dns-option", "dns-opt", "dns-search", "domainname"},
			Say: "Names are looked up as this machine does: --add-host gives the container more."},
		{Names: []string{"expose", "publish-all", "P"},
			Say: "Ports are forwarded by their numbers: give each with -p."},
		{Names: []string{"volumes-from", "volume-driver"},
			Say: "There are no volumes with names: mount a path with -v PATH:TARGET."},
		{Names: []string{"userns", "pid", "ipc", "uts", "cgroupns", "cgroup-parent"},
			Say: "A container has namespaces and a control group of its own, but for the network: leave the flag out."},
		{Names: []string{"memory-reservation", "memory-swap", "memory-swappiness", "kernel-memory", "oom-kill-disable", "oom-score-adj", "pids-limit", "shm-size",
			"cpu-count", "cpu-percent", "cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime", "cpu-shares", "c", "cpuset-cpus", "cpuset-mems",
			"blkio-weight", "blkio-weight-device", "device-read-bps", "device-read-iops", "device-write-bps", "device-write-iops",
			"io-maxbandwidth", "io-maxiops", "ulimit", "sysctl", "storage-opt"},
			Say: "The limits are --memory and --cpus: for others, use systemd-run or ulimit in front of `strake run`."},
		{Names: []string{"group-add"},
			Say: "The groups are those of the image's /etc/group for the user of -u."},
		{Names: []string{"log-driver", "log-opt"},
			Say: "What a container writes is kept in a file: `strake logs` shows it."},
		{Names: []string{"attach", "a", "sig-proxy", "detach-keys"},
			Say: "Without -d, what the container writes is shown and signals are passed on to it: leave the flag out; -i gives it what is typed."},
		{Names: []string{"label-file", "annotation"},
			Say: "Labels are given one by one, with --label."},
		{Names: []string{"disable-content-trust", "isolation", "use-api-socket"},
			Say: "There is no daemon that would heed it: leave the flag out."},
	}
}

// dockerNames are docker's other names of flags.
func dockerNames(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "net" {
		name = "network"
	}
	return pflag.NormalizedName(name)
}
