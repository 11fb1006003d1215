package container

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"github.com/moby/sys/signal"
	digest "github.com/opencontainers/go-digest"
	"github.com/spf13/pflag"
	"github.com/tonistiigi/go-csvvalue"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/regular"
)

// runOptions are the flags of strake run. Their names are docker's.
type runOptions struct {
	*cli.Process
	fetch Fetch

	interactive, tty, detach, remove, init, readOnly, quiet, record bool

	name, user, workdir, entrypoint, hostname, network, platform, pull, cidfile, stopSignal, memory string

	env, envFiles, volumes, mounts, tmpfs, publish, labels, addHosts, capAdd, capDrop []string

	cpus          float64
	stopTimeout   int
	entrypointSet bool
	shares        bool // the network of the machine, without having asked for it
}

func (o *runOptions) declare(f *pflag.FlagSet) {
	usual, _ := o.Env("DOCKER_DEFAULT_PLATFORM")
	f.StringArrayVar(&o.addHosts, "add-host", nil, "`HOST:IP` Add a line to /etc/hosts")
	f.StringArrayVar(&o.capAdd, "cap-add", nil, "`CAPABILITY` Add a Linux capability, or ALL")
	f.StringArrayVar(&o.capDrop, "cap-drop", nil, "`CAPABILITY` Drop a Linux capability, or ALL")
	f.StringVar(&o.cidfile, "cidfile", "", "`FILE` Write the container's id to the file")
	f.Float64Var(&o.cpus, "cpus", 0, "`NUMBER` Number of CPUs, like 1.5")
	f.BoolVarP(&o.detach, "detach", "d", false, "Run in the background and print the container's id")
	f.StringVar(&o.entrypoint, "entrypoint", "", "`PROGRAM` Run this instead of the image's ENTRYPOINT and CMD; \"\" is none")
	f.StringArrayVarP(&o.env, "env", "e", nil, "`NAME[=VALUE]` Set a variable; without a value, that of the environment")
	f.StringArrayVar(&o.envFiles, "env-file", nil, "`FILE` Set the variables of a file, a NAME[=VALUE] a line")
	f.StringVarP(&o.hostname, "hostname", "h", "", "`NAME` Host name of the container")
	f.Bool("help", false, "Show this help") // -h is the host name
	f.BoolVar(&o.init, "init", false, "Run a first process that passes signals on and reaps")
	f.BoolVarP(&o.interactive, "interactive", "i", false, "Give the container what is typed")
	f.StringArrayVarP(&o.labels, "label", "l", nil, "`NAME[=VALUE]` Set a label of the container")
	f.StringVarP(&o.memory, "memory", "m", "", "`BYTES` Limit of memory, like 512m")
	f.StringArrayVar(&o.mounts, "mount", nil, "`type=bind,source=PATH,target=PATH[,readonly]` Mount a path of this machine, or type=tmpfs")
	f.StringVar(&o.name, "name", "", "`NAME` Name of the container")
	f.StringVar(&o.network, "network", "", "`MODE` Network: host, none or private (default host, with -p private)")
	f.StringVar(&o.platform, "platform", usual, "`PLATFORM` Run the image for this platform, such as linux/arm64")
	f.StringArrayVarP(&o.publish, "publish", "p", nil, "`[[IP:]HOST:]PORT[/udp]` Forward a port of this machine to one of the container")
	f.StringVar(&o.pull, "pull", "missing", "`WHEN` Fetch the image: always, missing or never")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Do not say what is fetched")
	f.BoolVar(&o.readOnly, "read-only", false, "Let nobody write to the container's root file system")
	f.BoolVar(&o.record, "record", false, "Keep the commands that are typed, to make a Dockerfile of them")
	f.BoolVar(&o.remove, "rm", false, "Remove the container when it ends")
	f.StringVar(&o.stopSignal, "stop-signal", "", "`SIGNAL` What `strake stop` sends (default the image's, or SIGTERM)")
	f.IntVar(&o.stopTimeout, "stop-timeout", 10, "`SECONDS` How long `strake stop` waits before it kills")
	f.StringArrayVar(&o.tmpfs, "tmpfs", nil, "`PATH[:OPTIONS]` Mount a temporary file system")
	f.BoolVarP(&o.tty, "tty", "t", false, "Give the container a terminal")
	f.StringVarP(&o.user, "user", "u", "", "`USER[:GROUP]` Run as this user, a name or a number")
	f.StringArrayVarP(&o.volumes, "volume", "v", nil, "`SOURCE:TARGET[:ro]` Mount a path of this machine")
	f.StringVarP(&o.workdir, "workdir", "w", "", "`DIR` Run in this directory")
}

// check finds what is wrong with the flags themselves.
func (o *runOptions) check() error {
	switch o.pull {
	case "always", "missing", "never":
	default:
		return cli.Misuse("invalid --pull %q: expected always, missing or never", o.pull)
	}
	switch o.network {
	case container.Host, container.None, container.Private:
		if len(o.publish) > 0 && o.network != container.Private {
			return cli.Misuse("-p has no effect with --network %s: expected --network private, or none", o.network)
		}
	case "":
		o.network, o.shares = container.Host, len(o.publish) == 0
		if !o.shares {
			o.network = container.Private
		}
	case "bridge", "default":
		return cli.Misuse("invalid --network %q: there is no bridge; expected private, for a network of its own, or host or none", o.network)
	default:
		return cli.Misuse("invalid --network %q: there are no networks between containers; expected host, none or private", o.network)
	}
	if o.stopSignal != "" {
		if _, err := signal.ParseSignal(o.stopSignal); err != nil {
			return cli.Misuse("invalid --stop-signal %q: %v", o.stopSignal, err)
		}
	}
	return o.checkTerminal()
}

// checkTerminal finds out whether there is a terminal to give.
func (o *runOptions) checkTerminal() error {
	if in, ok := o.Stdin.(*os.File); o.tty && o.interactive && !o.detach && (!ok || !cli.IsTerminal(in)) {
		return cli.Misuse("the input device is not a TTY: leave out -t")
	}
	return nil
}

// config is what the container is made of.
func (o *runOptions) config(ctx context.Context, name string, img store.Image, v store.Variant, command []string) (container.Config, error) {
	of := v.Config.Config
	cfg := container.Config{
		Name: o.name, Image: name, ImageID: img.ID, Manifest: v.Desc.Digest, Platform: *v.Desc.Platform,
		User: cmp.Or(o.user, of.User), Cwd: cmp.Or(of.WorkingDir, "/"), Hostname: o.hostname,
		TTY: o.tty, Stdin: o.interactive, Init: o.init, Detached: o.detach, Remove: o.remove, Record: o.record,
		Network: o.network, AddHosts: o.addHosts, ReadOnly: o.readOnly, CPUs: o.cpus,
		StopSignal: cmp.Or(o.stopSignal, of.StopSignal), StopTimeout: &o.stopTimeout,
	}
	for _, d := range v.Config.RootFS.DiffIDs {
		cfg.DiffIDs = append(cfg.DiffIDs, digest.Digest(d))
	}
	if o.workdir != "" {
		if cfg.Cwd = o.workdir; !path.IsAbs(cfg.Cwd) {
			return cfg, cli.Misuse("invalid --workdir %q: expected an absolute path", o.workdir)
		}
	}
	entrypoint, args := of.Entrypoint, command
	switch {
	case o.entrypointSet:
		entrypoint = nil
		if o.entrypoint != "" {
			entrypoint = []string{o.entrypoint}
		}
	case len(args) == 0:
		args = of.Cmd
	}
	if cfg.Args = slices.Concat(entrypoint, args); len(cfg.Args) == 0 {
		return cfg, cli.Misuse("the image has no command: name one")
	}
	env, err := o.environment(ctx)
	if err != nil {
		return cfg, err
	}
	cfg.Env = container.Environment(of.Env, env)
	return cfg, o.parse(&cfg)
}

// parse reads the flags that have a form of their own.
func (o *runOptions) parse(cfg *container.Config) (err error) {
	if o.memory != "" {
		if cfg.Memory, err = units.RAMInBytes(o.memory); err != nil || cfg.Memory < 6<<20 {
			return cli.Misuse("invalid --memory %q: expected a number of bytes, or one like 512m, from 6m", o.memory)
		}
	}
	if o.cpus < 0 {
		return cli.Misuse("invalid --cpus %v: expected a number like 1.5", o.cpus)
	}
	cfg.CapAdd, cfg.CapDrop = capabilities(o.capAdd), capabilities(o.capDrop)
	if cfg.Mounts, err = o.mountList(); err != nil {
		return err
	}
	for _, item := range o.publish {
		p, err := port(item)
		if err != nil {
			return cli.Misuse("invalid --publish %q: %v", item, err)
		}
		cfg.Ports = append(cfg.Ports, p)
	}
	for _, item := range o.labels {
		name, value, _ := strings.Cut(item, "=")
		if cfg.Labels == nil {
			cfg.Labels = map[string]string{}
		}
		cfg.Labels[name] = value
	}
	for _, item := range o.addHosts {
		name, ip, ok := strings.Cut(item, ":")
		if _, err := netip.ParseAddr(ip); !ok || name == "" || err != nil {
			return cli.Misuse("invalid --add-host %q: expected HOST:IP", item)
		}
	}
	return nil
}

// capabilities are names as the kernel has them: CAP_NET_ADMIN for net_admin.
func capabilities(names []string) []string {
	var list []string
	for _, name := range names {
		name = "CAP_" + strings.TrimPrefix(strings.ToUpper(name), "CAP_")
		if name == "CAP_ALL" {
			name = "ALL"
		}
		list = append(list, name)
	}
	return list
}

// environment is what --env-file and -e give. A name without a value that has none here is
// taken out of the image's.
func (o *runOptions) environment(ctx context.Context) ([]string, error) {
	var list []string
	add := func(item string) {
		if !strings.Contains(item, "=") {
			if v, ok := o.Env(item); ok {
				item += "=" + v
			}
		}
		list = append(list, item)
	}
	for _, name := range o.envFiles {
		f, err := regular.Stream(ctx, name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		for s.Scan() {
			line := strings.TrimLeft(s.Text(), " \t")
			if line == "" || line[0] == '#' {
				continue
			}
			if n, _, _ := strings.Cut(line, "="); n == "" || strings.ContainsAny(n, " \t") {
				return nil, fmt.Errorf("%s: %q is no variable: expected NAME=VALUE", name, n)
			}
			add(line)
		}
		if err := s.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, item := range o.env {
		if item == "" || item[0] == '=' {
			return nil, cli.Misuse("invalid --env %q: expected NAME=VALUE", item)
		}
		add(item)
	}
	return list, nil
}

func (o *runOptions) mountList() ([]container.Mount, error) {
	var list []container.Mount
	for _, item := range o.volumes {
		m, err := volume(item)
		if err != nil {
			return nil, cli.Misuse("invalid --volume %q: %v", item, err)
		}
		list = append(list, m)
	}
	for _, item := range o.mounts {
		m, err := mount(item)
		if err != nil {
			return nil, cli.Misuse("invalid --mount %q: %v", item, err)
		}
		list = append(list, m)
	}
	for _, item := range o.tmpfs {
		target, options, _ := strings.Cut(item, ":")
		if !path.IsAbs(target) {
			return nil, cli.Misuse("invalid --tmpfs %q: expected an absolute path", item)
		}
		list = append(list, container.Mount{Type: "tmpfs", Target: path.Clean(target), Options: options})
	}
	for i, m := range list {
		if m.Target == "/" {
			return nil, cli.Misuse("invalid mount: nothing can be mounted on /")
		}
		if slices.ContainsFunc(list[:i], func(other container.Mount) bool { return other.Target == m.Target }) {
			return nil, cli.Misuse("two mounts have the target %s", m.Target)
		}
	}
	return list, nil
}

// volume reads SOURCE:TARGET[:OPTIONS]. What is not there is made as a directory, as docker does.
func volume(text string) (container.Mount, error) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 || !path.IsAbs(parts[1]) {
		return container.Mount{}, fmt.Errorf("expected SOURCE:TARGET[:ro]")
	}
	if !strings.ContainsRune(parts[0], '/') && parts[0] != "." && parts[0] != ".." {
		return container.Mount{}, fmt.Errorf("there are no volumes with names: expected a path, like ./%s", parts[0])
	}
	m := container.Mount{Type: "bind", Target: path.Clean(parts[1])}
	if len(parts) == 3 {
		for _, option := range strings.Split(parts[2], ",") {
			switch option {
			case "ro":
				m.ReadOnly = true
			case "rw", "z", "Z", "cached", "delegated", "consistent":
			default:
				return m, fmt.Errorf("unknown option %q: expected ro or rw", option)
			}
		}
	}
	var err error
	if m.Source, err = filepath.Abs(parts[0]); err != nil {
		return m, err
	}
	if _, err := os.Stat(m.Source); os.IsNotExist(err) {
		if err := os.MkdirAll(m.Source, 0o755); err != nil {
			return m, err
		}
	}
	m.Source, err = filepath.EvalSymlinks(m.Source)
	return m, err
}

// mount reads docker's form of --mount.
func mount(text string) (m container.Mount, err error) {
	fields, err := csvvalue.Fields(text, nil)
	if err != nil {
		return m, err
	}
	m.Type = "bind"
	var options []string
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "type":
			m.Type = value
		case "source", "src":
			m.Source = value
		case "target", "dst", "destination":
			m.Target = value
		case "readonly", "ro":
			m.ReadOnly = value == "" || value == "1" || value == "true"
		case "tmpfs-size":
			options = append(options, "size="+value)
		case "tmpfs-mode":
			options = append(options, "mode="+value)
		default:
			return m, fmt.Errorf("unknown key %q", key)
		}
	}
	if !path.IsAbs(m.Target) {
		return m, fmt.Errorf("its target is no absolute path")
	}
	m.Target, m.Options = path.Clean(m.Target), strings.Join(options, ",")
	switch m.Type {
	case "tmpfs":
		return m, nil
	case "bind":
		if m.Source, err = filepath.Abs(m.Source); err == nil {
			m.Source, err = filepath.EvalSymlinks(m.Source)
		}
		return m, err
	}
	return m, fmt.Errorf("unknown type %q: expected bind or tmpfs", m.Type)
}

// port reads [[IP:]HOST:]PORT[/PROTOCOL].
func port(text string) (p container.Port, err error) {
	rest, protocol, ok := strings.Cut(text, "/")
	if p.Protocol = "tcp"; ok {
		p.Protocol = protocol
	}
	if p.Protocol != "tcp" && p.Protocol != "udp" {
		return p, fmt.Errorf("unknown protocol %q: expected tcp or udp", p.Protocol)
	}
	at := strings.LastIndexByte(rest, ':')
	if p.Container, err = portNumber(rest[at+1:]); err != nil {
		return p, err
	}
	p.Host = p.Container
	if at < 0 {
		return p, nil
	}
	rest = rest[:at]
	at = strings.LastIndexByte(rest, ':')
	if p.Host, err = portNumber(rest[at+1:]); err != nil || at < 0 {
		return p, err
	}
	ip, err := netip.ParseAddr(strings.Trim(rest[:at], "[]"))
	p.HostIP = ip.String()
	return p, err
}

func portNumber(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no port", text)
	}
	return uint16(n), nil
}
