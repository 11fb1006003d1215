//go:build linux

package ocispec

import (
	"encoding/json"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Encode gives the JSON of a spec that New has made. It is that of encoding/json, which would look
// at the types of all that a spec can have, for all systems: that takes longer than the rest.
func Encode(s *specs.Spec) ([]byte, error) {
	l := s.Linux
	d := document{
		Version: s.Version, Process: s.Process, Root: s.Root, Hostname: s.Hostname, Mounts: s.Mounts,
		Linux: linux{
			CgroupsPath: l.CgroupsPath, Namespaces: l.Namespaces, Seccomp: l.Seccomp,
			MaskedPaths: l.MaskedPaths, ReadonlyPaths: l.ReadonlyPaths,
		},
	}
	if r := l.Resources; r != nil {
		d.Linux.Resources = &limits{Devices: r.Devices, Memory: r.Memory, CPU: r.CPU}
	}
	return json.Marshal(d)
}

// document is what New sets of a spec.
type document struct {
	Version  string         `json:"ociVersion"`
	Process  *specs.Process `json:"process,omitempty"`
	Root     *specs.Root    `json:"root,omitempty"`
	Hostname string         `json:"hostname,omitempty"`
	Mounts   []specs.Mount  `json:"mounts,omitempty"`
	Linux    linux          `json:"linux"`
}

type linux struct {
	Resources     *limits                `json:"resources,omitempty"`
	CgroupsPath   string                 `json:"cgroupsPath,omitempty"`
	Namespaces    []specs.LinuxNamespace `json:"namespaces,omitempty"`
	Seccomp       *specs.LinuxSeccomp    `json:"seccomp,omitempty"`
	MaskedPaths   []string               `json:"maskedPaths,omitempty"`
	ReadonlyPaths []string               `json:"readonlyPaths,omitempty"`
}

type limits struct {
	Devices []specs.LinuxDeviceCgroup `json:"devices,omitempty"`
	Memory  *specs.LinuxMemory        `json:"memory,omitempty"`
	CPU     *specs.LinuxCPU           `json:"cpu,omitempty"`
}
