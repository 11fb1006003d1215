package container

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
)

// holdLock takes the lock of a file for as long as it, or a copy that another process was
// given, is open.
func holdLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "flock", Path: name, Err: err}
	}
	return f, nil
}

// locked tells whether a process holds the lock of a file.
func locked(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	// Two that ask at the same time must not take each other for a holder.
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// self is this process.
func self() Process { return process(os.Getpid()) }

// process gives a process by its number, none when there is no such process.
func process(pid int) Process {
	start, err := startTime(pid)
	if err != nil {
		return Process{}
	}
	return Process{Pid: pid, Start: start}
}

// Alive tells whether the process still runs.
func (p Process) Alive() bool {
	return p.Pid > 0 && process(p.Pid) == p
}

// startTime is the 22nd field of /proc/PID/stat. The second one may have blanks and
// parentheses in it.
func startTime(pid int) (uint64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	const first, state, start = 3, 3, 22
	if len(fields) <= start-first || fields[state-first][0] == 'Z' {
		return 0, fmt.Errorf("process %d is gone", pid)
	}
	return strconv.ParseUint(string(fields[start-first]), 10, 64)
}

// rebooted tells whether the machine has been started again since the state was noted: the
// numbers of its processes are those of others by now, and so may their start times be.
func (s State) rebooted() bool {
	now := rootfs.Boot()
	return s.Boot != "" && now != "" && s.Boot != now
}
