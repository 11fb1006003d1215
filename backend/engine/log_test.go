//go:build linux

package engine

import (
	"os"
	"strings"
	"testing"
)

// A log that has grown large begins anew, while buildkitd writes on.
func TestRotate(t *testing.T) {
	p := place{dir: t.TempDir()}
	f, start, err := p.openLog()
	if err != nil || start != 0 {
		t.Fatal(start, err)
	}
	defer f.Close()
	f.WriteString(strings.Repeat("x", maxLog-1))
	p.rotateLog()
	if _, err := os.Stat(p.path(logFile + ".old")); err == nil {
		t.Fatal("it was rotated too early")
	}
	f.WriteString("x")
	p.rotateLog()
	f.WriteString("next\n")
	if got := p.readLog(maxLog); got != "next\n" {
		t.Errorf("got %q", got)
	}
	if info, err := os.Stat(p.path(logFile + ".old")); err != nil || info.Size() != maxLog {
		t.Errorf("%v, %v", info, err)
	}
}

// What the log says becomes one sentence.
func TestDiagnose(t *testing.T) {
	p := place{dir: t.TempDir()}
	for _, c := range []struct{ log, code, text string }{
		{"buildkitd: mkdir /x: no space left on device\n", "disk-full", p.dir},
		{"buildkitd: could not lock /x/buildkitd.lock, another instance running?\n", "engine-busy", "another buildkitd"},
		{"buildkitd: listen unix /x: bind: address already in use\ngithub.com/x\n\t/x.go:1\n", "engine-socket", "address already in use"},
		{"[rootlesskit:parent] error: failed to setup UID/GID map: newuidmap 1 [0 1 1] failed: : exit status 1\n", "no-subids", "newuidmap"},
		{"[rootlesskit:parent] error: failed to start the child: fork/exec /proc/self/exe: operation not permitted\n", "no-user-namespaces", "not permitted"},
		{"[rootlesskit:parent] error: failed to start the child: fork/exec /proc/self/exe: no space left on device\n", "no-user-namespaces", "no space"},
		{`time="x" level=info msg="strake: cannot start: mount /proc: operation not permitted"` + "\n", "no-mounts", "mount /proc"},
		{"buildkitd: mkdir /sys/fs/cgroup/x: read-only file system\n", "no-cgroups", "cgroups"},
		{"buildkitd: mkdir /x: read-only file system\n", "engine-directory", "read-only"},
		{"buildkitd: no worker found, rebuild the buildkit daemon?\n", "no-worker", "no worker"},
		{`time="x" level=info msg="strake: buildkitd ended: signal: killed"` + "\n", "engine-start", "signal: killed"},
		{"", "engine-start", "ended at its start"},
	} {
		if err := diagnose(p, c.log); code(t, err) != c.code || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%q: %s: %v", c.log, code(t, err), err)
		}
	}
}

func TestLastWords(t *testing.T) {
	p := place{dir: t.TempDir()}
	note := func(text string) string { return `time="x" level=info msg="strake: ` + text + `"` + "\n" }
	begin := note(endNote+"exit code 9") + note(startNote+"/x")
	for _, c := range []struct{ log, want string }{
		{begin + note(endNote+"signal: killed"), "killed, perhaps"},
		{begin + note(endNote+"exit code 2"), "exit code 2"},
		{begin + "panic: oh no\n" + note(endNote+"exit code 2"), "crashed: oh no"},
		{begin + note(stopNote), "asked to"},
		{begin + "write /x: no space left on device\n", "disk is full"},
		{begin, "it was killed"},
	} {
		if err := os.WriteFile(p.path(logFile), []byte(c.log), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := p.lastWords(); !strings.Contains(got, c.want) {
			t.Errorf("%q: %q", c.log, got)
		}
	}
}
