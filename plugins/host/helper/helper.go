// Package helper makes the program that imports it its own helper for the sandboxes of
// plugins: run again, it is that before most of its packages are set up, which for strake
// is about 40 % of the processor time that starting it takes. Programs of the host and nobody
// else import it.
package helper

import (
	"fmt"
	"os"

	"github.com/seed-e0495807/strake/plugins/internal/sandbox"
)

// word is what the helper is called with, before its one argument.
const word = "plugin-sandbox"

// Command is what host.Options.Helper needs.
func Command() ([]string, error) {
	self, err := os.Executable()
	return []string{self, word}, err
}

// The packages that this one does not need are initialised after it, or later than it can:
// main would be the last of all.
func init() {
	if len(os.Args) == 3 && os.Args[1] == word {
		fmt.Fprintln(os.Stderr, sandbox.Enter(os.Args[2]))
		os.Exit(1)
	}
}
