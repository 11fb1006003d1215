package container

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/seed-e0495807/strake/backend/container/record"
)

// consoleSocket is where the runtime hands over the terminal of a process, in the directory
// that it works in: the paths of sockets may have 107 bytes.
const consoleSocket = "console.sock"

// terminal is the terminal of a process in a container, and that of the user, if there is one.
type terminal struct {
	user     *os.File // nil for none
	before   *term.State
	listener *net.UnixListener
	master   *os.File
	typed    *record.Terminal // nil where nothing is recorded
}

// newTerminal waits for the terminal of a process that starts in a directory.
func newTerminal(dir string, in io.Reader) (*terminal, error) {
	t := &terminal{}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.user = f
	}
	at, err := os.OpenFile(dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer at.Close()
	name := filepath.Join(dir, consoleSocket)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	short := fmt.Sprintf("/proc/self/fd/%d/%s", at.Fd(), consoleSocket)
	t.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, err
	}
	t.listener.SetUnlinkOnClose(false) // the short name is gone by then
	return t, nil
}

func (t *terminal) size() *specs.Box {
	if t.user == nil {
		return nil
	}
	width, height, err := term.GetSize(int(t.user.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return nil
	}
	return &specs.Box{Width: uint(width), Height: uint(height)}
}

// accept takes the terminal that the runtime has handed over, which is there when the
// process has started, and joins that of the user to it.
func (t *terminal) accept() error {
	t.listener.SetDeadline(time.Now().Add(runtimeWait))
	conn, err := t.listener.AcceptUnix()
	if err != nil {
		return fmt.Errorf("the runtime gave no terminal: %w", err)
	}
	defer conn.Close()
	text, rights := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := conn.ReadMsgUnix(text, rights)
	if err != nil {
		return err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return errors.Join(err, errors.New("the runtime gave no terminal"))
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return errors.Join(err, errors.New("the runtime gave no terminal"))
	}
	unix.SetNonblock(fds[0], true) // so that a read ends when it is closed
	t.master = os.NewFile(uintptr(fds[0]), "terminal")
	t.resize()
	if t.user != nil {
		t.before, err = term.MakeRaw(int(t.user.Fd()))
	}
	return err
}

// resize gives the process's terminal the size of the user's.
func (t *terminal) resize() {
	if t.user == nil || t.master == nil {
		return
	}
	if size, err := unix.IoctlGetWinsize(int(t.user.Fd()), unix.TIOCGWINSZ); err == nil && size.Row > 0 {
		control(t.master, func(fd int) { unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size) })
		if t.typed != nil {
			t.typed.Resize(int(size.Col), int(size.Row))
		}
	}
}

// control calls fn with the descriptor of a file, which stays one that does not block.
func control(f *os.File, fn func(fd int)) {
	if raw, err := f.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { fn(int(fd)) })
	}
}

func (t *terminal) close() {
	if t.before != nil {
		term.Restore(int(t.user.Fd()), t.before)
	}
	t.listener.Close()
	if t.master != nil {
		t.master.Close()
	}
}
