package container

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// dockerFlags are those of docker run, as its manual lists them.
const dockerFlags = `add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile
	cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach
	detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops
	disable-content-trust dns dns-option dns-search domainname entrypoint env env-file expose gpus group-add health-cmd
	health-interval health-retries health-start-interval health-start-period health-timeout help hostname init interactive
	io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver log-opt
	mac-address memory memory-reservation memory-swap memory-swappiness mount name network network-alias no-healthcheck
	oom-kill-disable oom-score-adj pid pids-limit platform privileged publish publish-all pull quiet read-only restart rm
	runtime security-opt shm-size sig-proxy stop-signal stop-timeout storage-opt sysctl tmpfs tty ulimit use-api-socket
	user userns uts volume volume-driver volumes-from workdir net dns-opt net-alias`

func parse(t *testing.T, args ...string) error {
	t.Helper()
	p := &cli.Process{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Commands: Commands(nil),
		Env: func(string) (string, bool) { return "", false }}
	_, err := p.Call(t.Context(), append([]string{"run"}, args...))
	return err
}

// TestDockerFlags holds that each flag of docker run is there, or is told why not and what to
// do instead, with no guess at another one.
func TestDockerFlags(t *testing.T) {
	flags := strings.Fields(dockerFlags)
	p := &cli.Process{Env: func(string) (string, bool) { return "", false }}
	set := runCommand(p, nil).Flags()
	said := map[string]string{}
	for _, a := range absentFlags() {
		for _, name := range a.Names {
			if set.Lookup(name) != nil || len(name) == 1 && set.ShorthandLookup(name) != nil {
				t.Errorf("--%s is there", name)
			}
			if said[name] != "" {
				t.Errorf("--%s is there twice", name)
			}
			said[name] = a.Say
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			var usage *cli.UsageError
			if err := parse(t, dashes+name, "image"); !errors.As(err, &usage) || usage.Help != a.Say || usage.Hint != "" {
				t.Errorf("%s%s: %v", dashes, name, err)
			}
		}
	}
	for _, name := range flags {
		if set.Lookup(name) == nil && said[name] == "" {
			t.Errorf("--%s is neither there nor explained", name)
		}
	}
}

// TestNetworkFlag holds that docker's shorter name serves, and that a network which is not
// there is told.
func TestNetworkFlag(t *testing.T) {
	for value, want := range map[string]string{"bridge": "there is no bridge", "backend": "no networks between", "container:web": "no networks between"} {
		for _, flag := range []string{"--net", "--network"} {
			if err := parse(t, flag, value, "image"); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v", flag, value, err)
			}
		}
	}
	p := &cli.Process{Env: func(string) (string, bool) { return "", false }}
	cmd := runCommand(p, nil)
	if err := cmd.ParseFlags([]string{"--net=none", "image"}); err != nil || cmd.Flag("network").Value.String() != "none" {
		t.Errorf("%v", err)
	}
	var usage *cli.UsageError
	if err := parse(t, "--netwrok=none", "image"); !errors.As(err, &usage) || usage.Hint != "--network" {
		t.Errorf("a typing error: %v", err)
	}
}
