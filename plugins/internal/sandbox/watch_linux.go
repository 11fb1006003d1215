package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// How often the use of a program is looked at, and how long it may stay unseen once it has
// been started.
const (
	watchEvery = 20 * time.Millisecond
	unseen     = 5 * time.Second
)

// maxFiles is how many files a program may have where its socket is on the host's disk.
const maxFiles = 64

// Watch holds a program to what the kernel holds nobody to without control groups: all of
// its memory, page tables too, and its threads. It returns the limit that was passed, or nil
// when the context ends.
func (b *Box) Watch(ctx context.Context, l Limits) error {
	if b.level == None {
		return nil // it is what the user has chosen
	}
	select { // on a busy machine a start takes its time, which has a bound of its own
	case <-ctx.Done():
		return nil
	case <-b.began:
	}
	var of statusFile
	defer func() { of.Close() }() // of none it does nothing
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	seen := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		use, ok := of.usage(b.program)
		switch {
		case ok && use.parent == b.Process.Pid:
			seen = time.Now()
			if err := l.check(use); err != nil {
				return err
			}
		case time.Since(seen) > unseen:
			return errors.New("what it uses cannot be seen in /proc")
		}
		if b.level == Weak {
			if list, _ := os.ReadDir(b.Dir); len(list) > maxFiles {
				return fmt.Errorf("it made more than %d files", maxFiles)
			}
		}
	}
}

// used is what a process has of the machine.
type used struct {
	parent, threads int
	memory          int64 // bytes
}

// check compares what a process uses with the limits.
func (l Limits) check(u used) error {
	if l.Threads > 0 && u.threads > l.Threads {
		return fmt.Errorf("it has more than %d threads", l.Threads)
	}
	if l.Memory > 0 && u.memory > l.Memory {
		return fmt.Errorf("it took more than %d MiB of memory", l.Memory>>20)
	}
	return nil
}

// statusFile is the status of a process in /proc. It stays open: that takes a part of the time, and
// an open one is never that of another process which got the number.
type statusFile struct {
	*os.File
	text bytes.Buffer
}

// usage reads what a process uses; it is false for one that has ended. Where only the first
// thread has ended, that of the process has no memory any more, but those of the others do
// (proc_pid_status(5)).
func (s *statusFile) usage(pid int) (used, bool) {
	s.text.Reset()
	if s.File == nil {
		f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return used{}, false
		}
		s.File = f
	}
	if _, err := s.text.ReadFrom(io.NewSectionReader(s, 0, 1<<20)); err != nil {
		return used{}, false
	}
	u, mapped := status(s.text.Bytes())
	if !mapped && u.threads > 1 {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		for _, name := range tasks {
			data, err := os.ReadFile(name)
			if err != nil {
				continue
			}
			if of, mapped := status(data); mapped {
				u.memory = of.memory
				break
			}
		}
	}
	return u, true
}

// status reads the text of a status file, and tells whether there is memory in it.
func status(text []byte) (u used, mapped bool) {
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch string(name) {
		case "PPid":
			u.parent = int(number(value))
		case "Threads":
			u.threads = int(number(value))
		case "RssAnon", "RssShmem", "VmSwap", "VmPTE":
			u.memory += number(value) << 10
			mapped = true
		}
	}
	return u, mapped
}

// number reads that of a line, before its unit.
func number(value []byte) int64 {
	value, _ = bytes.CutSuffix(bytes.TrimSpace(value), []byte(" kB"))
	n, _ := strconv.ParseInt(string(value), 10, 64)
	return n
}
