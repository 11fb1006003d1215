package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/plugins/sdk"
)

// attack tries what no plugin may do to who runs it, and reports how each went. Its second
// argument has what to try it on: a secret file, a directory, a process, a socket, and a file
// that it may read.
func attack(c *sdk.Call) error {
	words := strings.Split(os.Args[2], ",")
	secret, dir, socket, readable := words[0], words[1], words[3], words[4]
	victim, err := strconv.Atoi(words[2])
	if err != nil {
		return err
	}
	report := func(code string, err error) {
		text := "done"
		if err != nil {
			text = err.Error()
		}
		c.Note(sdk.From(0), code, "%s", text)
	}
	_, err = os.ReadFile(secret)
	report("read", err)
	_, err = os.ReadDir(dir)
	report("list", err)
	report("write", os.WriteFile(filepath.Join(dir, "x"), nil, 0o600))
	report("truncate", os.Truncate(secret, 0))
	report("mode", os.Chmod(secret, 0o777))
	report("remove", os.Remove(secret))
	report("kill", syscall.Kill(victim, syscall.SIGKILL))
	report("kill-parent", syscall.Kill(os.Getppid(), syscall.SIGKILL))
	report("kill-all", syscall.Kill(-1, syscall.SIGKILL))
	report("limit", unix.Prlimit(victim, unix.RLIMIT_CPU, &unix.Rlimit{}, nil))
	report("priority", syscall.Setpriority(syscall.PRIO_PROCESS, victim, 19))
	report("session", func() error { _, err := syscall.Setsid(); return err }())
	report("connect", func() error { _, err := net.Dial("unix", socket); return err }())
	report("datagram", func() error { _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0); return err }())
	report("network", func() error { _, err := net.Dial("tcp", "127.0.0.1:1"); return err }())
	pipe := make([]int, 2)
	if err := unix.Pipe(pipe); err != nil {
		return err
	}
	_, err = unix.FcntlInt(uintptr(pipe[0]), unix.F_SETOWN, victim)
	report("owner", err)
	for code, request := range map[string]uint{"owner-ioctl": 0x8901, "owner-socket": unix.SIOCSPGRP} {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		report(code, unix.IoctlSetPointerInt(fds[0], request, victim))
	}
	_, err = os.OpenFile(readable, os.O_RDONLY|os.O_TRUNC, 0)
	report("truncate-read", err)
	_, err = unix.MemfdCreate("x", 0)
	report("memfd", err)
	_, err = unix.SysvShmGet(unix.IPC_PRIVATE, 1<<20, unix.IPC_CREAT|0o600)
	report("sysv", err)
	report("user-space", syscall.Unshare(syscall.CLONE_NEWUSER))
	_, _, e := syscall.RawSyscall(syscall.SYS_CLONE, unix.CLONE_NEWUTS|uintptr(syscall.SIGCHLD), 0, 0)
	report("clone-uts", fmt.Errorf("%w", e))
	return nil
}

// takeCounted takes all that it can of what the kernel counts for a user, and reports how much
// of each that was.
func takeCounted(c *sdk.Call) error {
	const enough = 200_000
	take := func(code string, one func() error) {
		for n := range enough {
			if err := one(); err != nil {
				c.Note(sdk.From(0), code, "%d: %v", n, err)
				return
			}
		}
		c.Note(sdk.From(0), code, "%d: done", enough)
	}
	take("watches", func() error { _, err := unix.InotifyInit1(0); return err })
	take("fanotify", func() error { _, err := unix.FanotifyInit(0, 0); return err })
	take("timers", func() error {
		var id int32
		if _, _, e := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, 0, uintptr(unsafe.Pointer(&id))); e != 0 {
			return e
		}
		return nil
	})
	take("pipes", func() error {
		pipe := make([]int, 2)
		if err := unix.Pipe(pipe); err != nil {
			return err
		}
		_, err := unix.FcntlInt(uintptr(pipe[0]), unix.F_SETPIPE_SZ, 1<<20)
		return err
	})
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_SIGPENDING, &limit); err != nil {
		return err
	}
	c.Note(sdk.From(0), "signals", "%d: limit", limit.Max)
	return nil
}

// takeShared takes memory that is shared, as far as there is.
func takeShared(c *sdk.Call) error {
	for {
		b, err := unix.Mmap(-1, 0, 64<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANON)
		if err != nil {
			return fmt.Errorf("shared memory: %w", err)
		}
		fill(b)
	}
}

// takeGrowing takes page tables: pages that are only read are no data.
func takeGrowing(*sdk.Call) error {
	for {
		b, err := unix.Mmap(-1, 0, 256<<30, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
		if err != nil {
			return fmt.Errorf("addresses: %w", err)
		}
		sum := byte(0)
		for i := 0; i < len(b); i += 2 << 20 {
			sum += b[i]
		}
		runtime.KeepAlive(sum)
	}
}

func fill(b []byte) {
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
}

func takeThreads(*sdk.Call) error {
	for range 3000 {
		go func() {
			runtime.LockOSThread()
			time.Sleep(time.Hour)
		}()
	}
	time.Sleep(time.Hour)
	return nil
}

// takeDisk writes where the socket is, and says how far it came.
func takeDisk(c *sdk.Call) error {
	dir, bytes, files := os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), 0, 0
	data := make([]byte, 1<<20)
	for {
		f, err := create(filepath.Join(dir, fmt.Sprint(files)))
		if err != nil {
			return fmt.Errorf("%d MiB in %d files: %w", bytes>>20, files, err)
		}
		files++
		for range 16 {
			n, err := f.Write(data)
			if bytes += n; err != nil {
				break
			}
		}
		f.Close()
	}
}

// create makes a file, and no other one empty, which it may not.
func create(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// takeFiles makes files without anything in them.
func takeFiles(*sdk.Call) error {
	dir := os.Getenv("PLUGIN_UNIX_SOCKET_DIR")
	for n := 0; ; n++ {
		f, err := create(filepath.Join(dir, fmt.Sprint(n)))
		if err != nil {
			return fmt.Errorf("%d files: %w", n, err)
		}
		f.Close()
	}
}

// takeRoom takes the disk's room for a file that stays empty.
func takeRoom(*sdk.Call) error {
	f, err := create(filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "room"))
	if err != nil {
		return err
	}
	for n := int64(0); ; n++ {
		if err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, n<<20, 1<<20); err != nil {
			return fmt.Errorf("%d MiB: %w", n, err)
		}
		if n > 1<<10 {
			return fmt.Errorf("%d MiB, and no end", n)
		}
	}
}

// takeBuffers fills pipes and sockets, which are the kernel's memory and nobody's: as large as
// they may be, and as many. A socket that is on its way in another one has no number.
func takeBuffers(*sdk.Call) error {
	taken, data := 0, make([]byte, 1<<16)
	full := func(fd int) {
		unix.SetNonblock(fd, true)
		for {
			n, err := unix.Write(fd, data)
			if n > 0 {
				taken += n
			}
			if err != nil {
				return
			}
		}
	}
	for range 200 {
		var p [2]int
		if err := unix.Pipe(p[:]); err != nil {
			return err
		}
		unix.FcntlInt(uintptr(p[1]), unix.F_SETPIPE_SZ, 1<<20)
		full(p[1])
		unix.Close(p[1])
	}
	for pipes := taken; ; {
		var pairs [2][2]int
		for i := range pairs {
			var err error
			if pairs[i], err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
				return fmt.Errorf("%d MiB of buffers, %d of them of pipes: %w", taken>>20, pipes>>20, err)
			}
		}
		for _, fd := range pairs[0] {
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<20)
			full(fd)
		}
		if unix.Sendmsg(pairs[1][0], data[:1], unix.UnixRights(pairs[0][:]...), nil, 0) == nil {
			unix.Close(pairs[0][0])
			unix.Close(pairs[0][1])
		}
	}
}

// undying does what it can not to end with strake: it loses its death signal, also by
// executing itself from another thread, and leaves its group.
func undying(c *sdk.Call) error {
	unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)
	syscall.Setsid()
	for fd := range 64 { // the connection stays, so that strake has no other reason to end it
		unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0)
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)
		done <- syscall.Exec(os.Args[0], []string{os.Args[0], "child"}, os.Environ())
	}()
	return <-done
}
