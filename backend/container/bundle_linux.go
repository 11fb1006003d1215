package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/userns"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/container/ocispec"
	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/lang/regular"
)

// initPath is where a container finds its first process that reaps.
const initPath = "/sbin/docker-init"

// bundle is what the runtime reads of a container. The runtime starts before its root file system
// is mounted and its spec is made, which takes no longer: what it finds instead of the spec is a pipe.
type bundle struct {
	dir   string
	spec  func() ([]byte, error) // mounts, too
	read  *os.File               // the runtime's, its first besides the standard streams
	write *os.File
}

// newBundle makes a bundle that lacks the spec.
func newBundle(dir string, spec func() ([]byte, error)) (*bundle, error) {
	name := filepath.Join(dir, configFile)
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.Symlink("/proc/self/fd/3", name); err != nil {
		return nil, err
	}
	b := &bundle{dir: dir, spec: spec}
	var err error
	b.read, b.write, err = os.Pipe()
	return b, err
}

// finish makes the spec, and gives it to the runtime, which runs. One that looks later, or again,
// finds it in a file.
func (b *bundle) finish() error {
	defer b.close()
	data, err := b.spec()
	if err == nil {
		err = writeFile(filepath.Join(b.dir, configFile), data, 0o600)
	}
	if err == nil {
		b.read.Close()
		_, err = b.write.Write(data)
	}
	if errors.Is(err, unix.EPIPE) {
		return nil // the runtime has ended, and says why
	}
	return err
}

func (b *bundle) close() {
	b.read.Close()
	b.write.Close()
}

// newSpec makes what the runtime reads of a container, whose root file system is mounted.
func (r *Runner) newSpec(c *Container, root string, size *specs.Box) ([]byte, error) {
	process, err := c.newProcess(root)
	if err != nil {
		return nil, err
	}
	process.ConsoleSize = size
	if err := ocispec.MkdirAll(root, process.Cwd); err != nil {
		return nil, err
	}
	mounts, err := c.mounts()
	if err != nil {
		return nil, err
	}
	if c.Init {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, ocispec.Bind(self, initPath, true))
		process.Args = append(append([]string{initPath}, r.Init[1:]...), process.Args...)
	}
	rootless := userns.RunningInUserNS()
	if rootless && (c.Memory > 0 || c.CPUs > 0) {
		r.note("--memory and --cpus have no effect without root: nobody has given this user control groups")
	}
	spec, err := ocispec.New(ocispec.Options{
		Rootfs: root, ReadOnly: c.ReadOnly, Hostname: c.Hostname, Process: process, Mounts: mounts,
		HostNetwork: c.Network == Host, KeepNetwork: c.Network == Private, Cgroup: c.cgroup(), Memory: c.Memory, CPUs: c.CPUs, Rootless: rootless,
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(spec)
}

// cgroup is the container's, below the root of the machine's control groups.
func (c *Container) cgroup() string { return "/strake-" + c.ID }

// newProcess is the first process of a container.
func (c *Container) newProcess(root string) (*specs.Process, error) {
	at, err := ocispec.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer at.Close()
	return ocispec.NewProcess(ocispec.Command{
		Args: c.Args, Env: c.Env, User: c.User, Cwd: c.Cwd, TTY: c.TTY, Hostname: c.Hostname, CapAdd: c.CapAdd, CapDrop: c.CapDrop,
	}, at)
}

// ownFiles are the files that a container has of its own.
func ownFiles() []string { return []string{"hosts", "hostname", "resolv.conf"} }

// mounts are those that were asked for, behind those of the container's own files.
func (c *Container) mounts() ([]specs.Mount, error) {
	if err := c.writeOwnFiles(); err != nil {
		return nil, err
	}
	var list []specs.Mount
	for _, name := range ownFiles() {
		list = append(list, ocispec.Bind(c.path(name), "/etc/"+name, false))
	}
	for _, m := range c.Mounts {
		switch m.Type {
		case "tmpfs":
			list = append(list, ocispec.Tmpfs(m.Target, m.Options))
		case "bind":
			if err := unlinked(m.Source); err != nil {
				return nil, fail("no-such-mount", "make it, or correct the flag", "cannot mount %s: %v", m.Source, err)
			}
			list = append(list, ocispec.Bind(m.Source, m.Target, m.ReadOnly))
		}
	}
	return list, nil
}

// unlinked tells why a source cannot be mounted. Its links were followed when it was named:
// one that came since leads where nobody has named.
func unlinked(source string) error {
	fd, err := unix.Openat2(unix.AT_FDCWD, source, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS})
	switch {
	case errors.Is(err, unix.ELOOP):
		return errors.New("there is a link in it by now")
	case err != nil:
		return err
	}
	return unix.Close(fd)
}

// points are what the image need not have and the container needs: where something is mounted,
// and where it begins.
func (c *Container) points() []rootfs.Point {
	list := []rootfs.Point{{Path: "/proc"}, {Path: "/sys"}, {Path: "/dev"}, {Path: c.Cwd}}
	for _, name := range ownFiles() {
		list = append(list, rootfs.Point{Path: "/etc/" + name, File: true})
	}
	if c.Init {
		list = append(list, rootfs.Point{Path: initPath, File: true})
	}
	for _, m := range c.Mounts {
		info, err := os.Stat(m.Source)
		list = append(list, rootfs.Point{Path: m.Target, File: m.Type == "bind" && err == nil && !info.IsDir()})
	}
	return list
}

// tableLimit bounds what is read of the machine's /etc.
const tableLimit = 4 << 20

// writeOwnFiles writes /etc/hosts and the like.
func (c *Container) writeOwnFiles() error {
	resolv, err := regular.Read("/etc/resolv.conf", tableLimit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.Network == Private {
		resolv = []byte("nameserver " + forwarderDNS + "\n")
	}
	hosts := "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
	if c.Network == Host {
		if data, err := regular.Read("/etc/hosts", tableLimit); err == nil {
			hosts = strings.TrimRight(string(data), "\n") + "\n"
		}
	}
	for _, item := range c.AddHosts {
		name, ip, _ := strings.Cut(item, ":")
		hosts += ip + "\t" + name + "\n"
	}
	hosts += fmt.Sprintf("127.0.1.1\t%s\n", c.Hostname)
	for name, text := range map[string]string{"hosts": hosts, "hostname": c.Hostname + "\n", "resolv.conf": string(resolv)} {
		// Whoever is in the container may read them, and root there may change them.
		if err := writeFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
