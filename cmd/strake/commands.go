package main

import (
	"slices"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/build"
	"github.com/seed-e0495807/strake/cmd/internal/cli/commit"
	"github.com/seed-e0495807/strake/cmd/internal/cli/compile"
	"github.com/seed-e0495807/strake/cmd/internal/cli/completion"
	"github.com/seed-e0495807/strake/cmd/internal/cli/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli/context"
	"github.com/seed-e0495807/strake/cmd/internal/cli/engine"
	"github.com/seed-e0495807/strake/cmd/internal/cli/format"
	"github.com/seed-e0495807/strake/cmd/internal/cli/frontend"
	"github.com/seed-e0495807/strake/cmd/internal/cli/image"
	"github.com/seed-e0495807/strake/cmd/internal/cli/inspect"
	"github.com/seed-e0495807/strake/cmd/internal/cli/optimize"
	"github.com/seed-e0495807/strake/cmd/internal/cli/plugin"
	"github.com/seed-e0495807/strake/cmd/internal/cli/validate"
)

// newProcess is a process with the commands of the program.
func newProcess(env func(string) (string, bool)) *cli.Process {
	return &cli.Process{Env: env, Commands: commands(), Complete: completion.Complete}
}

// commands are in the order in which the overview lists them.
func commands() []cli.Maker {
	return slices.Concat([]cli.Maker{
		{Name: "build", Make: build.Command},
	}, compile.Commands(), []cli.Maker{
		{Name: "fmt", Make: format.Command},
		{Name: "frontend", Make: frontend.Command},
		{Name: "plugin", Make: plugin.Command},
		{Name: "context", Make: context.Command},
	}, image.Commands(), container.Commands(image.Fetch), []cli.Maker{
		{Name: "inspect", Make: inspect.Command},
		{Name: "commit", Make: commit.Command},
		{Name: commit.HelperName, Make: commit.HelperCommand},
	}, validate.Commands(), []cli.Maker{
		{Name: "optimize", Make: optimize.Command},
		{Name: "engine", Make: engine.Command},
		{Name: "completion", Make: completion.Command},
		{Name: "help", Make: cli.HelpCommand},
		{Name: "version", Make: cli.VersionCommand},
		{Name: dockerMetadata, Make: dockerMetadataCommand},
	})
}
