package plugins_test

import (
	"context"
	"fmt"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/sdk"
)

// Plugins of this process run over a module one after the other.
func ExamplePipeline() {
	owner := &sdk.Plugin{
		Name: "owner", Version: "1.0.0", Summary: "Images have an owner",
		Rewrite: func(c *sdk.Call) error {
			for i := range c.Module.Stages {
				c.After(sdk.From(i), "images have an owner", &ir.Label{Pairs: []ir.Pair{{Key: "owner", Value: "us"}}})
			}
			return nil
		},
	}
	m, _, err := ir.Read(source.NewFile("Dockerfile", "FROM debian:12\nRUN true\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: owner}}}
	out, err := pipeline.Run(context.Background(), plugins.Input{Module: m})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, op := range out.Module.Stages[0].Ops {
		fmt.Println(op.Text())
	}
	// Output:
	// LABEL owner=us
	// RUN true
}
