package project

import (
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// resource is a limit of RUN: as --resource and docker's older flags name it, and
// as BuildKit's frontend does.
type resource struct {
	name, option string
	bytes        bool // else a number or a list of processors
	short        string
}

func resources() []resource {
	return []resource{
		{name: "memory", option: "memory", bytes: true, short: "m"},
		{name: "memory-swap", option: "memswap", bytes: true},
		{name: "cpu-shares", option: "cpushares", short: "c"},
		{name: "cpu-period", option: "cpuperiod"},
		{name: "cpu-quota", option: "cpuquota"},
		{name: "cpuset-cpus", option: "cpusetcpus"},
		{name: "cpuset-mems", option: "cpusetmems"},
	}
}

// resourceFlags are --resource NAME=VALUE, and a hidden flag for each name.
type resourceFlags struct {
	list  []string
	older map[string]*string
}

func (r *resourceFlags) declare(f *pflag.FlagSet) {
	f.StringArrayVar(&r.list, "resource", nil, "`NAME=VALUE` Limit RUN, like memory=2g or cpu-quota=50000")
	r.older = map[string]*string{}
	for _, res := range resources() {
		r.older[res.name] = f.StringP(res.name, res.short, "", "")
		Must(f.MarkHidden(res.name))
	}
}

// set gives the limits to the frontend.
func (r *resourceFlags) set(set func(key, value string)) error {
	list := slices.Clone(r.list)
	for _, res := range resources() {
		if v := *r.older[res.name]; v != "" {
			list = append(list, res.name+"="+v)
		}
	}
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		i := slices.IndexFunc(resources(), func(r resource) bool { return r.name == name })
		if !ok || i < 0 {
			var names []string
			for _, r := range resources() {
				names = append(names, r.name)
			}
			return cli.Misuse("invalid --resource %q: expected NAME=VALUE with one of %s", item, strings.Join(names, ", "))
		}
		res := resources()[i]
		switch {
		case res.bytes && value != "-1":
			n, err := units.RAMInBytes(value)
			if err != nil || n < 0 {
				return cli.Misuse("invalid --resource %q: expected a number of bytes, or one like 2g", item)
			}
			value = strconv.FormatInt(n, 10)
		case !strings.HasPrefix(res.name, "cpuset"):
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return cli.Misuse("invalid --resource %q: expected a number", item)
			}
		}
		set(res.option, value)
	}
	return nil
}
