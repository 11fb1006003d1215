package build

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/debug"
)

func TestTail(t *testing.T) {
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, "line %d\n", i)
	}
	for name, c := range map[string]struct {
		chunks []string
		want   []string
	}{
		"none":      {nil, nil},
		"lines":     {[]string{"a\nb\n"}, []string{"a", "b"}},
		"cut":       {[]string{"a", "b\nc"}, []string{"ab", "c"}},
		"crlf":      {[]string{"a\r\nb\r\n"}, []string{"a", "b"}},
		"bar":       {[]string{"10%\r50%\r100%\ndone\n"}, []string{"100%", "done"}},
		"blank end": {[]string{"a\n\n \n"}, []string{"a"}},
		"long line": {[]string{strings.Repeat("x", 3*maxLine)}, []string{strings.Repeat("x", maxLine)}},
	} {
		s := newStepLog().step("x")
		for _, chunk := range c.chunks {
			s.write(1, []byte(chunk))
		}
		if got := s.tail(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %.100q, want %.100q", name, got, c.want)
		}
	}
	s := newStepLog().step("x")
	s.write(2, []byte("err"))
	s.write(1, []byte("out\n"))
	s.write(2, []byte("or\n"))
	if got := s.tail(); !slices.Equal(got, []string{"out", "error"}) {
		t.Errorf("two streams: %q", got)
	}
	s.write(1, []byte(many.String()))
	if got := s.tail(); len(got) != tailLines || got[0] != "line 80" || got[tailLines-1] != "line 99" {
		t.Errorf("of 100 lines: %q", got)
	}
}

// TestFailedStep takes the step that failed, not those that were canceled by that.
func TestFailedStep(t *testing.T) {
	l := newStepLog()
	status := func(name, err string) {
		l.note(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: digest.FromString(name), Name: name, Error: err}}})
	}
	status("one", "")
	status("two", "context canceled")
	if l.failed() != nil {
		t.Error("a canceled step is no failure")
	}
	status("three", "exit code: 1")
	if s := l.failed(); len(s) != 1 || s[0].name != "three" {
		t.Errorf("got %+v", s)
	}
}

func TestUntilErrors(t *testing.T) {
	var out bytes.Buffer
	w := &untilErrors{w: &out}
	for _, s := range []string{"#1 ------\n", "a\n", "------\n", "output of the step\n", "------\n"} {
		if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	if out.String() != "#1 ------\na\n" {
		t.Errorf("got %q", out.String())
	}
}

// Nobody is told to ask for what was shown.
func TestWholeOutput(t *testing.T) {
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here")
	}
	defer tty.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		mode  string
		w     io.Writer
		lines int
		hint  bool
	}{
		{"auto", tty, tailLines + 1, true},
		{"tty", tty, 10 * tailLines, true},
		{"quiet", tty, tailLines + 1, true},
		{"quiet", file, 10 * tailLines, true},
		{"none", io.Discard, 10 * tailLines, true},
		{"auto", tty, tailLines, false}, // the error has all of it
		{"quiet", file, 3, false},
		{"plain", tty, 10 * tailLines, false},
		{"rawjson", tty, 10 * tailLines, false},
		{"auto", file, 10 * tailLines, false}, // as plain
		{"auto", io.Discard, 10 * tailLines, false},
		{"plain", file, 10 * tailLines, false},
	} {
		p, err := NewProgress(c.w, c.mode)
		if err != nil {
			t.Fatalf("%s: %v", c.mode, err)
		}
		log := newStepLog()
		step := log.step("x")
		step.write(1, []byte(strings.Repeat("line\n", c.lines)))
		j := &job{Request: Request{Progress: p}}
		if d := j.exited(t.Context(), &failure{log: step}, 1); strings.Contains(d.Hint, "--progress=plain") != c.hint {
			t.Errorf("%s on %T, %d lines: hint %q", c.mode, c.w, c.lines, d.Hint)
		}
	}
}

// TestProgressAfterPause holds that a display begins anew behind a shell only if there is more to show.
func TestProgressAfterPause(t *testing.T) {
	vertex := func(name string) *client.SolveStatus {
		return &client.SolveStatus{Vertexes: []*client.Vertex{{Digest: digest.FromString(name), Name: name}}}
	}
	for name, c := range map[string]struct {
		behind *client.SolveStatus
		want   int
	}{
		"nothing":        {&client.SolveStatus{}, 1},
		"of the shell":   {vertex(debug.Mark + "x"), 1},
		"a further step": {vertex("RUN true"), 2},
	} {
		displays := 0
		p := &Progress{raw: true, pauses: make(chan pause), display: func() (progressui.Display, error) {
			displays++
			return progressui.NewDisplay(io.Discard, progressui.PlainMode)
		}}
		statuses, ended := make(chan *client.SolveStatus), make(chan error)
		go func() { _, err := p.show(statuses); ended <- err }()
		statuses <- vertex("FROM x")
		resume := p.pause(t.Context())
		statuses <- c.behind
		resume()
		close(statuses)
		if err := <-ended; err != nil || displays != c.want {
			t.Errorf("%s: %d displays, want %d: %v", name, displays, c.want, err)
		}
	}
}
