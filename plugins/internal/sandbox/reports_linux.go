package sandbox

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// reports are where a helper says what happens. With its first report comes a descriptor of the
// program's process, whose number in a namespace of its own would say nothing.
type reports struct {
	*net.UnixConn
	process *os.File // of the program; nil before, and when pid has been asked
}

// newReports makes them, and the file for the helper.
func newReports() (*reports, *os.File, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	own, write := os.NewFile(uintptr(pair[0]), "status"), os.NewFile(uintptr(pair[1]), "status")
	defer own.Close() // the connection has another one
	conn, err := net.FileConn(own)
	if err != nil {
		write.Close()
		return nil, nil, err
	}
	return &reports{UnixConn: conn.(*net.UnixConn)}, write, nil
}

// Read reads a part, and takes the descriptor that comes with it.
func (r *reports) Read(b []byte) (int, error) {
	space := make([]byte, unix.CmsgSpace(4))
	n, more, _, _, err := r.ReadMsgUnix(b, space)
	messages, _ := unix.ParseSocketControlMessage(space[:more])
	for _, m := range messages {
		list, _ := unix.ParseUnixRights(&m)
		for _, fd := range list {
			if f := os.NewFile(uintptr(fd), "process"); r.process == nil {
				r.process = f
			} else {
				f.Close()
			}
		}
	}
	return n, err
}

// pid is the number of the process here (proc_pid_fdinfo(5)), 0 when there is none.
func (r *reports) pid() int {
	if r.process == nil {
		return 0
	}
	defer func() { r.process = nil }()
	defer r.process.Close()
	f, err := os.Open(fmt.Sprintf("/proc/self/fdinfo/%d", r.process.Fd()))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "Pid:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(value))
			return max(n, 0)
		}
	}
	return 0
}

// introduce is how a helper says that a program runs.
func introduce(pid int) {
	var rights []byte
	if fd, err := unix.PidfdOpen(pid, 0); err == nil {
		defer unix.Close(fd)
		rights = unix.UnixRights(fd)
	}
	unix.Sendmsg(statusFD, []byte("{}\n"), rights, nil, 0)
}
