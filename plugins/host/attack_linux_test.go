package host_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/plugins/host"
)

// nested is set in a test that runs again where the kernel gives no user namespaces.
const nested = "STRAKE_TEST_NESTED"

// everywhere runs a test here, and in a user namespace whose max_user_namespaces is 0: there
// the full sandbox cannot be had, by the kernel's own word.
func everywhere(t *testing.T, test func(t *testing.T, level host.Level)) {
	if os.Getenv(nested) != "" {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
		test(t, host.Weak)
		return
	}
	t.Run("full", func(t *testing.T) { test(t, host.Full) })
	t.Run("weak", func(t *testing.T) {
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+strings.TrimSuffix(t.Name(), "/weak")+"$", "-test.v")
		cmd.Env = append(os.Environ(), nested+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
			t.Errorf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
	})
}

// TestAttack holds that a plugin reads no keys, writes nowhere, ends and slows no processes,
// and reaches no services, in both sandboxes.
func TestAttack(t *testing.T) {
	everywhere(t, func(t *testing.T, level host.Level) {
		dir := t.TempDir()
		secret := filepath.Join(dir, "id_rsa")
		if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
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
		o.Args = append(o.Args, fmt.Sprintf("%s,%s,%d,%s", secret, dir, victim.Process.Pid, l.Addr()))
		o.Sandbox = level
		p := start(t, o)
		if (level == host.Full) != (len(p.Sandbox()) == 0) {
			t.Errorf("its sandbox lacks %q", p.Sandbox())
		}
		out, err := pipeline(t, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Diags) != 20 {
			t.Errorf("%d things were tried", len(out.Diags))
		}
		for _, d := range out.Diags {
			code := strings.TrimPrefix(d.Code, "faults/")
			t.Logf("%-12s %s", code, d.Message)
			harmless := level == host.Full && (code == "kill-parent" || code == "session" || code == "datagram") // its own namespace
			if d.Message == "done" && !harmless || d.Message == "errno 0" {
				t.Errorf("%s: %s", code, d.Message)
			}
		}
		if data, err := os.ReadFile(secret); err != nil || string(data) != "secret" {
			t.Errorf("the secret: %q, %v", data, err)
		}
		if err := victim.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("the victim: %v", err)
		}
	})
}

// TestAttackNotAsked holds that nothing below the full sandbox is run unasked.
func TestAttackNotAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, level host.Level) {
		p, err := host.Start(t.Context(), options(t, "ok"))
		if level == host.Full {
			if err != nil {
				t.Fatal(err)
			}
			p.Close()
		} else if err == nil || !strings.Contains(err.Error(), "it may not run with less than its sandbox") {
			t.Errorf("%v", err)
		}
	})
}

// TestAttackResources holds a plugin to its limits.
func TestAttackResources(t *testing.T) {
	everywhere(t, func(t *testing.T, level host.Level) {
		for what, want := range map[string][]string{
			"shared":     {"shared memory: operation not permitted"},
			"zero":       {"MiB of memory", "addresses: cannot allocate memory"},
			"leaderless": {"MiB of memory", "addresses: cannot allocate memory"},
			"threads":    {"it has more than 64 threads", "failed to create new OS thread"},
			"cpu":        {"it took 1s of the processor's time"},
			"disk":       {"no space left on device", "it made more than 64 files", "too many open files"},
			"memory":     {"fatal error: "},
		} {
			t.Run(what, func(t *testing.T) {
				o := options(t, what)
				o.Sandbox, o.CallTimeout, o.Memory, o.Threads, o.CPUTime = level, time.Minute, 256<<20, 64, time.Minute // a busy machine gives little of its processors
				if what == "cpu" {
					o.CPUTime = time.Second
				}
				p := start(t, o)
				began := time.Now()
				_, err := pipeline(t, p, nil)
				t.Logf("%v: %v", time.Since(began), err)
				ok := false
				for _, text := range want {
					ok = ok || err != nil && strings.Contains(err.Error(), text)
				}
				if !ok {
					t.Errorf("none of %q", want)
				}
				p.Close()
				gone(t, o)
			})
		}
	})
}

// TestAttackSurvive holds that a plugin that does what it can to live on ends with the process
// that started it, which is killed.
func TestAttackSurvive(t *testing.T) {
	const child = "STRAKE_TEST_CHILD"
	if dir := os.Getenv(child); dir != "" {
		o := options(t, "undying")
		o.TempDir, o.CallTimeout, o.Sandbox = dir, time.Minute, host.Weak
		pipeline(t, start(t, o), nil)
		return
	}
	everywhere(t, func(t *testing.T, level host.Level) {
		o := options(t, "undying")
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestAttackSurvive$")
		cmd.Env = append(os.Environ(), child+"="+o.TempDir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		found := false
		for end := time.Now().Add(10 * time.Second); !found && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, f := range files {
				line, _ := os.ReadFile(f)
				found = found || bytes.HasSuffix(line, []byte("faults\x00child\x00"))
			}
		}
		if !found {
			t.Error("it never began to live on")
		}
		cmd.Process.Kill()
		cmd.Wait()
		for range 100 {
			if left := undead(); len(left) == 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("left: %q", undead())
	})
}

// undead are processes of the plugin that lives on.
func undead() []string {
	var left []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if line, _ := os.ReadFile(f); bytes.HasSuffix(line, []byte("faults\x00child\x00")) {
			left = append(left, f)
		}
	}
	return left
}
