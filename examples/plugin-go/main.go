// Command strake-plugin-nosudo is a plugin for strake in a module of its own: it finds
// sudo in RUN, and removes it.
package main

import (
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/sdk"
)

func main() { sdk.Serve(plugin()) }

func plugin() *sdk.Plugin {
	return &sdk.Plugin{
		Name: "no-sudo", Version: "0.1.0", Summary: "RUN is root already, and needs no sudo",
		Filter: plugins.Filter{Keywords: []string{"RUN"}, Contains: []string{"sudo"}},
		Check:  check,
	}
}

func check(c *sdk.Call) error {
	root := true
	for op := range c.Ops() {
		if op.Place.Op == 0 {
			root = true // a new stage
		}
		switch b := op.Body.(type) {
		case *ir.User:
			root = b.Name == "root" || b.Name == "0"
		case *ir.Run:
			rest, sudo := strings.CutPrefix(b.Command.Line, "sudo ")
			if !root || !sudo {
				continue
			}
			found := c.Warn(op.Place, "sudo", "RUN is root here, and needs no sudo").Help("remove it")
			if plain(rest) {
				run := *b
				run.Command.Line = rest
				found.Become("remove sudo", &run)
			}
		}
	}
	return nil
}

// plain tells whether what stands behind sudo is a program: options and variables there
// are for sudo, and mean something else without it.
func plain(rest string) bool {
	word, _, _ := strings.Cut(rest, " ")
	return word != "" && !strings.HasPrefix(word, "-") && !strings.Contains(word, "=")
}
