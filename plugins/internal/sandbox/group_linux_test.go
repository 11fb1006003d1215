package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestAttackGroup holds processes to the limits of a control group alone, and that nothing of
// it is left.
func TestAttackGroup(t *testing.T) {
	limits := Limits{Memory: 32 << 20, Threads: 8}
	run := func(g *group, script string) {
		cmd := exec.Command("sh", "-c", script)
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.Fd())}
		out, err := cmd.CombinedOutput()
		t.Logf("%s: %v\n%s", script, err, out)
	}
	for script, check := range map[string]func(g *group){
		"for i in $(seq 200); do sleep 300 >/dev/null 2>&1 & done": func(g *group) {
			data, err := os.ReadFile(filepath.Join(g.Name(), "pids.current"))
			n, _ := strconv.Atoi(strings.TrimSpace(string(data)))
			if err != nil || n == 0 || n > limits.Threads+moreThreads {
				t.Errorf("%d processes, %v", n, err)
			}
			t.Logf("%d processes", n)
			if end := g.end(); end != "" {
				t.Errorf("it ends since %s", end)
			}
		},
		"tail /dev/zero": func(g *group) { // of one endless line tail keeps all
			if end := g.end(); end != "it took more than 32 MiB of memory" {
				t.Errorf("it ends since %q", end)
			}
		},
	} {
		g := newGroup(limits)
		if g == nil {
			t.Skip("no control group of version 2 can be had here")
		}
		run(g, script)
		check(g)
		g.remove()
		if _, err := os.Stat(g.Name()); err == nil {
			t.Errorf("%s is left", g.Name())
		}
	}
}
