package sandbox

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWatchFindsProgram holds that a child that the helper had before the program is not
// taken for it: what the program uses would never be seen.
func TestWatchFindsProgram(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 0.3; tail /dev/zero; :") // of one endless line tail keeps all
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &Box{Cmd: cmd, level: Full, began: make(chan struct{})}
	close(b.began)
	defer cmd.Wait()
	defer b.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := b.Watch(ctx, Limits{Memory: 32 << 20})
	if err == nil || !strings.Contains(err.Error(), "it took more than 32 MiB of memory") {
		t.Errorf("the watch ends with %v", err)
	}
}
