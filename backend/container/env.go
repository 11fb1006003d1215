package container

import (
	"slices"
	"strings"
)

// defaultPath is the PATH of a container whose image sets none.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Environment is that of a container, out of what its image has and what was given. A name
// that is given without a value is taken out.
func Environment(image, given []string) []string {
	env := []string{defaultPath}
	for _, item := range slices.Concat(image, given) {
		name, _, ok := strings.Cut(item, "=")
		at := slices.IndexFunc(env, func(have string) bool { return strings.HasPrefix(have, name+"=") })
		switch {
		case !ok && at >= 0:
			env = slices.Delete(env, at, at+1)
		case !ok:
		case at >= 0:
			env[at] = item
		default:
			env = append(env, item)
		}
	}
	return env
}
