package sandbox

import (
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The filter of system calls. It lists what a program that computes does not need, and that
// reaches beyond the process: other processes, mounts, namespaces, keys, the clock,
// tracing, and interfaces of the kernel that have often had holes. Calls that do not
// exist on an architecture have numbers of others there, so each has its own list.

// Offsets of struct seccomp_data (seccomp(2)).
const (
	offNumber = 0
	offArch   = 4
	offArg0   = 16 // the low half, on little-endian machines
)

var errNoFilter = errors.New("there is no filter for " + runtime.GOARCH)

// program is a filter in the making.
type program []unix.SockFilter

func (p *program) load(offset uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
}

// when ends the filter with a verdict if the loaded value is one.
func (p *program) when(value, verdict uint32) {
	*p = append(*p,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: value},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict})
}

func (p *program) end(verdict uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict})
}

// block puts a part behind a test of the loaded value: it is skipped for others.
func (p *program) block(value uint32, part program) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: uint8(len(part)), K: value})
	*p = append(*p, part...)
}

func refuse(e unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(e) }

// build makes the filter.
func build(network bool) program {
	var p program
	p.load(offArch)
	p = append(p,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: auditArch},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS})
	p.load(offNumber)
	if x32Bit != 0 {
		p = append(p,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jf: 1, K: x32Bit},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: refuse(unix.ENOSYS)})
	}
	for _, n := range forbidden {
		p.when(uint32(n), refuse(unix.EPERM))
	}
	// Its flags are in memory, which a filter cannot read; libraries fall back to clone.
	p.when(unix.SYS_CLONE3, refuse(unix.ENOSYS))
	p.block(unix.SYS_CLONE, threadsOnly())
	for _, n := range []uint32{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR} {
		p.block(n, families(network))
	}
	p.end(unix.SECCOMP_RET_ALLOW)
	return p
}

// threadsOnly lets a process start threads, and no other processes.
func threadsOnly() program {
	var p program
	p.load(offArg0)
	p = append(p,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: unix.CLONE_THREAD},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	p.end(refuse(unix.EPERM))
	return p
}

// families are the sockets that there may be: what strake talks over, and the network.
func families(network bool) program {
	var p program
	p.load(offArg0)
	p.when(unix.AF_UNIX, unix.SECCOMP_RET_ALLOW)
	if network {
		for _, f := range []uint32{unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK} {
			p.when(f, unix.SECCOMP_RET_ALLOW)
		}
	}
	p.end(refuse(unix.EACCES))
	return p
}

// filter installs the filter for this thread and what it executes.
func filter(network bool) error {
	if len(forbidden) == 0 {
		return errNoFilter
	}
	p := build(network)
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(p)
	if e != 0 {
		return e
	}
	return nil
}
