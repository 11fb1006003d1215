package record

import (
	"bytes"
	"maps"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-e0495807/strake/lang/late"
)

const (
	patience = 150 * time.Millisecond // for a shell to take what was typed; then it is not recorded
	pause    = 2 * time.Millisecond   // in which output that is under way arrives
)

// question is a prompt of something else than a shell's.
var question = late.Regexp(`(?i)(pass|secret|token|\bpin\b|code|login|key|user|name|value|\[y/n\]|yes/no)[^\n]{0,40}[:?>]\s*$`)

// A Terminal stands between a user and the master of a pseudo terminal. It records a line when the
// user sends it and all of these hold:
//
//   - the process in the foreground is a shell that was given no script, and waits for input;
//   - the terminal is as that shell has it in front of a command, and not without echo;
//   - the line stands on the screen, behind the prompt that was there when it was begun;
//   - the prompt asks no question, and the line does not begin with a blank, which asks
//     shells not to keep it;
//   - its first word is a program of the container, one of the shell, or one that the table of
//     effects has, though it may not be installed: what nothing answers to may be a password
//     that was typed in the wrong place.
//
// To know what a shell waits for, the first key of a line and its end are held back until the
// shell has taken what came before, for 150 ms at most. What is typed while another program
// runs goes through at once, and is not recorded.
type Terminal struct {
	log    *Log
	master *os.File
	raw    syscall.RawConn // of the master, which stays one that does not block

	mu      sync.Mutex // of what follows; the output comes from another goroutine
	screen  *screen
	output  int // counts what came
	entered *entered

	// of the goroutine of the input
	prompt  string
	shell   int // whose prompt that is, or 0 in front of the first key of a line
	editing map[int]bool
	paste   pasting

	block block
}

// entered is a line that was sent, until its shell answers.
type entered struct {
	Command
	prompt string
	by     process
	text   string
	down   bool // the cursor went on from the line
	expand bool // it names a line of the history, and the shell prints what that is
}

// block is a command of several lines that is not whole yet, with all but its line.
type block struct {
	entered
	lines []string
}

// NewTerminal records to a log what is typed at a terminal of a size.
func NewTerminal(master *os.File, log *Log, cols, rows int) (*Terminal, error) {
	raw, err := master.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &Terminal{log: log, master: master, raw: raw, screen: newScreen(cols, rows), editing: map[int]bool{}}, nil
}

// Resize tells of another size of the terminal.
func (t *Terminal) Resize(cols, rows int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen.resize(cols, rows)
}

// Output tells what came out of the terminal, before or after it is shown.
func (t *Terminal) Output(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.output++
	for _, b := range p {
		if e := t.entered; e != nil && t.screen.state == nil {
			switch {
			case b == '\n' && e.expand && e.down:
				e.text = t.screen.line(t.screen.first(t.screen.y), t.screen.y)
				t.finish()
			case b == '\n':
				e.down = true
				t.look(e)
			case b > ' ' && e.down && !e.expand:
				t.finish()
			}
		}
		t.screen.put(b)
	}
}

// look takes a line from the screen. A shell may draw it again when it is sent, line by line, so
// that what was there before is kept where it goes on.
func (t *Terminal) look(e *entered) {
	text, ok := t.screen.behind(e.prompt)
	if ok && strings.TrimSpace(text) != "" && !strings.HasPrefix(e.text, text+"\n") {
		e.text = text
	}
	e.expand = fromHistory().MatchString(e.text)
}

var fromHistory = late.Regexp(`(^|\s|[^\\\w"'$\[{(<])!([!$^*?\w-])|^\^`)

// Write gives the terminal what was typed.
func (t *Terminal) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		size := t.paste.next(p)
		part := p[:size]
		switch {
		case t.paste.in || size > 1 || !bytes.ContainsAny(part, "\r\n\x03\x04\x1a\x1c"):
			t.begin()
		case part[0] == '\r' || part[0] == '\n':
			t.begin()
			t.enter()
		default:
			t.shell = 0 // another prompt follows
		}
		written, err := t.master.Write(part)
		if n += written; err != nil {
			return n, err
		}
		p = p[size:]
	}
	return n, nil
}

// begin remembers the prompt in front of the first key of a line.
func (t *Terminal) begin() {
	if t.shell != 0 {
		return
	}
	p, ok := t.settle()
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prompt, t.shell = t.screen.left(), p.pid
	t.screen.floor = t.screen.first(t.screen.y)
}

// enter remembers that a line was sent.
func (t *Terminal) enter() {
	shell := t.shell
	t.shell = 0
	if shell == 0 || question().MatchString(t.prompt) {
		return
	}
	p, ok := t.settle()
	if !ok || p.pid != shell {
		return
	}
	e := &entered{prompt: t.prompt, by: p, Command: Command{Dir: p.dir(), User: p.user(), Time: time.Now()}}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finish()
	t.look(e)
	t.entered = e
}

// settle waits until the shell in the foreground, if there is one, waits behind a prompt.
func (t *Terminal) settle() (process, bool) {
	for end := time.Now().Add(patience); ; {
		p, ok := foreground(t.raw)
		if !ok || !ReadsCommands(p.args) {
			return process{}, false
		}
		before, prompt := t.seen()
		if prompt && t.ready(p) {
			time.Sleep(pause)
			if after, _ := t.seen(); after == before && t.ready(p) {
				return p, true
			}
		} else {
			time.Sleep(pause / 2)
		}
		if time.Now().After(end) {
			return process{}, false
		}
	}
}

// seen counts what came out, and tells whether something stands in front of the cursor, which
// is not the line that was sent last: busybox rests for 20 ms before the next prompt.
func (t *Terminal) seen() (count int, prompt bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.entered; e != nil && !e.down {
		return t.output, false
	}
	return t.output, strings.TrimSpace(t.screen.left()) != ""
}

// ready tells whether a shell waits for a command, and has taken all that was typed.
func (t *Terminal) ready(p process) bool {
	var mode *unix.Termios
	var unread int
	err := control(t.raw, func(fd int) (err error) {
		mode, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		unread = waiting(fd)
		return err
	})
	if err != nil || unread > 0 || !p.waits() {
		return false
	}
	if mode.Lflag&unix.ICANON == 0 {
		if len(t.editing) > 100 {
			maps.DeleteFunc(t.editing, func(pid int, _ bool) bool { return pid != p.pid })
		}
		t.editing[p.pid] = true
		return mode.Lflag&unix.ECHO == 0
	}
	// A shell that edits its lines itself, and does not now, reads something else.
	return mode.Lflag&unix.ECHO != 0 && !t.editing[p.pid] && !edits(p.args)
}

// waiting is how much of what was typed nobody has read yet.
func waiting(master int) int {
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return 0
	}
	defer unix.Close(int(fd))
	n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return n
}

// foreground is the leader of the process group that a terminal takes input for.
func foreground(master syscall.RawConn) (process, bool) {
	var pid int
	err := control(master, func(fd int) (err error) {
		pid, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	if err != nil || pid <= 0 {
		return process{}, false
	}
	p := process{pid: pid}
	data, err := os.ReadFile(p.file("cmdline"))
	if err != nil || len(data) == 0 {
		return process{}, false
	}
	p.args = strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
	return p, true
}

func control(raw syscall.RawConn, fn func(fd int) error) error {
	var err error
	if cerr := raw.Control(func(fd uintptr) { err = fn(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}

// finish takes the line that was sent last, as it stood on the screen then.
func (t *Terminal) finish() {
	e := t.entered
	t.entered = nil
	if e == nil || e.text == "" {
		return
	}
	if len(t.block.lines) > 0 && (e.prompt == t.block.prompt || e.by.pid != t.block.by.pid) {
		t.block = block{} // it was given up
	}
	if len(t.block.lines) == 0 {
		t.block.entered = *e
	}
	t.block.lines = append(t.block.lines, e.text)
	e.Command, e.Line = t.block.Command, strings.Join(t.block.lines, "\n")
	if len(e.Line) <= maxLine && incomplete(e.Line) {
		return
	}
	t.block = block{}
	if !strings.HasPrefix(e.Line, " ") && answered(e.Line, e.by.answers(e.Dir)) {
		t.log.Add(e.Command)
	}
}

// Close takes what was sent last, when the terminal is gone. The log stays open.
func (t *Terminal) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finish()
}
