//go:build linux

package engine

import (
	"strconv"
	"syscall"

	"github.com/pelletier/go-toml/v2"

	"github.com/seed-e0495807/strake/lang/regular"
)

// Limits of the cache, in bytes. BuildKit's own let it grow to 100 GB.
const (
	maxCache  = 20e9    // or a fifth of the disk, if that is less
	maxConfig = 1 << 20 // bytes of a configuration that is given
	keptCache = 2e9     // is never collected for want of space
)

// configure writes buildkitd's configuration: the user's, with our values for what
// is not set there.
func (l *launch) configure() error {
	config := map[string]any{}
	if l.Config != "" {
		data, err := regular.Read(l.Config, maxConfig)
		if err == nil {
			err = toml.Unmarshal(data, &config)
		}
		if err != nil {
			return fail("bad-engine-config", "correct it: https://docs.docker.com/build/buildkit/toml-configuration",
				"cannot use %s as the configuration of buildkitd: %v", l.Config, err)
		}
	}
	if config["insecure-entitlements"] == nil {
		// The engine is the user's own: what a build may do, --allow says.
		config["insecure-entitlements"] = []string{"network.host", "security.insecure"}
	}
	oci := table(table(config, "worker"), "oci")
	if oci["defaultCgroupParent"] == nil && !l.Rootless {
		oci["defaultCgroupParent"] = l.cgroup()
	}
	if !limited(oci) {
		l.limit(oci)
	}
	data, err := toml.Marshal(config)
	if err != nil {
		return err
	}
	if err := l.place().write(configFile, data); err != nil {
		return l.place().explain(err)
	}
	return nil
}

// table gives a table of another one.
func table(of map[string]any, name string) map[string]any {
	t, ok := of[name].(map[string]any)
	if !ok {
		t = map[string]any{}
		of[name] = t
	}
	return t
}

// limited tells whether the user has a wish about the size of the cache.
func limited(oci map[string]any) bool {
	for _, key := range []string{"gc", "gckeepstorage", "reservedSpace", "maxUsedSpace", "minFreeSpace", "gcpolicy"} {
		if oci[key] != nil {
			return true
		}
	}
	return false
}

// limit keeps the cache from filling the disk.
func (l *launch) limit(oci map[string]any) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(l.Dir, &disk); err != nil {
		return // BuildKit's limits
	}
	total := int64(disk.Blocks) * disk.Bsize
	most := min(total/5, maxCache)
	for key, bytes := range map[string]int64{
		"maxUsedSpace": most, "reservedSpace": min(most/2, keptCache), "minFreeSpace": total / 20,
	} {
		oci[key] = strconv.FormatInt(bytes, 10)
	}
}
