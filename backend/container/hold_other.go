//go:build !linux

package container

import "os"

// errLinux is what there is of containers elsewhere.
var errLinux = fail("no-containers", "run strake on Linux, in a virtual machine or in WSL", "containers need Linux")

func holdLock(string) (*os.File, error) { return nil, errLinux }

func locked(string) bool { return false }

func self() Process { return Process{} }

// Alive needs Linux.
func (p Process) Alive() bool { return false }

func (s State) rebooted() bool { return false }
