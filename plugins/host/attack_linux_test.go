package host_test

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/plugins/host"
)

// TestAttackMachine holds that a plugin reads no keys, writes nowhere, ends and slows no
// processes, and reaches no services, in both sandboxes.
func TestAttackMachine(t *testing.T) {
	everywhere(t, func(t *testing.T, where place) {
		dir := t.TempDir()
		secret, readable := filepath.Join(dir, "id_rsa"), filepath.Join(t.TempDir(), "readable")
		for _, name := range []string{secret, readable} {
			if err := os.WriteFile(name, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l, err := net.Listen("unix", filepath.Join(dir, "s"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		victim := exec.Command("sleep", "60")
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		defer victim.Process.Kill()
		o := options(t, "attack")
		o.Args = append(o.Args, fmt.Sprintf("%s,%s,%d,%s,%s", secret, dir, victim.Process.Pid, l.Addr(), readable))
		o.Sandbox, o.Reads = where.level, []string{readable}
		p := start(t, o)
		if (where.level == host.Full) != (len(p.Sandbox()) == 0) {
			t.Errorf("its sandbox lacks %q", p.Sandbox())
		}
		out, err := pipeline(t, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Diags) != 23 {
			t.Errorf("%d things were tried", len(out.Diags))
		}
		for _, d := range out.Diags {
			code := strings.TrimPrefix(d.Code, "faults/")
			tell(t, code, where, d.Message, "")
			harmless := where.level == host.Full && slices.Contains([]string{"kill-parent", "session", "datagram"}, code) // its own namespace
			if d.Message == "done" && !harmless || d.Message == "errno 0" {
				t.Errorf("%s: %s", code, d.Message)
			}
		}
		for _, name := range []string{secret, readable} {
			if data, err := os.ReadFile(name); err != nil || string(data) != "secret" {
				t.Errorf("%s: %q, %v", name, data, err)
			}
		}
		if err := victim.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("the victim: %v", err)
		}
	})
}

// TestAttackNotAsked holds that nothing below the full sandbox is run unasked.
func TestAttackNotAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, where place) {
		o := options(t, "ok")
		p, err := host.Start(t.Context(), o)
		end := "runs in the whole sandbox"
		if err == nil {
			p.Close()
		} else {
			end = err.Error()
		}
		tell(t, "run unasked", where, end, "")
		switch {
		case where.level == host.Full && err != nil:
			t.Error(err)
		case where.level != host.Full && (err == nil || !strings.Contains(err.Error(), "it may not run with less than its sandbox")):
			t.Errorf("%v", err)
		}
		gone(t, o)
	})
}

// greedy are attacks on what the machine has, and how each may end.
var greedy = map[string][]string{
	"memory":     {"fatal error: "},
	"shared":     {"shared memory: operation not permitted"},
	"zero":       {"MiB of memory", "addresses: cannot allocate memory"},
	"leaderless": {"MiB of memory", "addresses: cannot allocate memory"},
	"buffers":    {"MiB of buffers"},
	"threads":    {"it has more than 64 threads", "failed to create new OS thread", "newosproc"},
	"cpu":        {"it took 1s of the processor's time"},
	"disk":       {"no space left on device", "it made more than 64 files", "too many open files", "file size limit exceeded"},
	"files":      {"no space left on device", "it made more than 64 files"},
	"room":       {"no space left on device", "file too large", "operation not permitted"},
}

// TestAttackResources holds a plugin to its limits: 256 MiB, 64 threads, and for the attack
// on the processor a second of it. What the kernel holds it to is exact. What a watch has to
// see first has no bound on a machine that is busy enough, and is only told. Each attack takes
// seconds, so that it is made in every third place, another one for each, or with STRAKE_LONG=1
// in all.
func TestAttackResources(t *testing.T) {
	everywhere(t, func(t *testing.T, where place) {
		for i, what := range slices.Sorted(maps.Keys(greedy)) {
			if (i+slices.Index(places, where))%3 != 0 && os.Getenv("STRAKE_LONG") == "" {
				continue
			}
			want := greedy[what]
			t.Run(what, func(t *testing.T) {
				o := options(t, what)
				o.Sandbox, o.CallTimeout, o.Memory, o.Threads, o.CPUTime = where.level, 2*time.Minute, 256<<20, 64, time.Minute
				if what == "cpu" {
					o.CPUTime = time.Second
				}
				p := start(t, o)
				see := observe(t, o, p)
				_, err := pipeline(t, p, nil)
				f := see()
				tell(t, what, where, err, f.String())
				if mib := 0; what == "buffers" && err != nil {
					_, text, _ := strings.Cut(err.Error(), "check: ")
					if fmt.Sscanf(text, "%d MiB of buffers", &mib); mib == 0 || mib > 512 {
						t.Errorf("%d MiB of buffers", mib)
					}
				}
				if !slices.ContainsFunc(want, func(text string) bool { return err != nil && strings.Contains(err.Error(), text) }) {
					t.Errorf("none of %q: %v", want, err)
				}
				most := int64(o.Memory) + 128<<20 // with the program itself and its stack
				if what == "zero" || what == "leaderless" {
					most = 3 << 29 // page tables are the watch's, and have an end of their own
				}
				threads := 0
				if where.level == host.Full && where.user {
					threads = o.Threads // the kernel counts those of users
				} else if f.group != "" {
					threads = o.Threads + 32
				}
				switch {
				case where.noGroups && f.group != "":
					t.Errorf("it is in %s", f.group)
				case f.memory > most, f.disk > 64<<20, f.inodes > 4096, f.hostDisk > 0, f.cpu > 30*time.Second:
					t.Errorf("it takes %v", f)
				case where.level == host.Full && f.hostFiles > 0, threads > 0 && f.threads > threads:
					t.Errorf("it takes %v", f)
				}
				p.Close()
				gone(t, o)
				if _, err := os.Stat("/sys/fs/cgroup" + f.group); f.group != "" && err == nil {
					t.Errorf("the control group %s is left", f.group)
				}
			})
		}
	})
}

// TestAttackCounters holds that a plugin gets nothing of what the kernel counts for all processes
// of a user together, of which another program would then have none. What the kernel counts by
// itself, signals that wait, has a limit.
func TestAttackCounters(t *testing.T) {
	everywhere(t, func(t *testing.T, where place) {
		o := options(t, "counters")
		o.Sandbox = where.level
		out, err := pipeline(t, start(t, o), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Diags) != 5 {
			t.Errorf("%d things were tried", len(out.Diags))
		}
		for _, d := range out.Diags {
			tell(t, "counters: "+strings.TrimPrefix(d.Code, "faults/"), where, d.Message, "")
			most, n := 0, 0
			if d.Code == "faults/signals" {
				most = 128
			}
			if _, err := fmt.Sscanf(d.Message, "%d:", &n); err != nil || n > most {
				t.Errorf("%s: %s", d.Code, d.Message)
			}
		}
	})
}

// TestAttackDescriptors holds that strake keeps nothing open for plugins that are over, however
// they ended.
func TestAttackDescriptors(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close what is forgotten
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	one := func(what string) {
		p, err := host.Start(t.Context(), options(t, what))
		if err != nil {
			return
		}
		pipeline(t, p, nil)
		p.Close()
	}
	one("ok") // what the first of all opens stays
	before := open()
	for range 5 {
		for _, what := range []string{"ok", "crash", "start-crash", "nonsense", "tcp"} {
			one(what)
		}
	}
	after := open()
	for range 500 { // a connection's own goroutines close it
		if after = open(); after <= before+2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("%d descriptors before, %d after 25 plugins", before, after)
	if after > before+2 {
		t.Errorf("%d descriptors are left open", after-before)
	}
}

// survivors are plugins that live on as they can, and how their processes are called: one
// that runs, and one that never becomes a plugin.
var survivors = map[string]string{"undying": "child", "start-hang": "start-hang"}

// TestAttackSurvive holds that a plugin that does what it can to live on ends with the process
// that started it, which is killed.
func TestAttackSurvive(t *testing.T) {
	const child, which = "STRAKE_TEST_CHILD", "STRAKE_TEST_WHICH"
	if dir := os.Getenv(child); dir != "" {
		o := options(t, os.Getenv(which))
		o.TempDir, o.Sandbox = dir, host.Weak
		pipeline(t, start(t, o), nil)
		return
	}
	everywhere(t, func(t *testing.T, where place) {
		for what, called := range survivors {
			t.Run(what, func(t *testing.T) {
				o := options(t, what)
				cmd := exec.Command("/proc/self/exe", "-test.run=^TestAttackSurvive$")
				cmd.Env = append(os.Environ(), child+"="+o.TempDir, which+"="+what, binEnv+"="+bin)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				for end := time.Now().Add(patience); len(living(called)) == 0; time.Sleep(10 * time.Millisecond) {
					if time.Now().After(end) {
						t.Error("it never began to live on")
						break
					}
				}
				cmd.Process.Kill()
				began := time.Now()
				cmd.Wait()
				for len(living(called)) > 0 && time.Since(began) < patience {
					time.Sleep(time.Millisecond)
				}
				if left := living(called); len(left) > 0 {
					t.Errorf("left: %q", left)
				}
				tell(t, "survive: "+what, where, "gone with strake", fmt.Sprintf("%.3fs after it", time.Since(began).Seconds()))
			})
		}
	})
}

// living are the processes of this test's plugin that are called so.
func living(called string) []string {
	var list []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if line, _ := os.ReadFile(f); bytes.Equal(line, []byte(filepath.Join(bin, "faults")+"\x00"+called+"\x00")) {
			list = append(list, f)
		}
	}
	return list
}
