package reorder_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/reorder"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// debian is an image of Debian.
var debian = plugintest.Host{Base: "ID=debian\nVERSION_CODENAME=trixie\n", Config: `{"os": "linux", "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}}`}

func step(config string) plugins.Step {
	s := plugins.Step{Plugin: reorder.New(), Grants: []plugins.Grant{plugins.GrantImages}}
	if config != "" {
		s.Config = []byte(config)
	}
	return s
}

// TestCases has what moves, and what does not and why. The host knows no images there.
func TestCases(t *testing.T) { plugintest.Dir(t, reorder.New(), "testdata") }

// TestMove has what becomes of the steps of a stage.
func TestMove(t *testing.T) {
	const apt = "RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*"
	for _, c := range []struct{ name, config, text, want string }{
		{"packages", "", "WORKDIR /app|COPY . .|" + apt, "WORKDIR /app|" + apt + "|COPY . ."},
		{"users", "", "COPY src /srv/app|LABEL a=b|RUN useradd app|CMD x", "RUN useradd app|COPY src /srv/app|LABEL a=b|CMD x"},
		{"over several", "", "COPY a /x|RUN touch /srv/z|COPY b /y|RUN mkdir /srv/q", "RUN touch /srv/z|RUN mkdir /srv/q|COPY a /x|COPY b /y"},
		{"over one of several", "", "COPY a /x|RUN cat /x/a|COPY b /y|RUN useradd app", "COPY a /x|RUN cat /x/a|RUN useradd app|COPY b /y"},
		{"not over a variable", "", "COPY a /x|ENV A=1|RUN useradd app", "="},
		{"over a directory", "", "COPY . /srv/app|WORKDIR /srv/app|" + apt + "|RUN make", "="}, // packages may have files there
		{"over a directory, trusting", `{"packages": "trust"}`, "COPY . /opt/app|WORKDIR /opt/app|" + apt + "|RUN make", "WORKDIR /opt/app|" + apt + "|COPY . /opt/app|RUN make"},
		{"over several copies and a directory", `{"links": "trust"}`, "RUN touch /srv/a|COPY a /app/a/|ADD b /app/b/|WORKDIR /app|RUN useradd app", "RUN touch /srv/a|WORKDIR /app|RUN useradd app|COPY a /app/a/|ADD b /app/b/"},
		{"in front of it, too", "", "COPY c /x|RUN useradd app|COPY a /app/a/|WORKDIR /app|RUN touch /srv/a", "RUN useradd app|COPY c /x|WORKDIR /app|RUN touch /srv/a|COPY a /app/a/"},
		{"a directory in what is copied", "", "COPY . /app|WORKDIR /app/x|RUN useradd app", "="},
		{"what may be a file", "", "COPY a /app|WORKDIR /app|RUN useradd app", "="},
		{"a directory of somebody", "", "COPY --chown=5 . /app|WORKDIR /app|RUN useradd app", "="},
		{"a directory by somebody", "", "USER 5|COPY . /app|WORKDIR /app|RUN touch /srv/x", "="},
		{"copied to where one is", "", "COPY . app|WORKDIR /app|RUN useradd app", "="},
		{"nothing behind a directory moves", "", "COPY a /x|COPY . /app|WORKDIR /app|RUN make", "="},
		{"not over a user", "", "COPY a /x|USER root|RUN useradd app", "="},
		{"what reads it", "", "COPY a /x|RUN cat /x/a >/y", "="},
		{"what is not known", "", "COPY a /x|RUN make -C /z", "="},
		{"behind what is not known", "", "RUN make|COPY a /x|RUN useradd app", "="},
		{"into directories of programs", "", "COPY a /usr/local/bin/|RUN useradd app", "="},
		{"by what a variable names", "", "ENV PATH=/x/bin:$PATH|COPY a /x|RUN useradd app", "="},
		{"by what libraries are from", "", "ENV LD_LIBRARY_PATH=/x/lib|COPY a /x|RUN useradd app", "="},
		{"by an argument", "", "ARG PATH|COPY a /x|RUN useradd app", "="},
		{"an owner by name", "", "COPY --chown=app a /x|RUN useradd app", "="},
		{"nothing heavy", "", "RUN mkdir /srv/a|RUN useradd app", "="},
		{"from an image", "", "COPY --from=busybox a /x|RUN useradd app", "="},
		{"a mount", "", "COPY a /x|RUN --mount=type=bind,target=/z useradd app", "="},
		{"two caches", "", "COPY a /x|RUN --mount=type=cache,target=/c touch /srv/y|RUN --mount=type=cache,target=/c useradd app",
			"RUN --mount=type=cache,target=/c touch /srv/y|RUN --mount=type=cache,target=/c useradd app|COPY a /x"},
		{"over a cache", "", "COPY a /x|RUN --mount=type=cache,target=/c cat /x/a|RUN --mount=type=cache,target=/c mkdir /srv/q", "="},
		{"the directory is gone", "", "WORKDIR /w/d|COPY a /x|RUN rm -rf /w|RUN useradd app", "="},
		{"by how often", `{"changes": {"src": 0.9, "conf": 0.1}}`, "COPY src /a/|COPY conf /b/", "COPY conf /b/|COPY src /a/"},
		{"in one directory", `{"changes": {"src": 0.9, "conf": 0.1}}`, "COPY src /a/x|COPY conf /a/y", "COPY conf /a/y|COPY src /a/x"},
		{"into settings", `{"changes": {"src": 0.9, "conf": 0.1}}`, "COPY src /etc/a/x|COPY conf /etc/a/y", "="},
		{"into settings, without links", `{"changes": {"src": 0.9, "conf": 0.1}, "links": "trust"}`, "COPY src /etc/a/x|COPY conf /etc/a/y", "COPY conf /etc/a/y|COPY src /etc/a/x"},
		{"as often", `{"changes": {"src": 0.9, "conf": 0.9}}`, "COPY src /a/|COPY conf /b/", "="},
		{"the whole of it", `{"changes": {"src/x": 0.9}}`, "COPY . /a/|COPY conf /b/", "COPY conf /b/|COPY . /a/"},
		{"by a name anywhere", `{"changes": {"**/*.go": 0.9, "go.mod": 0.1}}`, "COPY src /a/|COPY go.mod /b/", "COPY go.mod /b/|COPY src /a/"},
		{"by a name in any directory", `{"changes": {"*/x/y": 0.9}}`, "COPY src/x /a/|COPY src/z /b/", "COPY src/z /b/|COPY src/x /a/"},
		{"where packages may have files", "", "COPY . /opt/app|" + apt, "="},
		{"where they have none", `{"packages": "trust"}`, "COPY . /opt/app|" + apt, apt + "|COPY . /opt/app"},
		{"in the directory", `{"packages": "trust"}`, "WORKDIR /opt/app|COPY . .|" + apt, "WORKDIR /opt/app|" + apt + "|COPY . ."},
		{"a directory that may be gone", `{"packages": "trust"}`, "WORKDIR /opt/app|COPY . .|RUN rm -rf /opt|" + apt, "="},
		{"beside theirs", `{"packages": "trust"}`, "COPY . /usr/app|" + apt + "|RUN useradd app", apt + "|RUN useradd app|COPY . /usr/app"},
		{"where they have all", `{"packages": "trust"}`, "COPY . /etc/app|" + apt, "="},
		{"below it", `{"changes": {"src": 0.9}}`, "COPY src/y /a/|COPY conf /b/", "COPY conf /b/|COPY src/y /a/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == "=" {
				c.want = c.text
			}
			lines := func(text string) string { return "FROM base\n" + strings.ReplaceAll(text, "|", "\n") + "\n" }
			out := plugintest.Run(t, step(c.config), lines(c.text), debian)
			if got, want := plugintest.Print(out.Module), plugintest.Print(irtest.Module(t, lines(c.want))); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
	// An image that nobody knows.
	out := plugintest.Run(t, step(""), "FROM company/base\nCOPY a /x\nRUN useradd app\n", nil)
	if !strings.HasSuffix(plugintest.Print(out.Module), "useradd app\n") {
		t.Error("PATH is not known, and it moves")
	}
	// One of which the stage starts from another.
	out = plugintest.Run(t, step(""), "FROM debian AS a\nRUN ln -s /x /srv/l\nFROM a\nCOPY a /x\nRUN touch /srv/l/y\n", debian)
	if !strings.HasSuffix(plugintest.Print(out.Module), "y\n") {
		t.Error("a link of the stage that it starts from leads to the COPY")
	}
}

// TestOrigin finds the way back to the line.
func TestOrigin(t *testing.T) {
	out := plugintest.Run(t, step(""), "FROM base\nCOPY a /x\nRUN useradd app\n", debian)
	o := out.Module.Stages[0].Ops[0].Origin
	if o.By != reorder.Name || !strings.Contains(o.Why, "COPY a /x") || len(o.Spans()) != 1 {
		t.Errorf("%+v", o)
	}
}
