//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// mistakes are Dockerfiles that no build gets to its end with, each for the one reason that
// its code names; a lone word is a flag of the build that fixes it.
var mistakes = []struct{ code, given, text string }{
	{"unknown-instruction", "", "FROM scratch\nRUNN true\n"},
	{"missing-source", "", "FROM scratch\nCOPY nothing /\n"},
	{"missing-source", "", "FROM scratch\nCOPY present nothing /to/\n"},
	{"missing-source", "", "FROM scratch\nADD presentt /\n"},
	{"missing-source", "", "FROM scratch\nCOPY dropped /\n"},
	{"missing-source", "", "FROM scratch\nCOPY dir/nothing /\n"},
	{"missing-source", "", "FROM scratch\nRUN --mount=type=bind,source=nothing,target=/x [\"/present\"]\n"},
	{"missing-source", "", "FROM scratch\nRUN --mount=source=presentt,target=/x [\"/present\"]\n"},
	{"link-loop", "", "FROM scratch\nCOPY loop /\n"},
	{"link-loop", "", "FROM scratch\nCOPY loop/below /\n"},
	{"not-allowed", "--allow=security.insecure", "FROM scratch\nCOPY present /\nRUN --security=insecure [\"/present\"]\n"},
	{"not-allowed", "--allow=network.host", "FROM scratch\nCOPY present /\nRUN --network=host [\"/present\"]\n"},
	{"no-secret", "--secret=id=tok,env=HOME", "FROM scratch\nCOPY present /\nRUN --mount=type=secret,id=tok,required [\"/present\"]\n"},
	{"no-secret", "--secret=id=tok,env=HOME", "FROM scratch\nCOPY present /\nRUN --mount=type=secret,id=tok,env=TOK,required=true [\"/present\"]\n"},
	{"bad-port", "", "FROM scratch\nEXPOSE abc\n"},
	{"bad-signal", "", "FROM scratch\nSTOPSIGNAL FOO\n"},
	{"bad-mount", "", "FROM scratch\nRUN --mount=type=chache,target=/x [\"/x\"]\n"},
	{"later-stage", "", "FROM scratch AS a\nCOPY --from=b / /\nFROM scratch AS b\nCOPY present /\nFROM a\n"},
	{"check-directive", "", "# check=dance=1\nFROM scratch\nCOPY present /\n"},
	{"lint", "", "# check=error=true\nFROM scratch\nCOPY present /\nMAINTAINER me\n"},
	{"lint", "", "#!/usr/bin/env strake\n# check=skip=all;experimental=all;error=true\n\n# no name\nFROM scratch AS a\nCOPY present /\n"},
	{"no-frontend", "", "# syntax=127.0.0.1:1/front:1\nFROM scratch\nCOPY present /\n"},
}

// said finds in what a command printed the diagnostics with a code, as their place and hint.
func said(o outcome, code string) (out []string) {
	pattern := regexp.MustCompile(`(?m)^\S*?Dockerfile:(\d+):\d+: (?:error|warning|info): .*\[` + regexp.QuoteMeta(code) + `\]$`)
	help := regexp.MustCompile(`(?m)^ += help: (.*)$`)
	for block := range strings.SplitSeq(o.stdout+"\n\n"+o.stderr, "\n\n") {
		m := pattern.FindStringSubmatchIndex(block)
		if m == nil {
			continue
		}
		hint := ""
		if h := help.FindStringSubmatch(block[m[0]:]); h != nil {
			hint = h[1]
		}
		out = append(out, fmt.Sprintf("line %s: %s", block[m[2]:m[3]], hint))
	}
	return out
}

// TestCheckLikeBuild holds check, build --check and build against each other: whoever finds
// a mistake says the same of it, at the same line, with the same next step; and the first two
// find all that the last one ends with.
func TestCheckLikeBuild(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, testbed.StartRegistry(t))
	for _, c := range mistakes {
		dir := contextWith(t, strings.TrimSuffix(c.text, "\n"))
		for name, text := range map[string]string{"present": "", "dropped": "", ".dockerignore": "dropped\n", "dir/present": ""} {
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for link, to := range map[string]string{"loop": "back", "back": "loop"} {
			if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		built := s.run(t, "build", "--progress=quiet", dir)
		want := said(built, c.code)
		if len(want) != 1 || built.code != 1 || strings.HasSuffix(want[0], ": ") {
			t.Errorf("%q: a build says no line and next step for one %s:\n%v", c.text, c.code, built)
			continue
		}
		asked := s.run(t, "build", "--check", dir)
		if got := said(asked, c.code); len(got) != 1 || got[0] != want[0] || asked.code != 1 {
			t.Errorf("%q: a build says %q, and --check %q:\n%v", c.text, want, got, asked)
		}
		checked := s.run(t, "check", dir)
		if got := said(checked, c.code); len(got) != 1 || got[0] != want[0] {
			t.Errorf("%q: a build says %q, and check %q:\n%v", c.text, want, got, checked)
		}
		if c.given == "" {
			continue
		}
		if fixed := s.run(t, "build", "--check", c.given, dir); fixed.code != 0 || len(said(fixed, c.code)) > 0 {
			t.Errorf("%q: %s fixes it, and --check says:\n%v", c.text, c.given, fixed)
		}
	}
}
