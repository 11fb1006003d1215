package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Enter is the work of the helper: it gives up what the program may not have, and
// becomes it. It only returns with an error, which the host has been told of.
func Enter(arg string) error {
	runtime.LockOSThread() // what a thread gives up counts for what it executes
	unix.CloseOnExec(statusFD)
	f := enter(arg)
	if data, err := json.Marshal(f); err == nil {
		unix.Write(statusFD, data)
	}
	return f
}

func enter(arg string) *Failure {
	var s Spec
	if err := json.Unmarshal([]byte(arg), &s); err != nil {
		return &Failure{Text: err.Error()}
	}
	if s.Level == Full {
		if err := s.mount(); err != nil {
			return &Failure{Text: err.Error()}
		}
	}
	if err := s.giveUp(); err != nil {
		return &Failure{Text: err.Error()}
	}
	err := unix.Exec(s.Program, append([]string{s.Program}, s.Args...), os.Environ())
	return &Failure{Program: true, Text: fmt.Sprintf("run %s: %v", s.Program, err)}
}

// giveUp takes rights from this thread.
func (s *Spec) giveUp() error {
	limits := map[int]int64{unix.RLIMIT_CORE: 0}
	if s.Memory > 0 {
		// What a process may write to, not what it reserves: Go and V8 reserve far
		// more addresses than they use (setrlimit(2), since Linux 4.7).
		limits[unix.RLIMIT_DATA] = s.Memory
	}
	if s.Files > 0 {
		limits[unix.RLIMIT_FSIZE] = s.Files
	}
	for what, n := range limits {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: uint64(n), Max: uint64(n)}); err != nil {
			return fmt.Errorf("limit resources: %w", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if s.Level == Full {
		if err := dropCapabilities(); err != nil {
			return fmt.Errorf("drop capabilities: %w", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	if err := filter(s.Network); err != nil {
		return fmt.Errorf("filter system calls: %w", err)
	}
	return nil
}

// dropCapabilities gives up the rights over the new namespaces. The bounding set keeps
// them from coming back as user 0 executes a program.
func dropCapabilities() error {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && err != unix.EINVAL { // older kernels know fewer
			return err
		}
	}
	var none [2]unix.CapUserData
	return unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0])
}
