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

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/plugins/sdk"
)

// attack tries what no plugin may do to who runs it, and reports how each went. Its second
// argument has what to try it on: a secret file, a directory, a process and a socket.
func attack(c *sdk.Call) error {
	words := strings.Split(os.Args[2], ",")
	secret, dir, socket := words[0], words[1], words[3]
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
	_, err = unix.MemfdCreate("x", 0)
	report("memfd", err)
	_, err = unix.SysvShmGet(unix.IPC_PRIVATE, 1<<20, unix.IPC_CREAT|0o600)
	report("sysv", err)
	report("user-space", syscall.Unshare(syscall.CLONE_NEWUSER))
	_, _, e := syscall.RawSyscall(syscall.SYS_CLONE, unix.CLONE_NEWUTS|uintptr(syscall.SIGCHLD), 0, 0)
	report("clone-uts", fmt.Errorf("%w", e))
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
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(files)))
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
