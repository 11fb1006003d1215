//go:build linux

// Package ocispec makes the OCI runtime spec of a container, which gets what Docker gives
// by default and no more: its capabilities, its seccomp profile, what it masks.
package ocispec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/profiles/seccomp"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Options are what the spec of a container is made of.
type Options struct {
	Rootfs   string // a mounted file system, an absolute path
	ReadOnly bool
	Hostname string
	Process  *specs.Process // see NewProcess
	Mounts   []specs.Mount  // besides those that all containers have
	// The network is a new one, unless it is that of the machine, or another one that the
	// runtime is started in.
	HostNetwork, KeepNetwork bool

	Cgroup string  // a path from the root of the cgroups
	Memory int64   // bytes, 0 is no limit
	CPUs   float64 // 0 is no limit
	// Rootless is for a container in a user namespace, which may neither have cgroups
	// nor make devices.
	Rootless bool
}

// version is what all runtimes in use read: newer ones read older specs.
const version = "1.0.2"

// New makes the spec.
func New(o Options) (*specs.Spec, error) {
	spec := &specs.Spec{
		Version:  version,
		Process:  o.Process,
		Root:     &specs.Root{Path: o.Rootfs, Readonly: o.ReadOnly},
		Hostname: o.Hostname,
		Mounts:   append(mounts(o), o.Mounts...),
		Linux: &specs.Linux{
			Namespaces:    namespaces(o),
			MaskedPaths:   append(masked(), thermal(sysCPU)...),
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
	if !o.Rootless {
		spec.Linux.CgroupsPath, spec.Linux.Resources = o.Cgroup, resources(o)
	}
	profile, err := seccomp.GetDefaultProfile(spec)
	if err != nil {
		return nil, fmt.Errorf("seccomp: %w", err)
	}
	spec.Linux.Seccomp = profile
	return spec, nil
}

func namespaces(o Options) []specs.LinuxNamespace {
	list := []specs.LinuxNamespace{
		{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}, {Type: specs.CgroupNamespace},
	}
	if !o.HostNetwork && !o.KeepNetwork {
		list = append(list, specs.LinuxNamespace{Type: specs.NetworkNamespace})
	}
	return list
}

// mounts are those of all containers.
func mounts(o Options) []specs.Mount {
	strict := []string{"nosuid", "noexec", "nodev"}
	with := func(options ...string) []string { return append(options, strict...) }
	list := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: with()},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: with("mode=1777", "size=65536k")},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: with()},
	}
	switch {
	case o.Rootless && o.HostNetwork:
		// The kernel lets nobody mount sysfs who does not own the network. What is the
		// machine's there is not the container's to write, in no mount below it: the user's
		// control groups are.
		return append(list, specs.Mount{Destination: "/sys", Type: "bind", Source: "/sys", Options: with("rbind", "rslave", "rro")})
	case o.Rootless:
		return append(list, specs.Mount{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: with("ro")})
	}
	return append(list,
		specs.Mount{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: with("ro")},
		specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: with("ro", "relatime")})
}

// masked are the paths of which Docker shows nothing.
func masked() []string {
	return []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
	}
}

const sysCPU = "/sys/devices/system/cpu"

// thermal are the paths that show how warm each processor is, and so what others do. They
// are masked, too.
func thermal(dir string) []string {
	list, _ := filepath.Glob(filepath.Join(dir, "cpu[0-9]*", "thermal_throttle"))
	return list
}

// resources are the limits. No device may be used but those that the runtime makes; nodes
// of others may be made, as in Docker.
func resources(o Options) *specs.LinuxResources {
	r := &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{
		{Allow: false, Access: "rwm"},
		{Allow: true, Type: "c", Access: "m"},
		{Allow: true, Type: "b", Access: "m"},
	}}
	if o.Memory > 0 {
		swap := 2 * o.Memory // as Docker's: as much swap as memory
		r.Memory = &specs.LinuxMemory{Limit: &o.Memory, Swap: &swap}
	}
	if o.CPUs > 0 {
		period := uint64(100_000) // microseconds
		quota := int64(o.CPUs * float64(period))
		r.CPU = &specs.LinuxCPU{Period: &period, Quota: &quota}
	}
	return r
}

// Bind is a mount of a file or a directory of the machine.
func Bind(source, target string, readOnly bool) specs.Mount {
	options := []string{"rbind", "rprivate"}
	if readOnly {
		options = append(options, "ro")
		if info, err := os.Stat(source); err == nil && info.IsDir() {
			options = append(options, "rro") // and so is what is mounted below it; crun takes that of directories only
		}
	}
	return specs.Mount{Destination: target, Type: "bind", Source: source, Options: options}
}

// Tmpfs is a temporary file system, with options as mount(8) has them.
func Tmpfs(target, options string) specs.Mount {
	list := []string{"nosuid", "nodev", "noexec"}
	if options != "" {
		list = append(list, strings.Split(options, ",")...)
	}
	return specs.Mount{Destination: target, Type: "tmpfs", Source: "tmpfs", Options: list}
}
