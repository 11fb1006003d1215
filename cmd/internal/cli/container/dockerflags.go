package container

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// absent are flags that docker run has and strake run has not.
type absent struct {
	names []string // with one letter for a shorthand
	say   string   // why, and what to do instead
}

// absentFlags are all of them that work on Linux.
func absentFlags() []absent {
	return []absent{
		{[]string{"privileged", "security-opt"},
			"A container gets docker's default rights and no more: give it a single one with --cap-add."},
		{[]string{"device", "device-cgroup-rule", "gpus", "runtime"},
			"A container gets no device of this machine: what needs one is run by `docker run`, after `strake build --load`."},
		{[]string{"restart", "health-cmd", "health-interval", "health-retries", "health-start-interval", "health-start-period", "health-timeout", "no-healthcheck"},
			"Nothing watches a container to start it again: it ends when its command does, and `strake run` makes a new one."},
		{[]string{"link", "network-alias", "net-alias", "link-local-ip"},
			"There are no networks between containers: with --network host they reach one another at 127.0.0.1."},
		{[]string{"ip", "ip6", "mac-address"},
			"Addresses are not chosen: --network private gives the container its own, and -p forwards ports to it."},
		{[]string{"dns", "dns-option", "dns-opt", "dns-search", "domainname"},
			"Names are looked up as this machine does: --add-host gives the container more."},
		{[]string{"expose", "publish-all", "P"},
			"Ports are forwarded by their numbers: give each with -p."},
		{[]string{"volumes-from", "volume-driver"},
			"There are no volumes with names: mount a path with -v PATH:TARGET."},
		{[]string{"userns", "pid", "ipc", "uts", "cgroupns", "cgroup-parent"},
			"A container has namespaces and a control group of its own, but for the network: leave the flag out."},
		{[]string{"memory-reservation", "memory-swap", "memory-swappiness", "kernel-memory", "oom-kill-disable", "oom-score-adj", "pids-limit", "shm-size",
			"cpu-count", "cpu-percent", "cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime", "cpu-shares", "c", "cpuset-cpus", "cpuset-mems",
			"blkio-weight", "blkio-weight-device", "device-read-bps", "device-read-iops", "device-write-bps", "device-write-iops",
			"io-maxbandwidth", "io-maxiops", "ulimit", "sysctl", "storage-opt"},
			"The limits are --memory and --cpus: for others, use systemd-run or ulimit in front of `strake run`."},
		{[]string{"group-add"},
			"The groups are those of the image's /etc/group for the user of -u."},
		{[]string{"log-driver", "log-opt"},
			"What a container writes is kept in a file: `strake logs` shows it."},
		{[]string{"attach", "a", "sig-proxy", "detach-keys"},
			"Without -d, what the container writes is shown and signals are passed on to it: leave the flag out; -i gives it what is typed."},
		{[]string{"label-file", "annotation"},
			"Labels are given one by one, with --label."},
		{[]string{"disable-content-trust", "isolation", "use-api-socket"},
			"There is no daemon that would heed it: leave the flag out."},
	}
}

// explainAbsent is the error of a flag that docker run has, in place of a guess what was meant.
func explainAbsent(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return cmd.Root().FlagErrorFunc()(cmd, err)
	}
	name := unknown.GetSpecifiedName()
	for _, a := range absentFlags() {
		if slices.Contains(a.names, name) {
			return &cli.UsageError{Message: err.Error(), Help: a.say}
		}
	}
	return cmd.Root().FlagErrorFunc()(cmd, err)
}

// dockerNames are docker's other names of flags.
func dockerNames(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "net" {
		name = "network"
	}
	return pflag.NormalizedName(name)
}
