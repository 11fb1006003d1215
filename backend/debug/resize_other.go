//go:build !unix

package debug

import "os"

// notify does nothing: there is no such signal.
func notify(chan<- os.Signal) (stop func()) { return func() {} }
