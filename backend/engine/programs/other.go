//go:build !linux

package programs

// Usable needs Linux.
func (f Finder) Usable() (string, error) {
	return "", fail("no-containers", "run strake on Linux, in a virtual machine or in WSL", "containers need Linux")
}
