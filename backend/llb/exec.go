package llb

import (
	"context"
	"os"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"

	"github.com/seed-e0495807/strake/ir/plan"
)

func fileMode(mode int) os.FileMode { return os.FileMode(mode) }

func (l *lowerer) supports(c apicaps.CapID) bool { return l.opt.Caps.Supports(c) == nil }

// exec lowers RUN. The options stand in the order in which BuildKit gives them:
// mounts on the same target keep it.
func (l *lowerer) exec(ctx context.Context, s *stage, st *plan.Step, x *plan.Exec) error {
	opts := make([]bk.RunOption, 0, 12)
	if x.Script != nil {
		opts = append(opts, bk.AddMount("/dev/pipes/", script(s, x.Script), bk.SourcePath("/"), bk.Readonly))
	}
	opts = append(opts, bk.Args(x.Args), command(st.Op.Text()), l.location(st.Op.Origin))
	if s.NoCache {
		opts = append(opts, bk.IgnoreCache)
	}
	if p := l.plan.Proxy; p != nil {
		opts = append(opts, bk.WithProxy(bk.ProxyEnv{HTTPProxy: p["http_proxy"], HTTPSProxy: p["https_proxy"],
			FTPProxy: p["ftp_proxy"], NoProxy: p["no_proxy"], AllProxy: p["all_proxy"]}))
	}
	for i := range x.Mounts {
		opt, err := l.mount(ctx, &x.Mounts[i])
		if err != nil {
			return err
		}
		opts = append(opts, opt)
	}
	if x.Insecure {
		opts = append(opts, bk.Security(pb.SecurityMode_INSECURE))
	}
	switch x.Network {
	case "none":
		opts = append(opts, bk.Network(pb.NetMode_NONE))
	case "host":
		opts = append(opts, bk.Network(pb.NetMode_HOST))
	}
	opts = append(opts, l.resources(x)...)
	opts = append(opts, bk.WithCustomName(st.Name))
	opts = append(opts, l.sandbox()...)
	s.out = s.state().Run(opts...).Root().Output()
	return nil
}

func script(s *stage, f *plan.Script) bk.State { return document(s, f.Name, f.Data, 0o755) }

// resources are limits and devices, which older daemons do not know.
func (l *lowerer) resources(x *plan.Exec) []bk.RunOption {
	var opts []bk.RunOption
	if len(l.opt.Ulimits) > 0 && l.supports(pb.CapExecMetaUlimit) {
		for _, u := range l.opt.Ulimits {
			opts = append(opts, bk.AddUlimit(bk.UlimitName(u.Name), u.Soft, u.Hard))
		}
	}
	if len(l.opt.Devices)+len(x.Devices) == 0 || !l.supports(pb.CapExecMetaCDI) {
		return opts
	}
	for _, d := range l.opt.Devices {
		opts = append(opts, device(d.Name, d.Optional))
	}
	for _, d := range x.Devices {
		opts = append(opts, device(d.Name, !d.Required))
	}
	return opts
}

func device(name string, optional bool) bk.RunOption {
	opts := []bk.CDIDeviceOption{bk.CDIDeviceName(name)}
	if optional {
		opts = append(opts, bk.CDIDeviceOptional)
	}
	return bk.AddCDIDevice(opts...)
}

// sandbox is what the command line says of the container.
func (l *lowerer) sandbox() []bk.RunOption {
	var opts []bk.RunOption
	for _, h := range l.opt.ExtraHosts {
		opts = append(opts, bk.AddExtraHost(h.Host, h.IP))
	}
	if l.opt.ShmSize > 0 && l.supports(pb.CapExecMountTmpfsSize) {
		opts = append(opts, bk.AddMount("/dev/shm", bk.Scratch(), bk.Tmpfs(bk.TmpfsSize(l.opt.ShmSize))))
	}
	if l.opt.CgroupParent != "" && l.supports(pb.CapExecMetaCgroupParent) {
		opts = append(opts, bk.WithCgroupParent(l.opt.CgroupParent))
	}
	if r := l.opt.Resources; r != nil && l.supports(pb.CapExecMetaLinuxResources) {
		opts = append(opts, bk.WithLinuxResources(bk.LinuxResources{
			Memory: r.Memory, MemorySwap: r.MemorySwap, CPUShares: r.CpuShares, CPUPeriod: r.CpuPeriod,
			CPUQuota: r.CpuQuota, CpusetCpus: r.CpusetCpus, CpusetMems: r.CpusetMems,
		}))
	}
	return opts
}

func (l *lowerer) mount(ctx context.Context, m *plan.Mount) (bk.RunOption, error) {
	switch {
	case m.Secret != nil:
		return secret(m.Secret), nil
	case m.SSH != nil:
		return ssh(m.SSH), nil
	}
	return l.mountDir(ctx, m.Dir)
}

func secret(m *plan.Secret) bk.RunOption {
	opts := []bk.SecretOption{bk.SecretID(m.ID)}
	if !m.Required {
		opts = append(opts, bk.SecretOptional)
	}
	if m.Env != nil {
		opts = append(opts, bk.SecretAsEnvName(*m.Env))
	}
	if uid, gid, mode, ok := owner(m.Owner, 0o400); ok {
		opts = append(opts, bk.SecretFileOpt(uid, gid, mode))
	}
	return bk.AddSecretWithDest(m.ID, m.Target, opts...)
}

func ssh(m *plan.SSH) bk.RunOption {
	opts := []bk.SSHOption{bk.SSHID(m.ID)}
	if m.Target != "" {
		opts = append(opts, bk.SSHSocketTarget(m.Target))
	}
	if !m.Required {
		opts = append(opts, bk.SSHOptional)
	}
	if uid, gid, mode, ok := owner(m.Owner, 0o600); ok {
		opts = append(opts, bk.SSHSocketOpt(m.Target, uid, gid, mode))
	}
	return bk.AddSSHSocket(opts...)
}

// owner gives who a file belongs to, and whether anything was said of it.
func owner(o plan.Owner, defaultMode int) (uid, gid, mode int, given bool) {
	value := func(n *uint64, or int) int {
		if n == nil {
			return or
		}
		given = true
		return int(*n)
	}
	uid, gid, mode = value(o.UID, 0), value(o.GID, 0), value(o.Mode, defaultMode)
	return uid, gid, mode, given
}

func (l *lowerer) mountDir(ctx context.Context, m *plan.MountDir) (bk.RunOption, error) {
	if m.Kind == plan.MountTmpfs {
		return l.tmpfs(m), nil
	}
	state, err := l.read(ctx, m.From)
	if err != nil {
		return nil, err
	}
	var opts []bk.MountOption
	if m.ReadOnly {
		opts = append(opts, bk.Readonly)
	} else if m.Kind == plan.MountBind && l.supports(pb.CapExecMountBindReadWriteNoOutput) {
		opts = append(opts, bk.ForceNoOutput)
	}
	if m.Kind == plan.MountCache {
		opts = append(opts, bk.AsPersistentCacheDir(l.opt.CacheIDNamespace+"/"+m.CacheID, sharing(m.Sharing)))
	}
	state, selector := selected(state, m)
	return bk.AddMount(m.Target, state, append(opts, selector...)...), nil
}

func (l *lowerer) tmpfs(m *plan.MountDir) bk.RunOption {
	opts := []bk.MountOption{bk.Tmpfs(bk.TmpfsSize(m.Size))}
	if m.ReadOnly {
		opts = append(opts, bk.Readonly)
	}
	state, selector := selected(bk.Scratch(), m)
	return bk.AddMount(m.Target, state, append(opts, selector...)...)
}

// selected picks the part of a mount that is asked for. An owner needs a
// directory of its own.
func selected(state bk.State, m *plan.MountDir) (bk.State, []bk.MountOption) {
	if m.Source != "/" {
		return state, []bk.MountOption{bk.SourcePath(m.Source)}
	}
	uid, gid, mode, ok := owner(m.Owner, 0o755)
	if !ok {
		return state, nil
	}
	state = state.File(bk.Mkdir("/cache", fileMode(mode), bk.WithUIDGID(uid, gid)),
		bk.WithCustomName("[internal] setting cache mount permissions"))
	return state, []bk.MountOption{bk.SourcePath("/cache")}
}

func sharing(mode string) bk.CacheMountSharingMode {
	switch mode {
	case "private":
		return bk.CacheMountPrivate
	case "locked":
		return bk.CacheMountLocked
	}
	return bk.CacheMountShared
}
