package engine

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// lockedBuffer may be written and read at once.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer // not embedded: its ReadFrom takes no lock
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// Logs that are followed go on, also when the file begins anew.
func TestEngineLogsFollow(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, []byte("a\nb\nc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out lockedBuffer
	done := make(chan error)
	go func() { done <- logs(ctx, &cli.Process{Stdout: &out}, name, 2, true) }()
	see := func(want string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); out.String() != want; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("got %q, want %q", out.String(), want)
			}
		}
	}
	see("b\nc\n")
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("d\n")
	see("b\nc\nd\n")
	os.Truncate(name, 0)
	f.WriteString("e\n")
	see("b\nc\nd\ne\n")
	cancel()
	if err := <-done; err != context.Canceled {
		t.Error(err)
	}
}

func TestLastLines(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"a\nb\n", -1, "a\nb\n"}, {"a\nb\n", 0, ""}, {"a\nb\n", 1, "b\n"}, {"a\nb\n", 2, "a\nb\n"}, {"a\nb\n", 3, "a\nb\n"},
		{"a\nb", 1, "b"}, {"", 1, ""}, {"\n\n", 1, "\n"},
	} {
		if got := string(lastLines([]byte(c.text), c.n)); got != c.want {
			t.Errorf("%d of %q: %q, want %q", c.n, c.text, got, c.want)
		}
	}
}

func TestCacheFilter(t *testing.T) {
	keep, expression, err := cacheFilter([]string{"until=36h", "type=regular", "id=ab", "inuse", "description~=x", "shared!=true"})
	if want := "type==regular,id~=ab,inuse,description~=x,shared!=true"; err != nil || keep != 36*time.Hour || strings.Join(expression, ";") != want {
		t.Errorf("got %v, %q, %v", keep, expression, err)
	}
	if _, expression, _ := cacheFilter(nil); expression != nil {
		t.Errorf("got %q", expression)
	}
}
