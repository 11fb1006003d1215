// Command small is a plugin with nothing but the SDK.
package main

import "github.com/seed-e0495807/strake/plugins/sdk"

func main() {
	sdk.Serve(&sdk.Plugin{Name: "faults", Check: func(c *sdk.Call) error {
		c.Warn(sdk.From(0), "seen", "seen")
		return nil
	}})
}
