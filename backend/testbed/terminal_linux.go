package testbed

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Screen is a terminal at which somebody sits.
type Screen struct {
	TTY    *os.File // for the program
	master *os.File
	shown  output
	seen   int // of what was shown
}

// NewScreen makes a terminal.
func NewScreen(t *testing.T) *Screen {
	t.Helper()
	s := &Screen{master: Terminal(t)}
	fd := int(s.master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		s.TTY, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { s.TTY.Close() })
	s.Resize(t, 24, 200)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := s.master.Read(buf)
			if err != nil {
				return // it is closed
			}
			_, _ = s.shown.Write(buf[:n])
		}
	}()
	return s
}

// Resize makes the terminal another size.
func (s *Screen) Resize(t *testing.T, rows, columns uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(s.TTY.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
		t.Fatal(err)
	}
}

// Type types a text.
func (s *Screen) Type(t *testing.T, text string) {
	t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// Wait waits until the terminal has shown a text, behind what was waited for before, for two
// minutes.
func (s *Screen) Wait(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if at := strings.Index(s.Text()[s.seen:], text); at >= 0 {
			s.seen += at + len(text)
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%q does not come: %s", text, s.Text()[s.seen:])
		}
	}
}

// Text is all that was shown.
func (s *Screen) Text() string { return s.shown.String() }

// State is the mode in which the terminal is.
func (s *Screen) State(t *testing.T) unix.Termios {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(s.TTY.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *state
}
