package sandbox

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// What of the kernel's memory a program can fill by its descriptors and its stack, which
// RLIMIT_DATA is not about.
const (
	maxOpen  = 512
	maxStack = 64 << 20
)

// maxSignals are those that may wait for all processes of the user together: a program that
// blocks signals and queues them to itself would leave none for others.
const maxSignals = 128

// maxSpace bounds the addresses of a process, and so its page tables at 1 GiB, however late
// Watch comes. It is far more than Go, V8 or .NET reserve.
const maxSpace = 512 << 30

// limit sets the limits that the kernel itself holds this process and its children to. The
// rest is Watch's.
func (s *Spec) limit() error {
	limits := map[int]int64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: maxOpen, unix.RLIMIT_STACK: maxStack,
		unix.RLIMIT_MSGQUEUE: 0, unix.RLIMIT_MEMLOCK: 0, unix.RLIMIT_AS: maxSpace,
		unix.RLIMIT_SIGPENDING: maxSignals,
	}
	l := s.Limits
	if l.Memory > 0 {
		// What a process may write to, not what it reserves: Go and V8 reserve far
		// more addresses than they use (setrlimit(2), since Linux 4.7).
		limits[unix.RLIMIT_DATA] = l.Memory
	}
	if s.Level != Full {
		limits[unix.RLIMIT_FSIZE] = 0 // what it writes to is a disk of the host
	} else if l.Files > 0 {
		limits[unix.RLIMIT_FSIZE] = l.Files
	}
	if l.CPU > 0 {
		limits[unix.RLIMIT_CPU] = int64(max(l.CPU/time.Second, 1))
	}
	if s.Level == Full && l.Threads > 0 {
		// It counts the user's threads in this user namespace. For the host's own user 0
		// the kernel does not look at it.
		limits[unix.RLIMIT_NPROC] = int64(l.Threads)
	}
	for what, n := range limits {
		var have unix.Rlimit
		if err := unix.Getrlimit(what, &have); err != nil {
			return fmt.Errorf("limit resources: %w", err)
		}
		n := min(uint64(n), have.Max) // a limit that is lower already stays
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			return fmt.Errorf("limit resources: %w", err)
		}
	}
	return nil
}
