package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// statusFD is where the helper says why it failed. It closes when the program runs.
const statusFD = 3

// Command makes the command of a helper that runs a program, and what Started reads once
// the command runs; without a sandbox it is the program itself, and nil. The process
// leads a group of its own, and is killed when the thread that starts it ends.
func Command(helper []string, s Spec) (*exec.Cmd, *os.File, error) {
	if s.Level == NoSandbox {
		cmd := exec.Command(s.Program, s.Args...)
		cmd.Dir = s.Shared
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		return cmd, nil, nil
	}
	arg, err := json.Marshal(s)
	if err != nil {
		return nil, nil, err
	}
	status, write, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(helper[0], append(helper[1:len(helper):len(helper)], string(arg))...)
	cmd.Dir = s.Shared
	cmd.ExtraFiles = []*os.File{write}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if s.Level == Full {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
		if !s.Network {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET
		}
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return cmd, status, nil
}

// Started waits until the program runs, or tells why it does not. The end that the
// helper writes to must be closed in this process.
func Started(status *os.File) error {
	if status == nil {
		return nil
	}
	defer status.Close()
	data, err := io.ReadAll(io.LimitReader(status, 1<<16))
	if err != nil || len(data) == 0 {
		return err
	}
	f := &Failure{}
	if err := json.Unmarshal(data, f); err != nil {
		return err
	}
	return f
}

// Kill ends a process and its group, which must not have been waited for yet. In a
// sandbox all processes of the program end with it.
func Kill(pid int) {
	unix.Kill(-pid, unix.SIGKILL)
	unix.Kill(pid, unix.SIGKILL)
}

// Ended waits for the end of a process, and ends what it leaves of its group. Its number
// stays taken until somebody waits for it in the usual way.
func Ended(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	unix.Kill(-pid, unix.SIGKILL)
}
