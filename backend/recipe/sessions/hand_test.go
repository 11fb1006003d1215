package sessions

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/backend/recipe"
)

// byHand makes the image of a session, if it is not in the store, as a user does: what is typed is typed
// in a container, which is committed.
func (s *session) byHand(t testing.TB, b *bed, base, image string) {
	t.Helper()
	if _, err := b.images.Find(image); err == nil {
		return
	}
	file := filepath.Join(t.TempDir(), "id")
	defer func() {
		if id, err := os.ReadFile(file); err == nil {
			b.strake(t, "", "rm", "-f", string(id))
		}
	}()
	b.strake(t, s.script, "run", "-i", "--cidfile", file, base, "sh", "-e")
	id, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b.strake(t, "", "commit", string(id), image)
}

// commands are what is typed: a statement of the shell each.
func (s *session) commands(t testing.TB) (list []recipe.Command) {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(s.script), s.name)
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range file.Stmts {
		var text strings.Builder
		if err := syntax.NewPrinter().Print(&text, stmt); err != nil {
			t.Fatal(err)
		}
		list = append(list, recipe.Command{Line: strings.TrimSpace(text.String())})
	}
	return list
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
