package host_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/plugins/host"
)

// place is where an attack is made.
type place struct {
	name     string
	user     bool       // as a user without rights
	level    host.Level // Weak: the kernel gives no user namespaces
	noGroups bool       // no control groups of version 2 can be seen
}

var places = []place{
	{"root", false, host.Full, false},
	{"user", true, host.Full, false},
	{"root without namespaces", false, host.Weak, false},
	{"user without namespaces", true, host.Weak, false},
	{"root without cgroups", false, host.Full, true},
	{"user without cgroups", true, host.Full, true},
}

// placeEnv names the place in a test that runs again there.
const placeEnv = "STRAKE_TEST_PLACE"

// nobody is the user without rights when the tests run as root.
const nobody = 65534

// everywhere runs a test in each place. Root becomes another user for that of users; and
// where there are to be no namespaces the test is in a user namespace in which the kernel
// itself gives none: user.max_user_namespaces is 0 there.
func everywhere(t *testing.T, test func(t *testing.T, where place)) {
	if name := os.Getenv(placeEnv); name != "" {
		for _, where := range places {
			if where.name == name {
				test(t, where)
			}
		}
		return
	}
	root := os.Geteuid() == 0
	for _, where := range places {
		t.Run(where.name, func(t *testing.T) {
			switch {
			case (!where.user || where.noGroups) && !root:
				t.Skip("you are not root")
			case where.noGroups && !groups():
				t.Skip("no place here has control groups of version 2")
			case where.level == host.Full && where.user != root && !where.noGroups:
				test(t, where)
			default:
				again(t, where)
			}
		})
	}
}

// groups tells whether there are control groups of version 2.
func groups() bool {
	var fs unix.Statfs_t
	return unix.Statfs("/sys/fs/cgroup", &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC
}

// again runs the test of a place in a process of its own.
func again(t *testing.T, where place) {
	self, id := filepath.Join(bin, "host.test"), os.Geteuid()
	if where.user && id == 0 {
		id = nobody
		for dir := bin; dir != "/"; dir = filepath.Dir(dir) {
			if info, err := os.Stat(dir); err != nil || info.Mode()&1 == 0 {
				t.Skipf("user %d cannot reach %s: %v", id, dir, err)
			}
		}
	}
	if _, err := os.Stat(self); err != nil {
		data, err := os.ReadFile("/proc/self/exe")
		if err == nil {
			err = os.WriteFile(self, data, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	args := []string{self, "-test.run=^" + name + "$", "-test.v", "-test.timeout=5m"}
	attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(id), Gid: uint32(id), NoSetGroups: os.Geteuid() != 0}}
	if where.level != host.Full {
		args = append([]string{"/bin/sh", "-c", `echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"`, "sh"}, args...)
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
		attr.AmbientCaps = []uintptr{unix.CAP_SYS_RESOURCE} // to say so, in the namespace
		attr.Credential.NoSetGroups = true
	}
	if where.noGroups {
		args = append([]string{"/bin/sh", "-c", `mount -t tmpfs none /sys/fs/cgroup && exec setpriv --reuid="$0" --regid="$0" --clear-groups "$@"`, strconv.Itoa(id)}, args...)
		attr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), placeEnv+"="+where.name, binEnv+"="+bin, "TMPDIR=/tmp")
	cmd.Dir, cmd.SysProcAttr = bin, attr
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("--- SKIP")) && err == nil {
		t.Skipf("%s", out)
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// figures are the most that a plugin was seen to have.
type figures struct {
	memory    int64 // bytes, with page tables
	threads   int
	cpu       time.Duration
	disk      int64 // bytes of its own file system, which is memory
	inodes    int64 // of that
	hostDisk  int64 // bytes of the host's
	hostFiles int
	lasted    time.Duration
	group     string // its control group, "" without
}

func (f figures) String() string {
	group := "with a control group"
	if f.group == "" {
		group = "no control group"
	}
	return fmt.Sprintf("memory %d MiB, threads %d, processor %.1fs, own disk %d MiB and %d files, host's disk %d KiB and %d files, ended after %.2fs, %s",
		f.memory>>20, f.threads, f.cpu.Seconds(), f.disk>>20, f.inodes, f.hostDisk>>10, f.hostFiles, f.lasted.Seconds(), group)
}

// observe looks at what a plugin takes until it is asked for the figures.
func observe(t *testing.T, o host.Options, p *host.Program) func() figures {
	var f figures
	for line := range strings.Lines(read(fmt.Sprintf("/proc/%d/cgroup", p.PID()))) {
		if name, ok := strings.CutPrefix(line, "0::"); ok && strings.Contains(name, "/strake-plugin-") {
			f.group = strings.TrimSpace(name)
		}
	}
	began, done := time.Now(), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
			f.look(p.PID())
			if n%5 == 0 {
				f.lookAtDisks(p.PID(), o.TempDir)
			}
		}
	})
	return func() figures {
		f.lasted = time.Since(began)
		close(done)
		all.Wait()
		return f
	}
}

// look sees the children of a helper.
func (f *figures) look(helper int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", helper))
	for _, list := range lists {
		data, _ := os.ReadFile(list)
		for pid := range strings.FieldsSeq(string(data)) {
			tasks, _ := filepath.Glob("/proc/" + pid + "/task/*/status") // the first may have ended
			for _, task := range tasks[:min(len(tasks), 4)] {
				f.lookAt(read(task))
			}
			_, stat, _ := strings.Cut(read("/proc/"+pid+"/stat"), ") ")
			if words := strings.Fields(stat); len(words) > 12 {
				user, _ := strconv.Atoi(words[11])
				system, _ := strconv.Atoi(words[12])
				f.cpu = max(f.cpu, time.Duration(user+system)*10*time.Millisecond)
			}
		}
	}
}

// lookAt sees what is in a status file of /proc.
func (f *figures) lookAt(status string) {
	var memory int64
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "Threads":
			f.threads = max(f.threads, int(n))
		case "RssAnon", "RssShmem", "VmPTE":
			memory += n << 10
		}
	}
	f.memory = max(f.memory, memory)
}

func read(name string) string {
	data, _ := os.ReadFile(name)
	return string(data)
}

// lookAtDisks sees what a plugin has written: in its own root, and where its directory is.
func (f *figures) lookAtDisks(helper int, dir string) {
	root := fmt.Sprintf("/proc/%d/root", helper)
	var s, ours unix.Statfs_t
	if unix.Statfs(root, &s) == nil && unix.Statfs("/", &ours) == nil && s.Fsid != ours.Fsid {
		f.disk = max(f.disk, int64(s.Blocks-s.Bfree)*s.Bsize)
		f.inodes = max(f.inodes, int64(s.Files-s.Ffree))
	}
	var bytes int64
	files := 0
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		files++
		if info, err := d.Info(); err == nil {
			bytes += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return nil
	})
	f.hostDisk, f.hostFiles = max(f.hostDisk, bytes), max(f.hostFiles, files)
}

// tell writes the line of an attack in the table: how it ended, and what it took.
func tell(t *testing.T, attack string, where place, end any, took string) {
	t.Helper()
	text, _, _ := strings.Cut(fmt.Sprint(end), "\n")
	t.Logf("attack | %s | %s | %s | %s", attack, where.name, text, took)
}
