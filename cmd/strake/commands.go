package main

import (
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/engine"
)

// newProcess is a process with the commands of the program.
func newProcess(env func(string) (string, bool)) *cli.Process {
	return &cli.Process{Env: env, Commands: commands(), Complete: complete}
}

// commands are in the order in which the overview lists them.
func commands() []cli.Maker {
	return []cli.Maker{
		{Name: "build", Make: buildCommand},
		{Name: "compile", Make: compileCommand},
		{Name: "check", Make: checkCommand},
		{Name: "fix", Make: fixCommand},
		{Name: "expand", Make: expandCommand},
		{Name: "diff", Make: diffCommand},
		{Name: "frontend", Make: frontendCommand},
		{Name: "plugin", Make: pluginCommand},
		{Name: "context", Make: contextCommand},
		{Name: "images", Make: imagesCommand},
		{Name: "history", Make: historyCommand},
		{Name: "inspect", Make: inspectCommand},
		{Name: "tag", Make: tagCommand},
		{Name: "rmi", Make: rmiCommand},
		{Name: "save", Make: saveCommand},
		{Name: "load", Make: loadCommand},
		{Name: "import", Make: importCommand},
		{Name: "push", Make: pushCommand},
		{Name: "pull", Make: pullCommand},
		{Name: "fsck", Make: fsckCommand},
		{Name: "engine", Make: engine.Command},
		{Name: "completion", Make: completionCommand},
		{Name: "help", Make: cli.HelpCommand},
		{Name: "version", Make: cli.VersionCommand},
		{Name: dockerMetadata, Make: dockerMetadataCommand},
	}
}
