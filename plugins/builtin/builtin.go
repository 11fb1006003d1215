// Package builtin lists the plugins that are part of strake.
package builtin

import (
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/cachemounts"
	"github.com/seed-e0495807/strake/plugins/include"
	"github.com/seed-e0495807/strake/plugins/mergerun"
	"github.com/seed-e0495807/strake/plugins/packages"
	"github.com/seed-e0495807/strake/plugins/policy"
	"github.com/seed-e0495807/strake/plugins/sshmount"
	"github.com/seed-e0495807/strake/plugins/sshserver"
)

// All gives what makes each plugin, by its name.
func All() map[string]func() plugins.Plugin {
	return map[string]func() plugins.Plugin{
		cachemounts.Name: cachemounts.New,
		include.Name:     func() plugins.Plugin { return include.New(include.Network{}) },
		mergerun.Name:    mergerun.New,
		packages.Name:    packages.New,
		policy.Name:      policy.New,
		sshmount.Name:    sshmount.New,
		sshserver.Name:   sshserver.New,
	}
}
