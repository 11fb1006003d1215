package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
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

	"github.com/seed-e0495807/strake/backend/testbed"
)

// A line of the tutorial that is typed stands behind one of these prompts.
var (
	typedLine = regexp.MustCompile(`^(\$|root@\S+:\S*#) (.*)$`)
	prompt    = regexp.MustCompile(`(?:^|\n)(\$ |root@[0-9a-f]{12}:[^\n]*# )$`)
	blanks    = regexp.MustCompile(`  +`)
	sequence  = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\a]*\a|\r`)
)

// tutorialLines gives the commands of the blocks that show a console, with what each prints.
func tutorialLines(page string) (list []shown) {
	inside := false
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			inside = line == "```console"
			continue
		}
		if m := typedLine.FindStringSubmatch(line); inside && m != nil {
			list = append(list, shown{command: m[2]})
		} else if inside && len(list) > 0 {
			list[len(list)-1].output = append(list[len(list)-1].output, line)
		}
	}
	return list
}

// shows tells whether an output is what a page shows: … stands for a part of a line, and alone in
// its line for any number of lines.
func (c shown) shows(got string) bool {
	var b strings.Builder
	b.WriteString(`^`)
	for _, line := range c.output {
		if line == "…" {
			b.WriteString(`(?:[^\n]*\n)*`)
			continue
		}
		line = strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, " ")), "…", `[^\n]*`)
		b.WriteString(blanks.ReplaceAllString(line, " +") + ` *\n`) // columns are as wide as what is in them
	}
	return regexp.MustCompile(b.String() + `$`).MatchString(got)
}

// A desk is a shell on a terminal, where a person types.
type desk struct {
	t   *testing.T
	pty *os.File

	mu   sync.Mutex
	text bytes.Buffer // what came since the last command
}

func newDesk(t *testing.T, dir string, env []string) *desk {
	t.Helper()
	return newDeskOf(t, nil, dir, append(os.Environ(), env...))
}

// newDeskOf is the desk of a user; nil is who runs the test.
func newDeskOf(t *testing.T, user *syscall.Credential, dir string, env []string) *desk {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	size := &unix.Winsize{Col: 250, Row: 50}
	if err := errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size)); err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, pty: os.NewFile(uintptr(fd), "terminal")}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	if user != nil {
		if err := tty.Chown(int(user.Uid), -1); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "--norc")
	cmd.Dir, cmd.Env = dir, append(slices.Clone(env), "PS1=$ ", "TERM=xterm", "NO_COLOR=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Credential: user}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); d.pty.Close() })
	go d.read()
	return d
}

func (d *desk) read() {
	buf := make([]byte, 4096)
	for {
		n, err := d.pty.Read(buf)
		d.mu.Lock()
		d.text.Write(buf[:n])
		d.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// output waits for the next prompt, and gives what stands in front of it.
func (d *desk) output(patience time.Duration) string {
	d.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		d.mu.Lock()
		text := sequence.ReplaceAllString(d.text.String(), "")
		d.mu.Unlock()
		if at := prompt.FindStringIndex(text); at != nil {
			return strings.TrimPrefix(text[:at[0]]+"\n", "\n")
		}
		if time.Now().After(end) {
			d.t.Fatalf("no prompt after %v:\n%s", patience, text)
		}
	}
}

// types types a line, and gives what comes behind it.
func (d *desk) types(line string) string {
	d.t.Helper()
	d.mu.Lock()
	d.text.Reset()
	d.mu.Unlock()
	if _, err := d.pty.WriteString(line + "\r"); err != nil {
		d.t.Fatal(err)
	}
	out := d.output(5 * time.Minute)
	_, out, _ = strings.Cut(out, "\n") // the line itself
	return out
}

// otherPort puts a free port of this machine into a file, in place of its 2222, which may be taken.
func otherPort(t *testing.T, file string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.ReplaceAll(text, []byte("2222"), []byte(port)), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// What a page shows is held line by line.
func TestTutorialShows(t *testing.T) {
	got := "NAME      SIZE\nvim       12MB\nubuntu    80MB\n"
	for _, c := range []struct {
		page string
		want bool
	}{
		{"NAME   SIZE\nvim   12MB\nubuntu   80MB", true},
		{"NAME   SIZE\nvim   …MB\n…   80MB", true},
		{"NAME   SIZE\n…", true},
		{"…", true},
		{"", false},
		{"NAME   SIZE", false},
		{"vim   12MB\nubuntu   80MB", false},
		{"NAME   SIZE\nvim   13MB\nubuntu   80MB", false},
		{"NAME SIZE\nvim   12MB\nubuntu   80MB", false},
		{"NAME   SIZE\nvim   …kB\nubuntu   80MB", false},
		{"…\nvim   12MB", false},
		{"NAME   SIZE\nvim   12MB\nubuntu   80MB\ndebian", false},
	} {
		list := tutorialLines("```console\n$ strake images\n" + c.page + "\n```\n")
		if len(list) != 1 || list[0].command != "strake images" || list[0].shows(got) != c.want {
			t.Errorf("shows(%q) is not %v, by %+v", c.page, c.want, list)
		}
	}
}

// TestTutorial types every command of docs/tutorial.md at a terminal, and holds that each prints what
// the page shows. In Docker Hub's place there is a registry behind a proxy.
func TestTutorial(t *testing.T) {
	if os.Getenv("STRAKE_LONG") == "" {
		t.Skip("make long runs it: it installs packages for minutes")
	}
	for _, program := range []string{"runc", "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s here", program)
		}
	}
	hub := testbed.StartRegistry(t, testbed.Debian)
	daemon := testbed.StartDaemon(t, hub)
	dir, env := workingCopy(t), dockerHub(t, hub)
	home := t.TempDir()
	env = append(env, "BUILDKIT_HOST="+daemon.Addr, "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"),
		"HOME="+home, "STRAKE_HOME="+t.TempDir(), "DOCKER_CONFIG="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
	page, err := os.ReadFile(filepath.Join(dir, "docs", "tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	list := tutorialLines(strings.ReplaceAll(string(page), "2222", otherPort(t, filepath.Join(dir, "examples", "ubuntu-with-ssh", "strake.yaml"))))
	if len(list) < 20 {
		t.Fatalf("only %d commands were found", len(list))
	}
	d := newDesk(t, dir, env)
	d.output(time.Minute)
	for _, c := range list {
		begin := time.Now()
		got := d.types(c.command)
		t.Logf("%.1f s: %s", time.Since(begin).Seconds(), c.command)
		if got = strings.TrimLeft(got, "\n"); got == "\n" {
			got = ""
		}
		if !c.shows(got) {
			t.Errorf("%s prints\n%s\nand the page shows\n%s", c.command, got, strings.Join(c.output, "\n"))
		}
	}
}
