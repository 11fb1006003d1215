package sessions

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/container/record"
)

// typed is where what was typed for an image is kept beside it.
func (b *bed) typed(image string) string { return filepath.Join(b.home, "typed", image+".json") }

// byHand makes the image of a session, if it is not in the store, as a user does: what is typed is typed
// in a container, which is recorded, and committed. It gives the record.
func (s *session) byHand(t testing.TB, b *bed, base, image string) (list []record.Command) {
	t.Helper()
	data, err := os.ReadFile(b.typed(image))
	if _, missing := b.images.Find(image); err != nil || missing != nil {
		data = s.record(t, b, base, image)
		if err := errors.Join(os.MkdirAll(filepath.Dir(b.typed(image)), 0o700), os.WriteFile(b.typed(image), data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for line := range bytes.Lines(data) {
		var c record.Command
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

// record runs a session and commits it, and gives what was typed, a line of JSON a command.
func (s *session) record(t testing.TB, b *bed, base, image string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "id")
	defer func() {
		if id, err := os.ReadFile(file); err == nil {
			b.strake(t, "", "rm", "-f", string(id))
		}
	}()
	b.strake(t, s.script, "run", "--record", "-i", "--cidfile", file, base, "sh", "-e")
	id, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b.strake(t, "", "commit", string(id), image)
	data, err := os.ReadFile(filepath.Join(b.home, "containers", string(id), "record"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// longest is how long one session may take: packages are installed.
const longest = 10 * time.Minute

// strake runs the program on the store of the bed.
func (b *bed) strake(t testing.TB, stdin string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.program, args...)
	cmd.Env = append(os.Environ(), "STRAKE_HOME="+b.home)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	timer := time.AfterFunc(longest, func() { cmd.Process.Signal(os.Interrupt) })
	defer timer.Stop()
	if err := cmd.Run(); err != nil {
		t.Fatalf("strake %s: %v\n%s", strings.Join(args, " "), err, &out)
	}
}
