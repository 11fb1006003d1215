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

// ids are those of images, which have the time of their build in them.
var ids = regexp.MustCompile(`[0-9a-f]{12}`)

// TestVerifyPage runs the examples of docs/verify.md on a real BuildKit, and compares what
// they print. The Dockerfiles are those of the page.
func TestVerifyPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "verify.md"))
	if err != nil {
		t.Fatal(err)
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	t.Chdir(t.TempDir())
	files := regexp.MustCompile("(?s)```dockerfile\n# (\\S+)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	for _, f := range files {
		if err := os.WriteFile(f[1], []byte(f[2]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := onDaemon(t, daemon)
	seen := 0
	for _, c := range commandsOf(string(page)) {
		if len(c.output) == 0 {
			continue
		}
		seen++
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(strings.TrimPrefix(c.command, "strake ")), strings.NewReader(""), &stdout, &stderr, env)
		want := 0
		if strings.Contains(strings.Join(c.output, "\n"), "different: ") {
			want = 1
		}
		var have []string
		for line := range strings.Lines(stdout.String()) {
			if line = strings.TrimRight(line, "\n"); line != "" {
				have = append(have, line)
			}
		}
		mask := func(lines []string) string { return ids.ReplaceAllString(strings.Join(lines, "\n"), "ID") }
		if code != want || mask(have) != mask(c.output) {
			t.Errorf("%s: exit code %d\n%s%s", c.command, code, &stdout, &stderr)
		}
	}
	if len(files) != 3 || seen != 2 {
		t.Errorf("%d Dockerfiles and %d examples", len(files), seen)
	}
}

// TestWrongRewrites builds rewrites of a Dockerfile as somebody in a hurry would make them,
// each with another mistake, and holds that each is found and led back to its line.
func TestWrongRewrites(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	const right = `FROM busybox
WORKDIR /app
COPY run data.json ./
RUN chmod 755 run && mkdir -m 1777 cache && touch empty
RUN echo one >list && echo two >>list && ln list hard
RUN ln -s list link && chown 7:7 data.json
ENV MODE=fast
USER 7
ENTRYPOINT ["/app/run"]
CMD ["a", "b"]
`
	dir := t.TempDir()
	for name, text := range map[string]string{"Dockerfile": right, "run": "#!/bin/sh\n", "data.json": "{}\n", "other.json": "{ }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := onDaemon(t, daemon)
	for i, c := range []struct{ name, old, new, want string }{ // want is "" for rewrites that are right
		{"the same in other words", "RUN chmod 755 run && mkdir -m 1777 cache && touch empty\nRUN echo one >list", "RUN mkdir cache && chmod 1777 cache && chmod 755 run && : >empty && echo one >list", ""},
		{"order of other things", "ENV MODE=fast\nUSER 7\n", "USER 7\nENV MODE=fast\n", ""},
		{"steps that do not commute", "echo one >list && echo two >>list", "echo two >list && echo one >>list", `~ /app/list: content .*line 1: "one", "two"`},
		{"a file less", " && touch empty", "", `- /app/empty: file, 0B .*A: layer \d, RUN chmod .*/Dockerfile:4\)`},
		{"a file more", "touch empty", "touch empty more", `\+ /app/more: file, 0B .*B: layer \d, RUN chmod .*/wrong:4\)`},
		{"mode", "chmod 755", "chmod 744", `~ /app/run: mode 0755 → 0744`},
		{"sticky bit", "mkdir -m 1777", "mkdir -m 777", `~ /app/cache: mode 1777 → 0777`},
		{"owner", "chown 7:7", "chown 7", `~ /app/data.json: owner 7:7 → 7:0`},
		{"link to a copy", "ln list hard", "cp list hard", `~ /app/list: hard link with /app/hard → none`},
		{"link elsewhere", "ln -s list link", "ln -s /app/list link", `~ /app/link: target list → /app/list`},
		{"user lost", "USER 7\n", "", `- User: 7`},
		{"variable", "MODE=fast", "MODE=Fast", `~ Env MODE: fast → Fast`},
		{"order of words", `["a", "b"]`, `["b", "a"]`, `~ Cmd: \["a","b"\] → \["b","a"\]`},
		{"entry point in a shell", `ENTRYPOINT ["/app/run"]`, "ENTRYPOINT /app/run", `~ Entrypoint: \["/app/run"\] → \["/bin/sh","-c","/app/run"\]`},
		{"working directory", "USER 7\n", "USER 7\nWORKDIR /\n", `~ WorkingDir: /app → /`},
		{"left over", "RUN ln -s", "RUN echo >/tmp/left && ln -s", `\+ /tmp/left: file, 1B`},
	} {
		if !testbed.Sample(i, 3) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(right, c.old) {
				t.Fatalf("the Dockerfile has no %q", c.old)
			}
			at := filepath.Join(t.TempDir(), "wrong")
			if err := os.WriteFile(at, []byte(strings.Replace(right, c.old, c.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"verify", filepath.Join(dir, "Dockerfile"), at, dir}, strings.NewReader(""), &stdout, &stderr, env)
			switch {
			case c.want == "" && code != 0:
				t.Errorf("exit code %d\n%s%s", code, &stdout, &stderr)
			case c.want != "" && (code != 1 || !regexp.MustCompile(c.want).Match(stdout.Bytes())):
				t.Errorf("exit code %d, want %s in\n%s%s", code, c.want, &stdout, &stderr)
			}
		})
	}
}
