package host

import (
	"bytes"
	"slices"
	"strings"
	"sync"
)

// What is kept of a log.
const (
	tailLines = 10
	tailBytes = 4 << 10
)

// tail is the end of a log.
type tail struct {
	limit   int    // bytes that it may have in all
	flooded func() // called when it has more

	mu    sync.Mutex
	total int
	kept  []byte
	crash string // the line that a crash of Go began with, as what follows is long
}

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	for _, start := range []string{"panic: ", "fatal error: "} {
		if bytes.HasPrefix(b, []byte(start)) {
			t.crash = string(b[:min(len(b), 300)])
		}
	}
	before := t.total
	t.total += len(b)
	end := b[max(0, len(b)-tailBytes):]
	t.kept = append(t.kept, end...)
	if over := len(t.kept) - tailBytes; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	flood := before <= t.limit && t.total > t.limit
	t.mu.Unlock()
	if flood {
		t.flooded()
	}
	return len(b), nil
}

// String gives the last lines, indented, as valid UTF-8 without control characters.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := bytes.TrimSpace(t.kept)
	if len(text) == 0 {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	if t.crash != "" && !slices.Contains(lines, t.crash) {
		lines = append([]string{t.crash, "..."}, lines...)
	}
	for i, line := range lines {
		lines[i] = "  " + printable(line)
	}
	return strings.Join(lines, "\n")
}

// printable drops what a terminal must not get.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, "?"))
}
