// Package project has what the commands about a project share: the flags of a build, of its
// plugins and its engine, and what of strake.yaml they heed.
package project

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// BuildFlags are the flags of docker build that change the LLB.
type BuildFlags struct {
	target        string
	buildArgs     []string
	labels        []string
	Platforms     []string
	noCache       bool
	noCacheFilter []string
	Network       string
	addHosts      []string
	shmSize       string
	ulimits       []string
	cgroupParent  string
	resources     resourceFlags
}

// Declare declares the flags.
func (b *BuildFlags) Declare(f *pflag.FlagSet, env func(string) (string, bool)) {
	var usual []string
	if v, _ := env("DOCKER_DEFAULT_PLATFORM"); v != "" {
		usual = strings.Split(v, ",")
	}
	f.StringVar(&b.target, "target", "", "`STAGE` Set the build stage to compile")
	f.StringArrayVar(&b.buildArgs, "build-arg", nil, "`NAME[=VALUE]` Set a build argument; without a value, that of the environment")
	f.StringArrayVar(&b.labels, "label", nil, "`NAME[=VALUE]` Set a label of the image")
	f.StringSliceVar(&b.Platforms, "platform", usual, "`PLATFORM,...` Set the target platforms, such as linux/arm64")
	f.BoolVar(&b.noCache, "no-cache", false, "Do not use the cache when building the image")
	f.StringSliceVar(&b.noCacheFilter, "no-cache-filter", nil, "`STAGE,...` Do not use the cache for these stages")
	f.StringVar(&b.Network, "network", "default", "`MODE` Set the network of RUN: default, none or host")
	f.StringArrayVar(&b.addHosts, "add-host", nil, "`HOST:IP` Add a host name for RUN")
	f.StringVar(&b.shmSize, "shm-size", "", "`BYTES` Size of /dev/shm, like 64m")
	f.StringArrayVar(&b.ulimits, "ulimit", nil, "`NAME=SOFT[:HARD]` Set a limit of RUN")
	f.StringVar(&b.cgroupParent, "cgroup-parent", "", "`CGROUP` Set the parent cgroup of RUN")
	b.resources.declare(f)
}

// Options gives the options of BuildKit's frontend that docker build would give.
func (b *BuildFlags) Options(env func(string) (string, bool)) (map[string]string, error) {
	o := map[string]string{}
	set := func(key, value string) {
		if value != "" {
			o[key] = value
		}
	}
	if v, _ := env("SOURCE_DATE_EPOCH"); v != "" {
		o["build-arg:SOURCE_DATE_EPOCH"] = v
	}
	for _, item := range b.buildArgs {
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			value, ok = env(name)
		}
		if ok && name != "" {
			o["build-arg:"+name] = value
		}
	}
	for _, item := range b.labels {
		if name, value, _ := strings.Cut(item, "="); name != "" {
			o["label:"+name] = value
		}
	}
	set("target", b.target)
	set("cgroup-parent", b.cgroupParent)
	set("platform", strings.Join(b.Platforms, ","))
	set("no-cache", strings.Join(b.noCacheFilter, ","))
	if b.noCache {
		o["no-cache"] = "" // all stages
	}
	switch b.Network {
	case "", "default":
	case "none", "host":
		o["force-network-mode"] = b.Network
	default:
		return nil, cli.Misuse("invalid --network %q: expected default, none or host", b.Network)
	}
	return o, b.limits(set)
}

// limits sets what has a form of its own on the command line.
func (b *BuildFlags) limits(set func(key, value string)) error {
	hosts, err := extraHosts(b.addHosts)
	if err != nil {
		return err
	}
	set("add-hosts", hosts)
	if b.shmSize != "" {
		n, err := units.RAMInBytes(b.shmSize)
		if err != nil || n < 0 {
			return cli.Misuse("invalid --shm-size %q: expected a number of bytes, or one like 64m", b.shmSize)
		}
		if n > 0 {
			set("shm-size", strconv.FormatInt(n, 10))
		}
	}
	if err := b.resources.set(set); err != nil {
		return err
	}
	limits := map[string]string{} // the last one of a name counts
	for _, item := range b.ulimits {
		l, err := units.ParseUlimit(item)
		if err != nil {
			return cli.Misuse("invalid --ulimit %q: %v", item, err)
		}
		limits[l.Name] = l.String()
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		list = append(list, limits[name])
	}
	set("ulimit", strings.Join(list, ","))
	return nil
}

func extraHosts(list []string) (string, error) {
	var out []string
	for _, item := range list {
		host, ip, ok := strings.Cut(item, "=")
		if !ok {
			host, ip, ok = strings.Cut(item, ":")
		}
		if len(ip) > 2 && ip[0] == '[' && ip[len(ip)-1] == ']' {
			ip = ip[1 : len(ip)-1]
		}
		switch {
		case ip == "host-gateway":
			return "", cli.Misuse("invalid --add-host %q: only the daemon knows host-gateway, give the address", item)
		case !ok || host == "" || net.ParseIP(ip) == nil:
			return "", cli.Misuse("invalid --add-host %q: expected HOST:IP", item)
		}
		out = append(out, host+"="+ip)
	}
	return strings.Join(out, ","), nil
}

// NamedContexts reads --build-context. Names are those of images, as docker
// build has it.
func NamedContexts(list []string) (map[string]string, error) {
	out := make(map[string]string, len(list))
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if !ok || value == "" {
			return nil, cli.Misuse("invalid --build-context %q: expected NAME=VALUE", item)
		}
		named, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			return nil, cli.Misuse("invalid --build-context %q: its name: %v", item, err)
		}
		out[strings.TrimSuffix(reference.FamiliarString(named), ":latest")] = value
	}
	return out, nil
}

// Distinct drops platforms that were there before, perhaps in other words.
func Distinct(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, text := range list {
		key := text
		if p, err := platforms.Parse(text); err == nil {
			key = platforms.FormatAll(platforms.Normalize(p))
		}
		if !seen[key] {
			out = append(out, text)
		}
		seen[key] = true
	}
	return out
}

// Must holds what the program itself got wrong.
func Must(err error) {
	if err != nil {
		panic(fmt.Sprintf("strake: %v", err))
	}
}

// Targeted tells whether a target is asked for.
func (f *BuildFlags) Targeted() bool { return f.target != "" }
