//go:build amd64 || arm64

package sandbox

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// verdict runs a filter over a call. The machine of package bpf reads big-endian words, as
// packets have them; the kernel's words are its own.
func verdict(t *testing.T, r rules, arch, number uint32, args ...uint64) uint32 {
	t.Helper()
	var raw []bpf.Instruction
	for _, i := range build(r) {
		raw = append(raw, bpf.RawInstruction{Op: i.Code, Jt: i.Jt, Jf: i.Jf, K: i.K}.Disassemble())
	}
	vm, err := bpf.NewVM(raw)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 64)
	binary.BigEndian.PutUint32(data[offNumber:], number)
	binary.BigEndian.PutUint32(data[offArch:], arch)
	for i, a := range args {
		binary.BigEndian.PutUint32(data[offArg0+8*i:], uint32(a))
		binary.BigEndian.PutUint32(data[offArg0+8*i+4:], uint32(a>>32))
	}
	n, err := vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

// TestFilter holds the verdicts of the filter, where an attack cannot show them: on this
// kernel Landlock or a lack of rights would refuse the same.
func TestFilter(t *testing.T) {
	const self, other = 4711, 815
	const allow = unix.SECCOMP_RET_ALLOW
	perm, nosys, access := refuse(unix.EPERM), refuse(unix.ENOSYS), refuse(unix.EACCES)
	low := func(n int) uint64 { return uint64(uint32(n)) }
	for _, test := range []struct {
		name       string
		number     uint32
		args       []uint64
		full, weak uint32
	}{
		{"read", unix.SYS_READ, nil, allow, allow},
		{"ptrace", unix.SYS_PTRACE, nil, perm, perm},
		{"thread", unix.SYS_CLONE, []uint64{unix.CLONE_VM | unix.CLONE_THREAD}, allow, allow},
		{"process", unix.SYS_CLONE, []uint64{uint64(unix.SIGCHLD)}, perm, perm},
		{"user namespace", unix.SYS_CLONE, []uint64{unix.CLONE_NEWUSER | unix.CLONE_NEWUTS}, perm, perm},
		{"clone3", unix.SYS_CLONE3, nil, nosys, nosys},
		{"memfd", unix.SYS_MEMFD_CREATE, nil, nosys, nosys},
		{"watches of files", unix.SYS_INOTIFY_INIT1, nil, nosys, nosys},
		{"timers with signals", unix.SYS_TIMER_CREATE, nil, nosys, nosys},
		{"a larger pipe", unix.SYS_FCNTL, []uint64{0, unix.F_SETPIPE_SZ}, perm, perm},
		{"another fcntl", unix.SYS_FCNTL, []uint64{0, unix.F_GETFL}, allow, allow},
		{"shared memory", unix.SYS_MMAP, []uint64{0, 1, 3, unix.MAP_SHARED | unix.MAP_ANONYMOUS}, perm, perm},
		{"validated shared memory", unix.SYS_MMAP, []uint64{0, 1, 3, unix.MAP_SHARED_VALIDATE | unix.MAP_ANONYMOUS}, perm, perm},
		{"growing memory", unix.SYS_MMAP, []uint64{0, 1, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_GROWSDOWN}, perm, perm},
		{"private memory", unix.SYS_MMAP, []uint64{0, 1, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS}, allow, allow},
		{"the file's owner", unix.SYS_FCNTL, []uint64{0, unix.F_SETOWN}, perm, perm},
		{"the file's owner, by ioctl", unix.SYS_IOCTL, []uint64{0, fioSetOwn}, perm, perm},
		{"the socket's owner, by ioctl", unix.SYS_IOCTL, []uint64{0, sioSetOwn}, perm, perm},
		{"another ioctl", unix.SYS_IOCTL, []uint64{0, unix.TCGETS}, allow, allow},
		{"what is newer: open_tree_attr", 467, nil, nosys, nosys},
		{"what is newer: file_setattr", 469, nil, nosys, nosys},
		{"what there is not yet", 1 << 20, nil, nosys, nosys},
		{"internet", unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_STREAM}, access, access},
		{"packets", unix.SYS_SOCKET, []uint64{unix.AF_PACKET, unix.SOCK_STREAM}, access, access},
		{"a stream", unix.SYS_SOCKET, []uint64{unix.AF_UNIX, unix.SOCK_STREAM | unix.SOCK_CLOEXEC}, allow, allow},
		{"datagrams", unix.SYS_SOCKET, []uint64{unix.AF_UNIX, unix.SOCK_DGRAM | unix.SOCK_CLOEXEC}, allow, access},
		{"a larger buffer", unix.SYS_SETSOCKOPT, []uint64{0, unix.SOL_SOCKET, unix.SO_SNDBUF}, perm, perm},
		{"another option", unix.SYS_SETSOCKOPT, []uint64{0, unix.SOL_SOCKET, unix.SO_PASSCRED}, allow, allow},
		{"another level's option", unix.SYS_SETSOCKOPT, []uint64{0, unix.IPPROTO_TCP, unix.SO_SNDBUF}, allow, allow},
		{"connect", unix.SYS_CONNECT, nil, allow, perm},
		{"signal to itself", unix.SYS_KILL, []uint64{self, 9}, allow, allow},
		{"signal to another", unix.SYS_KILL, []uint64{other, 9}, allow, perm},
		{"signal to a group", unix.SYS_KILL, []uint64{low(-self), 9}, allow, perm},
		{"signal to all", unix.SYS_KILL, []uint64{low(-1), 9}, allow, perm},
		{"signal to its group", unix.SYS_KILL, []uint64{0, 9}, allow, perm},
		{"its own limit", unix.SYS_PRLIMIT64, []uint64{0}, allow, allow},
		{"another's limit", unix.SYS_PRLIMIT64, []uint64{other}, allow, perm},
		{"open", unix.SYS_OPENAT, []uint64{low(unix.AT_FDCWD), 0, unix.O_RDWR | unix.O_CREAT | unix.O_EXCL}, allow, allow},
		{"make empty", unix.SYS_OPENAT, []uint64{low(unix.AT_FDCWD), 0, unix.O_RDONLY | unix.O_TRUNC}, allow, perm},
		{"openat2", unix.SYS_OPENAT2, nil, allow, nosys},
		{"room on the disk", unix.SYS_FALLOCATE, nil, allow, perm},
	} {
		if got := verdict(t, rules{}, auditArch, test.number, test.args...); got != test.full {
			t.Errorf("%s: %#x in the full sandbox, not %#x", test.name, got, test.full)
		}
		if got := verdict(t, rules{self: self}, auditArch, test.number, test.args...); got != test.weak {
			t.Errorf("%s: %#x in the weak one, not %#x", test.name, got, test.weak)
		}
	}
	for _, arch := range []uint32{unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_ARM, 0} {
		if got := verdict(t, rules{}, arch, unix.SYS_READ); got != unix.SECCOMP_RET_KILL_PROCESS {
			t.Errorf("a call by the numbers of %#x: %#x", arch, got)
		}
	}
	if got := verdict(t, rules{}, auditArch, 1<<30|unix.SYS_READ); got != nosys {
		t.Errorf("a call of x32: %#x", got)
	}
	if got := verdict(t, rules{network: true}, auditArch, unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM); got != allow {
		t.Errorf("the internet, with the grant: %#x", got)
	}
}
