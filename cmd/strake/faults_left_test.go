//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/sys/mountinfo"
)

// engine gives the processes of the engine, 0 for one that is not there. What they
// are about to start looks like them for a moment.
func (s *sandbox) engine() (supervisor, buildkitd int) {
	kind := func(pid int) string {
		line := commandLine(pid)
		for _, kind := range []string{" engine run ", "buildkitd "} {
			if strings.Contains(line, kind) && strings.Contains(line, s.home+"/") {
				return kind
			}
		}
		return ""
	}
	for _, pid := range pids() {
		switch mine, above := kind(pid), kind(parent(pid)); {
		case mine == "" || mine == above:
		case mine == "buildkitd ":
			buildkitd = pid
		default:
			supervisor = pid
		}
	}
	return supervisor, buildkitd
}

// parent gives the process that has started one, 0 when there is none.
func parent(pid int) int {
	stat, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	above, _ := strconv.Atoi(fields[1])
	return above
}

// processes lists what runs of the engine: what has the home in its arguments, or in
// its file systems, as steps do.
func (s *sandbox) processes() []string {
	var list []string
	for _, pid := range pids() {
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		root, _ := os.Readlink(filepath.Join(dir, "root"))
		work, _ := os.Readlink(filepath.Join(dir, "cwd"))
		mounts, _ := os.ReadFile(filepath.Join(dir, "mountinfo"))
		line := commandLine(pid)
		if strings.Contains(strings.Join([]string{line, root, work, string(mounts)}, "\n"), s.home+"/engine") {
			list = append(list, strconv.Itoa(pid)+" "+line)
		}
	}
	return list
}

// left gives those of some processes that are still there. A build that had not
// connected when its engine was killed has started another one.
func (s *sandbox) left(old []string) func() []string {
	return func() []string {
		return slices.DeleteFunc(s.processes(), func(p string) bool { return !slices.Contains(old, p) })
	}
}

func pids() []int {
	var list []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid != os.Getpid() {
			list = append(list, pid)
		}
	}
	return list
}

func commandLine(pid int) string {
	line, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
}

// mounts lists what is mounted below the home, as this process sees it.
func (s *sandbox) mounts(t *testing.T) []string {
	t.Helper()
	found, err := mountinfo.GetMounts(mountinfo.PrefixFilter(s.home + "/"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range found {
		list = append(list, m.Mountpoint)
	}
	return list
}

// cgroup is the parent of all control groups that the engine makes.
func (s *sandbox) cgroup() string {
	config, _ := os.ReadFile(filepath.Join(s.home, "engine", "buildkitd.toml"))
	if m := regexp.MustCompile(`defaultCgroupParent = ['"](.*)['"]`).FindSubmatch(config); m != nil {
		return string(m[1])
	}
	return ""
}

// eventually waits until a list of what is in the way is empty, which it has to be soon.
func eventually(t *testing.T, what string, rest func() []string) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		left := rest()
		if len(left) == 0 {
			return time.Since(start)
		}
		if time.Since(start) > soon {
			t.Errorf("%s: after %v there is still %q", what, soon, left)
			return soon
		}
		time.Sleep(20 * time.Millisecond)
	}
}
