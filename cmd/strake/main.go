// Command strake compiles Dockerfiles. It only wires the packages of this module
// together: the commands are in packages of cmd/internal/cli, and commands lists them.
package main

import (
	"context"
	"io"
	"os"

	"github.com/seed-e0495807/strake/cmd/internal/entry"
)

func main() {
	logTo(entry.DebugStream(os.Stderr, os.LookupEnv))
	entry.Main(newProcess(os.LookupEnv))
}

// run is the whole program: it gives the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) int {
	p := newProcess(env)
	p.Stdin, p.Stdout, p.Stderr = stdin, stdout, stderr
	return p.Run(ctx, args)
}
