package sandbox

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWatch holds a program that is a child of its helper to its memory.
func TestWatch(t *testing.T) {
	cmd := exec.Command("sh", "-c", "tail /dev/zero & echo $!; wait") // of one endless line tail keeps all
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &Box{Cmd: cmd, level: Full, began: make(chan struct{})}
	defer cmd.Wait()
	defer b.Kill()
	if _, err := fmt.Fscan(out, &b.program); err != nil {
		t.Fatal(err)
	}
	close(b.began)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = b.Watch(ctx, Limits{Memory: 32 << 20})
	if err == nil || !strings.Contains(err.Error(), "it took more than 32 MiB of memory") {
		t.Errorf("the watch ends with %v", err)
	}
}
