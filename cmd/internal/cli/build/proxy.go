package build

import (
	"io"
	"strings"

	"github.com/docker/cli/cli/config"
)

// proxies makes build arguments of the proxies that docker's config has for every
// engine, but for those that are given.
func proxies(options map[string]string) {
	for name, value := range config.LoadDefaultConfigFile(io.Discard).ParseProxyConfig("", nil) {
		if value != nil && !hasArgument(options, name) {
			options["build-arg:"+name] = *value
		}
	}
}

func hasArgument(options map[string]string, name string) bool {
	for key := range options {
		if arg, ok := strings.CutPrefix(key, "build-arg:"); ok && strings.EqualFold(arg, name) {
			return true
		}
	}
	return false
}
