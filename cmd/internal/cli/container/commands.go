// Package container has the commands about containers.
package container

import "github.com/seed-e0495807/strake/cmd/internal/cli"

// Commands are the commands of containers, in the order in which the overview lists them.
func Commands() []cli.Maker {
	return []cli.Maker{
		{Name: "run", Make: runCommand},
		{Name: "ps", Make: psCommand},
		{Name: "logs", Make: logsCommand},
		{Name: "inspect", Make: inspectCommand},
		{Name: "exec", Make: execCommand},
		{Name: "stop", Make: stopCommand},
		{Name: "kill", Make: killCommand},
		{Name: "rm", Make: rmCommand},
		{Name: "commit", Make: commitCommand},
		{Name: "cp", Make: cpCommand},
		{Name: monitorName, Make: monitorCommand},
		{Name: initName, Make: initCommand},
		{Name: helperName, Make: helperCommand},
	}
}
