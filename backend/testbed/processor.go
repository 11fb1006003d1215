package testbed

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// tick is the unit of the times in /proc, which is the same for all of Linux.
const tick = 10 * time.Millisecond

// Processor is the time of processors that the daemon has taken so far, with the steps that it
// has run to their end.
func (d *Daemon) Processor(t testing.TB) time.Duration {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	// See proc(5). The name of the program is in parentheses, and may have blanks.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	var sum int64
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum) * tick
}
