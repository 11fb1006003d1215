package sdk_test

import (
	"context"
	"fmt"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/sdk"
)

// A plugin is made of functions. As a program it is served by sdk.Serve; here it runs in the
// process, as in tests.
func Example() {
	latest := &sdk.Plugin{
		Name: "latest", Version: "1.0.0", Summary: "Base images have a tag that stays",
		Check: func(c *sdk.Call) error {
			for i, stage := range c.Module.Stages {
				if stage.Base == "debian" {
					c.Warn(sdk.From(i), "no-tag", "%s has no tag", stage.Base).Help("name a version, as debian:12")
				}
			}
			return nil
		},
	}
	m, _, err := ir.Read(source.NewFile("Dockerfile", "FROM debian\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: latest}}}
	out, err := pipeline.Run(context.Background(), plugins.Input{Module: m})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range out.Diags {
		fmt.Println(d)
	}
	// Output: debian has no tag; name a version, as debian:12
}
