package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/slim"
)

// TestSlimVerified builds Dockerfiles with and without slim on a real BuildKit, and holds that all
// that is gone is what the plugin has declared, and that something is.
func TestSlimVerified(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for minutes")
	}
	bases := []testbed.Base{testbed.Busybox, testbed.Debian}
	if testbed.Sample(1, 2) {
		bases = append(bases, testbed.Golang, testbed.Node)
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, bases...))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		z := gzip.NewWriter(w)
		archive := tar.NewWriter(z)
		if err := errors.Join(archive.WriteHeader(&tar.Header{Name: "a/b", Mode: 0o644}), archive.Close(), z.Close()); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	user := home(t.TempDir())
	env := func(name string) (string, bool) {
		switch {
		case name == "BUILDKIT_HOST":
			return daemon.Addr, true
		case strings.HasSuffix(strings.ToLower(name), "_proxy"):
			return os.LookupEnv(name)
		}
		return user(name)
	}
	for name, c := range map[string]struct{ text, gone, config string }{
		"apt":                {"FROM debian\nRUN apt-get update && apt-get install -y --no-install-recommends xxd # a\nCMD [\"xxd\", \"-v\"]\n", "/var/lib/apt/lists/* /var/lib/dpkg/*-old /var/log/apt/* /var/log/dpkg.log", "{}"},
		"apt, strict":        {"FROM debian\nRUN <<EOF\nset -eux\napt-get update\napt-get install -y --no-install-recommends xxd\nEOF\n", "/var/lib/apt/lists/*", "{}"},
		"apt, two RUNs":      {"FROM debian\nRUN apt-get update\nRUN apt-get install -y --no-install-recommends xxd\nRUN apt-get update; apt-get install -y --no-install-recommends tree && rm -rf /tmp/x\n", "/var/lib/apt/lists/* /var/log/apt/*", "{}"},
		"apt, by bash":       {"FROM debian AS base\nSHELL [\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]\nRUN apt-get update; apt-get install -y --no-install-recommends xxd\nFROM base\nRUN apt-get update | cat; apt-get install -y --no-install-recommends tree\nRUN useradd app\nUSER app\n", "/var/lib/apt/lists/*", "{}"},
		"apt, no hook":       {"FROM debian\nRUN rm -f /etc/apt/apt.conf.d/* && apt-get update && apt-get install -y --no-install-recommends xxd\n", "/var/lib/apt/lists/* /var/cache/apt/archives/*.deb", "{}"},
		"npm":                {"FROM node:22\nWORKDIR /app\nRUN npm install --no-audit --no-fund is-odd@3.0.1\nCMD [\"node\", \"-e\", \"require('is-odd')\"]\n", "/root/.npm", "{}"},
		"go":                 {"FROM golang:1.26\nWORKDIR /src\nCOPY main.go go.mod ./\nRUN CGO_ENABLED=0 go build -trimpath -o /app .\nCMD [\"/app\"]\n", "/root/.cache/go-build", "{}"},
		"docs":               {"FROM debian\nRUN rm -f /etc/dpkg/dpkg.cfg.d/* && apt-get update && apt-get install -y --no-install-recommends xxd\n", "/usr/share/man/* /usr/share/doc/*/changelog*", `{drop: [docs]}`},
		"archive":            {"FROM busybox\nWORKDIR /opt\nRUN wget -O /tmp/a.tgz " + server.URL + " && tar -xzf /tmp/a.tgz\nUSER 7\nCMD [\"ls\", \"/opt\"]\n", "/tmp/a.tgz", "{}"},
		"a build that fails": {"FROM debian\nRUN apt-get update && false\n", "", "{}"},
	} {
		if short := []string{"apt", "archive", "a build that fails"}; !slices.Contains(short, name) && !testbed.Sample(1, 2) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"Dockerfile": c.text, "strake.yaml": "version: 1\nplugins:\n  - use: slim\n    config: " + c.config + "\n", "main.go": "package main\n\nfunc main() { println(1) }\n", "go.mod": "module example.com/x\n\ngo 1.26\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			args := []string{"verify", "--json", "--progress=plain"}
			if !strings.Contains(c.text, server.URL) {
				args = append(args, testbed.ProxyFlags()...)
			}
			m := irtest.Module(t, c.text)
			out, err := (&plugins.Pipeline{Steps: []plugins.Step{{Plugin: slim.New(), Config: []byte(strings.NewReplacer("drop", `"drop"`, "docs", `"docs"`).Replace(c.config))}}}).Run(t.Context(), plugins.Input{Module: m, Only: true, Host: func(*ir.Module) plugins.Host { return plugins.NoHost{} }})
			if err != nil || out.Module == m {
				t.Fatal("nothing is changed: ", err)
			}
			for _, p := range slim.Declared(out.Module) {
				args = append(args, "--dropped", p)
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append(args, "--plugins", dir), strings.NewReader(""), &stdout, &stderr, env)
			if c.gone == "" {
				if code != 2 {
					t.Errorf("exit code %d\n%s%s", code, &stdout, &stderr)
				}
				return
			}
			var v validate.Verdict
			if err := json.Unmarshal(stdout.Bytes(), &v); err != nil || code != 0 || v.Answer != validate.EqualUpTo {
				t.Fatalf("exit code %d, %v\n%s%s", code, err, &stdout, &stderr)
			}
			for p := range strings.FieldsSeq(c.gone) {
				if !slices.ContainsFunc(v.Dropped, func(d validate.Drop) bool { return d.Pattern == p && d.Bytes > 0 }) {
					t.Errorf("nothing is gone of %s: %+v", p, v.Dropped)
				}
			}
			gone, files := int64(0), 0
			for _, d := range v.Dropped {
				gone, files = gone+d.Bytes, files+d.Files
			}
			t.Logf("%s: %d paths are compared, %d files of %d bytes are gone", v.Answer, v.Paths, files, gone)
		})
	}
}

// TestSplitVerified builds what slim splits on a real BuildKit, before and after, and holds that what
// is gone is the toolchain and nothing else, and that what is compiled still runs. Each of the four
// takes a minute, so that one with a compiler out of packages is built, or all with STRAKE_LONG=1.
func TestSplitVerified(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for minutes")
	}
	bases := []testbed.Base{testbed.Debian}
	if testbed.Sample(1, 2) {
		bases = append(bases, testbed.Golang)
	}
	daemon := testbed.StartDaemon(t, testbed.StartRegistry(t, bases...))
	user := home(t.TempDir())
	env := func(name string) (string, bool) {
		switch {
		case name == "BUILDKIT_HOST":
			return daemon.Addr, true
		case strings.HasSuffix(strings.ToLower(name), "_proxy"):
			return os.LookupEnv(name)
		}
		return user(name)
	}
	const apt = "apt:gcc apt:libc6-dev /var/lib/apt/lists/* /var/log/apt/* /var/log/alternatives.log /var/log/dpkg.log /var/cache/debconf/*-old /var/cache/ldconfig/* /var/lib/dpkg/*-old"
	for name, c := range map[string]struct{ text, run, config, dropped string }{
		"go":    {"FROM golang:1.26\nCOPY . /go/src/tool\nWORKDIR /go/src/tool\nRUN CGO_ENABLED=0 go build -trimpath -o /usr/local/bin/tool .\nRUN mkdir /work\nWORKDIR /work\nENTRYPOINT [\"tool\"]\n", "tool", "{drop: [toolchain], run-base: distribution}", "base:golang:1.26 /go/pkg /root/.cache /root/.config"},
		"gcc":   {"FROM debian:12\nWORKDIR /src\nCOPY . .\nRUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev\nRUN gcc -O2 -o /usr/local/bin/rot rot.c\nENTRYPOINT [\"rot\"]\n", "rot", "{drop: [toolchain]}", apt},
		"purge": {"FROM debian:12\nCOPY . /src\nRUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make xxd && make -C /src install && rm -rf /var/lib/apt/lists/*\nCMD [\"x\"]\n", "x && xxd -v 2>&1", "{drop: [toolchain]}", apt + " apt:make"},
		"make":  {"FROM debian:12\nWORKDIR /src\nCOPY . .\nRUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make xxd\nRUN make && make install\nENTRYPOINT [\"x\"]\n", "x", "{drop: [toolchain], unknown: drop}", apt + " apt:make"},
	} {
		if name != "gcc" && !testbed.Sample(1, 2) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"Dockerfile": c.text, "strake.yaml": "version: 1\nplugins:\n  - use: slim\n    grants: [images]\n    config: " + c.config + "\n",
				"main.go": "package main\n\nfunc main() { println(1) }\n", "go.mod": "module example.com/x\n\ngo 1.26\n",
				"rot.c":    "#include <stdio.h>\nint main(void) { puts(\"rot\"); return 0; }\n",
				"Makefile": "x: rot.c\n\tcc -o x rot.c\ninstall: x\n\tinstall x /usr/local/bin/x\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			args := append([]string{"verify", "--json", "--progress=plain", "--run", c.run}, testbed.ProxyFlags()...)
			for _, p := range strings.Fields(c.dropped) {
				args = append(args, "--dropped", p)
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append(args, "--plugins", dir), strings.NewReader(""), &stdout, &stderr, env)
			var v validate.Verdict
			if err := json.Unmarshal(stdout.Bytes(), &v); err != nil || code != 0 || v.Answer != validate.EqualUpTo {
				v.Text(t.Output(), 20)
				t.Fatalf("exit code %d, %v\n%.3000s", code, err, &stderr)
			}
			gone, files := int64(0), 0
			for _, d := range v.Dropped {
				gone, files = gone+d.Bytes, files+d.Files
			}
			if gone < 10e6 {
				t.Errorf("only %d bytes are gone", gone)
			}
			t.Logf("%s: %d paths are compared, %d files of %d bytes are gone", v.Answer, v.Paths, files, gone)
		})
	}
}
