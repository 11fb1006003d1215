package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Enter is the work of the helper: it starts the program with what it may have, waits for
// its end, and ends with the same exit code. It only returns with an error, which the host
// has been told of.
func Enter(arg string) error {
	runtime.LockOSThread() // what a thread gives up counts for what it starts
	unix.CloseOnExec(statusFD)
	var s Spec
	if err := json.Unmarshal([]byte(arg), &s); err != nil {
		return say(report{Failure: &Failure{Text: err.Error()}})
	}
	if s.Inner {
		return say(report{Failure: s.become()})
	}
	unix.CloseOnExec(leaseFD)
	go s.watchLease()
	start := s.weak
	if s.Level == Full {
		start = s.full
	}
	cmd, f := start()
	if f != nil {
		return say(report{Failure: f})
	}
	introduce(cmd.Process.Pid)
	state, err := cmd.Process.Wait()
	if err != nil {
		return err
	}
	say(report{End: s.end(state)})
	os.Exit(max(state.ExitCode(), 1))
	return nil
}

// say tells the host, and gives back a failure.
func say(r report) error {
	if data, err := json.Marshal(r); err == nil {
		unix.Write(statusFD, append(data, '\n'))
	}
	if r.Failure == nil {
		return nil
	}
	return r.Failure
}

// watchLease ends all when the host is gone, however it went. In a namespace the end of
// process 1 is that of the others; elsewhere there is the group, which the filter lets no
// program leave.
func (s *Spec) watchLease() {
	for {
		n, err := unix.Read(leaseFD, make([]byte, 1))
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if n <= 0 {
			break
		}
	}
	if s.Level != Full {
		unix.Kill(0, unix.SIGKILL)
	}
	os.Exit(1)
}

// end tells how a program ended. What the kernel ended for its limit is a kill like others.
func (s *Spec) end(state *os.ProcessState) string {
	used := state.UserTime() + state.SystemTime()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() && s.Limits.CPU > 0 && used > s.Limits.CPU-time.Second/2 {
		return fmt.Sprintf("it took %v of the processor's time, all that it may", s.Limits.CPU)
	}
	return state.String()
}

// full starts the program in the namespaces that this process is the first of.
func (s *Spec) full() (*exec.Cmd, *Failure) {
	cannot := func(err error) (*exec.Cmd, *Failure) { return nil, &Failure{Text: err.Error()} }
	if err := s.mount(); err != nil {
		return cannot(err)
	}
	if err := s.limit(); err != nil {
		return cannot(err)
	}
	if s.Network { // with it come sockets of the host that have no file
		if err := restrictScopes(); err != nil {
			return cannot(err)
		}
	}
	// This thread, and so what it starts, can get no capabilities by executing something.
	// It still has its own, for a UTS namespace is made on the way: see processes.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return cannot(fmt.Errorf("give up new privileges: %w", err))
	}
	if err := dropBounding(); err != nil {
		return cannot(fmt.Errorf("drop capabilities: %w", err))
	}
	if err := filter(rules{network: s.Network}); err != nil {
		return cannot(fmt.Errorf("filter system calls: %w", err))
	}
	cmd := exec.Command(s.Program, s.Args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = Temp, os.Environ(), os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUTS, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, &Failure{Program: true, Text: fmt.Sprintf("run %s: %v", s.Program, err)}
	}
	return cmd, nil
}

// weak starts the program by a second helper, which gives up all rights before it becomes
// the program: there are no namespaces that would end with this process.
func (s *Spec) weak() (*exec.Cmd, *Failure) {
	cannot := func(err error) (*exec.Cmd, *Failure) { return nil, &Failure{Text: err.Error()} }
	inner := *s
	inner.Inner = true
	arg, err := json.Marshal(inner)
	if err != nil {
		return cannot(err)
	}
	self, err := os.Executable()
	if err != nil {
		return cannot(err)
	}
	status, write, err := os.Pipe()
	if err != nil {
		return cannot(err)
	}
	defer status.Close()
	args := os.Args[1 : len(os.Args)-1]
	cmd := exec.Command(self, append(args[:len(args):len(args)], string(arg))...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{write}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return cannot(err)
	}
	var r report // none, when it has become the program
	if json.NewDecoder(status).Decode(&r) == nil && r.Failure != nil {
		return nil, r.Failure
	}
	return cmd, nil
}

// become is the work of the second helper. It only returns when it fails.
func (s *Spec) become() *Failure {
	err := s.limit()
	if err == nil {
		err = s.restrict()
	}
	if err == nil {
		err = dropAll()
	}
	if err == nil {
		err = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
	}
	if err == nil {
		err = filter(rules{network: s.Network, self: uint32(os.Getpid())})
	}
	if err != nil {
		return &Failure{Text: err.Error()}
	}
	err = unix.Exec(s.Program, append([]string{s.Program}, s.Args...), os.Environ())
	return &Failure{Program: true, Text: fmt.Sprintf("run %s: %v", s.Program, err)}
}

// dropBounding keeps capabilities from coming back as user 0 executes a program.
func dropBounding() error {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && err != unix.EINVAL { // older kernels know fewer
			return err
		}
	}
	return nil
}

// dropAll gives up the capabilities of this thread for good. A user who has none cannot
// drop those that he could get, but gets none: see PR_SET_NO_NEW_PRIVS.
func dropAll() error {
	if err := dropBounding(); err != nil && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	var none [2]unix.CapUserData
	if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}
