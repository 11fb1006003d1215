//go:build linux

package ocispec

import (
	"encoding/json"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// TestEncode holds that nothing of a spec is lost: what it encodes to is what encoding/json makes
// of all of it, to the byte.
func TestEncode(t *testing.T) {
	full := Options{
		Rootfs: "/r", ReadOnly: true, Hostname: "h", Mounts: []specs.Mount{Bind("/etc", "/e", true), Tmpfs("/t", "size=1m,mode=700")},
		HostNetwork: true, Cgroup: "/c", Memory: 1 << 20, CPUs: 1.5,
		Process: &specs.Process{
			Terminal: true, ConsoleSize: &specs.Box{Height: 2, Width: 3}, User: specs.User{UID: 1, GID: 2, AdditionalGids: []uint32{3}},
			Args: []string{"a", "<b>"}, Env: []string{"A=b"}, Cwd: "/w", NoNewPrivileges: true,
			Capabilities: &specs.LinuxCapabilities{Bounding: []string{"CAP_CHOWN"}, Effective: []string{"CAP_CHOWN"}, Permitted: []string{"CAP_CHOWN"}},
			Rlimits:      []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 2, Soft: 1}},
		},
	}
	variants := []Options{full, {Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{}}}}
	for _, change := range []func(*Options){
		func(o *Options) { o.Rootless = true }, func(o *Options) { o.Rootless, o.HostNetwork = true, false }, func(o *Options) { o.HostNetwork, o.KeepNetwork = false, true },
		func(o *Options) { o.Memory = 0 }, func(o *Options) { o.CPUs = 0 }, func(o *Options) { o.Memory, o.CPUs, o.ReadOnly = 0, 0, false },
	} {
		o := full
		change(&o)
		variants = append(variants, o)
	}
	for _, o := range variants {
		spec, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Encode(spec)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%+v: got\n%s, want\n%s", o, got, want)
		}
	}
}
