package slim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/slim"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// root is an image of Linux that runs as root.
const root = `{"os": "linux", "config": {"Env": ["PATH=/usr/bin:/bin"]}}`

// run takes a module through the plugin as a build of a target does.
func run(t testing.TB, m *ir.Module, target, config, base string) *plugins.Output {
	t.Helper()
	return on(t, m, target, config, plugintest.Host{Config: base})
}

// on is the same with a host.
func on(t testing.TB, m *ir.Module, target, config string, h plugintest.Host) *plugins.Output {
	t.Helper()
	p := plugins.Pipeline{Steps: []plugins.Step{{Plugin: slim.New(), Grants: []plugins.Grant{plugins.GrantImages}, Config: []byte(config)}}}
	out, err := p.Run(t.Context(), plugins.Input{Module: m, Target: target, Only: true, Host: func(*ir.Module) plugins.Host { return h }})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// marked splits a text with what the plugin puts in between « and ».
func marked(text string) (before, after string) {
	var b, a strings.Builder
	for {
		plain, rest, ok := strings.Cut(text, "«")
		b.WriteString(plain)
		a.WriteString(plain)
		if !ok {
			return b.String(), a.String()
		}
		put, rest, _ := strings.Cut(rest, "»")
		a.WriteString(put)
		text = rest
	}
}

// TestDrop has what is put behind scripts.
func TestDrop(t *testing.T) {
	const lists = "/var/lib/apt/lists/*"
	const own = "FROM debian\n"
	for name, text := range map[string]string{
		"a list":                       own + "RUN apt-get update && apt-get install -y a« && rm -rf " + lists + "»\n",
		"a comment":                    own + "RUN apt-get update« && rm -rf " + lists + "» # why\n",
		"commands one by one":          own + "RUN apt-get update; apt-get install -y a« && rm -rf " + lists + "»;\n",
		"set -e":                       own + "RUN set -ex; apt-get update; apt-get install -y a«; rm -rf " + lists + "»\n",
		"set -e, and a list":           own + "RUN set -ex; apt-get update && apt-get install -y a« && rm -rf " + lists + "»\n",
		"set -e, switched off":         own + "RUN set -e; apt-get update; set +e; apt-get install -y a« && rm -rf " + lists + "»\n",
		"or":                           own + "RUN apt-get update || true« && rm -rf " + lists + "»\n",
		"an exit that fails":           own + "RUN test -e /x || exit 1; apt-get update« && rm -rf " + lists + "»\n",
		"set -e, and a here document":  own + "RUN set -e; apt-get update; cat <<EOF« && rm -rf " + lists + "» ;\nx\nEOF\n",
		"a pipe":                       own + "RUN apt-get update | tee /log« && rm -rf " + lists + "»\n",
		"not":                          own + "RUN apt-get update; ! false« && rm -rf " + lists + "»\n",
		"a group":                      own + "RUN { apt-get update; }« && rm -rf " + lists + "»\n",
		"a redirection":                own + "RUN apt-get update >/dev/null 2>&1« && rm -rf " + lists + "»\n",
		"a loop":                       own + "RUN for i in a b; do apt-get update; done« && rm -rf " + lists + "»\n",
		"a function":                   own + "RUN up() { apt-get update; }; up« && rm -rf " + lists + "»\n",
		"an rm at the end":             own + "RUN apt-get update && rm -rf /x /y« " + lists + "»\n",
		"an rm that may not come":      own + "RUN apt-get update || rm -rf /x« && rm -rf " + lists + "»\n",
		"an rm that may fail":          own + "RUN apt-get update && rm -r /x« && rm -rf " + lists + "»\n",
		"a here document":              own + "RUN apt-get update && cat <<EOF >/x« && rm -rf " + lists + "»\nx\nEOF\n",
		"of a group":                   own + "RUN apt-get update && { cat <<EOF >/x; }« && rm -rf " + lists + "»\nx\nEOF\n",
		"a script":                     own + "RUN <<EOF\napt-get update\napt-get install -y a« && rm -rf " + lists + "»\nEOF\n",
		"a strict script":              own + "RUN <<EOF\nset -e\napt-get update\napt-get install -y a«\nrm -rf " + lists + "» # a\n\nEOF\n",
		"a script with its own shell":  own + "SHELL [\"/bin/bash\", \"-ec\"]\nRUN <<EOF\n#!/bin/sh\napt-get update\nx« && rm -rf " + lists + "»\nEOF\n",
		"by env":                       own + "RUN <<EOF\n#!/usr/bin/env bash\nset -e\napt-get update\nx«\nrm -rf " + lists + "»\nEOF\n",
		"a shell with -e":              own + "SHELL [\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]\nRUN apt-get update«; rm -rf " + lists + "»\n",
		"gone already":                 own + "RUN apt-get update && rm -rf /var/lib/apt/lists/*\n",
		"gone, with the directory":     own + "RUN apt-get update && rm -r /var/lib/apt/lists && x\n",
		"gone, with more":              own + "RUN apt-get update && rm -rf /var/lib/apt/*\n",
		"gone too early":               own + "RUN rm -rf /var/lib/apt/lists/* && apt-get update« && rm -rf " + lists + "»\n",
		"gone by apt":                  own + "RUN apt-get update && apt-get distclean\n",
		"renewed":                      own + "RUN apt-get update && apt-get install -y a« && rm -rf " + lists + "»\nRUN apt-get update && apt-get install -y b« && rm -rf " + lists + "»\n",
		"at the last that uses them":   own + "RUN apt-get update\nRUN apt-get install -y a\nRUN apt-get update && apt-get install b« && rm -rf " + lists + "»\n",
		"harmless behind":              own + "RUN apt-get update« && rm -rf " + lists + "»\nCOPY . /app\nWORKDIR /app\nRUN useradd app && chown -R app /app && pip install flask\nUSER app\nCMD [\"./run\"]\n",
		"a stage that others copy":     "FROM debian AS a\nRUN apt-get update\nFROM debian\nRUN apt-get update« && rm -rf " + lists + "»\nCOPY --from=a /x /x\n",
		"a stage that is started from": "FROM debian AS a\nRUN apt-get update« && rm -rf " + lists + "»\nFROM a\nRUN apt-get update && apt-get install x« && rm -rf " + lists + "»\n",
		"copies of other things":       "FROM debian AS a\nRUN apt-get update« && rm -rf " + lists + "»\nFROM debian AS b\nCOPY --from=a /usr/ /var/lib/app /\nFROM a\nCOPY --from=b /x /x\n",
		"another path":                 own + "RUN export PATH=/x:$PATH && apt-get update« && rm -rf " + lists + "»\n",
		"mounts elsewhere":             own + "RUN --mount=type=cache,target=/var/cache/apt --mount=type=secret,id=x apt-get update« && rm -rf " + lists + "»\n",
		"links elsewhere":              own + "RUN ln -s /a /b && apt-get update« && rm -rf " + lists + "»\n",
	} {
		t.Run(name, func(t *testing.T) { drops(t, text, `{"drop": ["lists"]}`) })
	}
}

// drops holds that the plugin makes what is marked, declares just that, and is then done.
func drops(t *testing.T, text, config string) {
	t.Helper()
	before, after := marked(text)
	out := run(t, irtest.Module(t, before), "", config, root)
	if got, want := plugintest.Print(out.Module), plugintest.Print(irtest.Module(t, after)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if again := run(t, out.Module, "", config, root); plugintest.Print(again.Module) != plugintest.Print(out.Module) {
		t.Errorf("a second run makes\n%s", plugintest.Print(again.Module))
	}
	var want []string
	for i, part := range strings.Split(text, "«") {
		put, _, _ := strings.Cut(part, "»")
		for _, w := range strings.Fields(put) {
			if i > 0 && strings.HasPrefix(w, "/") {
				want = append(want, w)
			}
		}
	}
	slices.Sort(want)
	if got, want := slim.Declared(out.Module), slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("it declares %q, not %q", got, want)
	}
}

// TestKinds has what each manager leaves.
func TestKinds(t *testing.T) {
	const apt = "/var/cache/ldconfig/* /var/cache/debconf/*-old /var/log/apt/* /var/log/alternatives.log /var/log/dpkg.log /var/lib/dpkg/*-old"
	const archives = "/var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/* /var/cache/apt/*.bin"
	const dnf = "/var/cache/dnf/* /var/cache/yum/* /var/cache/libdnf5/* /var/log/dnf*.log* /var/log/hawkey.log* /var/log/yum.log"
	for name, text := range map[string]string{
		"apt":               "FROM debian\nRUN apt-get update && apt-get install -y a« && rm -rf /var/lib/apt/lists/* " + apt + "»\n",
		"apt without hook":  "FROM example.com/x\nRUN apt-get update && apt-get install -y a« && rm -rf /var/lib/apt/lists/* " + archives + " " + apt + "»\n",
		"apt, hook removed": "FROM debian\nRUN rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y a« && rm -rf /var/lib/apt/lists/* " + archives + " " + apt + "»\n",
		"apt, cleaned":      "FROM example.com/x\nRUN apt-get install -y a && apt-get clean« && rm -rf /var/log/apt/* /var/log/alternatives.log /var/log/dpkg.log /var/lib/dpkg/*-old»\n",
		"apk":               "FROM alpine\nRUN apk update && apk add a« && rm -rf /var/cache/apk/*»\n",
		"apk without cache": "FROM alpine\nRUN apk add --no-cache a\n",
		"apk, later":        "FROM alpine\nRUN apk add -U a« && rm -rf /var/cache/apk/*»\nRUN apk add --no-cache b\nRUN apk -U add c« && rm -rf /var/cache/apk/*»\n",
		"dnf":               "FROM fedora\nRUN dnf install -y a« && rm -rf " + dnf + "»\nRUN dnf install -y b« && rm -rf " + dnf + "»\n",
		"dnf, cleaned":      "FROM fedora\nRUN dnf install -y a && dnf clean all && rm -rf /var/log/*\n",
		"zypper":            "FROM opensuse/leap\nRUN zypper -n install a« && rm -rf /var/cache/zypp/* /var/log/zypper.log /var/log/zypp/*»\n",
		"pip":               "FROM python\nRUN pip install a« && rm -rf /root/.cache/pip»\nRUN python3 -m pip install b« && rm -rf /root/.cache/pip»\nRUN pip3.11 install --no-cache-dir c\n",
		"pip of a user":     "FROM python\nENV HOME=/home/app\nRUN pip install a« && rm -rf /home/app/.cache/pip»\n",
		"npm":               "FROM node\nRUN npm ci« && rm -rf /root/.npm»\nCMD [\"npm\", \"start\"]\n",
		"yarn":              "FROM node\nRUN yarn« && rm -rf /usr/local/share/.cache/yarn»\nUSER node\nCMD [\"yarn\", \"start\"]\n",
		"npm, cleaned":      "FROM node\nRUN npm ci && npm cache clean --force\n",
		"go":                "FROM golang\nRUN go build -o /x .« && rm -rf /root/.cache/go-build /go/pkg/mod/cache»\nCMD [\"/x\"]\n",
		"go, cleaned":       "FROM golang\nRUN go build -o /x . && go clean -cache« && rm -rf /go/pkg/mod/cache»\n",
		"go, two RUNs":      "FROM golang\nRUN go mod download\nRUN go build -o /x . && rm -rf /root/.cache« /go/pkg/mod/cache»\n",
		"gem":               "FROM ruby\nRUN gem install rake« && rm -rf /var/lib/gems/*/cache/*.gem /usr/local/bundle/cache/*.gem /usr/local/lib/ruby/gems/*/cache/*.gem»\nCMD [\"rake\"]\n",
		"cargo":             "FROM rust\nRUN cargo install --path .« && rm -rf /usr/local/cargo/registry/cache /usr/local/cargo/registry/index /usr/local/cargo/git/db»\nCMD [\"x\"]\n",
	} {
		t.Run(name, func(t *testing.T) { drops(t, text, `{}`) })
	}
}

// TestStays has what stays, and the code of its reason.
func TestStays(t *testing.T) {
	const update = "FROM debian\nRUN apt-get update\n"
	for _, c := range []struct{ name, text, code string }{
		{"installed later", update + "RUN apt-get install -y a\n", "needed"},
		{"installed later, by find", update + "RUN find / -name x -exec apt-get install -y a \\;\n", "needed"},
		{"installed later, in a shell", update + "RUN sh -c 'apt-get install -y a'\n", "needed"},
		{"installed later, by a word", update + "ARG DO\nRUN apt-get $DO a\n", "needed"},
		{"removed later", update + "RUN apt-get remove -y a\n", "needed"},
		{"asked for later", update + "RUN apt-cache search a\n", "needed"},
		{"by another program", update + "RUN add-apt-repository ppa:x/y\n", "needed"},
		{"renewed too late", update + "RUN apt-get install -y a && apt-get update\n", "needed"},
		{"renewed perhaps", update + "RUN if x; then apt-get update; fi; apt-get install -y a\n", "needed"},
		{"renewed perhaps, in a list", update + "RUN test -e /x && apt-get update; apt-get install -y a\n", "needed"},
		{"read by name", update + "RUN tar -cf /x.tar /var/lib\n", "needed"},
		{"read by a wildcard", update + "RUN cat /var/lib/a*/lists/x\n", "needed"},
		{"listed", update + "RUN ls /var/lib/apt\n", "needed"},
		{"read in all", update + "RUN find / -name x\n", "needed"},
		{"unknown", update + "RUN ./install.sh\n", "unknown"},
		{"unknown, by make", update + "RUN make\n", "unknown"},
		{"unknown, by npm", update + "COPY . .\nRUN npm install\n", "unknown"},
		{"no shell", update + "SHELL [\"/usr/bin/python3\", \"-c\"]\nRUN x\n", "unknown"},
		{"in a stage that starts there", "FROM debian AS a\nRUN apt-get update\nFROM a\nRUN apt-get install -y a\n", "needed"},
		{"in another that starts there", "FROM debian AS a\nRUN apt-get update\nFROM a AS b\nRUN apt-get install -y a\nFROM a\nCOPY --from=b /x /x\n", "needed"},
		{"copied", "FROM debian AS a\nRUN apt-get update\nFROM scratch AS b\nCOPY --from=a / /\nFROM a\nCOPY --from=b /x /x\n", "copied"},
		{"copied by number", "FROM debian AS a\nRUN apt-get update\nFROM scratch AS b\nCOPY --from=0 /var /\nFROM a\nCOPY --from=b /x /x\n", "copied"},
		{"copied from who knows where", "FROM debian AS a\nRUN apt-get update\nARG X\nFROM a\nCOPY --from=a$X /var /x\n", "copied"},
		{"mounted by another", "FROM debian AS a\nRUN apt-get update\nFROM debian AS b\nRUN --mount=from=a,target=/a true\nFROM a\nCOPY --from=b /x /x\n", "copied"},
		{"started", update + "CMD apt-get install -y a && a\n", "started"},
		{"read by what is started", update + "ENTRYPOINT [\"tar\", \"-c\", \"/var/lib/apt\"]\n", "started"},
		{"checked", update + "HEALTHCHECK CMD apt-cache policy\n", "started"},
		{"a trigger", update + "ONBUILD RUN apt-get install -y a\n", "trigger"},
		{"an unknown trigger", update + "ONBUILD RUN ./a\n", "trigger"},
		{"a cache mount", "FROM debian\nRUN --mount=type=cache,target=/var/lib/apt apt-get update\n", "mounted"},
		{"a cache mount around", "FROM debian\nRUN --mount=type=cache,dst=/var apt-get update\n", "mounted"},
		{"a cache mount below", "FROM debian\nRUN --mount=type=cache,target=/var/lib/apt/lists/partial apt-get update\n", "mounted"},
		{"a mount somewhere", "FROM debian\nARG X\nRUN --mount=type=tmpfs,target=$X apt-get update\n", "mounted"},
		{"another user", "FROM debian\nUSER app\nRUN apt-get update\n", "user"},
		{"by sudo", "FROM debian\nUSER app\nRUN sudo apt-get update\n", "user"},
		{"as another user", "FROM debian\nRUN sudo -u app apt-get update\n", "user"},
		{"a link", "FROM debian\nRUN ln -s /data /var/lib/apt/lists && apt-get update\n", "linked"},
		{"a link in front", "FROM debian\nRUN ln -sfn /data/apt /var/lib/apt\nRUN apt-get update\n", "linked"},
		{"exec form", "FROM debian\nRUN [\"apt-get\", \"update\"]\n", "form"},
		{"in the background", "FROM debian\nRUN apt-get update & wait\n", "shell"},
		{"a trap", "FROM debian\nRUN trap 'echo $?' EXIT; apt-get update\n", "shell"},
		{"no wildcards", "FROM debian\nRUN set -f; apt-get update\n", "shell"},
		{"options of bash", "FROM debian\nSHELL [\"/bin/bash\", \"-c\"]\nRUN shopt -s failglob; apt-get update\n", "shell"},
		{"a shell without wildcards", "FROM debian\nSHELL [\"/bin/bash\", \"-fc\"]\nRUN apt-get update\n", "shell"},
		{"a login shell", "FROM debian\nSHELL [\"/bin/bash\", \"-lc\"]\nRUN apt-get update\n", "shell"},
		{"a script with options", "FROM debian\nRUN <<EOF\n#!/bin/sh -e\napt-get update\nEOF\n", "shell"},
		{"a script by env with options", "FROM debian\nRUN <<EOF\n#!/usr/bin/env -S bash -f\napt-get update\nEOF\n", "shell"},
		{"another script", "FROM debian\nRUN . /etc/x; apt-get update\n", "shell"},
		{"another rm", "FROM debian\nRUN rm() { false; }; apt-get update\n", "shell"},
		{"another name for rm", "FROM debian\nRUN alias rm=x; apt-get update\n", "shell"},
		{"another path", "FROM debian\nRUN PATH=/x; apt-get update\n", "shell"},
		{"no path", "FROM debian\nENV PATH=/x\nRUN /usr/bin/apt-get update\n", "shell"},
		{"a file that bash reads", "FROM debian\nENV BASH_ENV=/x\nRUN apt-get update\n", "shell"},
		{"a name that is not known", "FROM debian\nARG X\nRUN export $X; apt-get update\n", "shell"},
		{"an exit", "FROM debian\nRUN apt-get update; exit 0\n", "ends"},
		{"an exit in the middle", "FROM debian\nRUN test -e /x || exit 0; apt-get update\n", "ends"},
		{"an exec", "FROM debian\nRUN apt-get update && exec true\n", "ends"},
		{"set -e and a group", "FROM debian\nRUN set -e; { apt-get update; x; }\n", "errexit"},
		{"set -e and a subshell", "FROM debian\nSHELL [\"/bin/sh\", \"-ec\"]\nRUN ( apt-get update; x )\n", "errexit"},
		{"set -e and a function", "FROM debian\nRUN set -e; f() { apt-get update; x; }; f\n", "errexit"},
		{"set -e and a substitution", "FROM debian\nRUN set -e; apt-get update; echo $(x; y)\n", "errexit"},
	} {
		t.Run(c.name, func(t *testing.T) { stays(t, c.text, c.code, `{"drop": ["lists"], "explain": true}`, root) })
	}
	for _, c := range []struct{ name, text, code string }{
		{"another home", "FROM python\nRUN export HOME=/x && pip install a\n", "moved"},
		{"another cache", "FROM python\nENV PIP_CACHE_DIR=/x\nRUN pip install a\n", "moved"},
		{"nobody's home", "FROM python\nUSER app\nRUN pip install a\n", "home"},
		{"built later", "FROM golang\nRUN go build -o /x .\nRUN go build -o /y .\n", "needed"},
		{"run by go", "FROM golang\nRUN go build -o /x .\nCMD [\"go\", \"run\", \".\"]\n", "started"},
		{"offline", "FROM node\nRUN npm ci\nRUN npm ci --offline\n", "needed"},
		{"by npx", "FROM node\nRUN npm ci\nCMD [\"npx\", \"serve\"]\n", "started"},
		{"no network", "FROM python\nRUN pip install a\nRUN --network=none pip install b\n", "needed"},
		{"a trigger that reads lists", "FROM debian\nRUN apt-get update\nONBUILD RUN test -n \"$(ls -A /var/lib/apt/lists)\"\n", "trigger"},
		{"a cache mount", "FROM python\nRUN --mount=type=cache,target=/root/.cache pip install a\n", "mounted"},
	} {
		t.Run(c.name, func(t *testing.T) { stays(t, c.text, c.code, `{"explain": true, "unknown": "drop"}`, root) })
	}
	stays(t, "FROM fedora\nRUN dnf install -y a\nRUN cat /var/log/dnf.log\n", "needed", `{"explain": true, "drop": ["logs"]}`, root)
	stays(t, "FROM example.com/x\nRUN pip install a\n", "home", `{"explain": true}`, "")
	stays(t, "FROM example.com/x\nENV HOME=/h\nRUN pip install a\n", "user", `{"explain": true}`, "")
}

// stays holds that the first RUN stays as it is, for a reason.
func stays(t *testing.T, text, code, config, base string) {
	t.Helper()
	m := irtest.Module(t, text)
	out := run(t, m, "", config, base)
	for i, s := range m.Stages {
		for k, op := range s.Ops {
			if _, ok := op.Body.(*ir.Run); ok {
				if out.Module.Stages[i].Ops[k] != op && code != "needed" {
					t.Errorf("got\n%s", plugintest.Print(out.Module))
				}
				break
			}
		}
	}
	if first := out.Module.Stages[0].Ops[0]; strings.Contains(first.Text(), "rm -rf") {
		t.Errorf("got\n%s", plugintest.Print(out.Module))
	}
	var codes []string
	for _, d := range out.Diags {
		codes = append(codes, strings.TrimPrefix(d.Code, "slim/"))
	}
	if !slices.Contains(codes, code) {
		t.Errorf("%v, not %s: %v", codes, code, out.Diags)
	}
}

// TestAsked has what goes only when it is asked for.
func TestAsked(t *testing.T) {
	const docs = "/usr/share/man/* /usr/share/info/* /usr/share/doc/*/changelog* /usr/share/doc/*/NEWS* /usr/share/doc/*/README* /usr/share/doc/*/TODO* /usr/share/doc/*/AUTHORS* /usr/share/doc/*/examples"
	drops(t, "FROM debian\nRUN apt-get install -y a« && rm -rf "+docs+"»\nUSER app\n", `{"drop": ["docs"]}`)
	stays(t, "FROM debian\nRUN apt-get install -y a\nRUN apt-get install -y b\n", "needed", `{"drop": ["docs"], "explain": true}`, root)
	const recommends = "« --no-install-recommends»"
	for _, text := range []string{
		"RUN apt-get install" + recommends + " -y a && sudo apt -y install" + recommends + " install\n",
		"RUN apt-get -y --no-install-recommends install a; apt-get -o APT::Install-Recommends=0 install b; apt-get remove install\n",
		"RUN sh -c 'apt-get install a'\nRUN [\"apt-get\", \"install\", \"a\"]\nRUN aptitude install a\n",
	} {
		before, after := marked("FROM debian\n" + text)
		out := run(t, irtest.Module(t, before), "", `{"drop": [], "recommends": "drop"}`, root)
		if got, want := plugintest.Print(out.Module), plugintest.Print(irtest.Module(t, after)); got != want || len(slim.Declared(out.Module)) > 0 {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	before, after := marked("FROM debian\nRUN apt-get update && apt-get install" + recommends + " -y a« && rm -rf /var/lib/apt/lists/*»\n")
	out := run(t, irtest.Module(t, before), "", `{"drop": ["lists"], "recommends": "drop"}`, root)
	if got, want := plugintest.Print(out.Module), plugintest.Print(irtest.Module(t, after)); got != want || !slices.Equal(slim.Declared(out.Module), []string{"/var/lib/apt/lists/*"}) {
		t.Errorf("got\n%swant\n%s%q", got, want, slim.Declared(out.Module))
	}
}

// TestArchives has what scripts fetch and unpack: what goes, and in front of what reason it stays.
func TestArchives(t *testing.T) {
	const at = "FROM debian\nWORKDIR /src\nENV V=1.2\n"
	for name, text := range map[string]string{
		"by name":            at + "RUN curl -fsSL https://e.org/a.tgz -o /tmp/a.tgz && tar -xzf /tmp/a.tgz -C /opt« && rm -rf /tmp/a.tgz»\n",
		"here":               at + "RUN wget https://e.org/a-$V.tar.gz && tar xf a-$V.tar.gz && cd a && ./configure && make install« && rm -rf /src/a-1.2.tar.gz»\n",
		"by curl -O":         at + "RUN set -e; cd /usr/src; curl -O https://e.org/a.zip; sha256sum a.zip; unzip a.zip«; rm -rf /usr/src/a.zip»\n",
		"two":                at + "RUN curl -o /a.zip https://e.org/a && curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && unzip /tmp/a.zip« && rm -rf /tmp/b.zip»\nUSER app\nCMD [\"./a\"]\n",
		"with an rm":         at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && rm -rf /x« /tmp/b.zip»\n",
		"gone":               at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && rm /tmp/b.zip\n",
		"gone, by a star":    at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && rm -rf /tmp/*\n",
		"not unpacked":       at + "RUN curl -o /tmp/b.zip https://e.org/b\n",
		"no archive":         at + "RUN curl -o /tmp/b.jar https://e.org/b && unzip /tmp/b.jar\n",
		"of some version":    at + "ARG W=1\nRUN curl -o /tmp/b-$W.zip https://e.org/b && unzip /tmp/b-$W.zip\n",
		"copied":             at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && cp /tmp/b.zip /srv\n",
		"linked":             at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && ln -s /tmp/b.zip /srv\n",
		"found":              at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && mv /tmp/*.zip /srv\n",
		"given to another":   at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip && ./x --file=/tmp/b.zip\n",
		"not by this kind":   at + "RUN git clone https://e.org/b && tar xf b/x.tar\n",
		"of who knows where": at + "ARG X\nRUN cd $X && curl -O https://e.org/b.zip && unzip b.zip\n",
	} {
		t.Run(name, func(t *testing.T) { drops(t, text, `{"drop": ["archives"]}`) })
	}
	const fetch = at + "RUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip\n"
	for _, c := range []struct{ name, text, code string }{
		{"read later", fetch + "RUN cp /tmp/b.zip /srv\n", "needed"},
		{"found later", fetch + "RUN find /tmp -name x\n", "needed"},
		{"unknown", fetch + "RUN ./x\n", "unknown"},
		{"started, by a relative name", "FROM debian\nWORKDIR /srv\nRUN curl -o b.zip https://e.org/b && unzip b.zip\nCMD [\"python3\", \"b.zip\"]\n", "started"},
		{"started, by a pattern", fetch + "WORKDIR /tmp\nCMD python3 *.zip\n", "started"},
		{"started, in an option", fetch + "CMD [\"java\", \"-javaagent:/tmp/b.zip\"]\n", "started"},
		{"in a variable of containers", fetch + "ENV DATA=/tmp/b.zip\n", "started"},
		{"in a variable in front", at + "ENV B=/tmp/b.zip\nRUN curl -o $B https://e.org/b && unzip $B\nCMD python3 $B\n", "started"},
		{"copied by a trigger", fetch + "ONBUILD RUN cp /tmp/b.zip /srv\n", "trigger"},
		{"started", fetch + "CMD [\"unzip\", \"/tmp/b.zip\"]\n", "started"},
		{"mounted", at + "RUN --mount=type=cache,target=/tmp curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip\n", "mounted"},
		{"another user", at + "USER app\nRUN curl -o /tmp/b.zip https://e.org/b && unzip /tmp/b.zip\n", "user"},
	} {
		t.Run(c.name, func(t *testing.T) { stays(t, c.text, c.code, `{"drop": ["archives"], "explain": true}`, root) })
	}
}

// TestUnknown takes the risk.
func TestUnknown(t *testing.T) {
	drops(t, "FROM debian\nRUN apt-get update« && rm -rf /var/lib/apt/lists/*»\nRUN ./install.sh\nONBUILD RUN ./x\n", `{"drop": ["lists"], "unknown": "drop"}`)
}

// TestTargets has stages whose layers are in no image.
func TestTargets(t *testing.T) {
	const text = "FROM debian AS a\nRUN apt-get update\nFROM debian AS b\nRUN apt-get update\n"
	for target, want := range map[string]string{"": "b", "a": "a", "b": "b"} {
		out := run(t, irtest.Module(t, text), target, `{"drop": ["lists"]}`, root)
		for _, s := range out.Module.Stages {
			if got := strings.Contains(s.Ops[0].Text(), "rm -rf"); got != (s.Name == want) {
				t.Errorf("built %q: %s is changed: %v", target, s.Name, got)
			}
		}
	}
}

func TestCases(t *testing.T) { plugintest.Dir(t, slim.New(), "testdata") }
