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
//
// It is written out here, as the library for this (elastic/go-seccomp-bpf) does not fit a list
// of what is refused: it lets calls by another architecture's numbers, like those of int 0x80
// on amd64, have the verdict of calls that no rule is about, and that is to allow them.
// TestFilter runs the filter over all that matters, for kernels that this machine is not.

// Offsets of struct seccomp_data (seccomp(2)).
const (
	offNumber = 0
	offArch   = 4
	offArg0   = 16 // the low half, on little-endian machines
	offArg1   = 24
	offArg2   = 32
	offArg3   = 40
)

// newest is the first call by number (they are the same everywhere from 424 on) that nobody
// has looked at for this filter: what a newer kernel adds does not exist for a program. Nor do
// the calls of x32, whose numbers are those of amd64 with a high bit.
const newest = unix.SYS_OPEN_TREE_ATTR

// Requests of ioctl(2) that let a file's signals go to another process, as F_SETOWN does.
const (
	fioSetOwn = 0x8901
	sioSetOwn = unix.SIOCSPGRP
)

// sharedMemory are calls for memory that is not the process's own, and that no limit of a
// process counts. Libraries do without.
var sharedMemory = [...]uintptr{
	unix.SYS_MEMFD_CREATE, // memfd_secret counts as locked memory, of which there is none
	unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN,
}

// counted are calls for what the kernel counts for all processes of a user together: who takes
// all of it, takes it from the user's own programs. A program that computes watches no files,
// and the timers of languages are not these.
var counted = append([]uintptr{unix.SYS_INOTIFY_INIT1, unix.SYS_TIMER_CREATE}, countedHere...)

// beyond are calls that reach processes and files of the machine which neither Landlock nor a
// test of arguments keeps from a program. connect is among them: a socket of the machine's
// services is as good as a key.
var beyond = append([]uintptr{
	unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_PIDFD_OPEN,
	unix.SYS_SETSID, unix.SYS_SETPGID, unix.SYS_SETPRIORITY, unix.SYS_IOPRIO_SET, unix.SYS_PROCESS_MADVISE, unix.SYS_PROCESS_MRELEASE,
	unix.SYS_MIGRATE_PAGES, unix.SYS_MOVE_PAGES,
	unix.SYS_CONNECT, unix.SYS_TRUNCATE, unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR,
	unix.SYS_SETXATTRAT, unix.SYS_REMOVEXATTRAT,
	unix.SYS_FALLOCATE, // takes room of the disk without making a file longer, which RLIMIT_FSIZE is about
}, beyondHere...)

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

// rules are what a filter depends on.
type rules struct {
	network bool
	self    uint32 // the program's own process, where it shares those of the machine; else 0
}

// build makes the filter.
func build(r rules) program {
	var p program
	p.load(offArch)
	p = append(p,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: auditArch},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS})
	p.load(offNumber)
	p = append(p,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jf: 1, K: newest},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: refuse(unix.ENOSYS)})
	for _, n := range forbidden {
		p.when(uint32(n), refuse(unix.EPERM))
	}
	for _, list := range [][]uintptr{sharedMemory[:], counted} {
		for _, n := range list {
			p.when(uint32(n), refuse(unix.ENOSYS))
		}
	}
	// Its flags are in memory, which a filter cannot read; libraries fall back to clone.
	p.when(unix.SYS_CLONE3, refuse(unix.ENOSYS))
	p.block(unix.SYS_CLONE, processes())
	p.block(unix.SYS_MMAP, mappings())
	// The room of pipes is a user's, too, and what is above its limit gets none.
	p.block(unix.SYS_FCNTL, without(offArg1, unix.F_SETOWN, unix.F_SETOWN_EX, unix.F_SETSIG, unix.F_SETPIPE_SZ))
	p.block(unix.SYS_IOCTL, without(offArg1, fioSetOwn, sioSetOwn))
	p.block(unix.SYS_SETSOCKOPT, buffers())
	for _, n := range []uint32{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR} {
		p.block(n, families(r))
	}
	if r.self != 0 {
		p.among(r.self)
	}
	p.end(unix.SECCOMP_RET_ALLOW)
	return p
}

// among keeps a program from the processes and files that it shares the machine with: it
// signals none but itself, and changes no limits, priorities, owners or modes.
func (p *program) among(self uint32) {
	for _, n := range beyond {
		p.when(uint32(n), refuse(unix.EPERM))
	}
	for _, n := range []uint32{unix.SYS_KILL, unix.SYS_TGKILL} {
		p.block(n, only(offArg0, self))
	}
	for _, n := range []uint32{unix.SYS_PRLIMIT64, unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETPARAM, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETATTR} {
		p.block(n, only(offArg0, 0, self))
	}
	// Before Linux 6.2 Landlock lets what may be read be made empty. What openat2 is to do is
	// in memory, which a filter cannot read; programs fall back to openat.
	for _, o := range openHere {
		p.block(o.number, withoutBits(o.flags, unix.O_TRUNC))
	}
	p.when(unix.SYS_OPENAT2, refuse(unix.ENOSYS))
}

// only allows a call with one of these arguments.
func only(offset uint32, values ...uint32) program {
	var p program
	p.load(offset)
	for _, v := range values {
		p.when(v, unix.SECCOMP_RET_ALLOW)
	}
	p.end(refuse(unix.EPERM))
	return p
}

// without allows a call but with these arguments.
func without(offset uint32, values ...uint32) program {
	var p program
	p.load(offset)
	for _, v := range values {
		p.when(v, refuse(unix.EPERM))
	}
	p.end(unix.SECCOMP_RET_ALLOW)
	return p
}

// withoutBits allows a call but with all of these bits in an argument.
func withoutBits(offset, mask uint32) program {
	var p program
	p.whenAll(offset, mask, refuse(unix.EPERM))
	p.end(unix.SECCOMP_RET_ALLOW)
	return p
}

// opening is a call that opens files, and where its flags are.
type opening struct{ number, flags uint32 }

// whenAll ends the filter with a verdict if all bits of a mask are set in the argument.
func (p *program) whenAll(offset, mask, verdict uint32) {
	p.load(offset)
	*p = append(*p, unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: mask})
	p.when(mask, verdict)
}

// processes lets a process start threads, and no other processes. The helper, which is under
// the filter when it starts the program, makes a UTS namespace with it: the kernel asks for
// CAP_SYS_ADMIN then, which nothing that is executed has any more (clone(2)).
func processes() program {
	var p program
	p.whenAll(offArg0, unix.CLONE_THREAD, unix.SECCOMP_RET_ALLOW)
	p.whenAll(offArg0, unix.CLONE_NEWUSER, refuse(unix.EPERM))
	p.whenAll(offArg0, unix.CLONE_NEWUTS, unix.SECCOMP_RET_ALLOW)
	p.end(refuse(unix.EPERM))
	return p
}

// mappings refuses memory that RLIMIT_DATA does not count: shared without a file, and what
// grows like a stack (is_data_mapping of the kernel).
func mappings() program {
	var p program
	p.whenAll(offArg3, unix.MAP_SHARED|unix.MAP_ANONYMOUS, refuse(unix.EPERM))
	p.whenAll(offArg3, unix.MAP_GROWSDOWN, refuse(unix.EPERM))
	p.end(unix.SECCOMP_RET_ALLOW)
	return p
}

// buffers keeps those of sockets at their usual size. They are the kernel's memory, which no
// limit of a process counts, and a machine may let each have many megabytes.
func buffers() program {
	var p program
	p.load(offArg1)
	p = append(p,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: unix.SOL_SOCKET},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	return append(p, without(offArg2, unix.SO_SNDBUF, unix.SO_SNDBUFFORCE, unix.SO_RCVBUF, unix.SO_RCVBUFFORCE)...)
}

// families are the sockets that there may be: what strake talks over, and the network.
// Among the sockets of the machine it is streams only, as one of datagrams reaches others
// without connecting.
func families(r rules) program {
	var p program
	if r.self != 0 {
		p.load(offArg1)
		p = append(p, unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0xf}) // the rest are flags
		p = append(p,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: unix.SOCK_STREAM},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: refuse(unix.EACCES)})
	}
	p.load(offArg0)
	p.when(unix.AF_UNIX, unix.SECCOMP_RET_ALLOW)
	if r.network {
		for _, f := range []uint32{unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK} {
			p.when(f, unix.SECCOMP_RET_ALLOW)
		}
	}
	p.end(refuse(unix.EACCES))
	return p
}

// filter installs the filter for this thread and what it executes.
func filter(r rules) error {
	if len(forbidden) == 0 {
		return errNoFilter
	}
	p := build(r)
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(p)
	if e != 0 {
		return e
	}
	return nil
}
