package llb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/moby/buildkit/util/system"

	"github.com/seed-e0495807/strake/ir/plan"
)

func (l *lowerer) supports(c apicaps.CapID) bool { return l.opt.Caps.Supports(c) == nil }

// execOp is a RUN on its way to an op.
type execOp struct {
	meta    *pb.Meta
	network pb.NetMode
	secure  pb.SecurityMode
	devices []*pb.CDIDevice
	secrets []*plan.Secret
	ssh     []*plan.SSH
	mounts  []mount // directories, the root first
	caps    []apicaps.CapID
}

// mount is a directory that a command sees.
type mount struct {
	pb     *pb.Mount
	source bk.Output // nil is scratch
	output bool      // what the command leaves there is an output
}

// exec lowers RUN.
func (l *lowerer) exec(ctx context.Context, s *stage, st *step, a *plan.Exec) error {
	x := &execOp{network: l.opt.Network}
	x.mount(&pb.Mount{Dest: pb.RootMount}, s.out, true)
	if a.Script != nil {
		x.mount(&pb.Mount{Dest: "/dev/pipes/", Selector: "/", Readonly: true}, l.document(a.Script.Name, a.Script.Data, 0o755), false)
	}
	for i := range a.Mounts {
		if err := l.mount(ctx, x, &a.Mounts[i]); err != nil {
			return err
		}
	}
	switch a.Network {
	case "none":
		x.network = pb.NetMode_NONE
	case "host":
		x.network = pb.NetMode_HOST
	}
	if a.Insecure {
		x.secure = pb.SecurityMode_INSECURE
	}
	l.meta(s, a, x)
	l.resources(a, x)

	// The order of equal targets is the sort's, as in BuildKit.
	slices.SortFunc(x.mounts, func(a, b mount) int { return strings.Compare(a.pb.Dest, b.pb.Dest) })
	v := l.newVertex(s, st, x.capabilities()...)
	v.meta.Description[codeKey] = st.Op.Text()
	v.meta.IgnoreCache = s.NoCache
	if r := l.opt.Resources; r != nil && l.supports(pb.CapExecMetaLinuxResources) {
		v.meta.LinuxResources = r
	}
	v.inputs, v.fill, v.index = x.inputs(), x.fill, x.rootIndex()
	s.out = v
	return nil
}

func (x *execOp) mount(m *pb.Mount, source bk.Output, output bool) {
	x.mounts = append(x.mounts, mount{m, source, output})
}

// meta is what the command runs with.
func (l *lowerer) meta(s *stage, a *plan.Exec, x *execOp) {
	m := &pb.Meta{Args: a.Args, Cwd: s.dir, User: s.user, Hostname: l.opt.Hostname, RemoveMountStubsRecursive: true}
	m.Env = s.env.Strings()
	for _, h := range l.opt.ExtraHosts {
		m.ExtraHosts = append(m.ExtraHosts, &pb.HostIP{Host: h.Host, IP: h.IP.String()})
	}
	if len(x.ssh) > 0 {
		if _, ok := s.env.Get("SSH_AUTH_SOCK"); !ok {
			m.Env = append(m.Env, "SSH_AUTH_SOCK="+socket(0, x.ssh[0]))
		}
	}
	if l.supports(pb.CapExecMetaSetsDefaultPath) {
		x.caps = append(x.caps, pb.CapExecMetaSetsDefaultPath)
	} else if _, ok := s.env.Get("PATH"); !ok && l.plan.Platform.OS != "windows" {
		m.Env = append(m.Env, "PATH="+system.DefaultPathEnv(l.plan.Platform.OS))
	}
	if p := l.plan.Proxy; p != nil {
		m.ProxyEnv = &pb.ProxyEnv{HttpProxy: p["http_proxy"], HttpsProxy: p["https_proxy"], FtpProxy: p["ftp_proxy"],
			NoProxy: p["no_proxy"], AllProxy: p["all_proxy"]}
	}
	x.meta = m
}

// resources are limits, which older daemons do not know, and devices.
func (l *lowerer) resources(a *plan.Exec, x *execOp) {
	if len(l.opt.Ulimits) > 0 && l.supports(pb.CapExecMetaUlimit) {
		x.meta.Ulimit = l.opt.Ulimits
	}
	if l.opt.ShmSize > 0 && l.supports(pb.CapExecMountTmpfsSize) {
		x.mount(tmpfs("/dev/shm", l.opt.ShmSize, false), nil, false)
	}
	if l.supports(pb.CapExecMetaCgroupParent) {
		x.meta.CgroupParent = l.opt.CgroupParent
	}
	for _, d := range l.opt.Devices {
		x.devices = append(x.devices, &pb.CDIDevice{Name: d.Name, Optional: d.Optional})
	}
	for _, d := range a.Devices {
		x.devices = append(x.devices, &pb.CDIDevice{Name: d.Name, Optional: !d.Required})
	}
	if r := l.opt.Resources; r != nil && l.supports(pb.CapExecMetaLinuxResources) {
		x.caps = append(x.caps, pb.CapExecMetaLinuxResources)
	}
}

// capabilities are what a daemon has to understand to run the op.
func (x *execOp) capabilities() []apicaps.CapID {
	caps := append(x.caps, pb.CapExecMetaBase)
	add := func(on bool, ids ...apicaps.CapID) {
		for _, id := range ids {
			if on && !slices.Contains(caps, id) {
				caps = append(caps, id)
			}
		}
	}
	add(len(x.meta.Ulimit) > 0, pb.CapExecMetaUlimit)
	add(x.network != pb.NetMode_UNSET, pb.CapExecMetaNetwork)
	add(x.secure == pb.SecurityMode_INSECURE, pb.CapExecMetaSecurity)
	add(x.meta.ProxyEnv != nil, pb.CapExecMetaProxy)
	for _, m := range x.mounts {
		cache, temporary := m.pb.MountType == pb.MountType_CACHE, m.pb.MountType == pb.MountType_TMPFS
		add(m.pb.Selector != "", pb.CapExecMountSelector)
		add(cache, pb.CapExecMountCache, pb.CapExecMountCacheSharing)
		add(temporary, pb.CapExecMountTmpfs)
		add(temporary && m.pb.TmpfsOpt.Size > 0, pb.CapExecMountTmpfsSize)
		add(!cache && !temporary && m.source != nil, pb.CapExecMountBind)
	}
	add(len(x.secrets) > 0, pb.CapExecMountSecret)
	for _, s := range x.secrets {
		add(s.Env != nil, pb.CapExecSecretEnv)
	}
	add(len(x.ssh) > 0, pb.CapExecMountSSH)
	add(len(x.devices) > 0, pb.CapExecMetaCDI)
	return caps
}

func (x *execOp) inputs() []bk.Output {
	var list outputs
	for _, m := range x.mounts {
		list.add(m.source)
	}
	return list.all
}

// rootIndex is the number of the root among the outputs.
func (x *execOp) rootIndex() int64 {
	index := int64(0)
	for _, m := range x.mounts {
		if m.pb.Dest == pb.RootMount {
			break
		}
		if m.output {
			index++
		}
	}
	return index
}

// fill makes the op.
func (x *execOp) fill(op *pb.Op, number numberer) {
	exec := &pb.ExecOp{Meta: x.meta, Network: x.network, Security: x.secure, CdiDevices: x.devices}
	outputs := int64(0)
	for _, m := range x.mounts {
		m.pb.Input, m.pb.Output = number(m.source), int64(pb.SkipOutput)
		if m.output {
			m.pb.Output = outputs
			outputs++
		}
		exec.Mounts = append(exec.Mounts, m.pb)
	}
	for _, s := range x.secrets {
		if s.Env != nil {
			exec.Secretenv = append(exec.Secretenv, &pb.SecretEnv{ID: s.ID, Name: *s.Env, Optional: !s.Required})
		}
		if s.Target != nil {
			exec.Mounts = append(exec.Mounts, secretMount(s))
		}
	}
	for i, s := range x.ssh {
		exec.Mounts = append(exec.Mounts, sshMount(i, s))
	}
	op.Op = &pb.Op_Exec{Exec: exec}
}

// id32 gives an owner, or what holds when none is given.
func id32(n *uint64, or uint32) uint32 {
	if n == nil {
		return or
	}
	return uint32(*n)
}

func secretMount(s *plan.Secret) *pb.Mount {
	return &pb.Mount{Input: int64(pb.Empty), Dest: *s.Target, MountType: pb.MountType_SECRET, SecretOpt: &pb.SecretOpt{
		ID: s.ID, Optional: !s.Required, Uid: id32(s.Owner.UID, 0), Gid: id32(s.Owner.GID, 0), Mode: id32(s.Owner.Mode, 0o400),
	}}
}

func sshMount(i int, s *plan.SSH) *pb.Mount {
	return &pb.Mount{Input: int64(pb.Empty), Dest: socket(i, s), MountType: pb.MountType_SSH, SSHOpt: &pb.SSHOpt{
		ID: s.ID, Optional: !s.Required, Uid: id32(s.Owner.UID, 0), Gid: id32(s.Owner.GID, 0), Mode: id32(s.Owner.Mode, 0o600),
	}}
}

// socket is where the i-th agent is reached.
func socket(i int, s *plan.SSH) string {
	if s.Target != "" {
		return s.Target
	}
	return fmt.Sprintf("/run/buildkit/ssh_agent.%d", i)
}

func tmpfs(target string, size int64, readonly bool) *pb.Mount {
	return &pb.Mount{Dest: target, Readonly: readonly, MountType: pb.MountType_TMPFS, TmpfsOpt: &pb.TmpfsOpt{Size: size}}
}

// mount adds a --mount.
func (l *lowerer) mount(ctx context.Context, x *execOp, m *plan.Mount) error {
	switch {
	case m.Secret != nil:
		x.secrets = append(x.secrets, m.Secret)
		return nil
	case m.SSH != nil:
		x.ssh = append(x.ssh, m.SSH)
		return nil
	}
	d := m.Dir
	out := &pb.Mount{Dest: d.Target, Readonly: d.ReadOnly}
	if d.Source != "/" {
		out.Selector = d.Source
	}
	if d.Kind == plan.MountTmpfs {
		out.MountType, out.TmpfsOpt = pb.MountType_TMPFS, &pb.TmpfsOpt{Size: d.Size}
		x.mount(out, nil, false)
		return nil
	}
	source, err := l.read(ctx, d.From)
	if err != nil {
		return err
	}
	output := !d.ReadOnly
	if d.Kind == plan.MountCache {
		output = false
		out.MountType = pb.MountType_CACHE
		out.CacheOpt = &pb.CacheOpt{ID: l.opt.CacheIDNamespace + "/" + d.CacheID, Sharing: sharing(d.Sharing)}
	} else if l.supports(pb.CapExecMountBindReadWriteNoOutput) {
		output = false
	}
	if o := d.Owner; d.Source == "/" && (o.UID != nil || o.GID != nil || o.Mode != nil) {
		source, out.Selector = l.owned(source, o), "/cache"
	}
	x.mount(out, source, output)
	return nil
}

// owned makes a directory for a cache that belongs to somebody.
func (l *lowerer) owned(base bk.Output, o plan.Owner) bk.Output {
	f := &fileOp{base: base}
	f.add(nil, func(int64) pb.IsFileAction {
		byID := func(n *uint64) *pb.UserOpt { return &pb.UserOpt{User: &pb.UserOpt_ByID{ByID: id32(n, 0)}} }
		return &pb.FileAction_Mkdir{Mkdir: &pb.FileActionMkDir{
			Path: "/cache", Mode: int32(id32(o.Mode, 0o755) & 0o777), Timestamp: -1,
			Owner: &pb.ChownOpt{User: byID(o.UID), Group: byID(o.GID)},
		}}
	})
	v := &vertex{anywhere: true, inputs: f.inputs(), fill: f.fill}
	v.meta.Description = named("[internal] setting cache mount permissions")
	v.meta.Caps = l.capabilities(pb.CapFileBase)
	return v
}

func sharing(mode string) pb.CacheSharingOpt {
	switch mode {
	case "private":
		return pb.CacheSharingOpt_PRIVATE
	case "locked":
		return pb.CacheSharingOpt_LOCKED
	}
	return pb.CacheSharingOpt_SHARED
}
