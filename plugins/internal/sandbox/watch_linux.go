package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// How often the use of a program is looked at, and how long it may stay unseen.
const (
	watchEvery = 20 * time.Millisecond
	unseen     = 2 * time.Second
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
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	program, began := 0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if program == 0 {
			if program = child(b.Process.Pid); program == 0 {
				if time.Since(began) > unseen {
					return errors.New("what it uses cannot be seen in /proc")
				}
				continue
			}
		}
		if err := l.check(program); err != nil {
			return err
		}
		if b.level == Weak {
			if list, _ := os.ReadDir(b.Dir); len(list) > maxFiles {
				return fmt.Errorf("it made more than %d files", maxFiles)
			}
		}
	}
}

// check compares a process with the limits. One that has ended uses nothing.
func (l Limits) check(pid int) error {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil
	}
	var memory int64
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(line, ":")
		value, kib := strings.CutSuffix(strings.TrimSpace(value), " kB")
		switch name {
		case "RssAnon", "RssShmem", "VmSwap", "VmPTE":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && kib {
				memory += n << 10
			}
		case "Threads":
			if n, err := strconv.Atoi(value); err == nil && l.Threads > 0 && n > l.Threads {
				return fmt.Errorf("it has more than %d threads", l.Threads)
			}
		}
	}
	if l.Memory > 0 && memory > l.Memory {
		return fmt.Errorf("it took more than %d MiB of memory", l.Memory>>20)
	}
	return nil
}

// child finds the one child of a helper, 0 when there is none yet.
func child(pid int) int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range lists {
		data, _ := os.ReadFile(name)
		if words := bytes.Fields(data); len(words) > 0 {
			n, _ := strconv.Atoi(string(words[0]))
			return n
		}
	}
	if lists != nil {
		return 0
	}
	// The kernel is without CONFIG_PROC_CHILDREN.
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		data, _ := os.ReadFile(name)
		_, rest, _ := bytes.Cut(data[max(bytes.LastIndexByte(data, ')'), 0):], []byte(" "))
		if words := bytes.Fields(rest); len(words) > 1 && string(words[1]) == strconv.Itoa(pid) {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			return n
		}
	}
	return 0
}
