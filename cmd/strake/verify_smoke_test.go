package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// verifier builds pairs of Dockerfiles on busybox.
func verifier(t *testing.T) func(a, b string, args ...string) (code int, out string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	env := onDaemon(t, daemon)
	return func(a, b string, args ...string) (int, string) {
		dir := t.TempDir()
		for name, text := range map[string]string{"A": a, "B": b} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("FROM busybox\n"+text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"verify", filepath.Join(dir, "A"), filepath.Join(dir, "B"), dir}, args...), strings.NewReader(""), &stdout, &stderr, env)
		return code, stdout.String() + stderr.String()
	}
}

// TestVerifySmoke has files that are the same and programs that behave in another way, as a file is
// another that differs by itself, and what an image runs by itself shows it.
func TestVerifySmoke(t *testing.T) {
	verify := verifier(t)
	program := func(word string) string {
		return "RUN printf '#!/bin/sh\\n# %s\\n[ \"$1\" = --help ] && echo " + word + " && exit 3\\n" +
			"touch /tmp/up; sleep 60\\n' \"$(head -c 8 /dev/urandom | od -An -tx1)\" >/app && chmod 755 /app\n" +
			"HEALTHCHECK CMD [ -e /tmp/up ]\nENTRYPOINT [\"/app\"]\nCMD [\"serve\"]\n"
	}
	for _, c := range []struct {
		name, a, b string
		code       int
		want       string
	}{
		{"alike", program("usage"), program("usage"), 0, `equal up to`},
		{"another help", program("usage"), program("Usage"), 1, `/app --help`},
		{"never well", program("usage"), strings.Replace(program("usage"), "touch /tmp/up; sleep 60", "touch /tmp/down; sleep 2", 1), 1, `HEALTHCHECK CMD-SHELL`},
		{"nothing to run", "CMD echo hi\n", "CMD echo hi\n", 0, `no program to ask for --help`},
	} {
		code, out := verify(c.a, c.b, "--smoke")
		if code != c.code || !regexp.MustCompile(c.want).MatchString(out) {
			t.Errorf("%s: exit code %d, want %d and %s\n%s", c.name, code, c.code, c.want, out)
		}
	}
	if code, out := verify(program("usage"), program("Usage")); code != 0 {
		t.Errorf("without --smoke: exit code %d\n%s", code, out)
	}
}
