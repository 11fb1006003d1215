package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A control group counts what no limit of a process does: the kernel's own memory, such as
// page tables and buffers, and the threads of user 0. It needs a directory of cgroup v2 with
// controllers that the user may make groups in, which many machines do not have; Watch then
// is all there is.

// groups are where the kernel shows control groups by convention (file-hierarchy(7)).
const groups = "/sys/fs/cgroup"

// What is in a group besides the program: its helper, and the files that it writes, which are
// memory.
const (
	moreMemory  = 128 << 20
	moreThreads = 32
)

// group is a control group, an open directory.
type group struct {
	*os.File
	limits  Limits
	removed sync.Once
}

var groupNumber atomic.Int64

// newGroup makes a group with these limits; nil where none can be had.
func newGroup(l Limits) *group {
	var fs unix.Statfs_t
	if unix.Statfs(groups, &fs) != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil
	}
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	_, own, ok := strings.Cut("\n"+string(data), "\n0::/") // cgroups(7)
	if !ok {
		return nil
	}
	own, _, _ = strings.Cut(own, "\n")
	// Groups are for processes or for groups (the rule of no internal processes). So it is
	// most often a sibling of the own one, or of one that this is in.
	for dir := filepath.Join(groups, own); ; dir = filepath.Dir(dir) {
		if g := groupIn(dir, l); g != nil || dir == groups || !strings.HasPrefix(dir, groups) {
			return g
		}
	}
}

// groupIn makes a group in another one, where that gives it controllers. Processes get there
// by the right to write to what both groups have in common.
func groupIn(dir string, l Limits) *group {
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil || unix.Faccessat(unix.AT_FDCWD, filepath.Join(dir, "cgroup.procs"), unix.W_OK, unix.AT_EACCESS) != nil {
		return nil
	}
	limits := map[string]string{}
	for c := range strings.FieldsSeq(string(controllers)) {
		switch {
		case c == "memory" && l.Memory > 0:
			limits["memory.max"] = strconv.FormatInt(l.Memory+moreMemory, 10)
			limits["memory.swap.max"] = "0"
			limits["memory.oom.group"] = "1"
		case c == "pids" && l.Threads > 0:
			limits["pids.max"] = strconv.Itoa(l.Threads + moreThreads)
		}
	}
	if len(limits) == 0 {
		return nil
	}
	sweep(dir)
	name := filepath.Join(dir, fmt.Sprintf("%s%d-%d", groupPrefix, os.Getpid(), groupNumber.Add(1)))
	if os.Mkdir(name, 0o700) != nil {
		return nil
	}
	for file, value := range limits {
		err := os.WriteFile(filepath.Join(name, file), []byte(value), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) { // a kernel without swap
			os.Remove(name)
			return nil
		}
	}
	f, err := os.Open(name)
	if err != nil {
		os.Remove(name)
		return nil
	}
	return &group{File: f, limits: l}
}

const groupPrefix = "strake-plugin-"

// sweep removes the groups of hosts that were killed.
func sweep(dir string) {
	list, _ := filepath.Glob(filepath.Join(dir, groupPrefix+"*"))
	for _, name := range list {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(name), groupPrefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && errors.Is(unix.Kill(n, 0), unix.ESRCH) {
			os.Remove(name) // it stays while there are processes in it
		}
	}
}

// end tells what of the limits the kernel has ended the program for, "" when it has not.
func (g *group) end() string {
	data, _ := os.ReadFile(filepath.Join(g.Name(), "memory.events"))
	for line := range strings.Lines(string(data)) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok && n != "0" {
			return fmt.Sprintf("it took more than %d MiB of memory", g.limits.Memory>>20)
		}
	}
	return ""
}

// remove ends what is left in a group, and removes it: what does not end in time is left to
// sweep.
func (g *group) remove() {
	g.removed.Do(func() {
		defer g.File.Close()
		for range 50 {
			if err := os.Remove(g.Name()); !errors.Is(err, unix.EBUSY) {
				return
			}
			os.WriteFile(filepath.Join(g.Name(), "cgroup.kill"), []byte("1"), 0)
			time.Sleep(2 * time.Millisecond)
		}
	})
}
