// Command helper is what strake is for a sandbox.
package main

import (
	"fmt"
	"os"

	"github.com/seed-e0495807/strake/plugins/host"
)

func main() {
	fmt.Fprintln(os.Stderr, host.Sandboxed(os.Args[1:]))
	os.Exit(1)
}
