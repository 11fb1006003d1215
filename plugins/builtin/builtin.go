// Package builtin lists the plugins that are part of strake.
package builtin

import (
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/cachemounts"
	"github.com/seed-e0495807/strake/plugins/builtin/copylink"
	"github.com/seed-e0495807/strake/plugins/builtin/dropdead"
	"github.com/seed-e0495807/strake/plugins/builtin/mergerun"
	"github.com/seed-e0495807/strake/plugins/builtin/packages"
	"github.com/seed-e0495807/strake/plugins/builtin/parallelise"
	"github.com/seed-e0495807/strake/plugins/builtin/policy"
	"github.com/seed-e0495807/strake/plugins/builtin/reorder"
	"github.com/seed-e0495807/strake/plugins/builtin/slim"
	"github.com/seed-e0495807/strake/plugins/builtin/splitcopy"
	"github.com/seed-e0495807/strake/plugins/builtin/sshmount"
	"github.com/seed-e0495807/strake/plugins/builtin/sshserver"
	"github.com/seed-e0495807/strake/plugins/include"
)

// All gives what makes each plugin, by its name.
func All() map[string]func() plugins.Plugin {
	return map[string]func() plugins.Plugin{
		cachemounts.Name: cachemounts.New,
		copylink.Name:    copylink.New,
		dropdead.Name:    dropdead.New,
		reorder.Name:     reorder.New,
		include.Name:     func() plugins.Plugin { return include.New(include.Network{}) },
		mergerun.Name:    mergerun.New,
		packages.Name:    packages.New,
		parallelise.Name: parallelise.New,
		policy.Name:      policy.New,
		slim.Name:        slim.New,
		splitcopy.Name:   splitcopy.New,
		sshmount.Name:    sshmount.New,
		sshserver.Name:   sshserver.New,
	}
}
