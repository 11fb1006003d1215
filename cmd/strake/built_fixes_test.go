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

// builtFixes are Dockerfiles with one finding of a rule that can be fixed, and what differs between
// what is built before and after; "" is nothing. Those that keep less than that say so.
var builtFixes = []struct{ rule, text, differs string }{
	{"NoEmptyContinuation", "FROM busybox\nRUN echo a >/a && \\\n\n echo b >/b\n", ""},
	{"StageNameCasing", "FROM busybox AS Build\nRUN echo a >/a\nFROM busybox\nCOPY --from=Build /a /b\n", ""},
	{"FromAsCasing", "FROM busybox as build\nRUN echo a >/a\nFROM busybox\nCOPY --from=build /a /b\n", ""},
	{"ConsistentInstructionCasing", "FROM busybox\nrun echo a >/a\nENV A=b\nUSER 7\n", ""},
	{"LegacyKeyValueFormat", "FROM busybox\nENV A b  c\nENV B $A/d\nRUN echo \"$B\" >/a\n", ""},
	{"MultipleInstructionsDisallowed", "FROM busybox\nCMD [\"a\"]\nRUN echo a >/a\nCMD [\"b\"]\n", ""},
	{"ExposeProtoCasing", "FROM busybox\nEXPOSE 80/TCP\n", ""},
	{"ExposeInvalidFormat", "FROM busybox\nEXPOSE 80:8080\n", ""},
	{"WorkdirRelativePath", "FROM busybox\nWORKDIR app\nRUN echo a >a\n", ""},
	{"MaintainerDeprecated", "FROM busybox\nMAINTAINER me\n", "authors|Author"},
	{"DL3000", "FROM busybox\nWORKDIR /srv\nWORKDIR app\nRUN echo a >a\n", ""},
	{"DL3003", "FROM busybox\nWORKDIR /srv\nRUN cd /tmp && echo a >a\n", ""},
	{"DL3012", "FROM busybox\nHEALTHCHECK CMD a\nHEALTHCHECK CMD b\n", ""},
	{"DL3020", "FROM busybox\nADD data.txt /data.txt\n", ""},
	{"DL3021", "FROM busybox\nCOPY data.txt more.txt /data\n", "/data"},
	{"DL3025", "FROM busybox\nENTRYPOINT sleep 5\n", "Entrypoint"},
	{"DL3044", "FROM busybox\nENV A=b C=\"$A/c\"\nRUN echo \"$C\" >/a\n", "Env C"},
	{"DL3048", "FROM busybox\nLABEL Owner=me\n", "Owner|owner"},
	{"DL3059", "FROM busybox\nRUN echo a >/a\nRUN echo b >/b\n", ""},
	{"DL4000", "FROM busybox\nMAINTAINER me\n", "maintainer|Author"},
	{"DL4003", "FROM busybox\nCMD a\nCMD b\n", ""},
	{"DL4004", "FROM busybox\nENTRYPOINT [\"a\"]\nENTRYPOINT [\"b\"]\n", ""},
	{"SC2002", "FROM busybox\nRUN echo a >/a && cat /a | tr a b >/b\n", ""},
	{"SC2006", "FROM busybox\nRUN echo \"`uname -m`\" >/a\n", ""},
	{"SC2046", "FROM busybox\nRUN echo x-$(uname -m) >/a\n", ""},
	{"SC2086", "FROM busybox\nRUN f=$(echo /a); touch $f\n", ""},
	{"SC2164", "FROM busybox\nRUN cd /tmp; echo a >a\n", ""},
	{"SC2166", "FROM busybox\nRUN if [ -n a -a -n b ]; then echo a >/a; fi\n", ""},
	{"SC2196", "FROM busybox\nRUN echo abc | egrep 'b|d' >/a\n", ""},
	{"SC2236", "FROM busybox\nRUN if [ ! -z \"$HOME\" ]; then echo a >/a; fi\n", ""},
	{"mkdir-before-workdir", "FROM busybox\nRUN mkdir -p /srv/app\nWORKDIR /srv/app\nRUN echo a >a\n", ""},
	{"cache-mount-not-locked", "FROM busybox\nRUN --mount=type=cache,target=/var/cache/apt echo a >/a\nRUN --mount=type=cache,id=b,dst=/var/lib/apt ls /var/lib/apt >/b\n", ""},
	{"heredoc-without-set-e", "FROM busybox\nRUN <<END\necho a >/a\necho b >/b\nEND\n", ""},
}

// TestBuiltFixes makes a fix in each, builds it as it was and as it is on a real BuildKit, and compares
// what comes out.
func TestBuiltFixes(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	env := onDaemon(t, daemon)
	for i, c := range builtFixes {
		if !testbed.Sample(i, 4) {
			continue
		}
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
			for name, text := range map[string]string{before: c.text, after: c.text, filepath.Join(dir, "data.txt"): "data\n", filepath.Join(dir, "more.txt"): "more\n"} {
				if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			call := func(args ...string) (int, string) {
				var out bytes.Buffer
				code := run(t.Context(), args, strings.NewReader(""), &out, &out, env)
				return code, out.String()
			}
			if code, out := call("lint", "--offline", "--fix=unsafe", "--rule", "*=off", "--rule", c.rule+"=on", after); code != 0 && code != 1 {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			fixed, err := os.ReadFile(after)
			if err != nil || string(fixed) == c.text {
				t.Fatalf("nothing was fixed: %v", err)
			}
			code, out := call("verify", before, after, dir)
			switch {
			case c.differs == "" && code != 0:
				t.Errorf("exit code %d\n%s\n%s", code, fixed, out)
			case c.differs != "" && (code != 1 || !regexp.MustCompile(c.differs).MatchString(out)):
				t.Errorf("exit code %d, want %s\n%s\n%s", code, c.differs, fixed, out)
			}
		})
	}
}
