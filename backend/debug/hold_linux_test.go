package debug

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExitCode holds that the end of a program has the code that a shell gives it, and that only one that
// did not start is told.
func TestExitCode(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want int
		told string
	}{
		{[]string{"true"}, 0, ""},
		{[]string{"sh", "-c", "exit 7"}, 7, ""},
		{[]string{"sh", "-c", "kill -9 $$"}, 137, ""},
		{[]string{"nonesuch"}, 127, "nonesuch"},
		{[]string{"/nonesuch"}, 127, "/nonesuch"},
		{[]string{plain}, 126, "permission denied"},
	} {
		var notes strings.Builder
		got := exitCode(exec.Command(c.args[0], c.args[1:]...).Run(), &notes)
		if got != c.want || !strings.Contains(notes.String(), c.told) || c.told == "" && notes.Len() > 0 {
			t.Errorf("%q: %d, want %d: %s", c.args, got, c.want, notes.String())
		}
	}
}
