//go:build unix

package debug

import (
	"os"
	"os/signal"
	"syscall"
)

// notify tells of changes of the terminal's size until stop is called.
func notify(changes chan<- os.Signal) (stop func()) {
	signal.Notify(changes, syscall.SIGWINCH)
	return func() { signal.Stop(changes) }
}
