package inspect

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"

	api "github.com/moby/moby/api/types/container"
	mounted "github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"github.com/seed-e0495807/strake/backend/container"
)

// inspected is a container in the shape in which docker inspect shows one. What strake does not have
// is zero, as it is with docker for a container that does not use it.
func inspected(c *container.Container) api.InspectResponse {
	ports := portMap(c.Ports)
	program, args := "", []string{}
	if len(c.Args) > 0 {
		program, args = c.Args[0], append(args, c.Args[1:]...)
	}
	return api.InspectResponse{
		ID: c.ID, Name: "/" + c.Name, Created: c.Created.UTC().Format(time.RFC3339Nano),
		Path: program, Args: args, State: state(c.State),
		Image: c.ImageID.String(), Platform: c.Platform.OS,
		HostConfig: hostConfig(c.Config, ports), Mounts: mountPoints(c.Mounts), Config: config(c.Config),
		NetworkSettings: &api.NetworkSettings{Ports: ports, Networks: map[string]*network.EndpointSettings{c.Network: {}}},
	}
}

func state(s container.State) *api.State {
	return &api.State{
		Status: api.ContainerState(s.Status), Running: s.Status == container.Running || s.Status == container.Paused,
		Paused: s.Status == container.Paused, Dead: s.Status == container.Dead, Pid: s.Process.Pid, ExitCode: s.ExitCode, Error: s.Error,
		StartedAt: s.Started.UTC().Format(time.RFC3339Nano), FinishedAt: s.Finished.UTC().Format(time.RFC3339Nano),
	}
}

func config(c container.Config) *api.Config {
	return &api.Config{
		Hostname: c.Hostname, User: c.User, AttachStdin: c.Stdin && !c.Detached, AttachStdout: !c.Detached, AttachStderr: !c.Detached,
		Tty: c.TTY, OpenStdin: c.Stdin, StdinOnce: c.Stdin && !c.Detached, Env: c.Env, Cmd: c.Args, Image: c.Image,
		WorkingDir: c.Cwd, Labels: c.Labels, StopSignal: c.StopSignal, StopTimeout: c.StopTimeout,
	}
}

func hostConfig(c container.Config, ports network.PortMap) *api.HostConfig {
	h := &api.HostConfig{
		NetworkMode: api.NetworkMode(c.Network), PortBindings: ports, RestartPolicy: api.RestartPolicy{Name: api.RestartPolicyDisabled},
		AutoRemove: c.Remove, CapAdd: c.CapAdd, CapDrop: c.CapDrop, CgroupnsMode: api.CgroupnsModePrivate, IpcMode: api.IPCModePrivate,
		ExtraHosts: c.AddHosts, ReadonlyRootfs: c.ReadOnly, Resources: api.Resources{Memory: c.Memory, NanoCPUs: int64(c.CPUs * 1e9)},
	}
	if c.Init {
		h.Init = &c.Init
	}
	for _, m := range c.Mounts {
		switch m.Type {
		case "bind":
			h.Binds = append(h.Binds, strings.TrimSuffix(m.Source+":"+m.Target+":"+mode(m), ":"))
		case "tmpfs":
			if h.Tmpfs == nil {
				h.Tmpfs = map[string]string{}
			}
			h.Tmpfs[m.Target] = m.Options
		}
	}
	return h
}

func mode(m container.Mount) string {
	if m.ReadOnly {
		return "ro"
	}
	return ""
}

func mountPoints(mounts []container.Mount) []api.MountPoint {
	list := []api.MountPoint{}
	for _, m := range mounts {
		p := api.MountPoint{Type: mounted.Type(m.Type), Source: m.Source, Destination: m.Target, Mode: mode(m), RW: !m.ReadOnly}
		if m.Type == "bind" {
			p.Propagation = mounted.PropagationRPrivate
		}
		list = append(list, p)
	}
	return list
}

func portMap(ports []container.Port) network.PortMap {
	list := network.PortMap{}
	for _, p := range ports {
		to, ok := network.PortFrom(p.Container, network.IPProtocol(p.Protocol))
		ip, err := netip.ParseAddr(cmp.Or(p.HostIP, "0.0.0.0"))
		if ok && err == nil {
			list[to] = append(list[to], network.PortBinding{HostIP: ip, HostPort: strconv.Itoa(int(p.Host))})
		}
	}
	return list
}
