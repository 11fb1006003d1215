// Package remote speaks the protocol of package plugins/pb over a connection that is
// there: Client is the side of the host, Server that of the plugin. Package host makes
// the connection to a program, package sdk takes it; tests connect the two directly.
package remote

import (
	"slices"

	"github.com/seed-e0495807/strake/plugins"
)

// Version is the protocol that go-plugin negotiates: v1 of strake.plugin. Another one
// has other messages.
const Version = 1

// Minor counts the additions to the protocol. Neither side depends on that of the
// other: what it needs it asks for by capability.
const Minor = 1

// CookieName and CookieValue are the variable by which a program knows that strake has
// started it.
const (
	CookieName  = "STRAKE_PLUGIN"
	CookieValue = "strake.plugin.v1"
)

// capabilities are what this version can do for a plugin.
func capabilities() []string {
	var list []string
	for p := plugins.Expand; p <= plugins.Finish; p++ {
		list = append(list, phaseCapability(p))
	}
	return append(list, "host.log", "host.expand", "host.read-file", "host.base-config", "host.base-file", "host.parse-shell", "host.effects", "host.list-files",
		"result.edits", "result.module", "result.reports")
}

func phaseCapability(p plugins.Phase) string { return "phase." + p.String() }

// requires are the capabilities that a plugin cannot work without.
func requires(i plugins.Info) []string {
	var list []string
	for _, p := range i.Phases {
		list = append(list, phaseCapability(p))
	}
	if len(i.Instructions) > 0 {
		list = append(list, phaseCapability(plugins.Expand))
	}
	slices.Sort(list)
	return slices.Compact(list)
}
