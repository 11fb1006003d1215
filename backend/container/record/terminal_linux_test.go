package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A session is a program on a terminal that is recorded, with what a user would do to it.
type session struct {
	t        *testing.T
	cmd      *exec.Cmd
	terminal *Terminal
	log      *Log
	path     string
	ended    chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

func start(t *testing.T, env []string, args ...string) *session {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skipf("there is no %s here", args[0])
	}
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err := errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: 80, Row: 24})); err != nil {
		t.Fatal(err)
	}
	pty, slave := os.NewFile(uintptr(fd), "terminal"), fmt.Sprintf("/dev/pts/%d", number)
	t.Cleanup(func() { pty.Close() })
	tty, err := os.OpenFile(slave, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	s := &session{t: t, path: filepath.Join(t.TempDir(), "record"), ended: make(chan struct{})}
	s.cmd = exec.CommandContext(t.Context(), args[0], args[1:]...)
	s.cmd.Dir = home
	s.cmd.Env = append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm", "PS1=box# ", "LC_ALL=C.UTF-8"}, env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if s.log, err = Open(s.path); err != nil {
		t.Fatal(err)
	}
	if s.terminal, err = NewTerminal(pty, s.log, 80, 24); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	go func() {
		defer close(s.ended)
		buf := make([]byte, 4096)
		for {
			n, err := pty.Read(buf)
			s.terminal.Output(buf[:n])
			s.mu.Lock()
			s.out.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	return s
}

// expect waits for output, and forgets what came up to its end.
func (s *session) expect(pattern string) {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		if at := re.FindIndex(s.out.Bytes()); at != nil {
			s.out.Next(at[1])
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.Fatalf("%q did not come in %q", pattern, s.out.String())
}

func (s *session) send(keys string) {
	s.t.Helper()
	if _, err := s.terminal.Write([]byte(keys)); err != nil {
		s.t.Fatalf("%q: %v", keys, err)
	}
}

// typed is send key by key.
func (s *session) typed(keys string) {
	s.t.Helper()
	for _, k := range keys {
		s.send(string(k))
	}
}

// end leaves the shell and gives what was recorded.
func (s *session) end() []string {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		s.t.Fatalf("it does not end: %q", s.out.String())
	}
	s.terminal.Close()
	if err := s.log.Close(); err != nil {
		s.t.Fatal(err)
	}
	list, err := Read(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	var lines []string
	for _, c := range list {
		lines = append(lines, c.Line)
	}
	return lines
}

func (s *session) check(want ...string) {
	s.t.Helper()
	if got := s.end(); !slices.Equal(got, want) {
		s.t.Errorf("recorded\n%s\nwant\n%s\nthe terminal had %q", strings.Join(got, "\n"), strings.Join(want, "\n"), s.out.String())
	}
}

// shellsHere are those that tests take, as they are called.
var shellsHere = [][]string{
	{"bash", "--norc"}, {"bash", "--norc", "--noediting"}, {"dash"}, {"busybox", "sh"}, {"zsh", "-f"}, {"mksh"}, {"fish", "--no-config"},
}

func TestShells(t *testing.T) {
	for _, args := range shellsHere {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			s := start(t, nil, args...)
			s.expect(`[#>%] ?`)
			s.typed("echo one\r")
			s.expect(`one\r\n(?s:.*)[#>%]`)
			s.typed("ls  -x\x7fa /etc/pass\x7fwd\r") // what is taken back is not there
			s.expect(`such file(?s:.*)[#>%]`)
			s.send("true\r")
			s.expect(`[#>%]`)
			s.typed("cd /etc\r")
			s.expect(`[#>%]`)
			s.send("exit\r")
			s.check("echo one", "ls  -a /etc/paswd", "true", "cd /etc", "exit")
		})
	}
}

// needs skips a test whose commands are of programs that are not here.
func needs(t *testing.T, does []string) {
	t.Helper()
	for _, program := range []string{"vim", "less", "python3", "openssl", "ssh-keygen", "bash", "zsh"} {
		if _, err := exec.LookPath(program); err != nil && strings.Contains(strings.Join(does, "\n"), program) {
			t.Skipf("there is no %s here", program)
		}
	}
}

// TestLines has what shells make of keys: a record has the lines that ran.
func TestLines(t *testing.T) {
	long := "echo " + strings.Repeat("0123456789 ", 20) + "end"
	for _, c := range []struct {
		name  string
		shell []string
		does  []string // keys, and what comes then, in turns
		want  []string
	}{
		{"history", []string{"bash", "--norc"}, []string{"true 1\r", `# $`, "\x1b[A\x1b[D\x7f\x05 2\x01\x1b[C\x1b[C\x1b[C\x1b[C 3\r", `# $`}, []string{"true 1", "true 31 2"}},
		{"history by name", []string{"bash", "--norc"}, []string{"echo 1\r", `# $`, "!! 2\r", `1 2\r\n1 2\r\n(?s:.*)# $`, "true !$\r", `# $`}, []string{"echo 1", "echo 1 2", "true 2"}},
		{"completion", []string{"bash", "--norc"}, []string{"ls /etc/pass\t", `wd`, "\r", `# $`}, []string{"ls /etc/passwd"}},
		{"a list of completions", []string{"bash", "--norc"}, []string{"ls /etc/p\t", `\x07`, "\t", `(?s)passwd.*# ls /etc/p$`, "asswd\r", `# $`}, []string{"ls /etc/passwd"}},
		{"clear", []string{"bash", "--norc"}, []string{"true 1", `1$`, "\x0c", `# true 1$`, "2\r", `# $`, "clear\r", `# $`, "true 3\r", `# $`}, []string{"true 12", "clear", "true 3"}},
		{"a loop", []string{"bash", "--norc"}, []string{"for i in 1 2\r", `> $`, "do true $i\r", `> $`, "done\r", `# $`}, []string{"for i in 1 2\ndo true $i\ndone"}},
		{"a loop that is given up", []string{"dash"}, []string{"for i in 1 2\r", `> $`, "\x03", `# $`, "true\r", `# $`}, []string{"true"}},
		{"a loop in zsh", []string{"zsh", "-f"}, []string{"for i in 1 2\r", `for> `, "do true $i\r", `for> `, "done\r", `# `}, []string{"for i in 1 2\ndo true $i\ndone"}},
		{"pasted", []string{"bash", "--norc"}, []string{"\x1b[200~true 1\ntrue 2\x1b[201~", `2`, "\r", `# $`}, []string{"true 1\ntrue 2"}},
		{"pasted without brackets", []string{"bash", "--norc"}, []string{"true 1\ntrue 2\ncd /\n", `(?s)cd /.*# $`}, []string{"true 1", "true 2", "cd /"}},
		{"pasted into dash", []string{"dash"}, []string{"true 1\ntrue 2\ncd /\n", `(?s)cd /.*# $`}, []string{"true 1", "true 2", "cd /"}},
		{"long", []string{"bash", "--norc"}, []string{long + "\r", `(?s)end.*end\r\n.*# $`}, []string{long}},
		{"long in zsh", []string{"zsh", "-f"}, []string{long + "\r", `(?s)end.*end\r\n.*# `}, []string{long}},
		{"long in dash", []string{"dash"}, []string{long + "\r", `(?s)end.*end\r\n.*# $`}, []string{long}},
		{"long in busybox", []string{"busybox", "sh"}, []string{long + "\r", `(?s)end.*end\r\n.*# `}, []string{long}},
		{"from within a long one", []string{"bash", "--norc"}, []string{long + "\x01", `\[C$`, "\x1b[C\r", `(?s)end\r\n.*# $`}, []string{long}},
		{"wide characters", []string{"bash", "--norc"}, []string{"echo 日本語 ü\x7fä\r", `(?s)ä.*ä\r\n.*# $`}, []string{"echo 日本語 ä"}},
		{"an editor between", []string{"bash", "--norc"}, []string{"vim -u NONE f\r", `"f"`, ":q\r", `# $`, "true\r", `# $`}, []string{"vim -u NONE f", "true"}},
		{"a path", []string{"bash", "--norc"}, []string{"cp /bin/true x; ./x\r", `# $`, "mkdir d; cd d; ../x\r", `# $`, "../x 1\r", `# $`}, []string{"cp /bin/true x; ./x", "mkdir d; cd d; ../x", "../x 1"}},
		{"another shell", []string{"dash"}, []string{"bash --norc\r", `# $`, "true 1\r", `# $`, "exec zsh -f\r", `# `, "true 2\r", `# `, "exit\r", `# $`}, []string{"bash --norc", "true 1", "exec zsh -f", "true 2", "exit"}},
		{"another prompt", []string{"bash", "--norc"}, []string{"PS1='[\\w]\\n$ '\r", `\n.*\$ $`, "cd /etc\r", `/etc\]\s+\$ $`, "true\r", `\$ $`}, []string{"PS1='[\\w]\\n$ '", "cd /etc", "true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			needs(t, c.does)
			s := start(t, nil, c.shell...)
			s.expect(`box# `)
			for i := 0; i < len(c.does); i += 2 {
				s.send(c.does[i])
				s.expect(c.does[i+1])
			}
			s.send("exit\r")
			s.check(append(c.want, "exit")...)
		})
	}
}

// TestWhere holds that a record knows the directory and the user, and changes of size.
func TestWhere(t *testing.T) {
	s := start(t, nil, "bash", "--norc")
	s.expect(`box# `)
	s.send("cd /etc\r")
	s.expect(`box# `)
	s.terminal.Resize(40, 10)
	long := "true " + strings.Repeat("0123456789 ", 5) + "end"
	s.send("stty cols 40\r")
	s.expect(`box# `)
	s.send(long + "\r")
	s.expect(`(?s)end.*box# `)
	s.send("exit\r")
	s.end()
	list, err := Read(s.path)
	if err != nil || len(list) != 4 {
		t.Fatalf("%v, %v", list, err)
	}
	if list[0].Dir != s.cmd.Dir || list[1].Dir != "/etc" || list[2].Line != long || time.Since(list[1].Time) > time.Minute {
		t.Errorf("recorded %+v", list)
	}
	if os.Getuid() == 0 && list[0].User != "root" {
		t.Errorf("the user is %q", list[0].User)
	}
	if info, err := os.Stat(s.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}
