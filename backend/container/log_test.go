package container

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// logOf makes a container that has ended, with an empty log.
func logOf(t testing.TB) (*Container, *logger) {
	t.Helper()
	set := Open(t.TempDir())
	c, err := set.Create(t.Context(), Config{Name: "writer"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Release)
	if err := c.SetState(State{Status: Exited}); err != nil {
		t.Fatal(err)
	}
	log, err := c.newLogger()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.close)
	return c, log
}

func read(t *testing.T, c *Container, o LogOptions) (lines []string) {
	t.Helper()
	if err := c.Logs(t.Context(), o, func(e Entry) error { lines = append(lines, e.Stream[3:]+" "+e.Text); return nil }); err != nil {
		t.Fatal(err)
	}
	return lines
}

// parts is a reader that gives a part a call.
type parts []string

func (p *parts) Read(data []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(data, (*p)[0])
	*p = (*p)[1:]
	return n, nil
}

// TestLog holds that a log has what was written, in its order and by lines, wherever it was
// cut when it was read; characters stay whole.
func TestLog(t *testing.T) {
	for name, test := range map[string]struct {
		in   parts
		want []string
		tail int
	}{
		"lines of one part":      {parts{"a\nb\n\nc\n"}, []string{"out a\n", "out b\n", "out \n", "out c\n"}, -1},
		"a line of two":          {parts{"a", "b\nc"}, []string{"out a", "out b\n", "out c"}, -1},
		"the last two":           {parts{"a\nb", "b\nc\nd\n"}, []string{"out c\n", "out d\n"}, 2},
		"the last, of two parts": {parts{"a\nb", "b\n"}, []string{"out b", "out b\n"}, 1},
		"none":                   {parts{"a\n"}, nil, 0},
		"a cut character":        {parts{"x\xe2", "\x82", "\xac\n"}, []string{"out x", "out €\n"}, -1},
		"no character":           {parts{"x\xff\xe2y\n\xe2\x82"}, []string{"out x\ufffd\ufffdy\n", "out \ufffd\ufffd"}, -1},
		"escapes":                {parts{"\x1b[1m\"\\<&>\u2028\x00\n"}, []string{"out \x1b[1m\"\\<&>\u2028\x00\n"}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			c, log := logOf(t)
			var shown strings.Builder
			all := strings.Join(test.in, "")
			if err := log.tee("stdout", &test.in, &shown); err != nil || shown.String() != all {
				t.Errorf("shown is %q: %v", shown.String(), err)
			}
			if got := read(t, c, LogOptions{Tail: test.tail}); strings.Join(got, "|") != strings.Join(test.want, "|") {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestLogTimes holds that bounds leave out what was written before and after.
func TestLogTimes(t *testing.T) {
	c, log := logOf(t)
	var at []time.Time
	for _, text := range []string{"a\n", "b\n", "c\n"} {
		at = append(at, time.Now())
		log.write("stdout", []byte(text))
	}
	for _, test := range []struct {
		o    LogOptions
		want string
	}{
		{LogOptions{Tail: -1, Since: at[1]}, "out b\nout c\n"},
		{LogOptions{Tail: -1, Until: at[1]}, "out a\n"},
		{LogOptions{Tail: -1, Since: at[1], Until: at[2]}, "out b\n"},
		{LogOptions{Tail: 1, Since: at[1]}, "out c\n"},
		{LogOptions{Tail: 1, Until: at[1]}, ""},
	} {
		if got := strings.Join(read(t, c, test.o), ""); got != test.want {
			t.Errorf("%+v: %q, want %q", test.o, got, test.want)
		}
	}
}

// TestLogWatched holds that the log has what was written even when nobody could be shown it.
func TestLogWatched(t *testing.T) {
	for _, werr := range []error{syscall.EPIPE, syscall.ENOSPC} {
		c, log := logOf(t)
		err := log.tee("stderr", &parts{"a\n"}, broken{werr})
		if failed := errors.Is(err, syscall.ENOSPC); failed != (werr == syscall.ENOSPC) || err != nil && !failed {
			t.Errorf("%v: %v", werr, err)
		}
		if got := read(t, c, LogOptions{Tail: -1}); strings.Join(got, "") != "err a\n" {
			t.Errorf("%v: the log is %q", werr, got)
		}
	}
}

type broken struct{ error }

func (b broken) Write([]byte) (int, error) { return 0, b.error }

// TestLogTorn holds that what a full disk has cut off spoils nothing else.
func TestLogTorn(t *testing.T) {
	c, log := logOf(t)
	log.write("stdout", []byte("a\n"))
	name := filepath.Join(c.Dir(), logFile)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		data := string(whole[:cut]) + "\n" + string(whole)
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		want := "out a\n"
		if cut == len(whole)-1 {
			want += want // only the end of the line was lost
		}
		if got := strings.Join(read(t, c, LogOptions{Tail: -1}), ""); got != want {
			t.Errorf("%q: %q", data, got)
		}
	}
}

// TestAppendText holds that texts are as encoding/json has them.
func TestAppendText(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "\n", "\r", "\t", "\x00", "\x1b", "\x7f", `"`, `\`, "é", "€", "😀", "\u2028", "\xff", "\xe2", "\x82", "\xed\xa0\x80", "\xf0\x9f", "\ufffd"}
	for range 5000 {
		var text strings.Builder
		for range random.IntN(12) {
			text.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		var got, want string
		line := append(appendText([]byte{'"'}, []byte(text.String())), '"')
		theirs, err := json.Marshal(text.String())
		if err := errors.Join(err, json.Unmarshal(line, &got), json.Unmarshal(theirs, &want)); err != nil || got != want {
			t.Fatalf("%q: %s is %q, want %q: %v", text.String(), line, got, want, err)
		}
	}
}

func BenchmarkLog(b *testing.B) {
	_, log := logOf(b)
	data := []byte(strings.Repeat("a line as programs write them, of some sixty-four characters\n", chunk/61))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := log.tee("stdout", &parts{string(data)}, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	log.file.Truncate(0)
}

// TestLogFollow holds that who follows sees what is written meanwhile, up to a bound.
func TestLogFollow(t *testing.T) {
	c, log := logOf(t)
	if err := c.SetState(State{Status: Running}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	log.write("stdout", []byte("a\n"))
	var got []string
	err := c.Logs(ctx, LogOptions{Tail: -1, Follow: true, Until: time.Now().Add(time.Second)}, func(e Entry) error {
		if got = append(got, e.Text); len(got) == 1 {
			go log.write("stdout", []byte("b\n"))
		}
		return nil
	})
	if err != nil || strings.Join(got, "") != "a\nb\n" {
		t.Errorf("%q: %v", got, err)
	}
}
