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

// The descriptors of a helper. On the first it says that the program runs, or why it does
// not, and how it ended. The second is the lease: it reads as ended when the host is gone.
const (
	statusFD = 3
	leaseFD  = 4
)

// Box is a program in its sandbox. Cmd is to be started and waited for by the caller.
type Box struct {
	*exec.Cmd
	level   Level
	status  *reports // nil without a helper
	says    *json.Decoder
	began   chan struct{} // closed when Started has read its part
	program int           // the number of the program's process, from then on; 0 where it has none
	lease   *os.File
	group   *group // nil where none can be had
}

// report is what a helper says: first of the start, then of the end.
type report struct {
	Failure *Failure `json:",omitempty"`
	End     string   `json:",omitempty"`
}

// New makes the command of a helper that runs a program; without a sandbox it is the
// program itself. The process leads a group of its own.
func New(helper []string, s Spec) (*Box, error) {
	if s.Level == None {
		cmd := exec.Command(s.Program, s.Args...)
		cmd.Dir = s.Shared
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		return &Box{Cmd: cmd, level: None}, nil
	}
	arg, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	status, write, err := newReports()
	if err != nil {
		return nil, err
	}
	read, lease, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, status.Close(), write.Close())
	}
	cmd := exec.Command(helper[0], append(helper[1:len(helper):len(helper)], string(arg))...)
	if cmd.Dir = s.Shared; s.Level == Full {
		cmd.Dir = s.Root
	}
	cmd.ExtraFiles = []*os.File{write, read}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.Level == Full {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC
		if !s.Network {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET
		}
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	b := &Box{Cmd: cmd, level: s.Level, status: status, says: json.NewDecoder(io.LimitReader(status, 1<<16)), began: make(chan struct{}), lease: lease}
	if b.group = newGroup(s.Limits); b.group != nil {
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(b.group.Fd())
	}
	return b, nil
}

// Start starts the process: in its control group, or without one when the kernel does not let
// it in after all.
func (b *Box) Start() error {
	err := b.Cmd.Start()
	if err == nil || b.group == nil {
		return err
	}
	b.group.remove()
	b.group = nil
	b.SysProcAttr.UseCgroupFD = false
	b.Cmd = &exec.Cmd{Path: b.Path, Args: b.Args, Env: b.Env, Dir: b.Dir, Stdout: b.Stdout, Stderr: b.Stderr, ExtraFiles: b.ExtraFiles, SysProcAttr: b.SysProcAttr}
	return b.Cmd.Start()
}

// Started waits until the program runs, or tells why it does not. The end that the
// helper writes to must be closed in this process.
func (b *Box) Started() error {
	if b.status == nil {
		return nil
	}
	defer close(b.began)
	var r report
	switch err := b.says.Decode(&r); {
	case errors.Is(err, io.EOF):
		return &Failure{Text: "the process of the sandbox ended as it began"}
	case err != nil:
		return err
	case r.Failure != nil:
		return r.Failure
	}
	b.program = b.status.pid()
	return nil
}

// End tells how the program ended, once Cmd has: "" when its helper did not live to say. It
// waits for Started, which is to be called once.
func (b *Box) End() string {
	if b.status == nil {
		return ""
	}
	<-b.began
	if b.group != nil {
		if end := b.group.end(); end != "" {
			return end
		}
	}
	var r report
	if b.says.Decode(&r) != nil {
		return ""
	}
	return r.End
}

// Close ends the lease, and with it the helper and the program.
func (b *Box) Close() error {
	if b.status == nil {
		return nil
	}
	if b.group != nil {
		defer b.group.remove()
	}
	return errors.Join(b.lease.Close(), b.status.Close())
}

// Kill ends the processes of a box, which must not have been waited for yet.
func (b *Box) Kill() {
	unix.Kill(-b.Process.Pid, unix.SIGKILL)
	unix.Kill(b.Process.Pid, unix.SIGKILL)
}

// Ended waits for the end of the process, and ends what it leaves of its group. Its number
// stays taken until somebody waits for it in the usual way.
func (b *Box) Ended() {
	for {
		err := unix.Waitid(unix.P_PID, b.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	unix.Kill(-b.Process.Pid, unix.SIGKILL)
}
