// Command strake-light is strake for who installs it under that name in front of the whole
// program: it has the commands about containers, which are to start at once, and hands all
// else to the whole program. That one takes as long to start as half a container does,
// for what it needs to compile and to build, and links; this one links none of it.
//
// Both are made of the same packages, and no command is different here.
package main

import (
	"context"
	"os"
	"slices"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/container"
	"github.com/seed-e0495807/strake/cmd/internal/entry"
)

func main() {
	p := &cli.Process{Env: os.LookupEnv, Commands: container.Commands(fetch)}
	args := entry.Arguments(os.Args)
	if !slices.ContainsFunc(p.Commands, func(m cli.Maker) bool { return len(args) > 0 && m.Name == args[0] }) {
		err := become()
		cli.Printf(os.Stderr, "%v\n", err)
		os.Exit(cli.ExitUsage)
	}
	entry.LogTo(entry.DebugStream(os.Stderr, os.LookupEnv))
	entry.Main(p)
}

// fetch leaves a run of an image that has to be fetched to the whole program: nothing was done yet.
func fetch(context.Context, *cli.Process, *store.Store, container.Wanted) error { return become() }
